// Package text writes a report for a person at a terminal.
package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// Options say how the report looks.
type Options struct {
	// Color switches SGR colours on.
	Color bool
	// Verbose shows findings that base has as well, and all that was not evaluated.
	Verbose bool
}

// Encode writes the report: the change, what each affected environment
// receives, its findings, what was not evaluated, and the verdict.
func Encode(w io.Writer, r *report.Report, opts Options) error {
	p := printer{opts: opts}
	p.header(r)
	for _, env := range r.Environments {
		if env.Affected {
			p.environment(r, env)
		}
	}
	p.notEvaluated(r)
	p.summary(r)
	if _, err := w.Write(p.out.Bytes()); err != nil {
		return fmt.Errorf("writing the report as text: %w", err)
	}
	return nil
}

type printer struct {
	out  bytes.Buffer
	opts Options
}

const (
	bold   = "1"
	red    = "31"
	green  = "32"
	yellow = "33"
	dim    = "2"
)

func (p *printer) style(code, s string) string {
	if !p.opts.Color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p *printer) line(format string, args ...any) {
	p.out.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

// clean keeps text of a manifest from steering the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || r == '\u200e' || r == '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069':
			return '\uFFFD'
		}
		return r
	}, s)
}

func (p *printer) header(r *report.Report) {
	p.line("%s  %s → %s", p.style(bold, "penstock"), clean(r.Change.Base), clean(r.Change.Head))
	p.line("%s changed, %d of %s affected", count(r.Change.Files, "file"), r.Counts.Affected, count(r.Counts.Environments, "environment"))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (p *printer) environment(r *report.Report, env report.Environment) {
	p.line("")
	p.line("%s  %s", p.style(bold, clean(env.Name)), p.style(dim, fmt.Sprintf("%s, Kubernetes %s, %s", clean(env.Found), env.KubernetesVersion, count(env.Objects, "object"))))
	for _, d := range env.Deltas {
		p.line("  %-6s %s", strings.ToLower(string(d.Operation)), object(d.Object))
	}
	existing := 0
	for _, f := range r.Findings {
		if f.Environment != env.Name {
			continue
		}
		if f.Baseline != verdict.New && !p.opts.Verbose {
			existing++
			continue
		}
		p.finding(f)
	}
	if existing > 0 {
		p.line("  %s", p.style(dim, fmt.Sprintf("%s of before this change (--verbose shows them)", count(existing, "finding"))))
	}
}

func (p *printer) finding(f verdict.Finding) {
	color := map[verdict.Level]string{verdict.Error: red, verdict.Warning: yellow, verdict.Note: dim}[f.Level]
	place := ""
	if f.Location != nil {
		place = clean(f.Location.File)
		if f.Location.Line > 0 {
			place += fmt.Sprintf(":%d", f.Location.Line)
		}
	}
	state := ""
	if f.Baseline != verdict.New {
		state = " (" + string(f.Baseline) + ")"
	}
	p.line("")
	p.line("  %s  %s", p.style(color, string(f.Level)+state), place)
	p.line("    %s: %s", object(f.Object), clean(f.Message))
	p.line("    %s", p.style(dim, clean(f.Rule)))
	if f.Remediation != "" {
		p.line("    → %s", clean(f.Remediation))
	}
}

func object(o verdict.Object) string {
	if o == (verdict.Object{}) {
		return "the environment"
	}
	kind := o.Kind
	if group, _, ok := strings.Cut(o.APIVersion, "/"); ok {
		kind += "." + group
	}
	name := o.Name
	if o.Namespace != "" {
		name = o.Namespace + "/" + name
	}
	return clean(kind + " " + name)
}

// shown bounds how many entries of one kind are listed without --verbose.
const shown = 5

func (p *printer) notEvaluated(r *report.Report) {
	if len(r.NotEvaluated) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.style(bold, "Not evaluated"))
	type group struct {
		env    string
		stage  verdict.Stage
		reason verdict.Reason
		detail string
	}
	counts := map[group]int{}
	for _, e := range r.NotEvaluated {
		g := group{e.Environment, e.Stage, e.Reason, ""}
		if counts[g]++; counts[g] > shown && !p.opts.Verbose {
			continue
		}
		where := e.Environment
		if e.Object != (verdict.Object{}) {
			where += " " + object(e.Object)
		}
		p.line("  %s  %s: %s", clean(strings.TrimSpace(where)), e.Stage, clean(e.Detail))
	}
	for _, e := range r.NotEvaluated {
		g := group{e.Environment, e.Stage, e.Reason, ""}
		if n := counts[g]; n > shown && !p.opts.Verbose {
			p.line("  %s  %s: %d more like this (--verbose shows them)", clean(e.Environment), e.Stage, n-shown)
			counts[g] = 0
		}
	}
}

func (p *printer) summary(r *report.Report) {
	p.line("")
	if len(r.Unowned) > 0 {
		p.line("%s", p.style(dim, fmt.Sprintf("%s that no environment reads", count(len(r.Unowned), "changed path"))))
	}
	color := map[verdict.Outcome]string{verdict.Pass: green, verdict.Fail: red, verdict.Undecided: yellow}[r.Verdict.Outcome]
	p.line("%s  %s", p.style(color+";"+bold, strings.ToUpper(string(r.Verdict.Outcome))), clean(strings.Join(r.Verdict.Reasons, "; ")))
	c := r.Counts
	p.line("%s, %s, %s · %s existing · %d created, %d updated, %d deleted · %s", count(c.Errors, "error"), count(c.Warnings, "warning"), count(c.Notes, "note"), fmt.Sprint(c.Existing), c.Created, c.Updated, c.Deleted, count(c.Rules, "rule"))
	for _, s := range []verdict.Stage{verdict.StageRender, verdict.StagePolicy, verdict.StageDryRun} {
		if done, not := c.Evaluated[s], c.NotEvaluated[s]; done+not > 0 {
			p.line("%-8s %d of %d evaluated", s, done, done+not)
		}
	}
}
