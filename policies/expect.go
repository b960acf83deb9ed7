package policies

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// try judges the objects of the fixtures, and compares.
func (e *Engine) try(ctx context.Context, fixtures []fixture, only *regexp.Regexp, tracer *cover.Cover) ([]TestResult, error) {
	var out []TestResult
	for _, f := range fixtures {
		if only != nil && !only.MatchString(f.file+": "+f.name) {
			continue
		}
		r := TestResult{Name: f.name, File: f.file, Line: f.line, Outcome: Passed}
		part, err := e.judging(f)
		var findings []verdict.Finding
		var gaps []string
		if err == nil {
			findings, gaps, err = part.judge(ctx, f, tracer)
		}
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			r.Outcome, r.Detail = Errored, err.Error()
		case len(gaps) > 0:
			r.Outcome, r.Detail = Errored, strings.Join(gaps, "\n")
		default:
			if wrong := compare(f, findings); len(wrong) > 0 {
				r.Outcome, r.Detail = Failed, strings.Join(wrong, "\n")
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// judging is the engine with the rules that a fixture asks for, switched on.
func (e *Engine) judging(f fixture) (*Engine, error) {
	part := *e
	part.gatekeeper = gatekeeper.Objects{} // constraints are tested by suites, see Verify
	if f.rules != nil {
		part.rules = nil
	}
	for _, id := range f.rules {
		found := false
		for _, r := range e.rules {
			if r.ID == id {
				r.enabled, found = true, true
				part.rules = append(part.rules, r)
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no rule %s among the rules under test", id)
		}
	}
	for _, x := range f.findings {
		if !slices.ContainsFunc(part.rules, func(r rule) bool { return r.ID == x.rule }) {
			return nil, fmt.Errorf("line %d expects a finding of %s, which is none of the rules that judge", x.written, x.rule)
		}
	}
	return &part, nil
}

// judge evaluates a fixture. What could not be evaluated, and that no rule looks
// at any of its objects, are gaps: such a test would pass whatever the rules say.
func (e *Engine) judge(ctx context.Context, f fixture, tracer *cover.Cover) ([]verdict.Finding, []string, error) {
	deltas := diff.Compare(f.base, f.head)
	in := Input{Environment: f.env, Base: f.base, Head: f.head, Deltas: deltas, Now: f.now}
	if tracer != nil {
		in.tracer = tracer
	}
	result, err := e.Evaluate(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	var gaps []string
	for _, entry := range result.Entries {
		if !entry.Evaluated() {
			gaps = append(gaps, entry.Detail)
		}
	}
	gaps = slices.Compact(gaps)
	settings, _, err := e.settings(ctx, f.env, 0)
	if err != nil {
		return nil, nil, err
	}
	looks := func(r setting) bool {
		if r.scope != scopeObject {
			return r.scope != scopeFleet // a fixture has one environment
		}
		return slices.ContainsFunc(tasksOf(in), func(t task) bool { return r.match.object(t.subject().ID(), t.seen()) })
	}
	for _, id := range f.rules {
		if !slices.ContainsFunc(settings, func(r setting) bool { return r.ID == id && looks(r) }) {
			gaps = append(gaps, "the rule "+id+" looks at none of the objects: see its custom.match and custom.scope")
		}
	}
	if len(gaps) == 0 && !slices.ContainsFunc(settings, looks) {
		gaps = append(gaps, "no rule looks at any of the objects")
	}
	return result.Findings, gaps, nil
}

// seen is the operation that rules see: an object that did not change is judged
// as one that is created.
func (t task) seen() diff.Operation {
	if t.operation == "" {
		return diff.Create
	}
	return t.operation
}

// compare assigns each finding to an expectation; what is left of either is wrong.
func compare(f fixture, findings []verdict.Finding) []string {
	taken := make([]int, len(f.findings)) // finding of the expectation, from 1
	var assign func(i int, tried map[int]bool) bool
	assign = func(i int, tried map[int]bool) bool {
		for x, want := range f.findings {
			if tried[x] || want.difference(findings[i]) != "" {
				continue
			}
			tried[x] = true
			if taken[x] == 0 || assign(taken[x]-1, tried) {
				taken[x] = i + 1
				return true
			}
		}
		return false
	}
	var wrong []string
	for i := range findings {
		if !assign(i, map[int]bool{}) {
			wrong = append(wrong, "not expected: "+show(findings[i]))
		}
	}
	for x, want := range f.findings {
		if taken[x] == 0 {
			wrong = append(wrong, fmt.Sprintf("line %d expects a finding of %s that is not there%s", want.written, want.rule, want.nearest(findings)))
		}
	}
	return wrong
}

// nearest says how the first finding of the same rule differs from the expectation.
func (x expectation) nearest(findings []verdict.Finding) string {
	for _, f := range findings {
		if d := x.difference(f); f.Rule == x.rule && d != "" {
			return "; one differs in " + d
		}
	}
	return ""
}

// difference is what keeps a finding from being the expected one, or nothing.
// An expectation without a baseline stands for what the head has.
func (x expectation) difference(f verdict.Finding) string {
	line := 0
	if f.Location != nil {
		line = f.Location.Line
	}
	switch {
	case x.rule != f.Rule:
		return "its rule, " + f.Rule
	case x.level != "" && x.level != f.Level:
		return "its level, " + string(f.Level)
	case x.message != nil && !x.message.MatchString(f.Message):
		return "its message, " + f.Message
	case x.line != 0 && x.line != line:
		return fmt.Sprintf("its line, %d", line)
	case x.path != "" && x.path != f.Path:
		return "its path, " + f.Path
	case x.container != "" && x.container != f.Container:
		return "its container, " + f.Container
	case x.object != "" && x.object != nameIn(f):
		return "its object, " + nameIn(f)
	case x.baseline == "" && f.Baseline == verdict.Absent, x.baseline != "" && x.baseline != f.Baseline:
		return "its baseline, " + string(f.Baseline)
	}
	return ""
}

func nameIn(f verdict.Finding) string { return f.Object.Kind + "/" + f.Object.Name }

func show(f verdict.Finding) string {
	text := fmt.Sprintf("%s %s on %s: %s", f.Level, f.Rule, nameIn(f), f.Message)
	if f.Path != "" {
		text += " at " + f.Path
	}
	if f.Location != nil && f.Location.Line > 0 {
		text += fmt.Sprintf(", line %d", f.Location.Line)
	}
	return text + " (" + string(f.Baseline) + ")"
}
