package apiserver

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// UnreadParameters is in the refusal by a policy whose parameters the server has not
// read as yet; it waits a second for them
// (k8s.io/apiserver/pkg/admission/plugin/policy/generic.CollectParams).
const UnreadParameters = "not yet synced to use for admission"

// reader starts the names of policies that tell when parameters are read.
func (k *keeper) reader() string { return k.own + "-reader-" }

// parametric are the kinds of parameters of policies, and whether one of them is
// heedless: it says nothing where it fails, so that nobody notices that the server
// has not read any.
type parametric map[admissionv1.ParamKind]bool

func (p parametric) add(kind *admissionv1.ParamKind, failure *admissionv1.FailurePolicyType) {
	if kind != nil {
		p[*kind] = p[*kind] || failure != nil && *failure == admissionv1.Ignore
	}
}

// heedless are the kinds of heedless policies, in order.
func (p parametric) heedless() []admissionv1.ParamKind {
	return slices.DeleteFunc(slices.SortedFunc(maps.Keys(p), func(a, b admissionv1.ParamKind) int {
		return cmp.Or(strings.Compare(a.APIVersion, b.APIVersion), strings.Compare(a.Kind, b.Kind))
	}), func(kind admissionv1.ParamKind) bool { return !p[kind] })
}

// parametric is what the caches have of all policies.
func (k *keeper) parametric() (validating, mutating parametric) {
	validating, mutating = parametric{}, parametric{}
	api := k.caches.Admissionregistration().V1()
	if k.validating {
		policies, _ := api.ValidatingAdmissionPolicies().Lister().List(labels.Everything()) // a cache knows no error
		for _, p := range policies {
			validating.add(p.Spec.ParamKind, p.Spec.FailurePolicy)
		}
	}
	if k.mutating {
		policies, _ := api.MutatingAdmissionPolicies().Lister().List(labels.Everything()) // as above
		for _, p := range policies {
			mutating.add(p.Spec.ParamKind, p.Spec.FailurePolicy)
		}
	}
	return validating, mutating
}

// writeReaders writes policies on the canaries that take the same parameters as
// those that are heedless, out of the same caches, and refuse where these are not
// read. Kinds that nobody serves are left out: they never are. Of a server in
// another process the policies are not known.
func (k *keeper) writeReaders(ctx context.Context, match *admissionv1.MatchResources) error {
	if k.caches == nil {
		return nil
	}
	api := k.client.AdmissionregistrationV1()
	validating, mutating := k.parametric()
	for n, kind := range validating.heedless() {
		ref, ok := k.anyOf(kind)
		if !ok {
			continue
		}
		name := metav1.ObjectMeta{Name: fmt.Sprint(k.reader(), n)}
		_, err := api.ValidatingAdmissionPolicies().Create(ctx, &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: name, Spec: admissionv1.ValidatingAdmissionPolicySpec{
			ParamKind: &kind, MatchConstraints: match, Validations: []admissionv1.Validation{{Expression: "true"}},
		}}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		_, err = api.ValidatingAdmissionPolicyBindings().Create(ctx, &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: name, Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: name.Name, ParamRef: ref, ValidationActions: []admissionv1.ValidationAction{admissionv1.Warn},
		}}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
	}
	for n, kind := range mutating.heedless() {
		ref, ok := k.anyOf(kind)
		if !ok {
			continue
		}
		name := metav1.ObjectMeta{Name: fmt.Sprint(k.reader(), n)}
		_, err := api.MutatingAdmissionPolicies().Create(ctx, &admissionv1.MutatingAdmissionPolicy{ObjectMeta: name, Spec: admissionv1.MutatingAdmissionPolicySpec{
			ParamKind: &kind, MatchConstraints: match, ReinvocationPolicy: admissionv1.NeverReinvocationPolicy,
			MatchConditions: []admissionv1.MatchCondition{{Name: "never", Expression: "false"}},
			Mutations: []admissionv1.Mutation{{
				PatchType: admissionv1.PatchTypeJSONPatch,
				JSONPatch: &admissionv1.JSONPatch{Expression: `[JSONPatch{op: "add", path: "/metadata/annotations", value: {"canary": ""}}]`},
			}},
		}}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		_, err = api.MutatingAdmissionPolicyBindings().Create(ctx, &admissionv1.MutatingAdmissionPolicyBinding{ObjectMeta: name, Spec: admissionv1.MutatingAdmissionPolicyBindingSpec{
			PolicyName: name.Name, ParamRef: ref,
		}}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
	}
	return nil
}

// anyOf refers to all parameters of a kind, of which there may be none. Those that
// are in namespaces need one, since the canaries are not all in one.
func (k *keeper) anyOf(kind admissionv1.ParamKind) (*admissionv1.ParamRef, bool) {
	scope := k.mapper.scope(kind)
	if scope == "" {
		return nil, false
	}
	allow := admissionv1.AllowAction
	ref := &admissionv1.ParamRef{Selector: &metav1.LabelSelector{}, ParameterNotFoundAction: &allow}
	if scope == meta.RESTScopeNameNamespace {
		ref.Namespace = metav1.NamespaceSystem
	}
	return ref, true
}

// scope is that of a kind, and empty where a mapper does not find it.
func (m *mapper) scope(kind admissionv1.ParamKind) meta.RESTScopeName {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found meta.RESTScopeName
	gvk := schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind)
	for _, one := range m.all {
		mapping, err := one.RESTMapping(gvk.GroupKind(), gvk.Version)
		if err != nil {
			return ""
		}
		found = mapping.Scope.Name()
	}
	return found
}

// awaits reports whether a canary is refused because parameters are not read.
func awaits(err error) bool { return err != nil && strings.Contains(err.Error(), UnreadParameters) }
