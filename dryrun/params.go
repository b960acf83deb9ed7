package dryrun

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// readParams finds the objects that a binding may take for parameters. Where
// neither base nor head has any, the cluster may have them all the same, so that
// the binding is kept out of force.
func (s *session) readParams(binding *manifest.Object) {
	ref, _ := child(binding.Fields()["spec"], "paramRef").(map[string]any)
	if ref == nil {
		return
	}
	selects, home := selection(ref)
	found := false
	for _, set := range []*manifest.Set{s.in.Base, s.in.Head} {
		policy := set.Get(policyOf(binding))
		if policy == nil {
			continue
		}
		apiVersion, _ := child(child(policy.Fields()["spec"], "paramKind"), "apiVersion").(string)
		kind, _ := child(child(policy.Fields()["spec"], "paramKind"), "kind").(string)
		if kind == "" {
			found = true // it takes none, and the reference is ignored
			continue
		}
		of := schema.FromAPIVersionAndKind(apiVersion, kind).GroupKind()
		if why := s.unheeded(policy, of); why != "" {
			s.policies.lacking[binding.ID()] = why
			return
		}
		if own(of.Group) && kind != "ConfigMap" && kind != "Secret" {
			s.policies.lacking[binding.ID()] = "it takes objects of the kind " + kind + " for parameters, of which the dry-run knows nothing"
			return
		}
		s.policies.paramKinds[of] = true
		for _, source := range []*manifest.Set{s.in.Base, s.in.Head} {
			for _, o := range source.All() {
				if o.ID().Group != of.Group || o.ID().Kind != of.Kind || !selects(o) || encrypted(o) {
					continue
				}
				found = true
				s.policies.params[o.ID()] = true
				if set == s.in.Head && set.Get(binding.ID()) != nil {
					s.policies.demanded[o.ID()] = true
				}
			}
		}
	}
	if found && home != "" {
		s.policies.homes = append(s.policies.homes, home)
	}
	if !found {
		s.policies.lacking[binding.ID()] = "what it refers to for parameters is in no root of the environment, so that what the policy would say is not known"
	}
}

// unheeded says why a policy may say nothing without a word, for want of what it
// takes for parameters; it is empty where it does not. A server that is not
// embedded may learn of the kind half a minute late; until then the policy is
// wrong to it, and one whose failures are ignored is ignored
// (k8s.io/apiserver/pkg/admission/plugin/policy/generic).
func (s *session) unheeded(policy *manifest.Object, params schema.GroupKind) string {
	if !s.binary || own(params.Group) || child(policy.Fields()["spec"], "failurePolicy") != "Ignore" {
		return ""
	}
	return "its policy ignores failures, and a kube-apiserver may not find the kind " + params.Kind + " of its parameters in time"
}

// selection tells the objects that a paramRef refers to, of its kind, and the
// namespace that it names.
func selection(ref map[string]any) (selects func(*manifest.Object) bool, home string) {
	home, _ = ref["namespace"].(string)
	name, _ := ref["name"].(string)
	selector := labels.Everything()
	if given, ok := ref["selector"].(map[string]any); ok {
		var parsed metav1.LabelSelector
		if runtime.DefaultUnstructuredConverter.FromUnstructured(given, &parsed) == nil {
			if made, err := metav1.LabelSelectorAsSelector(&parsed); err == nil {
				selector = made
			}
		}
	}
	return func(o *manifest.Object) bool {
		if home != "" && o.ID().Namespace != "" && o.ID().Namespace != home {
			return false
		}
		return name == o.ID().Name || name == "" && selector.Matches(labels.Set(o.Labels()))
	}, home
}

// renewParams makes the server read custom resources anew that are parameters and
// that the change alters: nothing tells when it has. A policy that is taken away
// and put back reads them from the start.
func (s *session) renewParams(ctx context.Context) error {
	// Policies that come with the change read them from the start.
	kinds, added := map[schema.GroupKind]bool{}, map[schema.GroupKind]bool{}
	for _, t := range s.deltas {
		if id := t.ID(); s.policies.params[id] && id.Group != "" {
			of := schema.GroupKind{Group: id.Group, Kind: id.Kind}
			kinds[of] = kinds[of] || t.Operation != diff.Create
			added[of] = true
		}
	}
	if len(added) == 0 {
		return nil
	}
	var again []item
	for _, id := range slices.SortedFunc(maps.Keys(s.policies.needed), manifest.ID.Compare) {
		o := cmp.Or(s.in.Head.Get(id), s.in.Base.Get(id))
		if o == nil || !isPolicy(o) {
			continue
		}
		i, err := s.item(o)
		if err != nil {
			continue // it is not there
		}
		apiVersion, _ := child(child(o.Fields()["spec"], "paramKind"), "apiVersion").(string)
		kind, _ := child(child(o.Fields()["spec"], "paramKind"), "kind").(string)
		of := schema.FromAPIVersionAndKind(apiVersion, kind).GroupKind()
		if !kinds[of] && !(added[of] && s.in.Base.Get(id) != nil) {
			continue
		}
		stored, err := s.client.get(ctx, i)
		if err != nil {
			continue // as above
		}
		if err := s.client.remove(ctx, i); err != nil {
			return err
		}
		i.fields = map[string]any{"apiVersion": stored["apiVersion"], "kind": stored["kind"], "metadata": map[string]any{"name": id.Name}, "spec": stored["spec"]}
		again = append(again, i)
	}
	if err := s.settled(ctx); err != nil {
		return err
	}
	for _, i := range again {
		if _, err := s.client.send(ctx, i, how{store: true}); err != nil {
			return err
		}
	}
	return s.settled(ctx)
}

// unknownParams is in the refusal by a policy whose parameters are of a kind that
// the server does not know, or not as yet.
const unknownParams = "failed to configure policy: failed to find resource referenced by paramKind"

// otherAddress starts what is said of a Service whose address the server does not
// have.
const otherAddress = "it asks for an address"

// elsewhere says of problems that another cluster would not have, because it
// gives Services other addresses, why they are none of the object.
func (p problems) elsewhere() *fault {
	ofRange := func(p problem) bool {
		return strings.Contains(p.msg, "is not in the valid range. The range of valid IPs")
	}
	if len(p) > 0 && !slices.ContainsFunc(p, func(p problem) bool {
		return !strings.Contains(p.msg, unknownParams) && !strings.Contains(p.msg, apiserver.UnreadParameters)
	}) {
		return &fault{unverifiable, "it is not known here what a policy says of it: " + p.Error()}
	}
	if len(p) == 0 || slices.ContainsFunc(p, func(p problem) bool { return !ofRange(p) }) {
		return nil
	}
	return &fault{unverifiable, otherAddress + ", and which the cluster has for Services is not known here: " + p.Error()}
}
