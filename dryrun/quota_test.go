package dryrun

import (
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// set are the objects of a file.
func set(t *testing.T, text string) *manifest.Set {
	t.Helper()
	docs, err := manifest.Decode("head.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var objects []*manifest.Object
	for _, d := range docs {
		found, err := manifest.Objects(d)
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, found...)
	}
	all, err := manifest.NewSet(objects...)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// counting is a session that no server answered, with a change from no object to
// some.
func counting(t *testing.T, text string) *session {
	t.Helper()
	head := set(t, text)
	base, err := manifest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{target: &target{}, in: Input{Base: base, Head: head}, kinds: kinds{byKind: map[schema.GroupVersionKind]kind{}}}
	for plural, gvk := range map[string]schema.GroupVersionKind{
		"pods": {Version: "v1", Kind: "Pod"}, "services": {Version: "v1", Kind: "Service"}, "resourcequotas": {Version: "v1", Kind: "ResourceQuota"},
		"persistentvolumeclaims": {Version: "v1", Kind: "PersistentVolumeClaim"}, "replicationcontrollers": {Version: "v1", Kind: "ReplicationController"},
		"deployments": {Group: "apps", Version: "v1", Kind: "Deployment"}, "statefulsets": {Group: "apps", Version: "v1", Kind: "StatefulSet"},
		"daemonsets": {Group: "apps", Version: "v1", Kind: "DaemonSet"}, "jobs": {Group: "batch", Version: "v1", Kind: "Job"}, "cronjobs": {Group: "batch", Version: "v1", Kind: "CronJob"},
	} {
		s.kinds.byKind[gvk] = kind{GroupVersionResource: gvk.GroupVersion().WithResource(plural), namespaced: true}
	}
	for _, d := range diff.Compare(base, head) {
		s.add(&trial{Delta: d})
	}
	return s
}

const podTemplate = `{metadata: {labels: {app: a}}, spec: {restartPolicy: Never, containers: [{name: a, image: a, resources: {limits: {cpu: 500m, nvidia.com/gpu: 1}}}, {name: b, image: b}]}}`

// TestTaken measures single objects: what they take of a quota that limits
// everything, by the evaluators of Kubernetes.
func TestTaken(t *testing.T) {
	const limits = `{pods: 1, count/pods: 1, requests.cpu: 1, limits.cpu: 1, requests.nvidia.com/gpu: 1, services: 1, services.nodeports: 1, services.loadbalancers: 1, persistentvolumeclaims: 1, requests.storage: 1, count/jobs.batch: 1, replicationcontrollers: 1, count/widgets.example.com: 1}`
	deployment := func(spec string) string {
		return "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {" + spec + "template: " + podTemplate + "}}"
	}
	job := func(meta, spec string) string {
		return "{apiVersion: batch/v1, kind: Job, metadata: {name: a" + meta + "}, spec: {" + spec + "template: " + podTemplate + "}}"
	}
	scaler := "\n---\n{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h, namespace: default}, spec: {minReplicas: 2, maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}}}"
	const one = "count/pods=1 limits.cpu=500m pods=1 requests.cpu=500m requests.nvidia.com/gpu=1"
	const unanswered = "counted as it is written: no server said what it makes of the Pods"
	for name, c := range map[string]struct{ object, want, unknown string }{
		"one by default":   {deployment(""), one, unanswered},
		"as often":         {deployment("replicas: 3, "), "count/pods=3 limits.cpu=1500m pods=3 requests.cpu=1500m requests.nvidia.com/gpu=3", unanswered},
		"switched off":     {deployment("replicas: 0, ") + scaler, "", unanswered},
		"fewer than none":  {deployment("replicas: -2, "), "", unanswered},
		"scaled":           {deployment("") + scaler, "count/pods=2 limits.cpu=1 pods=2 requests.cpu=1 requests.nvidia.com/gpu=2", "Pods: 2, and up to 5 if HorizontalPodAutoscaler h asks for them; " + unanswered},
		"more than scaled": {deployment("replicas: 6, ") + scaler, "count/pods=6 limits.cpu=3 pods=6 requests.cpu=3 requests.nvidia.com/gpu=6", unanswered},
		"no number":        {deployment("replicas: many, "), one, unanswered},
		"on each node":     {"{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: a}, spec: {template: " + podTemplate + "}}", "", "a Pod for each node; " + unanswered},
		"at times":         {"{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: {jobTemplate: {spec: {template: " + podTemplate + "}}}}", "", "Pods while it runs; " + unanswered},
		"job":              {job("", ""), "count/jobs.batch=1 " + one, unanswered},
		"parallel":         {job("", "parallelism: 4, completions: 2, "), "count/jobs.batch=1 count/pods=2 limits.cpu=1 pods=2 requests.cpu=1 requests.nvidia.com/gpu=2", unanswered},
		"suspended":        {job("", "suspend: true, "), "count/jobs.batch=1", "Pods once it is resumed; " + unanswered},
		"hook":             {job(", annotations: {helm.sh/hook: pre-install}", ""), "count/jobs.batch=1", "Pods while it runs; " + unanswered},
		"alias":            {"{apiVersion: v1, kind: ReplicationController, metadata: {name: a}, spec: {replicas: 1, template: " + podTemplate + "}}", strings.Replace(one, " requests.cpu=500m requests.nvidia.com/gpu=1", " replicationcontrollers=1 requests.cpu=500m requests.nvidia.com/gpu=1", 1), unanswered},
		"ended":            {"{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, resources: {requests: {cpu: 1}}}]}, status: {phase: Succeeded}}", "count/pods=1", ""},
		"test":             {"{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {helm.sh/hook: test}}, spec: {containers: [{name: a}]}}", "", "a Pod while it runs"},
		"ports":            {"{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: LoadBalancer, ports: [{port: 1}, {port: 2}]}}", "services=1 services.loadbalancers=1 services.nodeports=2", ""},
		"ports not wanted": {"{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 1}]}}", "services=1 services.loadbalancers=1", ""},
		"unreadable":       {"{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {resources: {requests: {storage: much}}}}", "persistentvolumeclaims=1", "it cannot be read: quantities must match the regular expression"},
		"claims": {"{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {replicas: 1000000000, ordinals: {start: 1}, volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: 1Ki}}}}], template: {spec: {containers: [{name: a}]}}}}\n---\n" +
			"{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-a-0}}\n---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-a-1}}\n---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-a-x}}",
			"count/pods=1G persistentvolumeclaims=999999999 pods=1G requests.storage=999999999Ki", unanswered},
		"custom":                 {"{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}}\n---\n{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: widgets.example.com}, spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}}}", "count/widgets.example.com=1", ""},
		"no kind of a namespace": {"{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}}", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := counting(t, "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: default}, spec: {hard: "+limits+"}}\n---\n"+c.object)
			taken, unknown := takenBy(t, s, "a")
			if taken != c.want || !strings.HasPrefix(unknown, c.unknown) || unknown != "" && c.unknown == "" {
				t.Errorf("got  %s\n     %s\nwant %s\n     %s", taken, unknown, c.want, c.unknown)
			}
		})
	}
}

// takenBy is what the first object of a name takes of the quota of a session.
func takenBy(t *testing.T, s *session, name string) (taken, unknown string) {
	t.Helper()
	_, head := s.sides()
	limits := head.limits(func(_ *manifest.Object, err error) { t.Error(err) })
	m, err := newMeter()
	if err != nil {
		t.Fatal(err)
	}
	for _, sh := range head.shares(limits)["default"] {
		if sh.of == nil || sh.of.ID().Name != name {
			continue
		}
		u, err := m.measure(limits["default"][0], []share{sh})
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, n := range limits["default"][0].names() {
			if q := u.used[n]; !q.IsZero() {
				texts = append(texts, string(n)+"="+q.String())
			}
		}
		for _, why := range u.unknown {
			unknown = strings.TrimSuffix(strings.TrimPrefix(why, sh.name+" ("), ")")
		}
		return strings.Join(texts, " "), unknown
	}
	return "", ""
}

// TestScopes asks which Pods a quota is about.
func TestScopes(t *testing.T) {
	pod := &corev1.Pod{Spec: corev1.PodSpec{PriorityClassName: "high", Containers: []corev1.Container{{Name: "a"}}}}
	deadline := int64(5)
	ending := pod.DeepCopy()
	ending.Spec.ActiveDeadlineSeconds = &deadline
	apart := pod.DeepCopy()
	apart.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{Namespaces: []string{"b"}}}}}
	for scope, want := range map[string][3]bool{
		"": {true, true, true}, "scopes: [BestEffort]": {true, true, true}, "scopes: [NotBestEffort]": {},
		"scopes: [Terminating]": {false, true, false}, "scopes: [NotTerminating]": {true, false, true},
		"scopes: [CrossNamespacePodAffinity]": {false, false, true}, "scopes: [BestEffort, Terminating]": {false, true, false},
		"scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}":    {true, true, true},
		"scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [high]}]}": {},
		"scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: DoesNotExist}]}":          {},
	} {
		s := counting(t, "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: 1}, "+scope+"}}")
		l, err := readLimit(s.in.Head.All()[0])
		if err != nil {
			t.Fatal(err)
		}
		m, err := newMeter()
		if err != nil {
			t.Fatal(err)
		}
		for n, p := range []*corev1.Pod{pod, ending, apart} {
			u, err := m.measure(l, []share{{name: "Pod a", charges: []charge{{resource: corev1.Resource("pods"), item: p, times: 1}}}})
			if err != nil || len(u.parts) > 0 != want[n] {
				t.Errorf("%q, Pod %d: got %v, %v", scope, n, u.parts, err)
			}
		}
	}
}

// A quota that nobody can read is said to be uncounted.
func TestUnreadableQuota(t *testing.T) {
	for spec, want := range map[string]string{
		"{hard: {pods: many}}": "it cannot be read: quantities must match",
		"{hard: {pods: 1}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Like}]}}": `not counted: Pod a: failed to parse and convert selector: "Like" is not a valid scope selector operator`,
	} {
		s := counting(t, "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: "+spec+"}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a}]}}")
		s.countQuotas()
		if len(s.notes) != 1 || !strings.Contains(s.notes[0].Detail, want) || len(s.counted) > 0 {
			t.Errorf("%s: got %+v, %+v", spec, s.notes, s.counted)
		}
	}
}
