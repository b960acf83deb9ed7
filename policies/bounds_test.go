package policies_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
)

// forever is a rule that no one has the time to wait for.
const forever = `package main
deny contains "x" if {
	some a in numbers.range(1, 100000)
	some b in numbers.range(1, 100000)
	a * b == -1
}
warn contains "other" if true`

func TestARuleThatDoesNotEndIsNamed(t *testing.T) {
	engine, err := load(t, forever)
	if err != nil {
		t.Fatal(err)
	}
	head := set(t, web+"---\n"+strings.Replace(web, "name: web", "name: web2", 1))
	in := policies.Input{Head: head, Deltas: diff.Compare(nil, head), RuleTimeout: 50 * time.Millisecond}
	result, err := engine.Evaluate(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range result.Entries {
		if e.Reason != verdict.Failed || !strings.Contains(e.Detail, "the rule main/deny (policies/rule.rego:2): it took more than 50ms") {
			t.Errorf("got %+v", e)
		}
	}
	if len(result.Entries) != 2 || len(result.Findings) != 2 || result.Findings[0].Message != "other" {
		t.Errorf("got %+v %+v", result.Entries, result.Findings)
	}
}

// TestRemediationIsBounded: what to do is short, be it of a finding or of METADATA,
// and what is secret in it is hidden before it is cut.
func TestRemediationIsBounded(t *testing.T) {
	const limit = 2<<10 + len(" …")
	long := strings.Repeat("x", 2040)
	result := evaluate(t, "# METADATA\n# title: T\n# custom: {id: team/a, severity: error, remediation: "+long+long+"}\npackage main\n"+
		"deny contains {\"msg\": \"own\", \"remediation\": concat(\"\", [\""+long+"\", object.get(input.data, \"p\", \"\"), \""+long+"\"])} if true\ndeny contains \"other\" if true\n",
		"", "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: x}\ndata: {p: correct-horse-battery}\n", config.Environment{})
	if len(result.Findings) != 2 {
		t.Fatalf("got %+v", result)
	}
	for _, f := range result.Findings {
		if len(f.Remediation) > limit || !strings.HasPrefix(f.Remediation, long) || !strings.HasSuffix(f.Remediation, " …") || strings.Contains(f.Remediation, "correct") {
			t.Errorf("%s: %d bytes, that end in %q", f.Message, len(f.Remediation), f.Remediation[2000:])
		}
	}
}

func TestCancel(t *testing.T) {
	engine, err := load(t, forever)
	if err != nil {
		t.Fatal(err)
	}
	head := set(t, web)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = engine.Evaluate(ctx, policies.Input{Head: head, Deltas: diff.Compare(nil, head), RuleTimeout: time.Hour})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestNothingRuns: an object on which no rule ran was not evaluated.
func TestNothingRuns(t *testing.T) {
	empty, err := policies.Load(t.Context(), policies.Source{Name: "policies", FS: fstest.MapFS{"policies/README.md": {}}, Dir: "policies"})
	if err != nil || len(empty.Rules()) != 0 {
		t.Fatal(err)
	}
	one, err := load(t, "package main\ndeny contains \"x\" if true")
	if err != nil {
		t.Fatal(err)
	}
	off := config.Environment{Severities: map[string]string{"main/deny": "off"}}
	for _, tt := range []struct {
		engine *policies.Engine
		env    config.Environment
		want   verdict.Reason
	}{{empty, config.Environment{}, verdict.Failed}, {one, off, verdict.Off}, {one, config.Environment{}, ""}} {
		result, err := tt.engine.Evaluate(t.Context(), policies.Input{Environment: tt.env, Head: set(t, web)})
		if err != nil || len(result.Entries) != 1 || result.Entries[0].Reason != tt.want {
			t.Errorf("got %+v %v, want %s", result.Entries, err, tt.want)
		}
	}
}

// TestOrder: neither the number of workers nor the order of the input changes a
// byte of the result. Run with -race it also proves that workers share nothing.
func TestOrder(t *testing.T) {
	engine, err := policies.Load(t.Context(), policies.Library(), policies.Source{Name: "policies", Dir: "policies", FS: fstest.MapFS{
		"policies/a.rego": {Data: []byte(`package main
deny contains {"msg": sprintf("%s %s", [c.name, other]), "at": c} if {
	some c in input.spec.template.spec.containers
	some other, _ in data.inventory.namespace[input.metadata.namespace]["apps/v1"].Deployment
	endswith(other, "7")
}
warn contains "number" if to_number(input.metadata.name) > 1`)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	base, head := copies(t, 24, "1"), copies(t, 30, "2")
	deltas := diff.Compare(base, head)
	in := policies.Input{Environment: config.Environment{Name: "prod", KubernetesVersion: "1.35"}, Base: base, Head: head, Deltas: deltas, Workers: 1}
	want, err := engine.Evaluate(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Findings) < 100 || len(want.Entries) != 30 {
		t.Fatalf("got %d findings and %d entries", len(want.Findings), len(want.Entries))
	}
	wanted := written(t, want)
	for seed, workers := range []int{1, 2, 3, 8, 64} {
		in.Workers = workers
		in.Deltas = slices.Clone(deltas)
		rand.New(rand.NewPCG(uint64(seed), 0)).Shuffle(len(in.Deltas), func(i, j int) { in.Deltas[i], in.Deltas[j] = in.Deltas[j], in.Deltas[i] })
		got, err := engine.Evaluate(t.Context(), in)
		if err != nil || written(t, got) != wanted {
			t.Errorf("%d workers, the changes in the order of seed %d: something else, and %v", workers, seed, err)
		}
	}
}

// written is a result as it would be written.
func written(t *testing.T, r policies.Result) string {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// copies are Deployments that all have the same number of replicas.
func copies(t testing.TB, n int, replicas string) *manifest.Set {
	t.Helper()
	var objects []*manifest.Object
	for i := range n {
		text := strings.Replace(web, "name: web", fmt.Sprintf("name: web-%d", i), 1)
		read, err := manifest.Read(fmt.Sprintf("%d.yaml", i), []byte(strings.Replace(text, "replicas: 1", "replicas: "+replicas, 1)))
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, read...)
	}
	s, err := manifest.NewSet(objects...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func BenchmarkEvaluate(b *testing.B) {
	engine, err := policies.Load(b.Context(), policies.Library())
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{300, 1000} {
		base, head := copies(b, n, "1"), copies(b, n, "2")
		env := config.Environment{Name: "prod", KubernetesVersion: "1.36"}
		for name, deltas := range map[string][]diff.Delta{"unchanged": nil, "updated": diff.Compare(base, head)} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := engine.Evaluate(b.Context(), policies.Input{Environment: env, Base: base, Head: head, Deltas: deltas}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(len(engine.Rules())), "rules")
			})
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policies.Load(b.Context(), policies.Library()); err != nil {
			b.Fatal(err)
		}
	}
}
