package policies_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/penstock-dev/penstock/policies"
)

const tagRule = `# METADATA
# title: Images have a tag
# description: An image without a tag is another one tomorrow.
# custom:
#   id: images/tag
#   severity: warning
#   remediation: Name a version.
#   match: {kinds: [Pod]}
#   parameters:
#     ignored: {default: [], description: Images to leave alone.}
package images

deny contains {"msg": sprintf("%s has no tag", [c.image]), "at": c.image} if {
	some c in input.spec.containers
	not contains(c.image, ":")
	not c.image in input.review.parameters.ignored
}
`

const pod = `object:
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec:
    containers:
    - name: web
      image: nginx
`

// tested runs the tests of a directory that holds tagRule and a file.
func tested(t *testing.T, file, text string, options policies.Testing) (policies.TestReport, error) {
	t.Helper()
	files := fstest.MapFS{"policies/tag.rego": {Data: []byte(tagRule)}, "policies/" + file: {Data: []byte(text)}}
	options.Sources = []policies.Source{{Name: "policies", FS: files, Dir: "policies"}}
	return policies.Test(t.Context(), options)
}

// TestFixtures shows what a fixture can say, and what becomes of it.
func TestFixtures(t *testing.T) {
	expected := "findings:\n- rule: images/tag\n  level: warning\n  message: ^nginx has\n  line: 9\n  path: /spec/containers/0/image\n  container: web\n  object: Pod/web\n  baseline: new\n"
	for name, c := range map[string]struct{ fixture, want string }{
		"as expected":        {pod + expected, "passed"},
		"nothing found":      {strings.Replace(pod, "nginx", "nginx:1.29", 1) + "findings: []\n", "passed"},
		"a parameter":        {pod + "parameters: {images/tag: {ignored: [nginx]}}\nfindings: []\n", "passed"},
		"a finding too many": {pod + "findings: []\n", "failed: not expected: warning images/tag on Pod/web: nginx has no tag at /spec/containers/0/image, line 9 (new)"},
		"a finding too few":  {strings.Replace(pod, "nginx", "nginx:1.29", 1) + expected, "failed: line 11 expects a finding of images/tag that is not there"},
		"another line":       {pod + strings.Replace(expected, "line: 9", "line: 8", 1), "one differs in its line, 9"},
		"another message":    {pod + strings.Replace(expected, "^nginx", "^httpd", 1), "one differs in its message, nginx has no tag"},
		"another level":      {pod + strings.Replace(expected, "level: warning", "level: error", 1), "one differs in its level, warning"},
		"no rule looks":      {strings.Replace(pod, "kind: Pod", "kind: Service", 1) + "findings: []\n", "errored: no rule looks at any of the objects"},
		"its rule does not look": {strings.Replace(pod, "kind: Pod", "kind: Service", 1) + "rules: [images/tag]\nfindings: []\n",
			"errored: the rule images/tag looks at none of the objects: see its custom.match and custom.scope"},
		"a rule that is not there":     {pod + "rules: [images/tags]\nfindings: []\n", "errored: there is no rule images/tags among the rules under test"},
		"a finding of no rule":         {pod + "findings: [{rule: images/tags}]\n", "errored: line 10 expects a finding of images/tags, which is none of the rules that judge"},
		"a parameter that is not":      {pod + "parameters: {images/tag: {ignore: [nginx]}}\nfindings: []\n", "errored: the rule images/tag has no parameter ignore"},
		"another environment":          {pod + "environment: {name: prod, labels: {tier: production}, kubernetesVersion: \"1.34\"}\n" + expected, "passed"},
		"two findings, loosely worded": {strings.Replace(pod, "image: nginx", "image: nginx\n    - name: b\n      image: httpd", 1) + "findings:\n- {rule: images/tag}\n- {rule: images/tag, message: nginx}\n", "passed"},
	} {
		report, err := tested(t, "tag_test.yaml", "name: it\n"+c.fixture, policies.Testing{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := report.Tests[0].String(); len(report.Tests) != 1 || !strings.Contains(got, "policies/tag_test.yaml:1: it "+strings.Split(c.want, ":")[0]) && !strings.Contains(got, c.want) || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s\nwant %s", name, got, c.want)
		}
	}
}

// TestFixtureOfAChange judges a base and a head: what was there before, and what
// the change mends, is expected as such.
func TestFixtureOfAChange(t *testing.T) {
	one := func(name, image string) string {
		return "\n- {apiVersion: v1, kind: Pod, metadata: {name: " + name + "}, spec: {containers: [{name: web, image: " + image + "}]}}"
	}
	text := "name: a change\nbase:" + one("a", "nginx") + one("b", "nginx") + "\nhead:" + one("a", `"nginx:1"`) + one("b", "nginx") + one("c", "nginx") +
		"\nfindings:\n- {rule: images/tag, object: Pod/a, baseline: absent}\n- {rule: images/tag, object: Pod/b, baseline: unchanged}\n- {rule: images/tag, object: Pod/c}\n"
	report, err := tested(t, "tag_test.yaml", text, policies.Testing{})
	if err != nil || len(report.Bad()) > 0 {
		t.Error(err, report.Bad())
	}
	forgotten := strings.Replace(text, "- {rule: images/tag, object: Pod/a, baseline: absent}\n", "", 1)
	report, err = tested(t, "tag_test.yaml", forgotten, policies.Testing{})
	if err != nil || len(report.Bad()) != 1 || !strings.Contains(report.Bad()[0].Detail, "(absent)") {
		t.Error(err, report.Bad())
	}
}

// TestFixtureFaults are errors of the file and line: what is not understood must
// not be passed over.
func TestFixtureFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "policies/tag_test.yaml: there is no test in this file",
		"[]":                               "policies/tag_test.yaml:1: this document is a list",
		"name: it\nfindings: []":           "policies/tag_test.yaml:1: the test has no object",
		"name: it\n" + pod:                 "policies/tag_test.yaml:1: the test does not say what is found",
		pod + "findings: []":               "policies/tag_test.yaml:1: the test has no name",
		"name: it\n" + pod + "finding: []": "policies/tag_test.yaml:10: unknown key finding",
		"name: it\n" + pod + "findings: []\nrule: a":                                                                  "policies/tag_test.yaml:11: unknown key rule",
		"name: it\n" + pod + "findings: [{rule: a, messages: b}]":                                                     "policies/tag_test.yaml:10: unknown key messages",
		"name: it\n" + pod + "findings:\n- rule: a\n  message: '('":                                                   "policies/tag_test.yaml:12: message: error parsing regexp",
		"name: it\n" + pod + "findings:\n- {level: error}":                                                            "policies/tag_test.yaml:11: the finding names no rule",
		"name: it\n" + pod + "findings:\n- {rule: a, level: bad}":                                                     "policies/tag_test.yaml:11: the level \"bad\" is not known",
		"name: it\n" + pod + "findings:\n- {rule: a, line: nine}":                                                     "policies/tag_test.yaml:11: line is not the number of a line",
		"name: it\n" + pod + "findings: {}":                                                                           "policies/tag_test.yaml:10: findings is not a list",
		"name: it\n" + pod + "findings: [a]":                                                                          "policies/tag_test.yaml:10: findings has a member that is not a mapping",
		"name: it\n" + pod + "findings: []\nhead: [{}]":                                                               "policies/tag_test.yaml:2: the test has an object, and a base or head as well",
		"name: it\nfindings: []\nobject: {kind: Pod}":                                                                 "policies/tag_test.yaml:3: ",
		"name: it\n" + pod + "findings: []\nnow: today":                                                               "policies/tag_test.yaml:11: now is not a time",
		"name: it\n" + pod + "findings: []\nenvironment: {nam: a}":                                                    "policies/tag_test.yaml:11: unknown key nam",
		"name: it\n" + pod + "findings: []\n---\nname: it\n" + pod + "findings: []":                                   "policies/tag_test.yaml:12: the name \"it\" is there twice, first in line 1",
		"name: it\nfindings: []\nhead:\n" + strings.Repeat("- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n", 2): "policies/tag_test.yaml:5: Pod a is there twice, first in line 4",
	} {
		_, err := tested(t, "tag_test.yaml", text, policies.Testing{})
		if fault := (*policies.Error)(nil); !errors.As(err, &fault) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", text, err, want)
		}
	}
}

