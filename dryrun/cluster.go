package dryrun

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// clusters are the live clusters that the contexts of a kubeconfig name. Their
// state is the base; nothing is ever written to them.
type clusters struct {
	// kubeconfig wins over the file of an environment where it is not empty.
	kubeconfig string
	// timeout bounds a request; 0 means requestTimeout.
	timeout time.Duration
}

func (clusters) prepare(context.Context, config.Environment) {}
func (clusters) close() error                                { return nil }

// connect returns the way to a cluster, through the guard, and its version. There
// is no other way.
func (c clusters) connect(ctx context.Context, env config.Environment) (*rest.Config, *version.Info, error) {
	restConfig, err := c.config(env)
	if err != nil {
		return nil, nil, err
	}
	// A few requests at a time (see workers) leave a cluster room for others, which
	// it shares out by itself, or answers 429
	// (https://kubernetes.io/docs/concepts/cluster-administration/flow-control/).
	restConfig.QPS = -1
	restConfig.Timeout = cmp.Or(c.timeout, requestTimeout)
	restConfig.Wrap(func(next http.RoundTripper) http.RoundTripper { return guard{next} })
	client, err := discovery.NewDiscoveryClientForConfig(within(ctx, restConfig))
	if err != nil {
		return nil, nil, fmt.Errorf("making a client for the cluster: %w", err)
	}
	info, err := client.ServerVersion()
	if err != nil {
		return nil, nil, fmt.Errorf("asking the cluster of the context %s: %w", env.Context, err)
	}
	return restConfig, info, nil
}

func (c clusters) acquire(ctx context.Context, env config.Environment) (*target, error) {
	restConfig, version, err := c.connect(ctx, env)
	if err != nil {
		return nil, err
	}
	known, err := discover(ctx, restConfig)
	if err != nil {
		return nil, err
	}
	minor := version.Major + "." + strings.TrimSuffix(version.Minor, "+")
	return &target{
		name: "cluster " + env.Context + " " + minor, version: minor, config: restConfig, kinds: known, live: true,
		release: func(context.Context) {}, gone: func(context.Context, bool) error { return nil },
		same: func(other config.Environment) (bool, bool) {
			there, err := c.config(other)
			return err == nil && there.Host == restConfig.Host, err == nil
		},
	}, nil
}

// contextError says that an environment names no cluster that is known.
type contextError struct{ msg, hint string }

func (e *contextError) Error() string    { return e.msg }
func (e *contextError) UserHint() string { return e.hint }

// config reads the kubeconfig as kubectl does, and takes the context of the
// environment: never the current one, which may be any cluster.
func (c clusters) config(env config.Environment) (*rest.Config, error) {
	rules := loadingRules(cmp.Or(c.kubeconfig, env.Kubeconfig))
	raw, err := rules.Load()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	contexts := "no context is known; give a kubeconfig as dryRun.kubeconfig, as that of the environment, or in KUBECONFIG"
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

// Kubeconfigs are the files that contexts are looked for in, where a kubeconfig is
// given, or none: those that kubectl reads. They need not be there.
func Kubeconfigs(given string) []string { return loadingRules(given).GetLoadingPrecedence() }

func loadingRules(given string) *clientcmd.ClientConfigLoadingRules {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = fromHome(given)
	return rules
}

// fromHome is a path of which ~ is the home directory, as in a shell.
func fromHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~/")
	home, err := os.UserHomeDir()
	if !ok || err != nil {
		return path
	}
	return filepath.Join(home, rest)
}
