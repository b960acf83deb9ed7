// Package text writes a report for a person at a terminal. It decides nothing:
// what blocks and why is in the report.
package text

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// Options say how the report looks.
type Options struct {
	// Color switches colours on: the basic ones of ECMA-48 (SGR).
	Color bool
	// Width is the number of columns; 0 means 80. Paths, and words that are
	// longer than a line, are not broken.
	Width int
	// Verbose shows findings that base has as well, findings that are gone, and
	// every object of the lists that are shortened otherwise.
	Verbose bool
	// Diff shows what differs in each object.
	Diff bool
}

const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// Encode writes the report: the change; for each environment what it receives
// and what was found; what the merge does to the judgement; what was not evaluated; the verdict with its reasons and
// counts. No text of a manifest reaches the terminal as a control character.
func Encode(w io.Writer, r *report.Report, opts Options) error {
	p := printer{width: cmp.Or(max(opts.Width, 0), 80), color: opts.Color}
	e := encoder{printer: &p, opts: opts, report: r, rules: map[string]verdict.Rule{}}
	for _, rule := range r.Rules {
		e.rules[rule.ID] = rule
	}
	e.header()
	e.environments()
	e.preview()
	e.notEvaluated()
	e.unowned()
	e.summary()
	if _, err := w.Write(p.out.Bytes()); err != nil {
		return fmt.Errorf("writing the report as text: %w", err)
	}
	return nil
}

type encoder struct {
	*printer
	opts   Options
	report *report.Report
	rules  map[string]verdict.Rule
}

func (e *encoder) header() {
	c := e.report.Change
	e.facts(0, span{bold, "penstock  "}, "", []string{
		revision(c.Base, c.BaseCommit) + " → " + revision(c.Head, c.HeadCommit),
		count(c.Files, "file") + " changed",
		e.scope(),
	})
}

// revision adds the start of a commit's ID to the name of a tree that does not
// have it already.
func revision(name, commit string) string {
	name = clean(name)
	if len(commit) < 7 || strings.Contains(name, commit[:7]) {
		return name
	}
	return fmt.Sprintf("%s (%s)", name, clean(commit[:7]))
}

// environments writes the environments that the change affects or that have
// findings; the others are named.
func (e *encoder) environments() {
	all := e.groups()
	var untouched []string
	known := map[string]bool{}
	for _, env := range e.report.Environments {
		known[env.Name] = true
		g := all[env.Name]
		if !env.Affected && g == nil {
			untouched = append(untouched, clean(env.Name))
			continue
		}
		e.blank()
		e.environment(env)
		e.findings(g)
	}
	// A finding is never lost, whatever environment it names.
	for _, f := range e.report.Findings {
		if name := f.Environment; !known[name] {
			known[name] = true
			e.blank()
			e.put(0, span{bold, cmp.Or(clean(name), "repository")})
			e.findings(all[name])
		}
	}
	if len(untouched) > 0 {
		e.blank()
		e.para(0, span{bold, "not affected  "}, span{dim, strings.Join(untouched, ", ")})
	}
}

// scope says how many environments are affected, or which one was looked at.
func (e *encoder) scope() string {
	if only := e.report.Only; only != "" {
		return "only " + clean(only) + " was looked at"
	}
	return fmt.Sprintf("%d of %s affected", e.report.Counts.Affected, count(e.report.Counts.Environments, "environment"))
}