// TestRegoTests are the outcomes of tests in Rego.
func TestRegoTests(t *testing.T) {
	const text = `package images_test

import data.images

test_deny if images.deny with input as {"spec": {"containers": [{"image": "a"}]}, "review": {"parameters": {"ignored": []}}}

test_print if {
	print("seen")
	false
}

test_table[name] if {
	some name, image in {"none": "a", "some": "a:1"}
	count(images.deny) == 1 with input as {"spec": {"containers": [{"image": image}]}, "review": {"parameters": {"ignored": []}}}
}

test_error if to_number("x") == 1

todo_test_later if true
`
	report, err := tested(t, "tag_test.rego", text, policies.Testing{With: []policies.Source{policies.Library()}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"policies/tag_test.rego:5: data.images_test.test_deny passed",
		"policies/tag_test.rego:7: data.images_test.test_print failed",
		"policies/tag_test.rego:12: data.images_test.test_table failed: in the case some",
		"policies/tag_test.rego:17: data.images_test.test_error errored: ",
		"policies/tag_test.rego:19: data.images_test.todo_test_later skipped: ",
	}
	for i, r := range report.Tests {
		if i >= len(want) || !strings.HasPrefix(r.String(), want[i]) {
			t.Errorf("test %d: %s", i, r)
		}
	}
	if len(report.Tests) != len(want) || report.Tests[1].Output != "seen\n" {
		t.Errorf("%d tests, output %q", len(report.Tests), report.Tests[1].Output)
	}
	if len(report.Metadata) > 0 {
		t.Error(report.Metadata)
	}
	report, err = tested(t, "tag_test.rego", text, policies.Testing{Run: regexp.MustCompile(`test_deny$`)})
	if err != nil || len(report.Tests) != 1 {
		t.Error(report.Tests, err)
	}
}

// TestNothingToRun is an error, also when --run leaves nothing.
func TestNothingToRun(t *testing.T) {
	var none *policies.NoTests
	if _, err := tested(t, "README.md", "", policies.Testing{}); !errors.As(err, &none) {
		t.Error(err)
	}
	_, err := tested(t, "tag_test.rego", "package a_test\n\ntest_a if true\n", policies.Testing{Run: regexp.MustCompile("nothing")})
	if !errors.As(err, &none) || none.Run != "nothing" {
		t.Error(err)
	}
}

// TestLackingMetadata says what the METADATA of a rule lacks, and where.
func TestLackingMetadata(t *testing.T) {
	const text = "package b\n\n# METADATA\n# title: B\n# custom: {severity: error}\nwarn contains \"b\" if false\n\ndeny contains \"c\" if false\n"
	report, err := tested(t, "b.rego", text, policies.Testing{Run: regexp.MustCompile("x")})
	if none := (*policies.NoTests)(nil); !errors.As(err, &none) {
		t.Fatal(report, err)
	}
	report, err = tested(t, "b_test.rego", "package b_test\n\ntest_a if true\n", policies.Testing{})
	if err != nil || len(report.Metadata) > 0 {
		t.Error(report.Metadata, err)
	}
	files := fstest.MapFS{"policies/b.rego": {Data: []byte(text)}, "policies/b_test.rego": {Data: []byte("package b_test\n\ntest_a if true\n")}}
	report, err = policies.Test(t.Context(), policies.Testing{Sources: []policies.Source{{Name: "policies", FS: files, Dir: "policies"}}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range report.Metadata {
		got = append(got, l.String())
	}
	want := "policies/b.rego:8: the METADATA of b/deny lacks title, description, custom.id, custom.severity, custom.remediation\n" +
		"policies/b.rego:3: the METADATA of b/warn lacks description, custom.id, custom.remediation"
	if strings.Join(got, "\n") != want {
		t.Errorf("got %s\nwant %s", strings.Join(got, "\n"), want)
	}
}

// TestSourceOfOneFile: a path of the configuration may name one file, with its
// tests in another one.
func TestSourceOfOneFile(t *testing.T) {
	files := fstest.MapFS{"policies/tag.rego": {Data: []byte(tagRule)}, "tests/tag_test.yaml": {Data: []byte("name: it\n" + pod + "findings: [{rule: images/tag}]\n")}}
	sources := []policies.Source{{Name: "policies/tag.rego", FS: files, Dir: "policies/tag.rego"}, {Name: "tests", FS: files, Dir: "tests"}}
	report, err := policies.Test(t.Context(), policies.Testing{Sources: sources})
	if err != nil || len(report.Tests) != 1 || report.Tests[0].Outcome != policies.Passed {
		t.Errorf("got %+v, %v", report, err)
	}
}

// TestTestCoverage counts the lines of each file that tests reach, in Rego and in
// fixtures; a file that none reaches is there, too.
func TestTestCoverage(t *testing.T) {
	files := fstest.MapFS{
		"policies/tag.rego":      {Data: []byte(tagRule)},
		"policies/other.rego":    {Data: []byte("package other\n\nwarn contains \"x\" if {\n\tcount(input.a) == 1\n\tcount(input.b) == 1\n}\n")},
		"policies/tag_test.yaml": {Data: []byte("name: it\n" + pod + "findings: [{rule: images/tag}]\n")},
		"policies/a_test.rego":   {Data: []byte("package a_test\n\ntest_a if data.other.warn == set() with input as {\"a\": [1], \"b\": []}\n")},
	}
	report, err := policies.Test(t.Context(), policies.Testing{Coverage: true, Sources: []policies.Source{{Name: "policies", FS: files, Dir: "policies"}}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range report.Coverage {
		got = append(got, c.String())
	}
	if want := "policies/other.rego: 66.7%, not covered: 3\npolicies/tag.rego: 100.0%"; strings.Join(got, "\n") != want {
		t.Errorf("got %s\nwant %s", strings.Join(got, "\n"), want)
	}
}
