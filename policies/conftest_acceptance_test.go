package policies_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/policies"
)

// accepted is one behaviour of conftest.
type accepted struct {
	// name is that of the test in acceptance.bats or tests/ of conftest.
	name string
	// verify runs the tests of the policies, with run as the filter; else objects
	// are judged.
	verify, combine bool
	run             string
	files           map[string]string
	dirs            []string
	objects         string
	severities      map[string]string
	// want is what is said here. A line that ends in … is the beginning of one.
	want []string
	// theirs is what conftest says, where that differs, and differs the reason.
	theirs  []string
	differs string
}

const (
	root      = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, image: web}]}}}\n"
	runAsRoot = "package main\ndeny contains \"runs as root\" if { input.kind == \"Deployment\"; not input.spec.template.spec.securityContext.runAsNonRoot }\n"
	noService = "package main\nwarn contains sprintf(\"%s is a service\", [input.metadata.name]) if input.kind == \"Service\"\n"
	yes       = "package main\ndeny contains \"yes\" if input.kind == \"Service\"\n"
	noYes     = "package main\ntest_yes if deny[\"yes\"] with input as {\"kind\": \"Service\"}\ntest_no if count(deny) == 0 with input as {\"kind\": \"Pod\"}\n"
	unused    = "package main\ndeny contains \"x\" if { a := input.kind; true }\n"
	ports     = "package main\ndeny contains sprintf(\"port %d\", [p.port]) if { some p in input.spec.ports; p.port in data.denied }\n"
	excepted  = "package main\ndeny_root contains \"root\" if true\ndeny_tag contains \"tag\" if true\nexception contains [\"root\"] if input.kind == \"Service\"\n"
	twoTeams  = "package main\ndeny contains sprintf(\"%s is no user\", [m]) if { some t in input; t.contents.kind == \"Team\"; some m in t.contents.members; not m in {u.contents.metadata.name | some u in input; u.contents.kind == \"User\"} }\n"
	team      = "apiVersion: example.com/v1\nkind: Team\nmetadata: {name: t}\nmembers: [alice, bob, carol]\n---\napiVersion: example.com/v1\nkind: User\nmetadata: {name: alice}\n---\napiVersion: example.com/v1\nkind: User\nmetadata: {name: bob}\n"
	compose   = "package main\ndeny contains \"the version is old\" if to_number(input.version) < 3.5\ndeny contains sprintf(\"%s has no version\", [s.image]) if { some s in input.services; endswith(s.image, \":latest\") }\n"
	oldRego   = "package main\ndeny[msg] { input.kind == \"Service\"; msg := \"old\" }\n"
	newRego   = "package main\ndeny contains \"new\" if input.kind == \"Service\"\n"
	located   = "package main\ndeny contains {\"msg\": \"x\", \"_loc\": data.loc} if true\n"
	everyone  = "every package runs; one rule is switched off by its severity"
	dialects  = "each file is read in the dialect that it is written in"
)

func images(version, image string) string {
	return fmt.Sprintf("apiVersion: example.com/v1\nkind: Compose\nmetadata: {name: c}\nversion: %q\nservices: {web: {image: %q}}\n", version, image)
}

