// Package junit encodes a report as JUnit XML, for CI systems that show test
// results. A run that did not pass always has a failure or an error in it.
package junit

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// repository is the suite of what belongs to no environment.
const repository = "repository"

// The elements that the readers in use agree on (GitLab, Jenkins, GitHub
// actions): there is no official schema.
type (
	testSuites struct {
		XMLName  xml.Name    `xml:"testsuites"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		Suites   []testSuite `xml:"testsuite"`
	}

	testSuite struct {
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Cases    []testCase `xml:"testcase"`
	}

	testCase struct {
		ClassName string   `xml:"classname,attr"`
		Name      string   `xml:"name,attr"`
		File      string   `xml:"file,attr,omitempty"`
		Failure   *outcome `xml:"failure"`
		Error     *outcome `xml:"error"`
		Skipped   *outcome `xml:"skipped"`
		SystemOut string   `xml:"system-out,omitempty"`
	}

	outcome struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// Encode writes one suite for each environment and one for the repository.
//
// The suite of the repository has the verdict as a test case. That of an
// environment has a test case for each stage that evaluated it, for each rule
// with findings, and for each stage and reason for which something was not
// evaluated. Findings that block are failures; the others are in the output of
// a test case that passes. What was not evaluated is an error if it blocks, and
// else skipped. Characters that XML does not have are replaced.
func Encode(w io.Writer, r *report.Report) error {
	out := testSuites{Name: cmp.Or(r.Tool.Name, "Penstock"), Time: fmt.Sprintf("%.3f", r.Timing.Seconds)}
	out.add(newSuite(r, repository, "", []testCase{verdictCase(r)}))
	for _, env := range environments(r) {
		out.add(newSuite(r, env.Name, env.Name, stages(r, env)))
	}
	text, err := xml.MarshalIndent(out, "", "  ")
	if err == nil {
		_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	}
	if err != nil {
		return fmt.Errorf("writing the report as JUnit: %w", err)
	}
	return nil
}

func (s *testSuites) add(suite testSuite) {
	for _, c := range suite.Cases {
		suite.Tests++
		switch {
		case c.Failure != nil:
			suite.Failures++
		case c.Error != nil:
			suite.Errors++
		case c.Skipped != nil:
			suite.Skipped++
		}
	}
	s.Tests += suite.Tests
	s.Failures += suite.Failures
	s.Errors += suite.Errors
	s.Skipped += suite.Skipped
	s.Suites = append(s.Suites, suite)
}

// environments are those of the report and any other that a finding or an entry
// of the ledger names, so that none of these is lost.
func environments(r *report.Report) []report.Environment {
	out := slices.Clone(r.Environments)
	add := func(name string) {
		known := func(env report.Environment) bool { return env.Name == name }
		if name != "" && !slices.ContainsFunc(out, known) {
			out = append(out, report.Environment{Name: name})
		}
	}
	for _, f := range r.Findings {
		add(f.Environment)
	}
	for _, e := range r.NotEvaluated {
		add(e.Environment)
	}
	return out
}

// newSuite adds the findings and the gaps of an environment to its first cases.
func newSuite(r *report.Report, name, env string, cases []testCase) testSuite {
	cases = append(cases, findings(r, env)...)
	cases = append(cases, gaps(r, env)...)
	for i := range cases {
		cases[i].ClassName = "penstock." + name
	}
	return testSuite{Name: name, Cases: cases}
}

// verdictCase is the verdict, so that no reader takes a run for good that did
// not pass, whatever made it so.
func verdictCase(r *report.Report) testCase {
	reasons := strings.Join(r.Verdict.Reasons, "\n")
	c := testCase{Name: "verdict"}
	switch r.Verdict.Outcome {
	case verdict.Pass:
		c.SystemOut = reasons
	case verdict.Fail:
		c.Failure = &outcome{Message: "the change must not be merged", Type: "fail", Text: reasons}
	default:
		c.Error = &outcome{Message: "the change could not be decided on", Type: "undecided", Text: reasons}
	}
	return c
}

// stages are the stages that evaluated an environment as a whole. One that the
// change does not affect was not evaluated, on purpose.
func stages(r *report.Report, env report.Environment) []testCase {
	mentioned := slices.ContainsFunc(r.NotEvaluated, func(e verdict.Entry) bool { return e.Environment == env.Name }) ||
		slices.ContainsFunc(r.Findings, func(f verdict.Finding) bool { return f.Environment == env.Name })
	if !env.Affected && !mentioned {
		return []testCase{{Name: "not affected", Skipped: &outcome{Message: "the change touches no file that this environment reads"}}}
	}
	var out []testCase
	for _, stage := range []verdict.Stage{verdict.StageRender, verdict.StagePolicy, verdict.StageDryRun} {
		failed := slices.ContainsFunc(r.NotEvaluated, func(e verdict.Entry) bool {
			return e.Environment == env.Name && e.Stage == stage && e.Object == (verdict.Object{})
		})
		absent := !env.Affected || stage == verdict.StageDryRun && env.DryRun == "" || stage == verdict.StagePolicy && len(r.Rules) == 0
		if failed || absent {
			continue
		}
		c := testCase{Name: string(stage)}
		switch stage {
		case verdict.StageRender:
			c.SystemOut = fmt.Sprintf("%d objects, Kubernetes %s", env.Objects, env.KubernetesVersion)
		case verdict.StagePolicy:
			c.SystemOut = fmt.Sprintf("%d rules loaded", len(r.Rules))
		case verdict.StageDryRun:
			c.SystemOut = env.DryRun
		}
		out = append(out, c)
	}
	return out
}

// findings makes one test case for each rule.
func findings(r *report.Report, env string) []testCase {
	byRule := map[string][]verdict.Finding{}
	var rules []string
	for _, f := range r.Findings {
		if f.Environment != env || f.Baseline == verdict.Absent {
			continue
		}
		if byRule[f.Rule] == nil {
			rules = append(rules, f.Rule)
		}
		byRule[f.Rule] = append(byRule[f.Rule], f)
	}
	slices.Sort(rules)
	var out []testCase
	for _, rule := range rules {
		out = append(out, ruleCase(rule, byRule[rule]))
	}
	return out
}

func ruleCase(rule string, findings []verdict.Finding) testCase {
	var blocking, others []string
	c := testCase{Name: rule}
	var first string
	for _, f := range findings {
		if f.Location != nil && c.File == "" {
			c.File = f.Location.File
		}
		if !verdict.Blocks(f, verdict.GateNew) {
			others = append(others, findingText(f))
			continue
		}
		if len(blocking) == 0 {
			first = f.Message
			if f.Location != nil {
				c.File = f.Location.File
			}
		}
		blocking = append(blocking, findingText(f))
	}
	if len(blocking) > 0 {
		if len(blocking) > 1 {
			first = fmt.Sprintf("%d findings, first: %s", len(blocking), first)
		}
		c.Failure = &outcome{Message: first, Type: rule, Text: strings.Join(blocking, "\n")}
	}
	c.SystemOut = strings.Join(others, "\n")
	return c
}

func findingText(f verdict.Finding) string {
	text := fmt.Sprintf("%s (%s): ", f.Level, f.Baseline)
	if f.Location != nil {
		text = place(f.Location) + ": " + text
	}
	text += f.Message
	if w := f.Waiver; w != nil {
		text += fmt.Sprintf(" — waived until %s by %s: %s", w.Expires, w.Owner, w.Reason)
	}
	if name := objectName(f.Object); name != "" {
		text += " — " + name
	}
	if f.Remediation != "" {
		text += " — " + f.Remediation
	}
	return text
}

// gaps makes one test case for each stage and reason.
func gaps(r *report.Report, env string) []testCase {
	type key struct {
		stage    verdict.Stage
		reason   verdict.Reason
		blocking bool
	}
	byKey := map[key][]string{}
	var keys []key
	for _, e := range r.NotEvaluated {
		if e.Environment != env {
			continue
		}
		k := key{e.Stage, e.Reason, blocks(e)}
		if byKey[k] == nil {
			keys = append(keys, k)
		}
		byKey[k] = append(byKey[k], entryText(e))
	}
	var out []testCase
	for _, k := range keys {
		reason := cmp.Or(string(k.reason), "no reason given")
		c := testCase{Name: fmt.Sprintf("%s: not evaluated (%s)", k.stage, reason)}
		o := &outcome{Message: fmt.Sprintf("%d not evaluated: %s", len(byKey[k]), reason), Type: reason, Text: strings.Join(byKey[k], "\n")}
		if k.blocking {
			c.Error = o
		} else {
			c.Skipped = o
		}
		out = append(out, c)
	}
	return out
}

func entryText(e verdict.Entry) string {
	text := cmp.Or(objectName(e.Object), "as a whole")
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Location != nil {
		text = place(e.Location) + ": " + text
	}
	return text
}

// blocks reports whether an entry that was not evaluated leaves the verdict
// undecided in a run that is not strict, as verdict.Decide does.
func blocks(e verdict.Entry) bool {
	if e.Object == (verdict.Object{}) && (e.Stage == verdict.StageRender || e.Stage == verdict.StageDiscover) {
		return e.Reason != verdict.Off
	}
	return e.Reason.Blocking()
}

func place(l *verdict.Location) string {
	if l.Line == 0 {
		return l.File
	}
	return fmt.Sprintf("%s:%d", l.File, l.Line)
}

func objectName(o verdict.Object) string {
	name := o.Name
	if o.Namespace != "" {
		name = o.Namespace + "/" + name
	}
	return strings.TrimSpace(o.Kind + " " + name)
}
