package apiserver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
)

// witness attends to a kube-apiserver in another process, into whose caches
// nobody can look: it tells by answers what is in force. A policy may have
// objects of any kind as its parameters, and the server takes them out of the
// very caches by which it admits
// (k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_source.go). So
// there is a canary of each kind, written after all others; once a policy says
// what is written in it, the cache holds what was stored before.
//
// The state of such a server is not brought back: what its plugins remember
// beside their caches cannot be renewed from here.
type witness struct {
	*keeper
	// wanted is the minor version that the server has to answer as.
	wanted string
	round  int
}

func newWitness(store *clientv3.Client, config *rest.Config, wanted string) (*witness, error) {
	k, err := newKeeper(store, config, nil, plugins{})
	if err != nil {
		return nil, err
	}
	return &witness{keeper: k, wanted: wanted}, nil
}

// errNoReset says that the server cannot come back to its first state.
var errNoReset = errors.New("a kube-apiserver in a process of its own is not reset")

func (w *witness) do(ctx context.Context, what string) error {
	switch what {
	case doKeep:
		return w.begin(ctx)
	case doFence:
		return w.fence(ctx)
	case doReset:
		return errNoReset
	default:
		return fmt.Errorf("%q is nothing that the server can do", what)
	}
}

// begin waits until the server has written what it writes when it starts, makes
// sure that it is what it was taken for, and sets the canaries up.
func (w *witness) begin(ctx context.Context) error {
	if err := w.identify(); err != nil {
		return err
	}
	expected := last()
	if older(w.wanted, "1.33") {
		expected = slices.DeleteFunc(expected, func(key string) bool { return key == serviceRange })
	}
	if err := w.keep(ctx, expected); err != nil {
		return err
	}
	if err := w.settle(ctx, w.set); err != nil {
		return fmt.Errorf("setting up what tells when objects are in force: %w", err)
	}
	return nil
}

// identify makes sure that the version which answers is the one that was wanted.
func (w *witness) identify() error {
	info, err := w.client.Discovery().ServerVersion()
	if err != nil {
		return fmt.Errorf("asking the server for its version: %w", err)
	}
	// Since 1.31 a server says what it emulates.
	major, minor := cmp.Or(info.EmulationMajor, info.Major), cmp.Or(info.EmulationMinor, info.Minor)
	if answers := major + "." + strings.TrimSuffix(minor, "+"); answers != w.wanted {
		return fmt.Errorf("it answers as Kubernetes %s, and the binary says %s", answers, w.wanted)
	}
	return nil
}

