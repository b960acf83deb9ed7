package gatekeeper_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

func expander(t *testing.T, workloads bool, texts ...string) gatekeeper.Expander {
	t.Helper()
	found := read(t, strings.Join(texts, "---\n"))
	if len(found.Faults) > 0 {
		t.Fatal(found.Faults)
	}
	return gatekeeper.Expander{Templates: found.Expansions, Workloads: workloads}
}

func expansion(name, spec string) string {
	return fmt.Sprintf("apiVersion: expansion.gatekeeper.sh/v1alpha1\nkind: ExpansionTemplate\nmetadata: {name: %s}\nspec: %s\n", name, spec)
}

// TestExpand: every workload of Kubernetes makes Pods, unless an
// ExpansionTemplate says what it makes.
func TestExpand(t *testing.T) {
	const template = "{metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}"
	workload := func(apiVersion, kind string) string {
		return fmt.Sprintf("{apiVersion: %s, kind: %s, metadata: {name: Web, namespace: shop}, spec: {template: %s}}", apiVersion, kind, template)
	}
	cron := "{apiVersion: batch/v1, kind: CronJob, metadata: {name: Web, namespace: shop}, spec: {jobTemplate: {metadata: {labels: {a: b}}, spec: {template: " + template + "}}}}"
	deployments := expansion("x", `{applyTo: [{groups: [apps], kinds: [Deployment], versions: [v1]}], templateSource: spec.template, enforcementAction: warn, generatedGVK: {group: "", version: v1, kind: Pod}}`)
	jobs := expansion("jobs", `{applyTo: [{groups: [batch], kinds: [Job], versions: [v1]}], templateSource: spec.template, generatedGVK: {version: v1, kind: Pod}}`)
	crons := expansion("crons", `{applyTo: [{groups: [batch], kinds: [CronJob], versions: [v1]}], templateSource: spec.jobTemplate, generatedGVK: {group: batch, version: v1, kind: Job}}`)
	for _, tt := range []struct {
		name, object string
		expander     gatekeeper.Expander
		want         string
	}{
		{"Deployment", workload("apps/v1", "Deployment"), expander(t, true), "Pod web-pod /spec/template"},
		{"StatefulSet", workload("apps/v1", "StatefulSet"), expander(t, true), "Pod web-pod /spec/template"},
		{"DaemonSet", workload("apps/v1", "DaemonSet"), expander(t, true), "Pod web-pod /spec/template"},
		{"ReplicaSet", workload("apps/v1", "ReplicaSet"), expander(t, true), "Pod web-pod /spec/template"},
		{"ReplicationController", workload("v1", "ReplicationController"), expander(t, true), "Pod web-pod /spec/template"},
		{"Job", workload("batch/v1", "Job"), expander(t, true), "Pod web-pod /spec/template"},
		{"CronJob", cron, expander(t, true), "Pod web-pod /spec/jobTemplate/spec/template"},
		{"a kind of another group", workload("example.com/v1", "Deployment"), expander(t, true), ""},
		{"a Pod", "{apiVersion: v1, kind: Pod, metadata: {name: web}}", expander(t, true), ""},
		{"a workload without a template", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}", expander(t, true), ""},
		{"no expansion of workloads", workload("apps/v1", "Deployment"), expander(t, false), ""},
		{"an ExpansionTemplate", workload("apps/v1", "Deployment"), expander(t, true, deployments), "Pod web-pod /spec/template by x warn"},
		{"one for another kind", workload("apps/v1", "StatefulSet"), expander(t, true, deployments), "Pod web-pod /spec/template"},
		{"one for another version", workload("apps/v1beta1", "Deployment"), expander(t, false, deployments), ""},
		{"what is generated is expanded again", cron, expander(t, true, crons, jobs), "Job web-job /spec/jobTemplate by crons, Pod web-job-pod /spec/jobTemplate/spec/template by jobs"},
		{"and to Pods where no template says how", cron, expander(t, true, crons), "Job web-job /spec/jobTemplate by crons, Pod web-job-pod /spec/jobTemplate/spec/template"},
		{"two templates for one kind", workload("batch/v1", "Job"), expander(t, true, jobs, expansion("other", `{applyTo: [{groups: [batch], kinds: [Job], versions: [v1]}], templateSource: spec.template, generatedGVK: {version: v1, kind: Thing}}`)), "Pod web-pod /spec/template by jobs, Thing web-thing /spec/template by other"},
	} {
		generated, err := tt.expander.Expand(fields(t, tt.object), "shop")
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []string
		for _, g := range generated {
			meta, _ := g.Fields["metadata"].(map[string]any)
			line := fmt.Sprintf("%s %s %s", g.Fields["kind"], meta["name"], g.Pointer)
			if g.By != "" {
				line = strings.TrimSpace(line + " by " + g.By + " " + string(g.Action))
			}
			got = append(got, line)
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestGenerated: a Pod has the labels and the spec of its template, the
// namespace of its workload, and the workload as its owner; the workload is
// left as it is.
func TestGenerated(t *testing.T) {
	deployment := fields(t, `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {metadata: {labels: {app: web}, namespace: x}, spec: {hostPID: true}}}}`)
	before, _ := json.Marshal(deployment)
	generated, err := expander(t, true).Expand(deployment, "shop")
	if err != nil || len(generated) != 1 {
		t.Fatal(generated, err)
	}
	got, err := json.Marshal(generated[0].Fields)
	const want = `{"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"app":"web"},"name":"web-pod","namespace":"shop","ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web","uid":""}]},"spec":{"hostPID":true}}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if after, _ := json.Marshal(deployment); string(after) != string(before) {
		t.Errorf("the workload has become %s", after)
	}
}

func TestExpandErrors(t *testing.T) {
	deployment := fields(t, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {}}")
	missing := expander(t, true, expansion("x", "{applyTo: [{groups: [apps], kinds: [Deployment], versions: [v1]}], templateSource: spec.template, generatedGVK: {version: v1, kind: Pod}}"))
	if _, err := missing.Expand(deployment, ""); err == nil || !strings.Contains(err.Error(), "the ExpansionTemplate x takes spec.template, which Deployment web does not have") {
		t.Errorf("got %v", err)
	}
	circle := expander(t, true,
		expansion("a", "{applyTo: [{groups: [apps], kinds: [Deployment], versions: [v1]}], templateSource: spec, generatedGVK: {version: v1, kind: Thing}}"),
		expansion("b", "{applyTo: [{groups: [''], kinds: [Thing], versions: [v1]}], templateSource: spec, generatedGVK: {group: apps, version: v1, kind: Deployment}}"))
	nested := map[string]any{}
	for range 100 {
		nested = map[string]any{"spec": nested}
	}
	deployment["spec"] = nested["spec"]
	if _, err := circle.Expand(deployment, ""); err == nil || !strings.Contains(err.Error(), "without end") {
		t.Errorf("got %v", err)
	}
	for _, tt := range []struct{ spec, want string }{
		{"{applyTo: [{groups: [apps], kinds: [Deployment], versions: [v1]}], generatedGVK: {version: v1, kind: Pod}}", "spec.templateSource is missing"},
		{"{templateSource: spec.template, generatedGVK: {version: v1, kind: Pod}}", "spec.applyTo is missing"},
		{"{applyTo: [{groups: [apps], kinds: [Deployment], versions: [v1]}], templateSource: spec.template}", "spec.generatedGVK has no version"},
		{"{applyTo: [{groups: [''], kinds: [Pod], versions: [v1]}], templateSource: spec, generatedGVK: {version: v1, kind: Pod}}", "it applies to what it generates"},
		{"{applyTo: [{groups: [apps], kinds: [Deployment], versions: [v1]}], templateSource: spec, enforcementAction: block, generatedGVK: {version: v1, kind: Pod}}", "the enforcementAction block"},
		{"{apply: []}", `the field "apply" is not known`},
	} {
		found := read(t, expansion("x", tt.spec))
		if len(found.Faults) != 1 || !strings.Contains(found.Faults[0].Msg, tt.want) {
			t.Errorf("%s: got %v", tt.want, found.Faults)
		}
	}
}
