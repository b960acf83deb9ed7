package dryrun

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/config"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// clusters are the live clusters that the contexts of a kubeconfig name. Their
// state is the base; nothing is ever written to them.
type clusters struct {
	kubeconfig string
}

func (clusters) prepare(context.Context, config.Environment) {}
func (clusters) close() error                                { return nil }

// Requests to a live cluster leave it room for others.
const (
	clusterQPS   = 50
	clusterBurst = 100
)

func (c clusters) acquire(ctx context.Context, env config.Environment) (*target, error) {
	restConfig, err := c.config(env)
	if err != nil {
		return nil, err
	}
	restConfig.QPS, restConfig.Burst = clusterQPS, clusterBurst
	restConfig.Timeout = requestTimeout
	restConfig.Wrap(func(next http.RoundTripper) http.RoundTripper { return guard{next} })
	client, err := discovery.NewDiscoveryClientForConfig(within(ctx, restConfig))
	if err != nil {
		return nil, fmt.Errorf("making a client for the cluster: %w", err)
	}
	version, err := client.ServerVersion()
	if err != nil {
		return nil, fmt.Errorf("asking the cluster of the context %s: %w", env.Context, err)
	}
	known, err := discover(ctx, restConfig)
	if err != nil {
		return nil, err
	}
	minor := version.Major + "." + strings.TrimSuffix(version.Minor, "+")
	return &target{
		name: "cluster " + env.Context + " " + minor, version: minor, config: restConfig, kinds: known, live: true,
		release: func(context.Context) {}, gone: func(context.Context, bool) error { return nil },
	}, nil
}

// contextError says that an environment names no cluster that is known.
type contextError struct{ msg, hint string }

func (e *contextError) Error() string    { return e.msg }
func (e *contextError) UserHint() string { return e.hint }

// config reads the kubeconfig as kubectl does, and takes the context of the
// environment: never the current one, which may be any cluster.
func (c clusters) config(env config.Environment) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = c.kubeconfig
	raw, err := rules.Load()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	contexts := "no context is known; give a kubeconfig as dryRun.kubeconfig or in KUBECONFIG"
	if len(raw.Contexts) > 0 {
		contexts = "known contexts: " + strings.Join(slices.Sorted(maps.Keys(raw.Contexts)), ", ")
	}
	if env.Context == "" {
		return nil, &contextError{fmt.Sprintf("the environment %s names no cluster to try it on", env.Name), "set environments[].context in .penstock.yaml; " + contexts}
	}
	if raw.Contexts[env.Context] == nil {
		return nil, &contextError{fmt.Sprintf("the kubeconfig has no context %s", env.Context), contexts}
	}
	restConfig, err := clientcmd.NewNonInteractiveClientConfig(*raw, env.Context, nil, rules).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the context %s: %w", env.Context, err)
	}
	return restConfig, nil
}

// guard lets no request through that could change a cluster: whoever may
// dry-run may write as well, so that this is all there is between the two.
type guard struct{ next http.RoundTripper }

// errWrites says that a request was not sent.
var errWrites = errors.New("refused to send a request that would change the cluster")

// RoundTrip sends a request that reads, or one that says dryRun=All.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	harmless, err := reads(r)
	if err != nil {
		return nil, err
	}
	if !harmless {
		if r.Body != nil {
			_ = r.Body.Close() // as RoundTrip must
		}
		return nil, fmt.Errorf("%w: %s %s", errWrites, r.Method, r.URL.Path)
	}
	return g.next.RoundTrip(r)
}

func reads(r *http.Request) (bool, error) {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		// An upgraded connection carries whatever follows: exec, attach, proxy.
		return r.Header.Get("Upgrade") == "", nil
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return slices.Equal(r.URL.Query()["dryRun"], []string{metav1.DryRunAll}), nil
	case http.MethodDelete:
		return deletesNothing(r)
	}
	return false, nil
}

// deletesNothing reads the options of a deletion, which are its body; a server
// that gets a body does not look at the query.
func deletesNothing(r *http.Request) (bool, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return slices.Equal(r.URL.Query()["dryRun"], []string{metav1.DryRunAll}), nil
	}
	body, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		return false, fmt.Errorf("reading the options of a deletion: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var options metav1.DeleteOptions
	// Options in another encoding than JSON cannot be looked at.
	readable := json.Unmarshal(body, &options) == nil
	return readable && slices.Equal(options.DryRun, []string{metav1.DryRunAll}), nil
}
