package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
	"github.com/penstock-dev/penstock/render"
)

// progress is one line on a terminal that says how far a run is, as counts. It
// counts by standing before the stages of the pipeline, and changes nothing of
// what they say. On anything but a terminal it writes nothing.
type progress struct {
	w io.Writer
	// width is the number of columns; 0 is unknown.
	width int

	mu sync.Mutex
	// reached is the number of environments that the change reaches; 0 is unknown.
	reached                  int
	rendering, judged, tried map[string]bool
	objects                  int
}

// newProgress returns the progress of a run that writes to w.
func newProgress(w io.Writer) *progress {
	p := &progress{w: io.Discard, rendering: map[string]bool{}, judged: map[string]bool{}, tried: map[string]bool{}}
	if terminal(w) {
		p.w, p.width = w, lookOf(w).width
	}
	return p
}

func (p *progress) silent() bool { return p.w == io.Discard }

// expect counts the environments that the change reaches, so that the line can
// say of how many. Without a terminal there is nobody to tell.
func (p *progress) expect(c *change.Change, cfg *config.Config, name string) {
	if p.silent() {
		return
	}
	p.line("looking for what the change reaches")
	pairs, err := environments(c, cfg, name)
	if err != nil {
		return // the run says so
	}
	for _, pair := range pairs {
		if files, _ := pipeline.Affected(c, pair); len(files) > 0 {
			p.reached++
		}
	}
}

// line replaces the line.
func (p *progress) line(text string) {
	text += " …"
	if runes := []rune(text); p.width > 1 && len(runes) >= p.width {
		text = string(runes[:p.width-2]) + "…" // a line that wraps cannot be cleared
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", text)
}

// clear takes the line away.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprint(p.w, "\r\x1b[K")
}

// update changes the counts and shows them.
func (p *progress) update(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	p.line(p.text())
}

// text says the counts: "rendering 2 of 6 environments · 14 objects tried on the API server".
func (p *progress) text() string {
	of := ""
	if p.reached > 0 {
		of = fmt.Sprintf(" of %d", p.reached)
	}
	count := func(n int) string { return fmt.Sprintf("%d%s %s", n, of, plural(max(n, p.reached), "environment")) }
	var parts []string
	if p.reached == 0 || len(p.judged) < p.reached {
		parts = append(parts, "rendering "+count(len(p.rendering)))
	}
	if n := len(p.judged); n > 0 {
		parts = append(parts, "rules evaluated on "+count(n))
	}
	switch n := len(p.tried); {
	case p.objects > 0:
		parts = append(parts, fmt.Sprintf("%d %s tried on the API server", p.objects, plural(p.objects, "object")))
	case n > 0:
		parts = append(parts, "trying the change on the API server")
	}
	return strings.Join(parts, " · ")
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// watch puts the counts before the stages of a run.
func (p *progress) watch(o *pipeline.Options) {
	if p.silent() {
		return
	}
	if o.Renderer != nil {
		o.Renderer = countedRenderer{o.Renderer, p}
	}
	if o.Judge != nil {
		o.Judge = countedJudge{o.Judge, p}
	}
	if o.Trier != nil {
		o.Trier = countedTrier{o.Trier, p}
	}
}

type countedRenderer struct {
	pipeline.Renderer
	p *progress
}

func (r countedRenderer) Render(ctx context.Context, fsys fs.FS, env config.Environment) (render.Result, error) {
	r.p.update(func() { r.p.rendering[env.Name] = true })
	return r.Renderer.Render(ctx, fsys, env)
}

type countedJudge struct {
	pipeline.Judge
	p *progress
}

func (j countedJudge) Evaluate(ctx context.Context, in policies.Input) (policies.Result, error) {
	result, err := j.Judge.Evaluate(ctx, in)
	j.p.update(func() { j.p.judged[in.Environment.Name] = true })
	return result, err
}

type countedTrier struct {
	pipeline.Trier
	p *progress
}

func (t countedTrier) Try(ctx context.Context, in dryrun.Input) (dryrun.Result, error) {
	t.p.update(func() { t.p.tried[in.Environment.Name] = true })
	result, err := t.Trier.Try(ctx, in)
	t.p.update(func() { t.p.objects += tried(result.Entries) })
	return result, err
}

// tried counts the objects that the server answered for.
func tried(entries []verdict.Entry) int {
	seen := map[verdict.Object]bool{}
	for _, e := range entries {
		if e.Evaluated() && e.Object != (verdict.Object{}) {
			seen[e.Object] = true
		}
	}
	return len(seen)
}
