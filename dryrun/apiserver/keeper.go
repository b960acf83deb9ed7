package apiserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// root is the prefix of everything that kube-apiserver stores.
const root = "/registry/"

const (
	// patience bounds each wait for a part of kube-apiserver to follow the store:
	// they take milliseconds, and seconds on a machine that is very busy.
	patience = 20 * time.Second
	// glance is the pause between two looks.
	glance = 2 * time.Millisecond
	// quiet is how long nothing may be written for the start to be over.
	quiet = 60 * time.Millisecond
	// deletions go into transactions of this size; etcd's limit is 128.
	deletions = 100
)

// keeper keeps the state in which the server became ready, and brings it back.
// It runs in the server's own process, where it reads the store and the very
// caches that admission reads; it must not be used concurrently.
type keeper struct {
	store  *clientv3.Client
	client kubernetes.Interface
	// caches and limits are nil for a server in another process.
	caches informers.SharedInformerFactory
	plugins
	// baseline is what was stored at first, by key.
	baseline map[string][]byte

	// validating and mutating tell that there are policies of the kind, or were.
	validating, mutating bool
	// own starts the names of the policies that tell when others are in force, and no
	// other's; canaries counts them, and heard is what they tell.
	own      string
	canaries int
	heard    *warnings
}

func newKeeper(store *clientv3.Client, config *rest.Config, caches informers.SharedInformerFactory, p plugins) (*keeper, error) {
	if caches != nil {
		// A policy with parameters there would start these caches, and end them for
		// good when it goes (k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_source.go).
		caches.Core().V1().ConfigMaps().Informer()
		caches.Core().V1().Secrets().Informer()
	}
	heard := &warnings{}
	config.WarningHandler = heard
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making the server's client of itself: %w", err)
	}
	return &keeper{store: store, client: client, caches: caches, plugins: p, own: canary + "-" + strings.ToLower(rand.Text()), heard: heard}, nil
}

func (k *keeper) do(ctx context.Context, what string) error {
	switch what {
	case doKeep:
		return k.keep(ctx, last())
	case doReset:
		return k.reset(ctx)
	case doFence:
		return k.fence(ctx)
	default:
		return fmt.Errorf("%q is nothing that the server can do", what)
	}
}

// entry is a value in the store.
type entry struct {
	key      string
	value    []byte
	revision int64
}

// read returns what is stored below a prefix, sorted by key.
func (k *keeper) read(ctx context.Context, prefix string) ([]entry, error) {
	resp, err := k.store.Get(ctx, prefix, clientv3.WithPrefix())
	if err != nil {
		return nil, fmt.Errorf("reading the store: %w", err)
	}
	entries := make([]entry, len(resp.Kvs))
	for i, kv := range resp.Kvs {
		entries[i] = entry{string(kv.Key), kv.Value, kv.ModRevision}
	}
	return entries, nil
}

// last are objects that kube-apiserver writes in the background of its start,
// which readiness does not wait for.
func last() []string {
	return []string{
		"/registry/namespaces/default",
		"/registry/namespaces/kube-node-lease",
		"/registry/namespaces/kube-public",
		"/registry/namespaces/kube-system",
		"/registry/ranges/servicenodeports",
		"/registry/services/specs/default/kubernetes",
		serviceRange,
	}
}

// serviceRange is written from 1.33 on (KEP-1880).
const serviceRange = "/registry/servicecidrs/kubernetes"

// keep waits until the server has written what it writes when it starts, and
// keeps all of it.
func (k *keeper) keep(ctx context.Context, expected []string) error {
	var revision int64
	since := time.Now()
	var missing string
	err := wait(ctx, func(ctx context.Context) (bool, error) {
		entries, err := k.read(ctx, root)
		if err != nil {
			return false, err
		}
		found, newest := map[string][]byte{}, int64(0)
		for _, e := range entries {
			found[e.key] = e.value
			newest = max(newest, e.revision)
		}
		if newest != revision {
			revision, since = newest, time.Now()
		}
		missing = ""
		for _, key := range expected {
			if _, ok := found[key]; !ok {
				missing = key
			}
		}
		k.baseline = found
		return missing == "" && time.Since(since) >= quiet, nil
	})
	if err != nil && missing != "" {
		return fmt.Errorf("waiting until the server has written %s: %w", missing, err)
	}
	return err
}

// serversOwn reports whether a key is the server's alone, and is written again
// and again or only after minutes: the lease by which it tells others that it
// lives, and what it publishes of its authentication. Such keys are left alone.
func serversOwn(key string) bool {
	switch key {
	case "/registry/configmaps/kube-system/extension-apiserver-authentication",
		"/registry/configmaps/kube-system/kube-apiserver-legacy-service-account-token-tracking":
		return true
	}
	return strings.HasPrefix(key, "/registry/leases/kube-system/apiserver-") ||
		strings.HasPrefix(key, "/registry/masterleases/") || strings.HasPrefix(key, "/registry/peerserverleases/")
}

