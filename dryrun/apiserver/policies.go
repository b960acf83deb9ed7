package apiserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Resources of admission policies.
const (
	validatingPolicies = "validatingadmissionpolicies"
	validatingBindings = "validatingadmissionpolicybindings"
	mutatingPolicies   = "mutatingadmissionpolicies"
	mutatingBindings   = "mutatingadmissionpolicybindings"
)

// canary is the name of one of the two objects that the policies apply to which tell
// when others are in force; canaryKind is the other. The policies themselves have
// names that nobody can know (own): nobody's policy is taken for one of them.
const (
	canary     = "penstock-canary"
	canaryKind = "canaries.penstock.canary"
)

// note remembers that there are policies, until the next reset: they are in force
// for a moment longer than they are stored.
func (k *keeper) note(entries []entry) {
	for _, e := range entries {
		k.validating = k.validating || strings.HasPrefix(e.key, root+"validatingadmissionpolic")
		k.mutating = k.mutating || strings.HasPrefix(e.key, root+"mutatingadmissionpolic")
	}
}

// compile waits until the policies are compiled as the caches have them now.
// Nothing tells but an answer: a policy that is written last is in force together
// with all the others. It warns instead of denying, so that it is heard also
// when another policy denies.
func (k *keeper) compile(ctx context.Context) (err error) {
	if !k.validating && !k.mutating {
		return nil
	}
	if err := k.learn(ctx); err != nil {
		return fmt.Errorf("waiting for the kinds of parameters: %w", err)
	}
	k.heard.clear()
	k.canaries++
	want := fmt.Sprintf("%s %d", canary, k.canaries)
	if err := k.writeCanary(ctx, want); err != nil {
		return fmt.Errorf("writing a policy that tells when others are in force: %w", errors.Join(err, k.removeCanary(ctx)))
	}
	for resource, try := range map[string]func(context.Context) error{"leases": k.tryLease, "customresourcedefinitions": k.tryDefinition} {
		err = errors.Join(err, wait(ctx, func(ctx context.Context) (bool, error) {
			err := try(ctx)
			if err != nil && apierrors.ReasonForError(err) == metav1.StatusReasonUnknown {
				return false, err // no answer at all
			}
			if awaits(err) {
				return false, nil
			}
			heard := want + " " + resource
			return k.heard.has(heard+" validates") && (!k.mutating || k.heard.has(heard+" mutates")), nil
		}))
	}
	if err != nil {
		err = fmt.Errorf("waiting for admission policies: %w", err)
	}
	return errors.Join(err, k.removeCanary(ctx))
}

// learn waits until the policies can find the kinds of their parameters that
// established definitions give, and no others, which nobody ever finds: a policy that does not is as good as wrong until it looks again.
// Of a server in another process that cannot be known.
func (k *keeper) learn(ctx context.Context) error {
	if k.caches == nil {
		return nil
	}
	entries, err := k.read(ctx, customResources)
	if err != nil {
		return err
	}
	defined, err := k.added(entries)
	if err != nil || len(defined) == 0 {
		return err
	}
	return wait(ctx, func(context.Context) (bool, error) {
		validating, mutating := k.parametric()
		for _, kind := range slices.Concat(slices.Collect(maps.Keys(validating)), slices.Collect(maps.Keys(mutating))) {
			ofDefinition := slices.ContainsFunc(defined, func(s served) bool {
				return s.found && s.groupVersion == kind.APIVersion && s.kind == kind.Kind
			})
			if ofDefinition && !k.mapper.knows(kind) {
				return false, nil
			}
		}
		return true, nil
	})
}

