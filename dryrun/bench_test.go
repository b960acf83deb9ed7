package dryrun_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"golang.org/x/tools/txtar"
)

// deployments is a change of the image of many Deployments.
func deployments(tb testing.TB, count int) dryrun.Input {
	tb.Helper()
	manifests := func(image string) string {
		var text strings.Builder
		for n := range count {
			fmt.Fprintf(&text, `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-%d, namespace: shop}
spec:
  selector: {matchLabels: {app: web-%[1]d}}
  template:
    metadata: {labels: {app: web-%[1]d}}
    spec: {containers: [{name: web, image: %q}]}
`, n, image)
		}
		return text.String()
	}
	return input(tb, txtar.Parse([]byte("-- base.yaml --\n"+manifests("example.com/web:1")+"-- head.yaml --\n"+manifests("example.com/web:2"))))
}

// BenchmarkTry tries 300 Deployments that have changed, and the Pods of each,
// old and new, on a server that is ready.
func BenchmarkTry(b *testing.B) {
	in := deployments(b, 300)
	runner := newRunner(b, dryrun.Options{Mode: dryrun.Embedded})
	if _, err := runner.Try(b.Context(), in); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		result, err := runner.Try(b.Context(), in)
		if err != nil || len(result.Findings) > 0 {
			b.Fatalf("%v, %d findings", err, len(result.Findings))
		}
	}
	b.ReportMetric(float64(len(in.Deltas)*b.N)/b.Elapsed().Seconds(), "objects/s")
}
