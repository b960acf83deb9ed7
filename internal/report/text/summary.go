package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/verdict"
)

// gap is what was not evaluated for one and the same reason, anywhere.
type gap struct {
	gapKey
	entries []verdict.Entry
}

type gapKey struct {
	stage  verdict.Stage
	reason verdict.Reason
	detail string
}

// notEvaluated writes the gaps, those first that leave the verdict undecided.
func (e *encoder) notEvaluated() {
	var gaps []*gap
	index := map[gapKey]*gap{}
	for _, entry := range e.report.NotEvaluated {
		key := gapKey{entry.Stage, entry.Reason, entry.Detail}
		if index[key] == nil {
			index[key] = &gap{gapKey: key}
			gaps = append(gaps, index[key])
		}
		index[key].entries = append(index[key].entries, entry)
	}
	if len(gaps) == 0 {
		return
	}
	slices.SortStableFunc(gaps, func(a, b *gap) int { return order(a.reason) - order(b.reason) })
	e.blank()
	e.put(0, span{bold, "Not evaluated"})
	for i, g := range gaps {
		if i > 0 {
			e.blank()
		}
		e.gap(g)
	}
}

func order(r verdict.Reason) int {
	if r.Blocking() {
		return 0
	}
	return 1
}

// gap writes what was not evaluated, then why.
func (e *encoder) gap(g *gap) {
	for i, entry := range g.entries {
		if i == shown && len(g.entries) > shown+1 && !e.opts.Verbose {
			e.para(2, span{}, span{dim, fmt.Sprintf("… %d more (--verbose shows them)", len(g.entries)-shown)})
			break
		}
		e.put(2, span{"", clean(cmp.Or(entry.Environment, "repository"))}, column(object(entry.Object)), column(place(entry.Location)))
	}
	colour := dim
	if g.reason.Blocking() {
		colour = yellow
	}
	e.para(4, span{}, span{colour, fmt.Sprintf("%s, %s: %s", g.stage, g.reason, g.detail)})
}

// column sets text off from what is left of it.
func column(text string) span {
	if text == "" {
		return span{}
	}
	return span{"", "  " + text}
}

// unowned writes the changed files that no environment reads.
func (e *encoder) unowned() {
	files := e.report.Unowned
	if len(files) == 0 {
		return
	}
	e.blank()
	e.put(0, span{bold, "Read by no environment"})
	for i, file := range files {
		if i == shown && len(files) > shown+1 && !e.opts.Verbose {
			e.para(2, span{}, span{dim, fmt.Sprintf("… %d more (--verbose shows them)", len(files)-shown)})
			return
		}
		e.put(2, span{"", clean(file)})
	}
}

// outcome is the word for a verdict. One that this version does not know looks
// like a failure.
func outcome(o verdict.Outcome) span {
	colour := red
	switch o {
	case verdict.Pass:
		colour = green
	case verdict.Undecided:
		colour = yellow
	}
	return span{colour + ";" + bold, strings.ToUpper(clean(string(o))) + "  "}
}

// summary writes the verdict with its reasons, and what it is made of.
func (e *encoder) summary() {
	e.blank()
	v := e.report.Verdict
	lead := outcome(v.Outcome)
	indent := hanging(0, lead)
	for i, reason := range v.Reasons {
		if i == 0 {
			e.para(0, lead, span{"", reason})
			continue
		}
		e.para(indent, span{}, span{"", reason})
	}
	if len(v.Reasons) == 0 {
		e.put(0, lead)
	}
	c := e.report.Counts
	found := fmt.Sprintf("%s, %s", count(c.Errors, "error"), count(c.Warnings, "warning"))
	if c.Notes > 0 {
		found += ", " + count(c.Notes, "note")
	}
	if c.Existing > 0 {
		found += fmt.Sprintf(" · %d existing", c.Existing)
	}
	if c.Waived > 0 {
		found += fmt.Sprintf(" · %d waived", c.Waived)
	}
	parts := []string{found, fmt.Sprintf("%s rendered, %d changed", count(c.Objects, "object"), c.Created+c.Updated+c.Deleted)}
	parts = append(parts, count(c.Rules, "rule"))
	if s := e.report.Timing.Seconds; s > 0 {
		parts = append(parts, fmt.Sprintf("%.1f s", s))
	}
	e.facts(indent, span{}, dim, parts)
	var stages []string
	for _, s := range []verdict.Stage{verdict.StageDiscover, verdict.StageRender, verdict.StagePolicy, verdict.StageDryRun} {
		done, not := c.Evaluated[s], c.NotEvaluated[s]
		if done+not > 0 && (s != verdict.StageDiscover || not > 0) {
			stages = append(stages, fmt.Sprintf("%s %d of %d", s, done, done+not))
		}
	}
	if len(stages) == 0 {
		stages = []string{"nothing"}
	}
	e.facts(indent, span{dim, "evaluated  "}, dim, stages)
}
