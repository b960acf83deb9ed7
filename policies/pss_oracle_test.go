package policies_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/policies"
)

// podSecurity is the rules of the library that are checks of the Pod Security
// Standards, beside the evaluator of Kubernetes that says what they must find.
type podSecurity struct {
	engine *policies.Engine
	// rules has the rule of each check.
	rules  map[policy.CheckID]string
	checks []policy.Check
}

func newPodSecurity(t *testing.T) podSecurity {
	t.Helper()
	engine, err := policies.Load(t.Context(), policies.Library())
	if err != nil {
		t.Fatal(err)
	}
	p := podSecurity{engine, map[policy.CheckID]string{}, policy.DefaultChecks()}
	levels := map[policy.CheckID]api.Level{}
	for _, c := range p.checks {
		levels[c.ID] = c.Level
	}
	source := policies.Library()
	for _, r := range engine.Rules() {
		file := source.Dir + "/" + r.ID + "/rule.rego"
		data, err := fs.ReadFile(source.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := ast.ParseModuleWithOpts(file, string(data), ast.ParserOptions{ProcessAnnotation: true})
		if err != nil {
			t.Fatal(err)
		}
		pss, ok := m.Annotations[0].Custom["pss"].(map[string]any)
		if !ok {
			continue
		}
		check := policy.CheckID(fmt.Sprint(pss["check"]))
		if other := p.rules[check]; other != "" || levels[check] != api.Level(fmt.Sprint(pss["level"])) {
			t.Errorf("%s is the check %v, as %q is; the level of the check is %q", r.ID, pss, other, levels[check])
		}
		p.rules[check] = r.ID
		if want := "pod-security-" + string(levels[check]); !slices.Contains(r.Tags, want) {
			t.Errorf("%s has no tag %s", r.ID, want)
		}
	}
	for id := range levels {
		if p.rules[id] == "" {
			t.Errorf("no rule is the check %s", id)
		}
	}
	if t.Failed() || len(p.checks) != 19 {
		t.Fatalf("%d checks, and rules %v", len(p.checks), p.rules)
	}
	return p
}

// forbidden are the rules whose checks forbid a pod in Kubernetes 1.minor.
// Checks that another one overrides count: they are rules of their own.
func (p podSecurity) forbidden(pod *corev1.Pod, minor int) []string {
	for i := range pod.Spec.Volumes {
		if v := &pod.Spec.Volumes[i]; v.VolumeSource == (corev1.VolumeSource{}) {
			v.EmptyDir = &corev1.EmptyDirVolumeSource{} // as the API server sets it
		}
	}
	var rules []string
	at := api.MajorMinorVersion(1, minor)
	for _, c := range p.checks {
		for _, v := range slices.Backward(c.Versions) {
			if !at.Older(v.MinimumVersion) {
				if !v.CheckPod(&pod.ObjectMeta, &pod.Spec).Allowed {
					rules = append(rules, p.rules[c.ID])
				}
				break
			}
		}
	}
	slices.Sort(rules)
	return rules
}

// violated are the rules that objects violate, by kind and name, in an
// environment of Kubernetes 1.minor in which every check but one is on.
func (p podSecurity) violated(t *testing.T, minor int, objects []*manifest.Object, off string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, f := range p.evaluate(t, fmt.Sprintf("1.%d", minor), objects, off).Findings {
		key := f.Object.Kind + " " + f.Object.Name
		found[key] = append(found[key], f.Rule)
	}
	for key, rules := range found {
		slices.Sort(rules)
		found[key] = slices.Compact(rules)
	}
	return found
}

// evaluate runs the rule of every check but one on new objects.
func (p podSecurity) evaluate(t *testing.T, version string, objects []*manifest.Object, off string) policies.Result {
	t.Helper()
	env := config.Environment{Name: "prod", KubernetesVersion: version, Severities: map[string]string{}}
	for _, r := range p.engine.Rules() {
		env.Severities[r.ID] = "off"
	}
	for _, rule := range p.rules {
		if rule != off {
			env.Severities[rule] = "warning"
		}
	}
	head, err := manifest.NewSet(objects...)
	if err != nil {
		t.Fatal(err)
	}
	base, err := manifest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	result, err := p.engine.Evaluate(t.Context(), policies.Input{Environment: env, Base: base, Head: head, Deltas: diff.Compare(base, head), Now: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Entries) != len(objects) {
		t.Fatalf("%d entries for %d objects", len(result.Entries), len(objects))
	}
	for _, e := range result.Entries {
		if !e.Evaluated() {
			t.Errorf("%+v", e)
		}
	}
	return result
}

// podKinds are the kinds of object that pods are tested in, the pod itself first.
func podKinds() []string {
	return []string{"v1/Pod", "apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet", "batch/v1/Job", "batch/v1/CronJob"}
}

// wrapped is an object of one of podKinds that has a pod.
func wrapped(t *testing.T, kind, name string, pod map[string]any) *manifest.Object {
	t.Helper()
	version, kind := path.Split(kind)
	version = strings.TrimSuffix(version, "/")
	template := map[string]any{"metadata": pod["metadata"], "spec": pod["spec"]}
	workload := map[string]any{"spec": map[string]any{"template": template}}
	switch kind {
	case "Pod":
		return object(t, version, kind, name, template)
	case "CronJob":
		return object(t, version, kind, name, map[string]any{"spec": map[string]any{"jobTemplate": workload}})
	}
	return object(t, version, kind, name, workload)
}

// object is an object of a name with more fields.
func object(t *testing.T, version, kind, name string, fields map[string]any) *manifest.Object {
	t.Helper()
	metadata := map[string]any{}
	if given, ok := fields["metadata"].(map[string]any); ok {
		metadata = maps.Clone(given)
	}
	metadata["name"] = name
	body := maps.Clone(fields)
	body["apiVersion"], body["kind"], body["metadata"] = version, kind, metadata
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	o, err := manifest.FromJSON(name+".json", data)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// podOf reads a pod as the API server does.
func podOf(t *testing.T, fields map[string]any) *corev1.Pod {
	t.Helper()
	data, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	var pod corev1.Pod
	if err := json.Unmarshal(data, &pod); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return &pod
}