// conftests are the behaviours of conftest 0.71.1 that are not about its command
// line, its formats of output, its downloads, or parsers of other languages.
func conftests() []accepted {
	type files = map[string]string
	two := files{"a.rego": yes, "b.rego": "package commands\ndeny contains \"commands\" if input.kind == \"Service\"\n"}
	both := []string{"error commands/deny commands", "error main/deny yes"}
	groups := files{"group1/main.rego": "package group1\ndeny contains \"one\" if true\n", "group2/main.rego": "package group2\ndeny contains \"two\" if true\n"}
	return []accepted{
		{name: "Not fail when testing a service with a warning", files: files{"a.rego": noService + runAsRoot[len("package main\n"):]}, objects: service, want: []string{"warning main/warn hello-kubernetes is a service"}},
		{name: "Fail when testing a deployment with root containers", files: files{"a.rego": runAsRoot}, objects: root, want: []string{"error main/deny runs as root"}},
		{name: "Fail when testing a service with warnings", files: files{"a.rego": noService}, objects: service, severities: map[string]string{"main/warn": "error"}, want: []string{"error main/warn hello-kubernetes is a service"}},
		{name: "Fail when testing with no policies path", files: files{"README.md": "no policies"}, objects: service, want: []string{"failed"}, theirs: []string{"refused: no policies found"}, differs: "every object is listed as not evaluated, and the rest of the check goes on"},
		{name: "Pass when testing a blank namespace", files: files{"a.rego": "package main\nhelper := 1\n"}, objects: service, want: []string{"failed"}, theirs: []string{}, differs: "that no rule ran is not a pass"},
		{name: "Test command with all namespaces flag", files: two, objects: service, want: both},
		{name: "Test command works with nested namespaces", files: files{"a.rego": "package main.gke\ndeny contains \"gke\" if true\n"}, objects: service, want: []string{"error main/gke/deny gke"}},
		{name: "Test command matches a single namespace literally", files: two, objects: service, want: both, theirs: both[1:], differs: everyone},
		{name: "Test command matches every namespace with a wildcard", files: two, objects: service, want: both},
		{name: "Test command matches namespaces with a wildcard prefix", files: two, objects: service, severities: map[string]string{"main/deny": "off"}, want: both[:1]},
		{name: "Output results only once", files: files{"a.rego": yes, "b.rego": yes}, objects: service, want: []string{"error main/deny yes"}},
		{name: "Multi-file tests correctly fail when last file is fine", files: files{"a.rego": runAsRoot}, objects: root + "---\n" + service, want: []string{"error main/deny runs as root"}},
		{name: "Can load data along with rego policies", files: files{"a.rego": ports, "data/x.yaml": "denied: [22, 9999]"}, objects: service, want: []string{"error main/deny port 9999"}},
		{name: "Can validate a docker-compose file that does not conform to the policy", files: files{"a.rego": compose}, objects: images("3.4", "web:latest"), want: []string{"error main/deny the version is old", "error main/deny web:latest has no version"}},
		{name: "Can validate a docker-compose file that conforms to the policy", files: files{"a.rego": compose}, objects: images("3.5", "web:1"), want: []string{}},
		{name: "The number of tests run is accurate", files: files{"a.rego": excepted + "warn contains \"w\" if false\n"}, objects: root, want: []string{"error main/deny_root root", "error main/deny_tag tag", "3 rules"}},
		{name: "Exceptions reported correctly", files: files{"a.rego": excepted}, objects: service, want: []string{"waived by main.exception: error main/deny_root root", "error main/deny_tag tag", "2 rules"}},
		{name: "Suppress exceptions output", files: files{"a.rego": excepted}, objects: service, want: []string{"waived by main.exception: error main/deny_root root", "error main/deny_tag tag"}, theirs: []string{"error main/deny_tag tag"}, differs: "what is waived is shown"},
		{name: "Can combine yaml files", combine: true, files: files{"a.rego": twoTeams}, objects: team, want: []string{"error main/deny carol is no user"}},
		{name: "Combining multi-document yaml file has same result", combine: true, files: files{"a.rego": twoTeams}, objects: "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: example.com/v1, kind: Team, metadata: {name: t}, members: [alice, bob]}\n- {apiVersion: example.com/v1, kind: User, metadata: {name: alice}}\n", want: []string{"error main/deny bob is no user"}},
		{name: "Should fail if strict is set and there are unused variables in the policy", files: files{"a.rego": unused}, objects: service, want: []string{"error main/deny x"}, theirs: []string{"refused: policy/a.rego:2: assigned var a unused"}, differs: "style is the business of opa check and regal"},
		{name: "Should fail if an opa function is not defined given capabilities file", files: files{"a.rego": "package main\ndeny contains \"x\" if opa.runtime().env\n"}, objects: service, want: []string{"refused: policy/a.rego:2: undefined function opa.runtime"}},
		{name: "Should not show any output with quiet flag and all tests succeeds", files: files{"a.rego": runAsRoot}, objects: service, want: []string{}},
		{name: "Should show output because of failure", files: files{"a.rego": runAsRoot + "deny_other contains \"other\" if false\n"}, objects: root, want: []string{"error main/deny runs as root", "2 rules"}},
		{name: "Should fail evaluation if a builtin function returns error", files: files{"a.rego": "package main\ndeny contains \"x\" if to_number(input.kind) > 1\n"}, objects: service, want: []string{"failed"}},
		{name: "Allow .rego files in the policy flag", dirs: []string{"policy/a.rego"}, files: files{"a.rego": yes, "b.rego": "package main\ndeny contains \"no\" if true\n"}, objects: service, want: []string{"error main/deny yes"}},
		{name: "Supports print() output", files: files{"a.rego": "package main\ndeny contains \"x\" if print(input.kind)\n"}, objects: service, want: []string{"error main/deny x"}, theirs: []string{"prints Service", "error main/deny x"}, differs: "a report holds what rules find; tests print"},
		{name: "multidir: Can have multiple policy flags", dirs: []string{"policy/org", "policy/team"}, files: files{"org/main.rego": "package main\ndeny contains \"org\" if true\n", "team/main.rego": "package main\ndeny contains \"team\" if true\n"}, objects: service, want: []string{"error main/deny org", "error main/deny team"}},
		{name: "nested: Can parse nested files with name overlap (first)", files: groups, objects: service, severities: map[string]string{"group2/deny": "off"}, want: []string{"error group1/deny one"}},
		{name: "nested: Can parse nested files with name overlap (second)", files: groups, objects: service, severities: map[string]string{"group1/deny": "off"}, want: []string{"error group2/deny two"}},
		{name: "nested: Can have multiple namespace flags", files: groups, objects: service, want: []string{"error group1/deny one", "error group2/deny two"}},
		{name: "problematic-if: Test works as expected using contains and if", files: files{"a.rego": "package main\ndeny contains msg if msg := \"foo\"\n"}, objects: service, want: []string{"error main/deny foo"}},
		{name: "problematic-if: Bare deny rule can be used without contains or if", files: files{"a.rego": "package main\ndeny if true\n"}, objects: service, want: []string{"failed"}, theirs: []string{}, differs: "deny is true, and that is not a pass"},
		{name: "problematic-if: Error is raised when if is used without contains", files: files{"a.rego": "package main\nimport rego.v1\ndeny[msg] if msg := \"foo\"\n"}, objects: service, want: []string{"failed"}, theirs: []string{"refused: 'if' keyword without 'contains' keyword"}, differs: "the rule is refused where it gives something, and others run"},
		{name: "rego-version: TEST - V0 Policy with V1 flag disabled", files: files{"a.rego": oldRego}, objects: service, want: []string{"error main/deny old"}},
		{name: "rego-version: TEST - V0 Policy with V1 flag enabled", files: files{"a.rego": oldRego}, objects: service, want: []string{"error main/deny old"}, theirs: []string{"refused: rego_parse_error"}, differs: dialects},
		{name: "rego-version: TEST - V1 Policy with V1 flag disabled", files: files{"a.rego": newRego}, objects: service, want: []string{"error main/deny new"}, theirs: []string{"refused: rego_parse_error"}, differs: dialects},
		{name: "rego-version: TEST - V1 Policy with V1 flag enabled", files: files{"a.rego": newRego}, objects: service, want: []string{"error main/deny new"}},
		{name: "return-multiple-failures: Policy with multiple failures returns a postive number of failures", files: files{"a.rego": "package main\nall := [\"a\", \"b\", \"c\"]\ndeny contains x if some x in all\n"}, objects: service, want: []string{"error main/deny a", "error main/deny b", "error main/deny c"}},
		{name: "source-location: Location is included in JSON results", files: files{"a.rego": located, "data/loc.yaml": "loc: {file: test.txt, line: 123}"}, objects: service, want: []string{"error main/deny x", "at test.txt:123"}},
		{name: "source-location: Location is included in GitHub results - Same file", files: files{"a.rego": located, "data/loc.yaml": "loc: {file: web.yaml, line: 12}"}, objects: service, want: []string{"error main/deny x", "at web.yaml:12"}},
		{name: "Can verify rego tests", verify: true, files: files{"a.rego": yes, "a_test.rego": noYes}, want: []string{"passed data.main.test_yes", "passed data.main.test_no"}},
		{name: "Verify command matches a namespace literally", verify: true, run: `^data\.main\.`, files: files{"a.rego": yes, "a_test.rego": noYes, "b_test.rego": "package other\ntest_x if true\n"}, want: []string{"passed data.main.test_yes", "passed data.main.test_no"}},
		{name: "Verify command matches namespaces with a wildcard", verify: true, run: `^data\.ma`, files: files{"a.rego": yes, "a_test.rego": noYes}, want: []string{"passed data.main.test_yes", "passed data.main.test_no"}},
		{name: "Verify command filters out non-matching namespaces", verify: true, run: `^data\.doesnotexist\.`, files: files{"a.rego": yes, "a_test.rego": noYes}, want: []string{"refused: no test of policy matches…"}, theirs: []string{}, differs: "that no test ran is not a pass"},
		{name: "Fail when verifying with no policies path", verify: true, dirs: []string{"internal"}, want: []string{"refused: internal: the directory of policies is not there"}},
		{name: "Verify command has report flag - success with print output", verify: true, files: files{"a_test.rego": "package main\ntest_a if print(\"sample\")\n"}, want: []string{"passed data.main.test_a", "prints sample"}},
		{name: "Verify command has report flag - failure with report fails", verify: true, files: files{"a_test.rego": "package main\ntest_a if false\n"}, want: []string{"failed data.main.test_a"}},
		{name: "Can load data in unit tests", verify: true, files: files{"a.rego": ports, "data/x.yaml": "denied: [22]", "a_test.rego": "package main\ntest_a if deny[\"port 22\"] with input as {\"spec\": {\"ports\": [{\"port\": 22}]}}\n"}, want: []string{"passed data.main.test_a"}},
		{name: "Should fail when verifying if strict is set and there are unused variables in the policy", verify: true, files: files{"a.rego": unused, "a_test.rego": "package main\ntest_a if deny.x with input as {\"kind\": 1}\n"}, want: []string{"passed data.main.test_a"}, theirs: []string{"refused: policy/a.rego:2: assigned var a unused"}, differs: "style is the business of opa check and regal"},
		{name: "Can verify rego tests that uses parse_combined_config_files", verify: true, files: files{"a_test.rego": "package main\ntest_a if parse_combined_config_files([\"a.yaml\"])\n"}, want: []string{"refused: policy/a_test.rego:2: undefined function parse_combined_config_files"}, theirs: []string{"passed data.main.test_a"}, differs: "rules and tests read no files; fixtures hold objects"},
		{name: "annotations: Can verify policies that rely on annotations", verify: true, files: files{"a.rego": "package main\n# METADATA\n# custom: {template: 'kind %v'}\ndeny contains sprintf(rego.metadata.rule().custom.template, [input.kind])\n", "a_test.rego": "package main\ntest_a if deny[\"kind Pod\"] with input as {\"kind\": \"Pod\"}\n"}, want: []string{"passed data.main.test_a"}},
		{name: "builtin-errors: Parsing error without show-builtin-errors flag returns test failed", verify: true, files: files{"a_test.rego": "package main\ntest_a if not to_number(\"x\") == 1\n"}, want: []string{"errored data.main.test_a"}, theirs: []string{"failed data.main.test_a"}, differs: "errors of built-in functions are always shown"},
		{name: "builtin-errors: Parsing error with show-builtin-errors flag returns builtin error", verify: true, files: files{"a_test.rego": "package main\ntest_a if to_number(\"x\") == 1\n"}, want: []string{"errored data.main.test_a"}},
		{name: "rego-version: VERIFY - V0 Policy with V1 flag disabled", verify: true, files: files{"a_test.rego": "package main\ntest_a { true }\n"}, want: []string{"passed data.main.test_a"}},
		{name: "rego-version: VERIFY - V1 Policy with V1 flag disabled", verify: true, files: files{"a_test.rego": "package main\ntest_a if true\n"}, want: []string{"passed data.main.test_a"}, theirs: []string{"refused: rego_parse_error"}, differs: dialects},
	}
}

