package dryrun_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
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
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// behind is a kubeconfig for a cluster behind something that treats each dry-run
// in its own way, and lets all else through.
func behind(t *testing.T, file string, treat http.HandlerFunc) string {
	t.Helper()
	to, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	host, err := url.Parse(to.Host)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(to)
	if err != nil {
		t.Fatal(err)
	}
	pass := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(host) }}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			treat(w, r)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	return kubeconfig(t, &rest.Config{Host: proxy.URL})
}

// A cluster that is too busy for thousands of objects, or never answers, holds a
// run up for a bounded time, and says nothing of any of them.
func TestClusterWithoutAnswers(t *testing.T) {
	_, file := cluster(t)
	in := deployments(t, 1000)
	in.Environment.Context = "live"
	for name, test := range map[string]struct {
		treat http.HandlerFunc
		want  string
	}{
		"busy": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "3600")
				http.Error(w, "Too many requests, please try again later.", http.StatusTooManyRequests)
			},
			"for 1s the API server answers 429: the server has received too many requests and has asked us to try again later",
		},
		"silent": {
			func(_ http.ResponseWriter, r *http.Request) {
				// Who has not read the request does not notice that the client is gone.
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			},
			"the API server gave no answer within 1s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			runner := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: behind(t, file, test.treat), RequestTimeout: time.Second})
			began := time.Now()
			result, err := runner.Try(t.Context(), in)
			if took := time.Since(began); err != nil || took > 30*time.Second {
				t.Errorf("%v after %s", err, took)
			}
			allFailed(t, result, test.want)
		})
	}
}

// allFailed checks that every object is undecided for the same reason, most of
// them without having been asked about.
func allFailed(t *testing.T, result dryrun.Result, want string) {
	t.Helper()
	unasked := 0
	for _, e := range result.Entries {
		if e.Object.Kind != "Deployment" {
			continue
		}
		if e.Reason != verdict.Failed || !strings.Contains(e.Detail, want) {
			t.Fatalf("got %+v, want %q", e, want)
		}
		if strings.HasPrefix(e.Detail, "nothing more is asked of the API server, which leaves requests without an answer: ") {
			unasked++
		}
	}
	if unasked < 900 || len(result.Findings) > 0 {
		t.Errorf("%d were not asked about, %d findings", unasked, len(result.Findings))
	}
}

// An embedded server that hangs is given up, and the next environment gets
// another one.
func TestServerHangs(t *testing.T) {
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded, RequestTimeout: 2 * time.Second})
	one := deployments(t, 1)
	if _, err := runner.Try(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	hanging := servers(t)
	signalServers(t, syscall.SIGSTOP)
	result, err := runner.Try(t.Context(), deployments(t, 1000))
	if err != nil {
		t.Fatal(err)
	}
	allFailed(t, result, "the API server gave no answer within 2s")
	for _, pid := range hanging {
		if syscall.Kill(pid, 0) == nil {
			t.Errorf("the process %d is still there", pid)
		}
	}
	result, err = runner.Try(t.Context(), one)
	if err != nil || len(result.Findings) > 0 || result.Backend == "" {
		t.Errorf("the next one: %v, %+v", err, result)
	}
}

// Where no server can start, that is all that is said.
func TestServerDoesNotStart(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for temp, want := range map[string]string{
		filepath.Join(dir, "missing"): "making a private directory: stat " + filepath.Join(dir, "missing") + ": no such file or directory",
		file:                          "not a directory",
	} {
		t.Setenv("TMPDIR", temp)
		in := deployments(t, 2)
		result, err := newRunner(t, dryrun.Options{Mode: dryrun.Embedded}).Try(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		undecided(t, result, len(in.Deltas), want)
		undecided(t, result, len(in.Deltas), "the API server ended while it was starting: exit status 1")
	}
}

// The path of a unix socket is bounded; that of a temporary directory is not.
func TestLongTemporaryDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 50))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	result, err := newRunner(t, dryrun.Options{Mode: dryrun.Embedded}).Try(t.Context(), deployments(t, 1))
	if err != nil || result.Backend != "embedded 1.36" {
		t.Errorf("%v, %+v", err, result)
	}
}

// environments is how many environments TestManyEnvironments tries;
// PENSTOCK_TEST_ENVIRONMENTS takes the place of it.
const environments = 24

// However many environments are tried at once, there are no more servers than
// the machine has room for, and each environment gets its own answer.
func TestManyEnvironments(t *testing.T) {
	count := environments
	if n, err := strconv.Atoi(os.Getenv("PENSTOCK_TEST_ENVIRONMENTS")); err == nil {
		count = n
	}
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded})
	// One more than are in use may stay for another version.
	room := max(1, min(3, runtime.GOMAXPROCS(0)/4)) + 1
	done, watched := make(chan struct{}), make(chan int)
	go func() {
		most := 0
		for {
			select {
			case <-done:
				watched <- most
				return
			case <-time.After(100 * time.Millisecond):
				most = max(most, len(servers(t)))
			}
		}
	}()
	var wait sync.WaitGroup
	for n := range count {
		wait.Go(func() {
			in := dryrun.Input{Environment: config.Environment{Name: fmt.Sprint(n), KubernetesVersion: "1.36"}}
			head := fmt.Sprintf("-- head.yaml --\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n"+
				"{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, field%d: a}\n", n)
			in.Base, in.Head = set(t, txtar.Parse(nil), ""), set(t, txtar.Parse([]byte(head)), "head.yaml")
			in.Deltas = diff.Compare(in.Base, in.Head)
			result, err := runner.Try(t.Context(), in)
			want := fmt.Sprintf("error dry-run/unknown-field new ConfigMap shop settings\n  head.yaml:3 /field%d\n  unknown field field%[1]d\ntried 2 on embedded 1.36\nrollback possible\n", n)
			if got := transcript(in, result); err != nil || got != want {
				t.Errorf("got\n%s%v\nwant\n%s", got, err, want)
			}
		})
	}
	wait.Wait()
	close(done)
	if most := <-watched; most == 0 || most > room {
		t.Errorf("%d servers at a time, and there is room for %d", most, room)
	}
}
