package cli

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// The colours of a difference, as SGR parameters (ECMA-48).
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// page is the text of a difference.
type page struct {
	strings.Builder
	color bool
	// shown are the differences that are on the page, each with the environment
	// it is shown in: what is the same in a later one is not shown again.
	shown map[sameness]string
	// counts are how many objects differ, by operation.
	counts map[diff.Operation]int
}

// sameness is what makes two deltas one to a reader.
type sameness struct {
	operation diff.Operation
	object    verdict.Object
	text      string
}

// style colours text; control characters, which could steer the terminal, are
// replaced.
func (p *page) style(sgr, text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
	if !p.color || text == "" {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

// text is the difference for people, grouped by environment. Environments in
// which nothing differs are counted only.
func (d difference) text(color bool) string {
	p := &page{color: color, shown: map[sameness]string{}, counts: map[diff.Operation]int{}}
	differ := 0
	for _, env := range d.Environments {
		missing := d.missing(env.Name)
		if len(env.Deltas)+len(missing) == 0 {
			continue
		}
		differ++
		p.environment(env, missing)
	}
	for _, e := range d.missing("") {
		p.missing(0, e)
	}
	p.unfollowed(d.NotCompared)
	if differ == 0 && d.Change.Files == 0 {
		fmt.Fprintf(p, "nothing differs between %s and %s\n", d.Change.Base, d.Change.Head)
		return p.String()
	}
	fmt.Fprintf(p, "%s → %s: %s, %s\n", d.Change.Base, d.Change.Head, several(d.Change.Files, "changed file"), several(len(d.Environments), "environment"))
	fmt.Fprintf(p, "%d created, %d updated, %d deleted in %s\n",
		p.counts[diff.Create], p.counts[diff.Update], p.counts[diff.Delete], several(differ, "environment"))
	return p.String()
}

// missing are the entries of an environment that stand for it as a whole, or of
// the repository.
func (d difference) missing(environment string) []verdict.Entry {
	var out []verdict.Entry
	for _, e := range d.NotCompared {
		if e.Environment == environment && (environment == "" || whole(e)) {
			out = append(out, e)
		}
	}
	return out
}

func (p *page) environment(env report.Environment, missing []verdict.Entry) {
	counts := map[diff.Operation]int{}
	for _, d := range env.Deltas {
		counts[d.Operation]++
		p.counts[d.Operation]++
	}
	var about []string
	for _, op := range operations() {
		if n := counts[op.Operation]; n > 0 {
			about = append(about, fmt.Sprintf("%d %s", n, op.done))
		}
	}
	if len(missing) > 0 {
		about = []string{"not compared"}
	}
	fmt.Fprintf(p, "%s  %s\n", p.style(bold, env.Name), p.style(dim, strings.Join(about, ", ")))
	for _, e := range missing {
		p.missing(2, e)
	}
	for _, d := range env.Deltas {
		p.delta(env.Name, d)
	}
	p.WriteByte('\n')
}

// missing writes why something was not compared.
func (p *page) missing(indent int, e verdict.Entry) {
	if e.Object != (verdict.Object{}) {
		fmt.Fprintf(p, "%*s%s: ", indent, "", nameOf(e.Object))
	} else {
		fmt.Fprintf(p, "%*s", indent, "")
	}
	if e.Location != nil {
		fmt.Fprintf(p, "%s: ", place(e.Location))
	}
	for i, line := range strings.Split(e.Detail, "\n") {
		if i > 0 {
			fmt.Fprintf(p, "%*s", indent+2, "")
		}
		fmt.Fprintln(p, p.style(yellow, line))
	}
}

// operation is the word, the sign and the colour of what happens to an object.
type operation struct {
	diff.Operation
	done, sign, color string
}

func operations() []operation {
	return []operation{{diff.Create, "created", "+", green}, {diff.Update, "updated", "~", yellow}, {diff.Delete, "deleted", "-", red}}
}

func (p *page) delta(environment string, d report.Delta) {
	op := operations()[slices.IndexFunc(operations(), func(op operation) bool { return op.Operation == d.Operation })]
	fmt.Fprintf(p, "  %s %s", p.style(op.color, op.sign), p.style(bold, nameOf(d.Object)))
	if d.Location != nil {
		fmt.Fprintf(p, "  %s", p.style(dim, place(d.Location)))
	}
	same := sameness{d.Operation, d.Object, d.Diff}
	if first, found := p.shown[same]; found {
		fmt.Fprintf(p, "  %s\n", p.style(dim, "the same as in "+first))
		return
	}
	p.shown[same] = environment
	p.WriteByte('\n')
	for line := range strings.Lines(d.Diff) {
		sgr := ""
		switch line[0] {
		case '@':
			sgr = cyan
		case '+':
			sgr = green
		case '-':
			sgr = red
		case '!':
			sgr = yellow
		}
		line = strings.TrimRight(line, "\n ")
		if sgr == "" || line == "" {
			fmt.Fprintf(p, "      %s\n", line)
			continue
		}
		fmt.Fprintf(p, "      %s\n", p.style(sgr, line))
	}
}

// unfollowed counts the objects that were compared themselves, while what a
// controller makes of them was not.
func (p *page) unfollowed(entries []verdict.Entry) {
	count := map[string]int{}
	var details []string
	for _, e := range entries {
		if e.Environment == "" || whole(e) {
			continue
		}
		if count[e.Detail] == 0 {
			details = append(details, e.Detail)
		}
		count[e.Detail]++
	}
	for _, detail := range details {
		fmt.Fprintf(p, "not shown, for %s: %s\n", several(count[detail], "object"), p.style(yellow, detail))
	}
}

func nameOf(o verdict.Object) string {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		group = ""
	}
	return manifest.ID{Group: group, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}.String()
}

func place(l *verdict.Location) string {
	if l.Line == 0 {
		return l.File
	}
	return fmt.Sprintf("%s:%d", l.File, l.Line)
}

func several(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