// TestConftestAcceptance holds ourselves to what conftest asks of itself. Where
// the answer differs, it differs on purpose.
func TestConftestAcceptance(t *testing.T) {
	names := map[string]bool{}
	for _, a := range conftests() {
		if names[a.name] = true; (a.differs != "") != (a.theirs != nil) || a.differs != "" && slices.Equal(a.want, a.theirs) {
			t.Errorf("%s: it does not say how and why the answer differs", a.name)
		}
		t.Run(a.name, func(t *testing.T) {
			got := a.answer(t)
			same := func(got, want string) bool {
				beginning, cut := strings.CutSuffix(want, "…")
				return got == want || cut && strings.HasPrefix(got, beginning)
			}
			if !slices.EqualFunc(got, a.want, same) {
				t.Errorf("got %q, want %q", got, a.want)
			}
		})
	}
	if len(names) < 40 {
		t.Errorf("these are %d behaviours", len(names))
	}
}

func (a accepted) sources() []policies.Source {
	fsys := fstest.MapFS{}
	for name, text := range a.files {
		fsys["policy/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	if a.dirs == nil {
		a.dirs = []string{"policy"}
	}
	var out []policies.Source
	for _, dir := range a.dirs {
		out = append(out, policies.Source{Name: dir, FS: fsys, Dir: dir, Combine: a.combine})
	}
	return out
}

func (a accepted) answer(t *testing.T) []string {
	t.Helper()
	if a.verify {
		return a.verified(t)
	}
	engine, err := policies.Load(t.Context(), a.sources()...)
	if err != nil {
		return []string{"refused: " + err.Error()}
	}
	head := set(t, a.objects)
	result, err := engine.Evaluate(t.Context(), policies.Input{Environment: config.Environment{Severities: a.severities}, Head: head, Deltas: diff.Compare(nil, head), Now: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	out := answers(result)
	for i, f := range result.Findings {
		if f.Waiver != nil {
			out[i] = "waived by " + f.Waiver.Owner + ": " + out[i]
		}
	}
	if last := len(a.want) - 1; last >= 0 && strings.HasSuffix(a.want[last], " rules") {
		out = append(out, fmt.Sprintf("%d rules", len(result.Coverage)))
	} else if last >= 0 && strings.HasPrefix(a.want[last], "at ") {
		out = append(out, fmt.Sprintf("at %s:%d", result.Findings[0].Location.File, result.Findings[0].Location.Line))
	}
	return out
}

func (a accepted) verified(t *testing.T) []string {
	t.Helper()
	testing := policies.Testing{Sources: a.sources()}
	if a.run != "" {
		testing.Run = regexp.MustCompile(a.run)
	}
	report, err := policies.Test(t.Context(), testing)
	if err != nil {
		return []string{"refused: " + err.Error()}
	}
	var out []string
	for _, r := range report.Tests {
		out = append(out, string(r.Outcome)+" "+r.Name)
		if r.Output != "" {
			out = append(out, "prints "+strings.TrimSpace(r.Output))
		}
	}
	return out
}
