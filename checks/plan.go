// Package checks brings a report to GitHub: check runs with annotations, and a
// comment. Plan makes what GitHub is to show out of a report, without a
// network; a Publisher brings GitHub to that state. It decides nothing.
package checks

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/report/json"
	"github.com/penstock-dev/penstock/internal/report/markdown"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// Conclusion is how a run ends. There is no neutral and no skipped: both
// satisfy a required check.
type Conclusion string

// Success is for what passes only. TimedOut and Cancelled are for runs whose
// verdict could not be posted, or is about a commit that is no longer the head.
const (
	Success   Conclusion = "success"
	Failure   Conclusion = "failure"
	TimedOut  Conclusion = "timed_out"
	Cancelled Conclusion = "cancelled"
)

// Run is a check run as it is to be shown once it is completed.
type Run struct {
	Name string
	// Attempt names the report and its run; see attempt.
	Attempt    string
	Conclusion Conclusion
	// Title is plain text; Summary and Text are Markdown.
	Title, Summary, Text string
	Annotations          []Annotation
}

// Options say what is shown, and how.
type Options struct {
	// Name is that of the check; empty means DefaultName.
	Name string
	// Alone leaves out the runs of the environments.
	Alone bool
}

// DefaultName is the name to require in a ruleset or a branch protection.
const DefaultName = "penstock"

// The limits of what GitHub shows of a run.
const (
	maxTitle = 255
	// maxName is ours: GitHub names no limit, and shows less.
	maxName = 100
	// gateAnnotations is four requests, environmentAnnotations one, so that the
	// run of an environment is made at once.
	gateAnnotations        = 200
	environmentAnnotations = batch
)

var namePattern = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9 ._/-]{0,58}[A-Za-z0-9])?$`)

// Plan is the check runs of a report: first the one to require, then one for
// each environment that the change affects. It fails for a report that
// contradicts itself, since its verdict cannot be trusted.
func Plan(r *report.Report, opts Options) ([]Run, error) {
	name := cmp.Or(opts.Name, DefaultName)
	if !namePattern.MatchString(name) {
		return nil, &UserError{fmt.Sprintf("%.80q is no name for a check", name), "use up to 60 letters, digits, spaces, dots and dashes"}
	}
	if r.Only != "" {
		return nil, &UserError{fmt.Sprintf("the report is about the environment %.80q alone, and no verdict on the change", r.Only), "check without --env, and publish that report"}
	}
	if err := consistent(r); err != nil {
		return nil, err
	}
	id, err := attempt(r)
	if err != nil {
		return nil, err
	}
	found := annotations(r)
	gate := Run{Name: name, Attempt: id}
	var parts []Run
	for _, env := range r.Environments {
		if opts.Alone || !env.Affected && env.Outcome == verdict.Pass {
			continue
		}
		run := Run{Name: runName(name, env.Name), Attempt: id}
		// GitHub shows the annotations of all runs on a line: each is on one of
		// them only.
		var own []Annotation
		own, found = take(found, env.Name)
		if err := run.show(only(r, env), false, own, environmentAnnotations); err != nil {
			return nil, err
		}
		parts = append(parts, run)
	}
	if err := gate.show(r, true, found, gateAnnotations); err != nil {
		return nil, err
	}
	return append([]Run{gate}, parts...), nil
}

// show writes a report into a run.
func (run *Run) show(r *report.Report, whole bool, found []Annotation, limit int) error {
	shown := found[:min(len(found), limit)]
	note := ""
	if len(shown) < len(found) {
		note = fmt.Sprintf("On lines of files: the worst %d of %d findings.", len(shown), len(found))
	}
	run.Conclusion, run.Title, run.Annotations = conclusion(r.Verdict.Outcome), title(r, whole), shown
	var err error
	if run.Summary, err = encode(r, markdown.Options{Part: markdown.Judgement, Note: note}); err != nil {
		return err
	}
	run.Text, err = encode(r, markdown.Options{Part: markdown.Changes})
	return err
}

func encode(r *report.Report, opts markdown.Options) (string, error) {
	var b strings.Builder
	if err := markdown.Encode(&b, r, opts); err != nil {
		return "", err
	}
	return b.String(), nil
}

// conclusion is success for pass only.
func conclusion(o verdict.Outcome) Conclusion {
	if o == verdict.Pass {
		return Success
	}
	return Failure
}

// title sums up a report, or a part of one, in a line.
func title(r *report.Report, whole bool) string {
	c := r.Counts
	var s string
	switch {
	case r.Verdict.Outcome == verdict.Pass && c.Affected == 0:
		s = "Pass: no environment is affected"
	case r.Verdict.Outcome == verdict.Pass:
		of := count(c.Affected, "environment")
		if !whole {
			of = count(c.Objects, "object")
		}
		s = "Pass: " + strings.Join(nonzero(of, fmt.Sprintf("%d changed", c.Created+c.Updated+c.Deleted), count(c.Warnings, "warning")), ", ")
	case r.Verdict.Outcome == verdict.Fail && c.Errors == 0:
		s = "Fail: " + count(c.Existing, "finding") + " that base has as well"
	case r.Verdict.Outcome == verdict.Fail:
		s = "Fail: " + strings.Join(nonzero(count(c.Errors, "error"), count(c.Warnings, "warning")), ", ")
	default:
		s = "not decided: "
		if len(r.Verdict.Reasons) > 0 {
			s += strings.ReplaceAll(r.Verdict.Reasons[0], "\n", " ")
		}
		if more := len(r.Verdict.Reasons) - 1; more > 0 {
			s = markdown.Plain(s, maxTitle-20) + fmt.Sprintf(", and %d more", more)
			return s
		}
	}
	return markdown.Plain(s, maxTitle)
}

// nonzero leaves out what counts nothing.
func nonzero(counts ...string) []string {
	var out []string
	for _, c := range counts {
		if !strings.HasPrefix(c, "0 ") {
			out = append(out, c)
		}
	}
	return out
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// runName is the name of the run of an environment. One that is too long, or
// not plain, is cut and gets a part of its own hash, so that no two are alike.
func runName(name, env string) string {
	full := name + " / " + env
	if plain := markdown.Plain(strings.ReplaceAll(full, "\n", " "), 4*len(full)+8); plain == full && len(full) <= maxName {
		return full
	}
	sum := sha256.Sum256([]byte(env))
	return markdown.Plain(strings.Join(strings.Fields(full), " "), maxName-10) + " " + hex.EncodeToString(sum[:4])
}

// attemptPrefix is that of external IDs that this version understands.
const attemptPrefix = "penstock:v1:"

// timeLayout sorts as time does.
const timeLayout = "20060102T150405.000Z"

// attempt names the run of a check that made a report: when it began, and a
// hash of the document. The same report is the same attempt, however often and
// from wherever it is published; checking again is another.
func attempt(r *report.Report) (string, error) {
	var b bytes.Buffer
	if err := json.Encode(&b, r); err != nil {
		return "", err
	}
	sum := sha256.Sum256(b.Bytes())
	return attemptPrefix + r.Timing.Started.UTC().Format(timeLayout) + ":" + hex.EncodeToString(sum[:8]), nil
}
