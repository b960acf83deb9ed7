package policies

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

// testTimeout bounds one Rego test.
const testTimeout = 30 * time.Second

// Testing says what Test runs.
type Testing struct {
	// Sources are the directories whose tests run.
	Sources []Source
	// With are what the rules of the sources may import, as in a check: the library
	// and bundles. Their tests do not run.
	With []Source
	// Run leaves out the tests whose name it does not match: data.<package>.<test>,
	// or the name of a fixture or of a case of a suite behind its file.
	Run *regexp.Regexp
	// Coverage counts the lines of each file that the tests reach.
	Coverage bool
	// Loader loads the rules; whoever tests again and again has one.
	Loader *Loader
}

// TestReport is what the tests say, in the order of their places.
type TestReport struct {
	Tests []TestResult `json:"tests"`
	// Metadata is what the METADATA of the rules lacks.
	Metadata []Lack `json:"metadata,omitempty"`
	// Coverage is sorted by file; nil when it was not asked for.
	Coverage []FileCoverage `json:"coverage,omitempty"`
}

// Outcome is how a test ended.
type Outcome string

// The outcomes. Only Passed is one.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Errored Outcome = "errored"
	Skipped Outcome = "skipped"
)

// TestResult is how one test ended.
type TestResult struct {
	Name    string  `json:"name"`
	File    string  `json:"file"`
	Line    int     `json:"line"`
	Outcome Outcome `json:"outcome"`
	// Detail says why a test did not pass, in one or more lines.
	Detail string `json:"detail,omitempty"`
	// Output is what the test printed.
	Output string `json:"output,omitempty"`
}

// String is the place, the name and what happened.
func (r TestResult) String() string {
	text := fmt.Sprintf("%s: %s %s", place(r.File, r.Line), r.Name, r.Outcome)
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	return text
}

// Bad are the tests that did not pass.
func (r TestReport) Bad() []TestResult {
	var bad []TestResult
	for _, t := range r.Tests {
		if t.Outcome != Passed {
			bad = append(bad, t)
		}
	}
	return bad
}

// NoTests says that there was nothing to run: a rule that nobody tries is not a
// rule that works.
type NoTests struct {
	Dirs []string
	// Run is the expression that no test matched, or empty.
	Run string
}

func (e *NoTests) Error() string {
	if e.Run != "" {
		return fmt.Sprintf("no test of %s matches %q", strings.Join(e.Dirs, ", "), e.Run)
	}
	return "there are no tests in " + strings.Join(e.Dirs, ", ")
}

// UserHint says what to do.
func (e *NoTests) UserHint() string {
	if e.Run != "" {
		return "names are like data.<package>.test_<name>, or <file>: <name> for fixtures"
	}
	return "write rules whose names begin with test_ in *_test.rego, or fixtures in *_test.yaml or a Suite of Gatekeeper beside the rules"
}

// Test runs the tests of the sources in the sandbox in which rules run: the Rego
// rules whose names begin with test_, on the data files; the fixtures in
// *_test.yaml, through the engine as a check does; and the suites of Gatekeeper. A test that is skipped
// (todo_) has not passed. What cannot be loaded, and no tests at all, is an error.
func Test(ctx context.Context, t Testing) (TestReport, error) {
	engine, err := t.Loader.Load(ctx, append(t.With[:len(t.With):len(t.With)], t.Sources...)...)
	if err != nil {
		return TestReport{}, err
	}
	set, err := readTests(t)
	if err != nil {
		return TestReport{}, err
	}
	fixtures, err := readFixtures(t.Sources)
	if err != nil {
		return TestReport{}, err
	}
	var tracer *cover.Cover
	if t.Coverage {
		tracer = cover.New()
	}
	var report TestReport
	if report.Tests, err = set.run(ctx, t.Run, tracer); err != nil {
		return TestReport{}, err
	}
	tried, err := engine.of(t.Sources).try(ctx, fixtures, t.Run, tracer)
	if err != nil {
		return TestReport{}, err
	}
	report.Tests = append(report.Tests, tried...)
	verified, err := verify(ctx, t)
	if err != nil {
		return TestReport{}, err
	}
	report.Tests = append(report.Tests, verified...)
	slices.SortFunc(report.Tests, func(a, b TestResult) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, strings.Compare(a.Name, b.Name))
	})
	if len(report.Tests) == 0 {
		return TestReport{}, noTests(t)
	}
	report.Metadata = engine.lackingMetadata(t.Sources)
	if t.Coverage {
		report.Coverage = coverage(tracer, set, t.Sources)
	}
	return report, nil
}

