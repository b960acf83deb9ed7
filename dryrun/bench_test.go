package dryrun_test

import (
	"fmt"
	"os"
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
			text.WriteString(deployment(n, image))
		}
		return text.String()
	}
	return input(tb, txtar.Parse([]byte("-- base.yaml --\n"+manifests("example.com/web:1")+"-- head.yaml --\n"+manifests("example.com/web:2"))))
}

func deployment(n int, image string) string {
	return fmt.Sprintf(`---
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

// mixed are objects of many kinds, a fifth of them Deployments. Those before changed
// have other values.
func mixed(count, changed int) string {
	var text strings.Builder
	text.WriteString("---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n")
	for n := range count {
		value := "1"
		if n < changed {
			value = "2"
		}
		switch n % 5 {
		case 0:
			text.WriteString(deployment(n, "example.com/web:"+value))
		case 1:
			fmt.Fprintf(&text, "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: c-%d, namespace: shop}, data: {a: %q, b: %q}}\n", n, value, strings.Repeat("line\n", 40))
		case 2:
			fmt.Fprintf(&text, "---\n{apiVersion: v1, kind: Service, metadata: {name: s-%d, namespace: shop}, spec: {selector: {app: web-%[1]d, version: %q}, ports: [{port: 80}]}}\n", n, value)
		case 3:
			fmt.Fprintf(&text, "---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r-%d, namespace: shop}, rules: [{apiGroups: [\"\"], resources: [configmaps], resourceNames: [%q], verbs: [get]}]}\n", n, "c-"+value)
		default:
			fmt.Fprintf(&text, "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: n-%d, namespace: shop}, spec: {podSelector: {matchLabels: {version: %q}}}}\n", n, value)
		}
	}
	return text.String()
}

func mixedChange(tb testing.TB, count, changed int) dryrun.Input {
	tb.Helper()
	return input(tb, txtar.Parse([]byte("-- base.yaml --\n"+mixed(count, 0)+"-- head.yaml --\n"+mixed(count, changed))))
}

// created is an environment whose objects all come with the change.
func created(tb testing.TB, count int) dryrun.Input {
	tb.Helper()
	return input(tb, txtar.Parse([]byte("-- base.yaml --\n-- head.yaml --\n"+mixed(count, 0))))
}

// limited is a change of one Deployment among many that a quota counts, with the
// limits that it wants to know.
func limited(tb testing.TB, count int) dryrun.Input {
	tb.Helper()
	manifests := func(image string) string {
		var text strings.Builder
		text.WriteString("---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n" +
			"---\n{apiVersion: v1, kind: ResourceQuota, metadata: {name: all, namespace: shop}, spec: {hard: {pods: 100k, limits.memory: 100Ti, requests.cpu: 100k}}}\n" +
			"---\n{apiVersion: v1, kind: LimitRange, metadata: {name: usual, namespace: shop}, spec: {limits: [{type: Container, default: {memory: 1Gi}, defaultRequest: {cpu: 100m}}]}}\n")
		for n := range count {
			text.WriteString(deployment(n, image))
			image = "example.com/web:1"
		}
		return text.String()
	}
	return input(tb, txtar.Parse([]byte("-- base.yaml --\n"+manifests("example.com/web:1")+"-- head.yaml --\n"+manifests("example.com/web:2"))))
}

// BenchmarkTry tries changes on a server that is ready: 300 Deployments and the
// Pods of each; 2,000 and 5,000 changed objects of many kinds, a fifth of them
// Deployments, and 2,000 new ones; one changed object among 50 and among 5,000; and one changed
// Deployment among 1,000 in the quota of a namespace.
// server-MiB is the most that the server has taken so far, and MiB that of this
// process.
func BenchmarkTry(b *testing.B) {
	for _, change := range []struct {
		name string
		make func(testing.TB) dryrun.Input
	}{
		{"deployments=300", func(tb testing.TB) dryrun.Input { return deployments(tb, 300) }},
		{"mixed=2000", func(tb testing.TB) dryrun.Input { return mixedChange(tb, 2000, 2000) }},
		{"new=2000", func(tb testing.TB) dryrun.Input { return created(tb, 2000) }},
		{"mixed=5000", func(tb testing.TB) dryrun.Input { return mixedChange(tb, 5000, 5000) }},
		{"one=50", func(tb testing.TB) dryrun.Input { return mixedChange(tb, 50, 1) }},
		{"one=5000", func(tb testing.TB) dryrun.Input { return mixedChange(tb, 5000, 1) }},
		{"limited=1000", func(tb testing.TB) dryrun.Input { return limited(tb, 1000) }},
	} {
		b.Run(change.name, func(b *testing.B) { benchmarkTry(b, change.make(b)) })
	}
}

func benchmarkTry(b *testing.B, in dryrun.Input) {
	runner := newRunner(b, dryrun.Options{Mode: dryrun.Embedded})
	if _, err := runner.Try(b.Context(), deployments(b, 1)); err != nil {
		b.Fatal(err)
	}
	began := seconds(b)
	b.ReportAllocs()
	for b.Loop() {
		result, err := runner.Try(b.Context(), in)
		if err != nil || len(result.Findings) > 0 {
			b.Fatalf("%v, %d findings", err, len(result.Findings))
		}
	}
	b.ReportMetric(float64(len(in.Deltas)*b.N)/b.Elapsed().Seconds(), "objects/s")
	b.ReportMetric((seconds(b)-began)/float64(b.N), "cpu-s/op")
	b.ReportMetric(peak(b, os.Getpid()), "MiB")
	for _, pid := range servers(b) {
		b.ReportMetric(peak(b, pid), "server-MiB")
	}
}

// seconds is the processor time that this process and its servers have taken.
func seconds(b *testing.B) float64 {
	b.Helper()
	ticks := 0
	for _, pid := range append(servers(b), os.Getpid()) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			b.Skipf("measuring takes /proc: %v", err)
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		var user, system int
		if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
			b.Fatal(err)
		}
		ticks += user + system
	}
	return float64(ticks) / 100
}

// peak is the most memory that a process has taken, in MiB.
func peak(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skipf("measuring takes /proc: %v", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib float64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
