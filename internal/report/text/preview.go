package text

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// preview writes what becomes of the judgement itself once the change is merged.
func (e *encoder) preview() {
	p := e.report.Preview
	if p == nil {
		return
	}
	e.blank()
	e.put(0, span{bold, "Once this is merged"}, span{dim, "  the change edits what changes are judged by"})
	changed := false
	for _, l := range []struct {
		names []string
		what  string
	}{
		{p.RulesAdded, "new rule"}, {p.RulesRemoved, "rule gone"},
		{p.EnvironmentsAdded, "new environment"}, {p.EnvironmentsRemoved, "environment gone"},
	} {
		if len(l.names) > 0 {
			changed = true
			e.para(2, span{}, span{"", e.some(l.what, l.names)})
		}
	}
	lines := p.Lines()
	if len(lines) == 0 {
		what := "no finding comes or goes on what is there"
		if !changed {
			what = "nothing that is there is judged otherwise"
		}
		e.para(2, span{}, span{"", what})
	}
	for _, l := range lines {
		e.previewed(l)
	}
}

func (e *encoder) some(what string, names []string) string {
	rest := len(names) - shown
	if rest > 1 && !e.opts.Verbose {
		names = names[:shown]
	}
	text := fmt.Sprintf("%s: %s", what, list(names))
	if rest > 1 && !e.opts.Verbose {
		text += fmt.Sprintf(", … %d more", rest)
	}
	return text
}

// previewed writes the findings of one rule: how many, where, and the first of
// them, or all of them with Verbose.
func (e *encoder) previewed(l report.PreviewLine) {
	sign, colour, word := "- ", dim, string(l.Level)
	if l.Comes {
		_, colour = severity(l.Level)
		sign = "+ "
	}
	if l.Waived {
		colour, word = dim, "waived "+word
	}
	e.para(2, span{colour, sign}, span{"", fmt.Sprintf("%s, %s, in %s", clean(l.Rule), count(len(l.Findings), clean(word)), list(l.Environments))})
	for i, f := range l.Findings {
		if i > 0 && !e.opts.Verbose {
			e.para(4, span{}, span{dim, fmt.Sprintf("… %d more (--verbose shows them)", len(l.Findings)-1)})
			return
		}
		e.put(4, span{dim, strings.Join(about(f), "  ")})
		e.para(4, span{}, span{"", f.Message})
	}
}

func about(f verdict.Finding) []string {
	var out []string
	for _, part := range []string{clean(f.Environment), cmp.Or(object(f.Object), "the environment as a whole"), place(f.Location)} {
		if part != "" {
			out = append(out, part)
		}
	}
	return out
}
