package apiserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

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

// canary is the name of the policies that tell when others are in force, and of
// the one object that they apply to.
const canary = "penstock-canary"

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
	k.heard.clear()
	k.canaries++
	want := fmt.Sprintf("%s %d", canary, k.canaries)
	if err := k.writeCanary(ctx, want); err != nil {
		return fmt.Errorf("writing a policy that tells when others are in force: %w", errors.Join(err, k.removeCanary(ctx)))
	}
	err = wait(ctx, func(ctx context.Context) (bool, error) {
		lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: canary, Namespace: metav1.NamespaceSystem}}
		_, err := k.client.CoordinationV1().Leases(lease.Namespace).Create(ctx, lease, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil && apierrors.ReasonForError(err) == metav1.StatusReasonUnknown {
			return false, err // no answer at all
		}
		return k.heard.has(want+" validates") && (!k.mutating || k.heard.has(want+" mutates")), nil
	})
	if err != nil {
		err = fmt.Errorf("waiting for admission policies: %w", err)
	}
	return errors.Join(err, k.removeCanary(ctx))
}

func (k *keeper) writeCanary(ctx context.Context, message string) error {
	api := k.client.AdmissionregistrationV1()
	name := metav1.ObjectMeta{Name: canary}
	match := &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{
		ResourceNames: []string{canary},
		RuleWithOperations: admissionv1.RuleWithOperations{
			Operations: []admissionv1.OperationType{admissionv1.Create},
			Rule:       admissionv1.Rule{APIGroups: []string{coordinationv1.GroupName}, APIVersions: []string{"v1"}, Resources: []string{"leases"}},
		},
	}}}
	if k.mutating {
		policy := &admissionv1.MutatingAdmissionPolicy{ObjectMeta: name, Spec: admissionv1.MutatingAdmissionPolicySpec{
			MatchConstraints:   match,
			ReinvocationPolicy: admissionv1.NeverReinvocationPolicy,
			Mutations: []admissionv1.Mutation{{
				PatchType: admissionv1.PatchTypeJSONPatch,
				JSONPatch: &admissionv1.JSONPatch{Expression: fmt.Sprintf(`[JSONPatch{op: "add", path: "/metadata/annotations", value: {"canary": %q}}]`, message)},
			}},
		}}
		binding := &admissionv1.MutatingAdmissionPolicyBinding{ObjectMeta: name, Spec: admissionv1.MutatingAdmissionPolicyBindingSpec{PolicyName: canary}}
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
			{Expression: "false", Message: message + " validates"},
			{
				Expression: fmt.Sprintf(`!has(object.metadata.annotations) || !("canary" in object.metadata.annotations) || object.metadata.annotations.canary != %q`, message),
				Message:    message + " mutates",
			},
		},
	}}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: name, Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
		PolicyName: canary, ValidationActions: []admissionv1.ValidationAction{admissionv1.Warn},
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
		if _, err := k.store.Delete(ctx, root+resource+"/"+canary); err != nil {
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