func (e *encoder) environment(env report.Environment) {
	about := []string{count(env.Objects, "object")}
	if e.unrendered(env.Name) {
		about = []string{"did not render"}
	}
	for _, op := range operations() {
		if n := operated(env.Deltas, op.Operation); n > 0 {
			about = append(about, fmt.Sprintf("%d %s", n, op.done))
		}
	}
	if n := report.Restarted(env.Deltas); n > 0 {
		about = append(about, fmt.Sprintf("%d restarted", n))
	}
	e.para(0, span{bold, clean(env.Name) + "  "}, span{"", strings.Join(about, ", ")})
	var details []string
	if from := origin(env); from != "" {
		details = append(details, from)
	}
	if env.KubernetesVersion != "" {
		details = append(details, "Kubernetes "+clean(env.KubernetesVersion))
	}
	if env.DryRun != "" {
		details = append(details, "dry-run "+clean(env.DryRun))
	}
	if words := rollback(env.Rollback); words != "" {
		details = append(details, words)
	}
	if len(details) > 0 {
		e.facts(2, span{}, dim, details)
	}
	e.obstacles(env.Rollback)
	e.deltas(env.Deltas)
}

// unrendered reports whether an environment, as a whole or in part, is missing
// from what was evaluated.
func (e *encoder) unrendered(env string) bool {
	return slices.ContainsFunc(e.report.NotEvaluated, func(n verdict.Entry) bool {
		return n.Environment == env && n.Stage == verdict.StageRender && n.Object == verdict.Object{}
	})
}

// origin says how an environment was found and where it starts.
func origin(env report.Environment) string {
	if len(env.Roots) == 0 {
		return clean(env.Found)
	}
	root := clean(env.Roots[0].Path)
	if more := len(env.Roots) - 1; more > 0 {
		root += fmt.Sprintf(" and %d more", more)
	}
	return clean(env.Found) + ": " + root
}

// operation is the words and the sign for what happens to an object.
type operation struct {
	diff.Operation
	done, sign, colour string
}

func operations() []operation {
	return []operation{{diff.Create, "created", "+", green}, {diff.Update, "updated", "~", yellow}, {diff.Delete, "deleted", "-", red}}
}

func operated(deltas []report.Delta, op diff.Operation) int {
	n := 0
	for _, d := range deltas {
		if d.Operation == op {
			n++
		}
	}
	return n
}

// shown bounds the lists of objects that are shortened without Verbose.
const shown = 10

func (e *encoder) deltas(deltas []report.Delta) {
	for i, d := range deltas {
		if i == shown && len(deltas) > shown+1 && !e.opts.Verbose && !e.opts.Diff {
			e.para(2, span{}, span{dim, fmt.Sprintf("… %d more (--verbose shows them)", len(deltas)-shown)})
			return
		}
		sign, colour := clean(string(d.Operation)), ""
		for _, op := range operations() {
			if op.Operation == d.Operation {
				sign, colour = op.sign, op.colour
			}
		}
		about := ""
		if d.RenamedFrom != "" {
			about = "  renamed from " + clean(d.RenamedFrom)
		}
		if d.RenamedTo != "" {
			about = "  renamed to " + clean(d.RenamedTo)
		}
		about += effects(d.Effects)
		e.put(2, span{colour, sign}, span{"", " " + object(d.Object)}, span{dim, about})
		if e.opts.Diff {
			e.diff(d.Diff)
		}
	}
}

// diff writes the lines of a delta, coloured by what they start with.
func (e *encoder) diff(text string) {
	for line := range strings.Lines(text) {
		colour := ""
		switch {
		case strings.HasPrefix(line, "@@"):
			colour = cyan
		case strings.HasPrefix(line, "+"):
			colour = green
		case strings.HasPrefix(line, "-"):
			colour = red
		case strings.HasPrefix(line, "!"):
			colour = yellow
		}
		e.put(6, span{colour, clean(strings.TrimSuffix(line, "\n"))})
	}
}

// object is an object as manifest.ID writes it: "Deployment.apps shop/web".
func object(o verdict.Object) string {
	kind := o.Kind
	if group, _, ok := strings.Cut(o.APIVersion, "/"); ok {
		kind += "." + group
	}
	name := o.Name
	if o.Namespace != "" {
		name = o.Namespace + "/" + name
	}
	return clean(strings.TrimSpace(kind + " " + name))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