// verify runs the suites of Gatekeeper in the sources.
func verify(ctx context.Context, t Testing) ([]TestResult, error) {
	var out []TestResult
	for _, s := range t.Sources {
		cases, err := t.Loader.verify(ctx, s.FS, s.Dir, fixtureTime())
		if err != nil {
			return nil, err
		}
		for _, c := range cases {
			r := TestResult{Name: strings.TrimSuffix(c.Test+"/"+c.Case, "/"), File: c.File, Line: c.Line, Outcome: Passed, Detail: c.Fault}
			switch {
			case t.Run != nil && !t.Run.MatchString(r.File+": "+r.Name):
				continue
			case c.Skipped:
				r.Outcome, r.Detail = Skipped, "take skip from the suite"
			case c.Fault != "":
				r.Outcome = Failed
			}
			out = append(out, r)
		}
	}
	return out, nil
}

func noTests(t Testing) error {
	e := &NoTests{}
	for _, s := range t.Sources {
		e.Dirs = append(e.Dirs, s.Name)
	}
	if t.Run != nil {
		e.Run = t.Run.String()
	}
	return e
}

// readTests reads the modules of the sources with their tests, and what they may
// import without.
func readTests(t Testing) (*sourceSet, error) {
	set, err := readSources(t.Sources, true)
	if err != nil {
		return nil, err
	}
	with, err := readSources(t.With, false)
	if err != nil {
		return nil, err
	}
	for name, m := range with.modules {
		if !isTest(name) {
			set.modules[name], set.origin[name] = m, with.origin[name]
		}
	}
	return set, merge(set.data, with.data, "", mergeFile{"the data of the rules that are imported", map[string]string{}})
}

// run runs the Rego tests.
func (set *sourceSet) run(ctx context.Context, only *regexp.Regexp, tracer *cover.Cover) ([]TestResult, error) {
	store := inmem.NewFromObject(set.data)
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the data of the tests: %w", err)
	}
	defer store.Abort(ctx, txn)
	runner := tester.NewRunner().SetCompiler(set.compiler().WithEnablePrintStatements(true)).SetStore(store).
		SetModules(set.modules).SetTimeout(testTimeout).RaiseBuiltinErrors(true).CapturePrintOutput(true)
	if only != nil {
		runner = runner.Filter(only.String())
	}
	if tracer != nil {
		runner = runner.SetCoverageQueryTracer(tracer)
	}
	results, err := runner.RunTests(ctx, txn)
	if list, ok := errors.AsType[ast.Errors](err); ok && len(list) > 0 {
		return nil, regoError(list)
	}
	if err != nil {
		return nil, fmt.Errorf("running the tests of the policies: %w", err)
	}
	var out []TestResult
	for r := range results {
		out = append(out, result(r))
	}
	return out, ctx.Err()
}

func result(r *tester.Result) TestResult {
	out := TestResult{Name: r.Package + "." + r.Name, Outcome: Failed, Output: string(r.Output)}
	if r.Location != nil {
		out.File, out.Line = r.Location.File, r.Location.Row
	}
	switch {
	case r.Pass():
		out.Outcome = Passed
	case r.Error != nil:
		out.Outcome, out.Detail = Errored, r.Error.Error()
	case r.Skip:
		out.Outcome, out.Detail = Skipped, "take the prefix todo_ from its name"
	case len(r.SubResults) > 0:
		out.Detail = "in the case " + strings.Join(failedCases(r.SubResults), ", ")
	}
	return out
}

// failedCases names the cases of a test that is a table.
func failedCases(cases tester.SubResultMap) []string {
	var failed []string
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		switch c := cases[name]; {
		case len(c.SubResults) > 0:
			for _, inner := range failedCases(c.SubResults) {
				failed = append(failed, name+"/"+inner)
			}
		case c.Fail:
			failed = append(failed, name)
		}
	}
	return failed
}
