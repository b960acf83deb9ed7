package dryrun

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	corev1 "k8s.io/api/core/v1"
)

// ranges are limits of a namespace.
var ranges = map[string]string{
	"free":     "",
	"defaults": "{type: Container, default: {memory: 1Gi, cpu: 2}, defaultRequest: {cpu: 100m, ephemeral-storage: 1Gi}}",
	"claims":   "{type: PersistentVolumeClaim, min: {storage: 1Ki}}",
}

// specs are those of Pods.
var specs = map[string]string{
	"bare":      "{containers: [{name: a, image: a}]}",
	"limits":    "{containers: [{name: a, image: a, resources: {limits: {memory: 512Mi}}}]}",
	"requests":  "{containers: [{name: a, image: a, resources: {requests: {memory: 512Mi, cpu: 50m}}}]}",
	"both":      "{containers: [{name: a, image: a, resources: {requests: {memory: 1Mi, cpu: 0.25}, limits: {memory: 1Gi, cpu: 1, ephemeral-storage: 2Gi}}}]}",
	"several":   "{containers: [{name: a, image: a, resources: {limits: {cpu: 250m}}}, {name: b, image: b, resources: {requests: {memory: 3Mi}}}, {name: c, image: c}]}",
	"init":      "{initContainers: [{name: i, image: i, resources: {requests: {cpu: 1500m}}}, {name: j, image: j}], containers: [{name: a, image: a, resources: {requests: {cpu: 50m}}}]}",
	"sidecar":   "{initContainers: [{name: i, image: i, restartPolicy: Always, resources: {requests: {cpu: 20m, memory: 1Mi}}}], containers: [{name: a, image: a, resources: {requests: {cpu: 50m}}}]}",
	"extended":  "{containers: [{name: a, image: a, resources: {limits: {example.com/part: 2}}}]}",
	"huge":      "{containers: [{name: a, image: a, resources: {limits: {hugepages-2Mi: 4Mi, memory: 8Mi, cpu: 1}}}]}",
	"apart":     "{affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, namespaces: [b], labelSelector: {}}]}}, containers: [{name: a, image: a}]}",
	"important": "{priorityClassName: high, containers: [{name: a, image: a}]}",
	"host":      "{hostNetwork: true, terminationGracePeriodSeconds: 5, containers: [{name: a, image: a, ports: [{containerPort: 80}]}]}",
	"no image":  "{containers: [{name: a, resources: {limits: {memory: 1Mi}}}]}",
}

// quotas count all that Pods may take, of all Pods and of those of each scope.
func quotas() string {
	const hard = "hard: {pods: 1k, count/pods: 1k, requests.cpu: 1k, limits.cpu: 1k, requests.memory: 1Ti, limits.memory: 1Ti, requests.ephemeral-storage: 1Ti, limits.ephemeral-storage: 1Ti, requests.example.com/part: 1k, hugepages-2Mi: 1Ti}"
	text := "{apiVersion: v1, kind: ResourceQuota, metadata: {name: all}, spec: {" + hard + "}}\n"
	for _, scope := range []string{"BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"} {
		text += fmt.Sprintf("---\n{apiVersion: v1, kind: ResourceQuota, metadata: {name: %q}, spec: {%s, scopes: [%[1]s]}}\n", scope, hard)
	}
	return text + "---\n{apiVersion: v1, kind: ResourceQuota, metadata: {name: classed}, spec: {" + hard + ", scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Exists}]}}}\n"
}

