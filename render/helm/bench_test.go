package helm

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// medium is a chart like those that teams write: ten services of five objects
// each, with helpers, a schema and two sub-charts.
func medium() fstest.MapFS {
	fsys := parse(`
-- chart/Chart.yaml --
{apiVersion: v2, name: shop, version: 1.0.0}
-- chart/values.yaml --
image: {registry: registry.example.com, tag: "1.2.3"}
resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}
env: {LEVEL: info, REGION: eu, MODE: fast}
-- chart/values.schema.json --
{"type": "object", "properties": {"image": {"type": "object"}, "env": {"additionalProperties": {"type": "string"}}}}
-- chart/templates/_helpers.tpl --
{{- define "shop.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.Version | quote }}
{{- end }}
-- chart/charts/cache/Chart.yaml --
{apiVersion: v2, name: cache, version: 1.0.0}
-- chart/charts/queue/Chart.yaml --
{apiVersion: v2, name: queue, version: 1.0.0}
`)
	const service = `
{{- $name := "service-%d" }}
{{- range list "a" "b" }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}-{{ . }}
  labels: {{- include "shop.labels" $ | nindent 4 }}
spec:
  replicas: 2
  selector: {matchLabels: {app: {{ $name }}}}
  template:
    metadata: {labels: {app: {{ $name }}}}
    spec:
      containers:
      - name: main
        image: "{{ $.Values.image.registry }}/{{ $name }}:{{ $.Values.image.tag }}"
        resources: {{- toYaml $.Values.resources | nindent 10 }}
        env:
        {{- range $key, $value := $.Values.env }}
        - {name: {{ $key }}, value: {{ quote $value }}}
        {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}-{{ . }}
  labels: {{- include "shop.labels" $ | nindent 4 }}
spec: {selector: {app: {{ $name }}}, ports: [{port: 80}]}
---
{{- end }}
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ $name }}}
data: {{- toYaml .Values.env | nindent 2 }}
`
	for i := range 10 {
		fsys[fmt.Sprintf("chart/templates/service-%d.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, service, i)}
	}
	return fsys
}

// BenchmarkTemplate renders 50 objects.
func BenchmarkTemplate(b *testing.B) {
	fsys := medium()
	b.ReportAllocs()
	for b.Loop() {
		ms, err := Template(context.Background(), fsys, Options{Dir: "chart", KubernetesVersion: "1.35", IncludeCRDs: true})
		if err != nil || len(ms) != 50 {
			b.Fatalf("%d objects, %v", len(ms), err)
		}
	}
}

// BenchmarkCertificate makes what a webhook needs.
func BenchmarkCertificate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		s := newSeeded(Options{ReleaseName: "web"})
		ca, err := s.ca("ca", 365)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.signed("web", nil, []any{"web.svc"}, 365, ca); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzTemplate gives a chart any text that a template may render, and any
// template: what comes out is objects or an *Error, and never a panic.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "--- # c\r\n---\r\n", "a: {{ .Values.a.b }}", "{{ required \"x: y\" .Values.a }}",
		"{{ fail \"web/templates/a.yaml:3:4: x\" }}", "...\na: b", "---a: b", "kind: List\nitems: [1]", "{{ tpl \"{{ include }}\" . }}",
		"&a {a: *a}", "a: b\na: c\n", "{{ template \"a\" }}", "\ufeff--- |\n x", "{{ index .Files 1 }}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		fsys := fstest.MapFS{"chart/Chart.yaml": {Data: []byte(metadata("web"))}, "chart/templates/a.yaml": {Data: []byte(text)}}
		ms, err := Template(context.Background(), fsys, Options{Dir: "chart"})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.File == "" || e.Msg == "" || e.Hint == "" {
				t.Fatalf("error %#v", err)
			}
			return
		}
		for _, m := range ms {
			if _, err := manifest.NewObject(m.Document); err != nil || m.Source != "chart/templates/a.yaml" {
				t.Fatalf("%s: %v", m.Source, err)
			}
		}
	})
}