// derived reports whether the server derives a value from others, and would
// make it again as long as it takes those for stored: the registration of a
// custom resource's group, and the address of a Service.
func derived(key string) bool {
	return strings.HasPrefix(key, apiServices) || strings.HasPrefix(key, "/registry/ipaddresses/") ||
		strings.HasPrefix(key, "/registry/ranges/")
}

// reset brings the baseline back. What the server derives goes last, when all
// its parts have seen that the rest is gone.
func (k *keeper) reset(ctx context.Context) error {
	if k.baseline == nil {
		return errors.New("there is no state to come back to")
	}
	entries, err := k.read(ctx, root)
	if err != nil {
		return err
	}
	gone, err := k.added(entries)
	if err != nil {
		return err
	}
	k.note(entries)
	if err := k.restore(ctx, entries, func(key string) bool { return !derived(key) }); err != nil {
		return err
	}
	if err := k.forget(ctx, gone); err != nil {
		return err
	}
	if err := k.fence(ctx); err != nil {
		return err
	}
	// What is left to do concerns no policy.
	k.validating, k.mutating = false, false
	if err := k.restoreAll(ctx); err != nil {
		return err
	}
	if i := slices.IndexFunc(entries, func(e entry) bool { return e.key == nodePorts }); i >= 0 && bytes.Equal(entries[i].value, k.baseline[nodePorts]) {
		return nil
	}
	if err := k.rereadPorts(ctx); err != nil {
		return err
	}
	return k.restoreAll(ctx)
}

// restoreAll brings back all of the baseline. Parts of the server that were at
// work meanwhile may have written once more, so it looks again.
func (k *keeper) restoreAll(ctx context.Context) error {
	return wait(ctx, func(ctx context.Context) (bool, error) {
		entries, err := k.read(ctx, root)
		if err != nil {
			return false, err
		}
		if k.same(entries) {
			return true, nil
		}
		if err := k.restore(ctx, entries, func(string) bool { return true }); err != nil {
			return false, err
		}
		return false, k.fence(ctx)
	})
}

// nodePorts is where the server keeps which ports of nodes are taken.
const nodePorts = "/registry/ranges/servicenodeports"

// rereadPorts makes the server read from the store which ports are taken. A
// dry-run goes by what the server remembers, and it reads only when it stores.
func (k *keeper) rereadPorts(ctx context.Context) error {
	services := k.client.CoreV1().Services(metav1.NamespaceDefault)
	made, err := services.Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "penstock-"},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeNodePort, Ports: []corev1.ServicePort{{Port: 80}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("taking a port: %w", err)
	}
	if err := services.Delete(ctx, made.Name, metav1.DeleteOptions{}); err != nil {
		return fmt.Errorf("giving a port back: %w", err)
	}
	return nil
}

// same reports whether the baseline is stored, and nothing else.
func (k *keeper) same(entries []entry) bool {
	found := 0
	for _, e := range entries {
		value, ok := k.baseline[e.key]
		switch {
		case ok && (serversOwn(e.key) || bytes.Equal(value, e.value)):
			found++
		case !ok && serversOwn(e.key):
		default:
			return false
		}
	}
	return found == len(k.baseline)
}

// restore deletes what is not in the baseline and writes what is not as there.
func (k *keeper) restore(ctx context.Context, entries []entry, concerned func(key string) bool) error {
	found := map[string][]byte{}
	var superfluous []clientv3.Op
	for _, e := range entries {
		found[e.key] = e.value
		if _, ok := k.baseline[e.key]; !ok && !serversOwn(e.key) && concerned(e.key) {
			superfluous = append(superfluous, clientv3.OpDelete(e.key))
		}
	}
	for part := range slices.Chunk(superfluous, deletions) {
		if _, err := k.store.Txn(ctx).Then(part...).Commit(); err != nil {
			return fmt.Errorf("deleting from the store: %w", err)
		}
	}
	for key, value := range k.baseline {
		current, ok := found[key]
		if !concerned(key) || ok && (serversOwn(key) || bytes.Equal(current, value)) {
			continue
		}
		if _, err := k.store.Put(ctx, key, string(value)); err != nil {
			return fmt.Errorf("writing to the store: %w", err)
		}
	}
	return nil
}

// wait looks until something is so, for as long as patience lasts.
func wait(ctx context.Context, look func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("it took more than %s", patience))
	defer cancel()
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	for {
		if done, err := look(ctx); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}
