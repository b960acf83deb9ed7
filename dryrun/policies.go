package dryrun

import (
	"maps"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// policies are the admission policies of an environment that could have a say
// about the change, and what belongs to them.
type policies struct {
	// needed are the policies and bindings, of base and of head.
	needed map[manifest.ID]bool
	// params are the objects that they may take for parameters; those of head
	// alone are in demanded.
	params, demanded map[manifest.ID]bool
	// paramKinds are the kinds of parameters, and homes where they are.
	paramKinds map[schema.GroupKind]bool
	homes      []string
	// spared are the custom resources of the change that a mutating policy may match.
	spared map[manifest.ID][]definition
	// lacking says why a binding cannot be in force.
	lacking map[manifest.ID]string
}

const admissionGroup = "admissionregistration.k8s.io"

func isPolicy(o *manifest.Object) bool {
	return o.ID().Group == admissionGroup && strings.HasSuffix(o.ID().Kind, "AdmissionPolicy")
}

func isBinding(o *manifest.Object) bool {
	return o.ID().Group == admissionGroup && strings.HasSuffix(o.ID().Kind, "AdmissionPolicyBinding")
}

// policyOf is the policy that a binding binds.
func policyOf(binding *manifest.Object) manifest.ID {
	name, _ := child(binding.Fields()["spec"], "policyName").(string)
	return manifest.ID{Group: admissionGroup, Kind: strings.TrimSuffix(binding.ID().Kind, "Binding"), Name: name}
}

// readPolicies finds the policies that could match what the change has, the Pods
// of its workloads among it, and those that it changes. What a policy matches is
// for the server to say: here only the resources count.
func (s *session) readPolicies() {
	p := policies{needed: map[manifest.ID]bool{}, params: map[manifest.ID]bool{}, demanded: map[manifest.ID]bool{}, paramKinds: map[schema.GroupKind]bool{}, spared: map[manifest.ID][]definition{}, lacking: map[manifest.ID]string{}}
	s.policies = p
	var bindings []*manifest.Object
	resources, custom := s.resources()
	for _, set := range []*manifest.Set{s.in.Base, s.in.Head} {
		for _, o := range set.All() {
			switch {
			case isPolicy(o) && (matching(o, resources) || s.touches(o.ID())):
				p.needed[o.ID()] = true
				for _, d := range custom {
					if o.ID().Kind == "MutatingAdmissionPolicy" && matching(o, map[string]bool{d.plural: true}) && !slices.ContainsFunc(p.spared[o.ID()], func(e definition) bool { return e.kindOf() == d.kindOf() }) {
						p.spared[o.ID()] = append(p.spared[o.ID()], d)
					}
				}
			case isBinding(o):
				bindings = append(bindings, o)
				if s.touches(o.ID()) {
					p.needed[policyOf(o)] = true
				}
			}
		}
	}
	bindings = slices.DeleteFunc(bindings, func(o *manifest.Object) bool { return !p.needed[policyOf(o)] })
	for _, b := range bindings {
		p.needed[b.ID()] = true
		s.readParams(b)
		for _, set := range []*manifest.Set{s.in.Base, s.in.Head} {
			policy := set.Get(policyOf(b))
			if policy == nil {
				continue
			}
			if _, ok := flatten(policy); !ok {
				p.lacking[b.ID()] = "an expression of its policy has text of several lines, and what it refuses could not be told"
			}
		}
	}
}

// judgedAnew reports whether a policy may say otherwise of an object than before
// the change.
func (s *session) judgedAnew(o *manifest.Object) bool {
	i, err := s.item(o)
	if err != nil {
		return false
	}
	resources := map[string]bool{i.Resource: true}
	if _, _, runs := template(o); runs {
		resources["pods"] = true
	}
	params := slices.ContainsFunc(s.deltas, func(t *trial) bool { return s.policies.params[t.ID()] })
	for _, set := range []*manifest.Set{s.in.Base, s.in.Head} {
		for _, p := range set.All() {
			policy := p
			switch {
			case !s.policies.needed[p.ID()]:
				continue
			case isBinding(p):
				if policy = set.Get(policyOf(p)); policy == nil {
					continue
				}
			}
			takes := params && child(policy.Fields()["spec"], "paramKind") != nil
			if (takes || s.touches(p.ID())) && matching(policy, resources) {
				return true
			}
		}
	}
	return false
}

// touches reports whether an object is one of the change.
func (s *session) touches(id manifest.ID) bool {
	_, ok := s.operations[id]
	return ok
}

// matching reports whether a policy matches one of some resources by its name. It
// may match them in another version or group than it is written in, so that those
// do not count
// (https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#request-matching).
func matching(policy *manifest.Object, resources map[string]bool) bool {
	rules, _ := child(child(policy.Fields()["spec"], "matchConstraints"), "resourceRules").([]any)
	for _, rule := range rules {
		named, _ := child(rule, "resources").([]any)
		for _, n := range named {
			text, _ := n.(string)
			if resource, _, _ := strings.Cut(text, "/"); resource == "*" || resources[resource] {
				return true
			}
		}
	}
	return false
}

// resources are the names of the resources that the change has, the Pods of its
// workloads among them and those that quotas count, and the definitions of those
// that are custom.
func (s *session) resources() (names map[string]bool, custom []definition) {
	changed := map[schema.GroupKind]bool{}
	names = map[string]bool{"pods": s.asksForPods()}
	for o := range s.changed() {
		changed[schema.GroupKind{Group: o.ID().Group, Kind: o.ID().Kind}] = true
		if _, _, runs := template(o); runs {
			names["pods"] = true
		}
	}
	for gvk, k := range s.kinds.byKind {
		if changed[gvk.GroupKind()] {
			names[k.Resource] = true
		}
	}
	for _, set := range []*manifest.Set{s.in.Base, s.in.Head, s.in.Definitions} {
		for _, o := range set.All() {
			if !isDefinition(o) {
				continue
			}
			if d := readDefinition(o); changed[d.kindOf()] {
				names[d.plural] = true
				custom = append(custom, d)
			}
		}
	}
	return names, custom
}

// spare is a policy as it is stored: a validating one on single lines, and a
// mutating one such that it leaves the custom resources of the change alone: the
// server learns their schemas only every few seconds, and until then refuses
// them, or goes by the schema of before
// (k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch/typeconverter.go).
func (s *session) spare(policy *manifest.Object) *manifest.Object {
	if policy.ID().Kind == "ValidatingAdmissionPolicy" {
		line, _ := flatten(policy)
		return line
	}
	spared := s.policies.spared[policy.ID()]
	if len(spared) == 0 {
		return policy
	}
	spec, _ := policy.Fields()["spec"].(map[string]any)
	match, _ := spec["matchConstraints"].(map[string]any)
	spec, match = maps.Clone(spec), maps.Clone(match)
	excluded, _ := match["excludeResourceRules"].([]any)
	excluded = slices.Clip(excluded)
	for _, d := range spared {
		excluded = append(excluded, map[string]any{
			"apiGroups": []any{d.group}, "apiVersions": []any{"*"}, "resources": []any{d.plural}, "operations": []any{"*"},
		})
	}
	match["excludeResourceRules"], spec["matchConstraints"] = excluded, match
	return policy.WithField("spec", spec)
}

// judge reports whether there are policies in force for the change.
func (p policies) judge() bool { return len(p.needed) > 0 }