// fence waits until admission goes by what is stored now.
func (w *witness) fence(ctx context.Context) error {
	err := w.settle(ctx, func(ctx context.Context) error {
		for _, f := range watched() {
			if err := w.write(ctx, f); err != nil {
				return fmt.Errorf("writing the canary among %s: %w", f.resource, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	entries, err := w.read(ctx, root)
	if err != nil {
		return err
	}
	w.note(slices.DeleteFunc(entries, func(e entry) bool { return strings.HasPrefix(e.key[strings.LastIndexByte(e.key, '/')+1:], w.own) }))
	return w.compile(ctx)
}

// settle writes the canaries of another round, and waits until each is heard.
func (w *witness) settle(ctx context.Context, write func(context.Context) error) error {
	w.round++
	w.heard.clear()
	if err := write(ctx); err != nil {
		return err
	}
	missing := ""
	err := wait(ctx, func(ctx context.Context) (bool, error) {
		lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: canary, Namespace: metav1.NamespaceSystem}}
		_, err := w.client.CoordinationV1().Leases(lease.Namespace).Create(ctx, lease, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil && apierrors.ReasonForError(err) == metav1.StatusReasonUnknown {
			return false, err // no answer at all
		}
		missing = ""
		for _, f := range watched() {
			if !w.heard.has(f.says(w.round)) {
				missing = f.resource
			}
		}
		return missing == "", nil
	})
	if err != nil && missing != "" {
		return fmt.Errorf("waiting for the cache of %s: %w", missing, err)
	}
	return err
}

// watch is a kind of objects by which admission decides.
type watch struct {
	group, version, kind, resource string
	namespaced                     bool
	// fields are what an object of the kind cannot be without, beside its name.
	fields map[string]any
}

// watched are the kinds that a dry-run stores because others are checked against
// them. Roles are not among them: whoever asks here has all rights.
func watched() []watch {
	return []watch{
		{version: "v1", kind: "Namespace", resource: "namespaces"},
		{version: "v1", kind: "LimitRange", resource: "limitranges", namespaced: true, fields: map[string]any{"spec": map[string]any{"limits": []any{}}}},
		{version: "v1", kind: "ResourceQuota", resource: "resourcequotas", namespaced: true},
		{version: "v1", kind: "ServiceAccount", resource: "serviceaccounts", namespaced: true},
		{version: "v1", kind: "Secret", resource: "secrets", namespaced: true},
		{version: "v1", kind: "ConfigMap", resource: "configmaps", namespaced: true},
		{group: "scheduling.k8s.io", version: "v1", kind: "PriorityClass", resource: "priorityclasses", fields: map[string]any{"value": 0}},
		{group: "node.k8s.io", version: "v1", kind: "RuntimeClass", resource: "runtimeclasses", fields: map[string]any{"handler": canary}},
		{group: "storage.k8s.io", version: "v1", kind: "StorageClass", resource: "storageclasses", fields: map[string]any{"provisioner": "example.com/" + canary}},
		{group: "networking.k8s.io", version: "v1", kind: "IngressClass", resource: "ingressclasses", fields: map[string]any{"spec": map[string]any{"controller": "example.com/" + canary}}},
	}
}

func (f watch) apiVersion() string { return strings.TrimPrefix(f.group+"/"+f.version, "/") }

// says is what the policy of the kind warns of in a round; no such text is part
// of that of another round.
func (f watch) says(round int) string { return fmt.Sprintf("%s: %s %d.", canary, f.resource, round) }

// set writes the first canaries, and the policies that tell of them.
func (w *witness) set(ctx context.Context) error {
	for _, f := range watched() {
		if err := errors.Join(w.write(ctx, f), w.announce(ctx, f)); err != nil {
			return fmt.Errorf("writing the canary among %s: %w", f.resource, err)
		}
	}
	return nil
}

// write writes the canary of a kind for this round.
func (w *witness) write(ctx context.Context, f watch) error {
	path := "/apis/" + f.group + "/" + f.version
	if f.group == "" {
		path = "/api/" + f.version
	}
	metadata := map[string]any{"name": canary, "annotations": map[string]string{canary: f.says(w.round)}}
	if f.namespaced {
		path += "/namespaces/" + canary
		metadata["namespace"] = canary
	}
	object := map[string]any{"apiVersion": f.apiVersion(), "kind": f.kind, "metadata": metadata}
	for key, value := range f.fields {
		object[key] = value
	}
	return w.apply(ctx, path+"/"+f.resource+"/"+canary, object)
}

// announce writes the policy that says what is written in the canary of a kind. It
// applies to the one object to which those of compile apply.
func (w *witness) announce(ctx context.Context, f watch) error {
	const api = "admissionregistration.k8s.io/v1"
	name := w.own + "-" + f.resource
	ref := map[string]any{"name": canary, "parameterNotFoundAction": "Allow"}
	if f.namespaced {
		ref["namespace"] = canary
	}
	err := w.apply(ctx, "/apis/"+api+"/"+validatingPolicies+"/"+name, map[string]any{
		"apiVersion": api, "kind": "ValidatingAdmissionPolicy", "metadata": map[string]any{"name": name},
		"spec": map[string]any{
			"paramKind": map[string]any{"apiVersion": f.apiVersion(), "kind": f.kind},
			"matchConstraints": map[string]any{"resourceRules": []any{map[string]any{
				"resourceNames": []any{canary}, "operations": []any{"CREATE"},
				"apiGroups": []any{coordinationv1.GroupName}, "apiVersions": []any{"v1"}, "resources": []any{"leases"},
			}}},
			"validations": []any{map[string]any{
				"expression": "false", "messageExpression": fmt.Sprintf("string(params.metadata.annotations[%q])", canary),
			}},
		},
	})
	if err != nil {
		return err
	}
	return w.apply(ctx, "/apis/"+api+"/"+validatingBindings+"/"+name, map[string]any{
		"apiVersion": api, "kind": "ValidatingAdmissionPolicyBinding", "metadata": map[string]any{"name": name},
		"spec": map[string]any{"policyName": name, "paramRef": ref, "validationActions": []any{"Warn"}},
	})
}

func (w *witness) apply(ctx context.Context, path string, object map[string]any) error {
	data, err := json.Marshal(object)
	if err != nil {
		return err
	}
	return w.client.Discovery().RESTClient().Patch(types.ApplyPatchType).AbsPath(path).
		Param("fieldManager", canary).Param("force", "true").Body(data).Do(ctx).Error()
}
