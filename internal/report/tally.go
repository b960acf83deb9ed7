package report

import (
	"slices"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// Tally counts what a report holds itself: not what was evaluated, and not the
// rules.
func Tally(r *Report) Counts {
	c := Counts{Environments: len(r.Environments), NotEvaluated: map[verdict.Stage]int{}}
	for _, env := range r.Environments {
		if env.Affected {
			c.Affected++
		}
		c.Objects += env.Objects
		for _, d := range env.Deltas {
			switch d.Operation {
			case diff.Create:
				c.Created++
			case diff.Update:
				c.Updated++
			case diff.Delete:
				c.Deleted++
			}
		}
		c.Restarted += Restarted(env.Deltas)
	}
	for _, f := range r.Findings {
		switch {
		case f.Baseline == verdict.Absent:
		case f.Waiver != nil:
			c.Waived++
		case f.Baseline == verdict.Unchanged:
			c.Existing++
		case f.Level == verdict.Error:
			c.Errors++
		case f.Level == verdict.Warning:
			c.Warnings++
		default:
			c.Notes++
		}
	}
	for _, e := range r.NotEvaluated {
		c.NotEvaluated[e.Stage]++
	}
	return c
}

// Restarted counts the workloads among deltas whose Pods the change restarts.
func Restarted(deltas []Delta) int {
	n := 0
	for _, d := range deltas {
		if slices.Contains(d.Effects, verdict.Restart) {
			n++
		}
	}
	return n
}
