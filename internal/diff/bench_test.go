package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/diff"
)

const webDeployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web-%d, namespace: shop, labels: {app: web, team: shop}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.com/shop/web:%s
        ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090}]
        env: [{name: LOG, value: info}, {name: DB, value: postgres://db}]
        resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}
        livenessProbe: {httpGet: {path: /healthz, port: http}}
      - name: proxy
        image: registry.example.com/shop/proxy:2.0.0
`

// deployments is n Deployments, of which the first so many have another image.
func deployments(n, changed int) string {
	var b strings.Builder
	for i := range n {
		tag := "1.4.2"
		if i < changed {
			tag = "1.5.0"
		}
		fmt.Fprintf(&b, webDeployment+"---\n", i, tag)
	}
	return b.String()
}

// BenchmarkCompare compares 1,000 objects with 1,000 objects, 10 of which changed.
func BenchmarkCompare(b *testing.B) {
	base, head := set(b, deployments(1000, 0)), set(b, deployments(1000, 10))
	b.ReportAllocs()
	for b.Loop() {
		if got := len(diff.Compare(base, head)); got != 10 {
			b.Fatalf("got %d deltas", got)
		}
	}
}

// BenchmarkCompareRenames compares 1,000 objects with as many others: the worst
// case for the pairing of renames, since all have the same content.
func BenchmarkCompareRenames(b *testing.B) {
	base := set(b, deployments(1000, 0))
	head := set(b, strings.ReplaceAll(deployments(1000, 0), "name: web-", "name: site-"))
	b.ReportAllocs()
	for b.Loop() {
		if got := len(diff.Compare(base, head)); got != 2000 {
			b.Fatalf("got %d deltas", got)
		}
	}
}

// BenchmarkText shows one Deployment with another image.
func BenchmarkText(b *testing.B) {
	d := one(b, deployments(1, 0), deployments(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Text(diff.TextOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
