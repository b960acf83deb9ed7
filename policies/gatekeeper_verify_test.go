package policies_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/penstock-dev/penstock/policies"
	"golang.org/x/tools/txtar"
)

// verify runs the suites of an archive and writes a line for each result.
func verify(t *testing.T, in *txtar.Archive) string {
	t.Helper()
	fsys := fstest.MapFS{}
	for _, f := range in.Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	results, err := policies.Verify(t.Context(), fsys, ".", time.Unix(0, 0))
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var out strings.Builder
	for _, r := range results {
		what := "pass"
		switch {
		case r.Skipped:
			what = "skip"
		case r.Fault != "":
			what = r.Fault
		}
		fmt.Fprintf(&out, "%s:%d %s/%s %s\n", r.File, r.Line, r.Test, r.Case, what)
	}
	return out.String()
}

// TestVerify runs testdata/suite.txtar, which has every field of a suite.
func TestVerify(t *testing.T) {
	in, err := txtar.ParseFile("testdata/suite.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := verify(t, in), text(in, "want"); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

// TestVerifyFaults: a suite that says nothing, or what is not known, is no pass.
func TestVerifyFaults(t *testing.T) {
	const ok = "package k8sfoo\nviolation[{\"msg\": \"no\"}] { input.review.object.kind == \"Service\" }"
	suite := func(test string) string {
		return "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\ntests:\n- " + test + "\n"
	}
	one := func(c string) string {
		return suite("{name: t, template: t.yaml, constraint: c.yaml, cases: [" + c + "]}")
	}
	for _, tt := range []struct{ name, suite, want string }{
		{"a case without assertions", one("{name: c, object: o.yaml}"), "the case has no assertions"},
		{"a case without an object", one("{name: c, assertions: [{violations: no}]}"), "names no file"},
		{"an object that is not there", one("{name: c, object: gone.yaml, assertions: [{violations: no}]}"), "gone.yaml"},
		{"several objects", one("{name: c, object: two.yaml, assertions: [{violations: no}]}"), "two.yaml holds 2 objects; a case reviews one"},
		{"an expression that is none", one("{name: c, object: o.yaml, assertions: [{message: '('}]}"), "is not a regular expression"},
		{"a field that is not known", one("{name: c, object: o.yaml, assertion: [{violations: no}]}"), `error: reading the suites of .: s.yaml:1: the suite cannot be read: the field "assertion" is not known`},
		{"violations that are none", one("{name: c, object: o.yaml, assertions: [{violations: maybe}]}"), `violations is "maybe"; write yes, no or a number`},
		{"fewer than none", one("{name: c, object: o.yaml, assertions: [{violations: -1}]}"), "violations is -1"},
		{"no cases", suite("{name: t, template: t.yaml, constraint: c.yaml}"), "the test has no cases"},
		{"no constraint", suite("{name: t, template: t.yaml, cases: []}"), "names no file"},
		{"a constraint of another kind", suite("{name: t, template: t.yaml, constraint: other.yaml, cases: []}"), "the constraint is a K8sOther, and the template is for K8sFoo"},
		{"a template that does not compile", suite("{name: t, template: broken.yaml, constraint: c.yaml, cases: []}"), "broken.yaml:10: undefined function nope"},
		{"invalid, and valid", suite("{name: t, template: t.yaml, constraint: c.yaml, invalid: true}"), "the constraint fits the schema of the template, and the test says that it must not"},
		{"invalid for another reason", suite("{name: t, template: broken.yaml, constraint: c.yaml, invalid: true}"), "undefined function nope"},
		{"a review of nothing", one("{name: c, object: empty.yaml, assertions: [{violations: no}]}"), "has neither object nor oldObject"},
		{"a review without a request", one("{name: c, object: norequest.yaml, assertions: [{violations: no}]}"), "the AdmissionReview has no request"},
		{"a deletion of nothing", one("{name: c, object: delete.yaml, assertions: [{violations: no}]}"), "the request deletes, and has no oldObject"},
		{"a namespace that is not known", suite("{name: t, template: t.yaml, constraint: selects.yaml, cases: [{name: c, object: pod.yaml, assertions: [{violations: no}]}]}"), "asks for labels of the namespace"},
	} {
		got := verify(t, archive("s.yaml", tt.suite, "t.yaml", templateOf("K8sFoo", ok), "c.yaml", constraintOf("K8sFoo", "c", "{}"),
			"other.yaml", constraintOf("K8sOther", "c", "{}"), "o.yaml", service, "two.yaml", service+"---\n"+service,
			"broken.yaml", templateOf("K8sFoo", "package k8sfoo\nviolation[{\"msg\": \"x\"}] { nope(1) }"),
			"empty.yaml", "apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nrequest: {operation: CREATE}\n",
			"norequest.yaml", "apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\n",
			"delete.yaml", "apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nrequest: {operation: DELETE, object: {kind: Service}}\n",
			"pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\n",
			"selects.yaml", constraintOf("K8sFoo", "c", "{match: {namespaceSelector: {matchLabels: {a: b}}}}")))
		if !strings.Contains(got, tt.want) || strings.Contains(got, " pass\n") {
			t.Errorf("%s: got %s", tt.name, got)
		}
	}
	if got := verify(t, archive("x.yaml", "a: b\n")); got != "" {
		t.Errorf("no suite: got %s", got)
	}
}