// tryLease tries an object of the server's own kinds, and tryDefinition one of
// those that are served with custom resources: each has policies of its own.
func (k *keeper) tryLease(ctx context.Context) error {
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: canary, Namespace: metav1.NamespaceSystem}}
	_, err := k.client.CoordinationV1().Leases(lease.Namespace).Create(ctx, lease, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

func (k *keeper) tryDefinition(ctx context.Context) error {
	const definition = `{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "` + canaryKind + `"},
		"spec": {"group": "penstock.canary", "scope": "Cluster", "names": {"kind": "Canary", "plural": "canaries"}, "versions":
		[{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]}}`
	return k.client.Discovery().RESTClient().Post().AbsPath("/apis/apiextensions.k8s.io/v1/customresourcedefinitions").
		Param("dryRun", metav1.DryRunAll).SetHeader("Content-Type", "application/json").Body([]byte(definition)).Do(ctx).Error()
}

func (k *keeper) writeCanary(ctx context.Context, message string) error {
	api := k.client.AdmissionregistrationV1()
	name := metav1.ObjectMeta{Name: k.own}
	match := &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{
		ResourceNames: []string{canary, canaryKind},
		RuleWithOperations: admissionv1.RuleWithOperations{
			Operations: []admissionv1.OperationType{admissionv1.Create},
			Rule: admissionv1.Rule{
				APIGroups: []string{coordinationv1.GroupName, "apiextensions.k8s.io"}, APIVersions: []string{"v1"},
				Resources: []string{"leases", "customresourcedefinitions"},
			},
		},
	}}}
	if err := k.writeReaders(ctx, match); err != nil {
		return err
	}
	if k.mutating {
		policy := &admissionv1.MutatingAdmissionPolicy{ObjectMeta: name, Spec: admissionv1.MutatingAdmissionPolicySpec{
			MatchConstraints:   match,
			ReinvocationPolicy: admissionv1.NeverReinvocationPolicy,
			Mutations: []admissionv1.Mutation{{
				PatchType: admissionv1.PatchTypeJSONPatch,
				JSONPatch: &admissionv1.JSONPatch{Expression: fmt.Sprintf(`[JSONPatch{op: "add", path: "/metadata/annotations", value: {"canary": %q}}]`, message)},
			}},
		}}
		binding := &admissionv1.MutatingAdmissionPolicyBinding{ObjectMeta: name, Spec: admissionv1.MutatingAdmissionPolicyBindingSpec{PolicyName: k.own}}
		if _, err := api.MutatingAdmissionPolicies().Create(ctx, policy, metav1.CreateOptions{}); err != nil {
			return err
		}
		if _, err := api.MutatingAdmissionPolicyBindings().Create(ctx, binding, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	policy := &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: name, Spec: admissionv1.ValidatingAdmissionPolicySpec{
		MatchConstraints: match,
		Validations: []admissionv1.Validation{
			{Expression: "false", MessageExpression: fmt.Sprintf("%q + request.resource.resource + ' validates'", message+" ")},
			{
				Expression:        fmt.Sprintf(`!has(object.metadata.annotations) || !("canary" in object.metadata.annotations) || object.metadata.annotations.canary != %q`, message),
				MessageExpression: fmt.Sprintf("%q + request.resource.resource + ' mutates'", message+" "),
			},
		},
	}}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: name, Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
		PolicyName: k.own, ValidationActions: []admissionv1.ValidationAction{admissionv1.Warn},
	}}
	if _, err := api.ValidatingAdmissionPolicies().Create(ctx, policy, metav1.CreateOptions{}); err != nil {
		return err
	}
	_, err := api.ValidatingAdmissionPolicyBindings().Create(ctx, binding, metav1.CreateOptions{})
	return err
}

// removeCanary takes the policies out of the store. They may be in force for a
// moment more, for an object that nobody has.
func (k *keeper) removeCanary(ctx context.Context) error {
	for _, resource := range []string{validatingBindings, validatingPolicies, mutatingBindings, mutatingPolicies} {
		if _, err := k.store.Delete(ctx, root+resource+"/"+k.own); err != nil {
			return fmt.Errorf("deleting from the store: %w", err)
		}
		if _, err := k.store.Delete(ctx, root+resource+"/"+k.reader(), clientv3.WithPrefix()); err != nil {
			return fmt.Errorf("deleting from the store: %w", err)
		}
	}
	return nil
}

// warnings are what the server warned its own client of.
type warnings struct {
	mu    sync.Mutex
	texts []string
}

// HandleWarningHeader is called for each warning of each answer.
func (w *warnings) HandleWarningHeader(_ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, text)
}

func (w *warnings) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = nil
}

func (w *warnings) has(part string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range w.texts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
