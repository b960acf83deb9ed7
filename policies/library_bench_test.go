package policies_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/policies"
)

// application is what a usual application brings, all kinds that rules follow
// from one to the other among it: ten objects.
const application = `apiVersion: v1
kind: ServiceAccount
metadata: {name: app-N, namespace: NS}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: app-N, namespace: NS}
data: {mode: fast, level: info}
---
apiVersion: v1
kind: Service
metadata: {name: app-N, namespace: NS, labels: {app: app-N}}
spec:
  selector: {app: app-N}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app-N, namespace: NS, labels: {app: app-N}}
spec:
  replicas: 3
  selector: {matchLabels: {app: app-N}}
  template:
    metadata: {labels: {app: app-N}}
    spec:
      serviceAccountName: app-N
      containers:
      - name: web
        image: registry.example.com/app:1.2.TAG
        ports: [{name: http, containerPort: 8080}]
        env:
        - {name: MODE, valueFrom: {configMapKeyRef: {name: app-N, key: mode}}}
        - {name: TARGET, value: http://app-N/}
        resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 256Mi}}
        readinessProbe: {httpGet: {path: /ready, port: http}}
        livenessProbe: {httpGet: {path: /live, port: http}}
        securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true}
        volumeMounts: [{name: tmp, mountPath: /tmp}]
      - name: proxy
        image: registry.example.com/proxy:2.0.0
        resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}
      volumes: [{name: tmp, emptyDir: {}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: app-N, namespace: NS}
spec:
  ingressClassName: nginx
  tls: [{hosts: [app-N.example.com], secretName: app-N}]
  rules:
  - host: app-N.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: app-N, port: {name: http}}}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: app-N, namespace: NS}
spec:
  minReplicas: 3
  maxReplicas: 9
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: app-N}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: app-N, namespace: NS}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: app-N}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: app-N, namespace: NS}
spec:
  podSelector: {matchLabels: {app: app-N}}
  ingress: [{from: [{podSelector: {}}]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: app-N, namespace: NS}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: app-N, namespace: NS}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: app-N}
subjects: [{kind: ServiceAccount, name: app-N, namespace: NS}]
`

// applications are n applications, five to a namespace.
func applications(tb testing.TB, n int, tag string) *manifest.Set {
	tb.Helper()
	var objects []*manifest.Object
	for i := range n {
		text := strings.NewReplacer("NS", fmt.Sprintf("team-%d", i/5), "-N", fmt.Sprintf("-%d", i), "TAG", tag).Replace(application)
		read, err := manifest.Read(fmt.Sprintf("app-%d.yaml", i), []byte(text))
		if err != nil {
			tb.Fatal(err)
		}
		objects = append(objects, read...)
	}
	s, err := manifest.NewSet(objects...)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// all switches on every rule of an engine.
func all(engine *policies.Engine) config.Environment {
	env := config.Environment{Name: "prod", KubernetesVersion: "1.36", Severities: map[string]string{}}
	for _, r := range engine.Rules() {
		env.Severities[r.ID] = "warning"
	}
	return env
}

// BenchmarkLibrary is 1,000 documents of ten kinds: as they are by default, with
// every rule switched on, and with a change to each Deployment.
func BenchmarkLibrary(b *testing.B) {
	engine, err := policies.Load(b.Context(), policies.Library())
	if err != nil {
		b.Fatal(err)
	}
	base, head := applications(b, 100, "1"), applications(b, 100, "2")
	for _, bench := range []struct {
		name   string
		env    config.Environment
		base   *manifest.Set
		deltas []diff.Delta
	}{
		{"default", config.Environment{Name: "prod", KubernetesVersion: "1.36"}, head, nil},
		{"all", all(engine), head, nil},
		{"changed", config.Environment{Name: "prod", KubernetesVersion: "1.36"}, base, diff.Compare(base, head)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := engine.Evaluate(b.Context(), policies.Input{Environment: bench.env, Base: bench.base, Head: head, Deltas: bench.deltas}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(engine.Rules())), "rules")
		})
	}
}