// TestReckonedPods holds what is reckoned of a Pod against what a server makes of
// it: every quota counts the same.
func TestReckonedPods(t *testing.T) {
	var base strings.Builder
	base.WriteString("{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 7}\n")
	for _, home := range slices.Sorted(maps.Keys(ranges)) {
		fmt.Fprintf(&base, "---\n{apiVersion: v1, kind: Namespace, metadata: {name: %s}}\n", home)
		// It demands nothing, and so has the Pods asked for.
		fmt.Fprintf(&base, "---\n{apiVersion: v1, kind: ResourceQuota, metadata: {name: all, namespace: %s}, spec: {hard: {pods: 1k}}}\n", home)
		if ranges[home] != "" {
			fmt.Fprintf(&base, "---\n{apiVersion: v1, kind: LimitRange, metadata: {name: l, namespace: %s}, spec: {limits: [%s]}}\n", home, ranges[home])
		}
		for _, name := range slices.Sorted(maps.Keys(specs)) {
			fmt.Fprintf(&base, "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: %q, namespace: %s}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: %s}}}\n",
				strings.ReplaceAll(name, " ", "-"), home, specs[name])
		}
	}
	head := base.String()
	for home := range ranges {
		// What the Pods of a namespace hang on is loaded for what changes there.
		head += fmt.Sprintf("---\n{apiVersion: v1, kind: Pod, metadata: {name: new, namespace: %s}, spec: {priorityClassName: high, containers: [{name: a, image: a, resources: {limits: {memory: 1Mi}}}]}}\n", home)
	}
	s := tried(t, base.String(), head)
	_, d := s.sides()
	r := d.reckoner()
	limits := set(t, quotas())
	refused := map[string]bool{}
	for _, o := range s.in.Base.All() {
		if _, _, workload := template(o); !workload {
			continue
		}
		reckoned := r.pod(o)
		if reckoned == nil {
			t.Errorf("%s is not reckoned", o.ID())
			continue
		}
		made, err := s.tryPod(t.Context(), o)
		if err != nil {
			refused[o.ID().Name] = true
			t.Logf("%s: %v", o.ID(), err)
			continue
		}
		for _, q := range limits.All() {
			if got, want := takes(t, q, reckoned), takes(t, q, made); got != want {
				t.Errorf("%s, quota %s:\nreckoned %s\nserver   %s", o.ID(), q.ID().Name, got, want)
			}
		}
	}
	if got := slices.Sorted(maps.Keys(refused)); !slices.Equal(got, []string{"no-image"}) {
		t.Errorf("the server refuses %v", got)
	}
}

// takes is what a Pod takes of a quota.
func takes(t *testing.T, q *manifest.Object, fields map[string]any) string {
	t.Helper()
	m, err := newMeter()
	if err != nil {
		t.Fatal(err)
	}
	l, err := readLimit(q)
	if err != nil {
		t.Fatal(err)
	}
	pod, err := decoded(fields, &corev1.Pod{})
	if err != nil {
		t.Fatal(err)
	}
	u, err := m.measure(l, []share{{name: "a", charges: []charge{{resource: corev1.Resource("pods"), item: pod, times: 1}}}})
	if err != nil {
		t.Fatal(err)
	}
	lacks, err := m.demand(l, pod)
	if err != nil {
		t.Fatal(err)
	}
	return spell(u.used) + " " + lacks
}

// tried is a session that has tried a change on a server.
func tried(t *testing.T, base, head string) *session {
	t.Helper()
	f := newFleet(Options{Mode: Embedded})
	t.Cleanup(func() {
		if err := f.close(); err != nil {
			t.Error(err)
		}
	})
	in := Input{Environment: config.Environment{Name: "test"}, Base: set(t, base), Head: set(t, head)}
	in.Deltas = diff.Compare(in.Base, in.Head)
	at, err := f.acquire(t.Context(), in.Environment)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { at.release(t.Context()) })
	s, err := newSession(at, in)
	if err != nil {
		t.Fatal(err)
	}
	s.loadBase(t.Context())
	s.tryHead(t.Context())
	return s
}

