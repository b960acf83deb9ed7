package dryrun

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// home is a delta that may have the server refuse what stays as it is: directly,
// or by admission policies of head.
type home struct {
	*trial
	direct   bool
	policies []*manifest.Object
}

// judges reports whether a policy of the home may say otherwise of an object of
// some resources.
func (h home) judges(o *manifest.Object, names map[string]bool) bool {
	if rank(h.Current()) == rankNamespace && homeOf(o) != h.ID().Name {
		return false
	}
	return slices.ContainsFunc(h.policies, func(p *manifest.Object) bool {
		return matching(p, names) || len(names) == 0 && concerns(p, o.ID().Group)
	})
}

// concerns reports whether a policy may match objects of a group, whatever their
// resource is called.
func concerns(policy *manifest.Object, group string) bool {
	rules, _ := child(child(policy.Fields()["spec"], "matchConstraints"), "resourceRules").([]any)
	return slices.ContainsFunc(rules, func(rule any) bool {
		groups, _ := child(rule, "apiGroups").([]any)
		return slices.ContainsFunc(groups, func(g any) bool { return g == group || g == "*" })
	})
}

// renewed are the policies of head that may say otherwise of what stays as it is,
// for what a delta makes of them, their bindings and parameters, or of a namespace
// that they look at.
func (s *session) renewed(t *trial, bindings []*manifest.Object) []*manifest.Object {
	var out []*manifest.Object
	for _, b := range bindings {
		p := s.in.Head.Get(policyOf(b))
		if p != nil && !slices.Contains(out, p) && t.renews(p, b) {
			out = append(out, p)
		}
	}
	return out
}

// renews reports whether a policy may say otherwise by a binding.
func (t *trial) renews(policy, binding *manifest.Object) bool {
	id := t.ID()
	switch {
	case id == policy.ID(), id == binding.ID():
		return true
	case rank(t.Current()) == rankNamespace:
		said := fmt.Sprint(policy.Fields()["spec"], binding.Fields()["spec"])
		looks := strings.Contains(said, "namespaceSelector") || strings.Contains(said, "namespaceObject")
		return looks && t.Operation != diff.Delete && (t.OldObject == nil || !reflect.DeepEqual(t.OldObject.Fields()["metadata"], t.Object.Fields()["metadata"]))
	}
	kind := child(policy.Fields()["spec"], "paramKind")
	apiVersion, _ := child(kind, "apiVersion").(string)
	ref, _ := child(binding.Fields()["spec"], "paramRef").(map[string]any)
	if ref == nil || child(kind, "kind") != id.Kind || schema.FromAPIVersionAndKind(apiVersion, id.Kind).Group != id.Group {
		return false
	}
	selects, _ := selection(ref)
	return t.Object != nil && selects(t.Object) || t.OldObject != nil && selects(t.OldObject)
}

// resourceNames are the names of the resources of all kinds, also of those that
// are not loaded as yet.
func (s *session) resourceNames() map[schema.GroupKind]string {
	out := map[schema.GroupKind]string{}
	for gvk, k := range s.kinds.byKind {
		out[gvk.GroupKind()] = k.Resource
	}
	for _, set := range []*manifest.Set{s.in.Definitions, s.in.Base, s.in.Head} {
		for _, o := range set.All() {
			if isDefinition(o) {
				d := readDefinition(o)
				out[d.kindOf()] = d.plural
			}
		}
	}
	return out
}

// resourcesOf are the resources that policies match for an object that stays: its
// own, and the Pods that are made of it. It is empty for an unknown kind.
func (s *session) resourcesOf(o *manifest.Object, all map[schema.GroupKind]string) map[string]bool {
	out := map[string]bool{}
	if name := all[schema.GroupKind{Group: o.ID().Group, Kind: o.ID().Kind}]; name != "" {
		out[name] = true
	}
	if s.makesPods(o) {
		out["pods"] = true
	}
	return out
}
