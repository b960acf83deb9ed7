package dryrun_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/verdict"
	"golang.org/x/tools/txtar"
)

func TestUnknownMode(t *testing.T) {
	if _, err := dryrun.New(dryrun.Options{Mode: "off"}); err == nil {
		t.Error("a mode that tries nothing is taken for one")
	}
}

// A version that the server cannot answer as is never answered by another one.
func TestVersionOutOfRange(t *testing.T) {
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded})
	in := input(t, txtar.Parse([]byte(liveChange)))
	in.Environment.KubernetesVersion = "1.29"
	runner.Prepare(t.Context(), in.Environment)
	result, err := runner.Try(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	undecided(t, result, len(in.Deltas), "the embedded API server cannot answer as Kubernetes 1.29 — it answers as 1.33 to 1.36")
}

// A change without differences needs no server.
func TestNothingToTry(t *testing.T) {
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded})
	result, err := runner.Try(t.Context(), dryrun.Input{Environment: config.Environment{KubernetesVersion: "1.29"}})
	if err != nil || len(result.Entries)+len(result.Findings) > 0 {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestCancelled(t *testing.T) {
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := runner.Try(ctx, input(t, txtar.Parse([]byte(liveChange)))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A try that is half-way ends with its context, and its server with it.
func TestCancelledHalfWay(t *testing.T) {
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded})
	if _, err := runner.Try(t.Context(), deployments(t, 1)); err != nil {
		t.Fatal(err)
	}
	in := deployments(t, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	var cancelled time.Time
	time.AfterFunc(200*time.Millisecond, func() {
		cancelled = time.Now()
		cancel()
	})
	_, err := runner.Try(ctx, in)
	if took := time.Since(cancelled); !errors.Is(err, context.Canceled) || took > 5*time.Second {
		t.Errorf("%v, %s later", err, took)
	}
}

// Environments that are tried at the same time do not see each other: each has
// the same names, and its own definition of the same kind.
func TestEnvironmentsAreApart(t *testing.T) {
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded})
	var wait sync.WaitGroup
	for n := range 6 {
		wait.Go(func() {
			in := dryrun.Input{Environment: config.Environment{Name: fmt.Sprint(n), KubernetesVersion: fmt.Sprintf("1.%d", 35+n%2)}}
			head := fmt.Sprintf("-- head.yaml --\n"+`apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
    - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {field%d: {type: string}}}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: right, namespace: shop}
field%d: a
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: wrong, namespace: shop}
field%d: a
`, n, n, n+1)
			in.Base, in.Head = set(t, txtar.Parse(nil), ""), set(t, txtar.Parse([]byte(head)), "head.yaml")
			in.Deltas = diff.Compare(in.Base, in.Head)
			result, err := runner.Try(t.Context(), in)
			want := fmt.Sprintf("error dry-run/unknown-field new Widget shop wrong\n  head.yaml:23 /field%d\n  unknown field field%d\ntried 4 on embedded 1.%d\nrollback possible\n", n+1, n+1, 35+n%2)
			if got := transcript(in, result); err != nil || got != want {
				t.Errorf("got\n%s%v\nwant\n%s", got, err, want)
			}
		})
	}
	wait.Wait()
}

// A server that dies half-way leaves no verdict, and the next environment gets
// a new one.
func TestServerDies(t *testing.T) {
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded})
	in := input(t, txtar.Parse([]byte(liveChange)))
	for round := range 3 {
		runner.Prepare(t.Context(), in.Environment)
		if round == 1 {
			signalServers(t, syscall.SIGKILL)
		}
		result, err := runner.Try(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if round == 1 {
			undecided(t, result, len(in.Deltas), "the API server")
			continue
		}
		if tried := strings.Count(transcript(in, result), "error"); tried != 1 || result.Backend == "" {
			t.Errorf("round %d: got\n%s", round, transcript(in, result))
		}
	}
}

// A server that dies while it answers leaves no verdict either, also where the
// connection breaks before anybody knows that the process is gone.
func TestServerDiesHalfWay(t *testing.T) {
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded})
	in := deployments(t, 1000)
	for round := range 3 {
		if _, err := runner.Try(t.Context(), deployments(t, 1)); err != nil {
			t.Fatal(err)
		}
		dead := make(chan struct{})
		time.AfterFunc(time.Duration(100+50*round)*time.Millisecond, func() {
			defer close(dead)
			signalServers(t, syscall.SIGKILL)
		})
		result, err := runner.Try(t.Context(), in)
		<-dead
		if err != nil {
			t.Fatal(err)
		}
		undecided(t, result, len(in.Deltas), "the API server has ended: signal: killed")
	}
}

// signalServers sends a signal to the API servers that this process has started.
func signalServers(t *testing.T, signal syscall.Signal) {
	t.Helper()
	for _, pid := range servers(t) {
		if err := syscall.Kill(pid, signal); err != nil {
			t.Error(err)
		}
	}
}

// servers are the processes of the API servers that this process has started.
func servers(t testing.TB) []int {
	t.Helper()
	var out []int
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Skipf("finding the server takes /proc: %v", err)
	}
	for _, e := range entries {
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		var pid, parent int
		var state string
		rest := string(stat[strings.LastIndexByte(string(stat), ')')+1:])
		if _, err := fmt.Sscan(rest, &state, &parent); err != nil || parent != os.Getpid() {
			continue
		}
		if _, err := fmt.Sscan(e.Name(), &pid); err == nil {
			out = append(out, pid)
		}
	}
	return out
}

// A rollback that nobody wants to know of is not tried.
func TestRollbackSwitchedOff(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/rollback_claim_grown.txtar")
	if err != nil {
		t.Fatal(err)
	}
	in := input(t, archive)
	in.Environment.Severities = map[string]string{dryrun.RuleRollback: "off"}
	result, err := newRunner(t, dryrun.Options{Mode: dryrun.Embedded}).Try(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if r := result.Rollback; len(result.Findings) > 0 || r.State != verdict.RollbackNotEvaluated || r.Reason != verdict.Off {
		t.Errorf("got %+v and %+v", result.Rollback, result.Findings)
	}
}