// Where something else than limits has a say about Pods, a server is asked.
func TestNotReckoned(t *testing.T) {
	const web = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {spec: {containers: [{name: a}]%s}}}}\n"
	limits := func(name, spec string) string {
		return "---\n{apiVersion: v1, kind: LimitRange, metadata: {name: " + name + ", namespace: shop}, spec: {limits: [" + spec + "]}}\n"
	}
	const usual = "{type: Container, default: {memory: 1Gi}}"
	for name, c := range map[string]struct {
		spec, beside string
		reckoned     bool
	}{
		"alone":                         {"", "", true},
		"limited":                       {"", limits("a", usual), true},
		"limited twice":                 {"", limits("a", usual) + limits("b", usual), false},
		"limited three times":           {"", limits("a", usual) + limits("b", usual) + limits("c", usual), false},
		"limited by what is refused":    {"", limits("a", "{type: Container, default: {memory: 2Gi}, max: {memory: 1Gi}}"), false},
		"limited by what is not read":   {"", limits("a", "{type: Container, default: {memory: much}}"), false},
		"limited by what is encrypted":  {"", strings.Replace(limits("a", usual), "spec:", "sops: {mac: a}, spec:", 1), false},
		"limits elsewhere":              {"", strings.ReplaceAll(limits("a", usual)+limits("b", usual), "shop", "other"), true},
		"another kind of the same name": {"", strings.Replace(limits("a", "much"), "v1", "example.com/v1", 1), true},
		"limited to what is allowed":    {"", limits("a", "{type: Container, max: {memory: 2Gi}}"), false},
		"limited to what is enough":     {"", limits("a", "{type: Pod, min: {cpu: 1m}}"), false},
		"limited to a ratio":            {"", limits("a", "{type: Container, maxLimitRequestRatio: {cpu: 2}}"), false},
		"claims limited":                {"", limits("a", "{type: PersistentVolumeClaim, min: {storage: 1Ki}}"), true},
		"Pod Security":                  {"", "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline}}}\n", false},
		"Pod Security elsewhere":        {"", "---\n{apiVersion: v1, kind: Namespace, metadata: {name: other, labels: {pod-security.kubernetes.io/enforce: baseline}}}\n", true},
		"Pod Security without a say":    {"", "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: privileged, pod-security.kubernetes.io/warn: baseline}}}\n", true},
		"class of the runtime":          {", runtimeClassName: a", "", false},
		"resources of the whole":        {", resources: {limits: {cpu: 1}}", "", false},
		"devices":                       {", resourceClaims: [{name: a}]", "", false},
		"overhead":                      {", overhead: {cpu: 1}", "", false},
		"priority of all":               {"", "---\n{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: a}, value: 7, globalDefault: true}\n", false},
		"priority":                      {", priorityClassName: a", "---\n{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: a}, value: 7}\n", true},
		"mutating policy":               {"", "---\n{apiVersion: admissionregistration.k8s.io/v1beta1, kind: MutatingAdmissionPolicy, metadata: {name: a}}\n", false},
		"validating policy":             {"", "---\n{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: a}}\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := counting(t, fmt.Sprintf(web, c.spec)+c.beside)
			// It has stood the trial.
			s.deltas, s.in.Base = nil, s.in.Head
			for _, live := range []bool{false, true} {
				s.live = live
				_, head := s.sides()
				pod := head.reckoner().pod(s.in.Head.Get(manifest.ID{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "web"}))
				if got, want := pod != nil, c.reckoned && !live; got != want {
					t.Errorf("reckoned %t, want %t; live %t", got, want, live)
				}
			}
		})
	}
	// Limits that the change brings may be refused.
	s := counting(t, fmt.Sprintf(web, "")+limits("a", usual))
	for _, d := range s.deltas {
		if d.ID().Kind == "LimitRange" {
			d.head.problems = problems{{rule: ruleRefused, msg: "not this one"}}
		}
	}
	_, head := s.sides()
	if head.reckoner().pod(s.in.Head.Get(manifest.ID{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "web"})) != nil {
		t.Error("reckoned by limits that are refused")
	}
}

// What breaks off in the code of Kubernetes is left to the server.
func TestReckoningBreaksOff(t *testing.T) {
	if pod := (reckoner{}).pod(nil); pod != nil {
		t.Errorf("got %v", pod)
	}
	if limits := readRange(nil); limits != nil {
		t.Errorf("got %v", limits)
	}
}
