package dryrun

import (
	"github.com/penstock-dev/penstock/internal/diff"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// placed is where the server has an object, in whatever version and however its
// namespace is written.
type placed struct {
	schema.GroupResource
	namespace, name string
}

func (i item) placed() placed {
	return placed{i.GroupVersionResource.GroupResource(), i.namespace, i.name}
}

// findDoubled finds what an embedded server has once, and more than one delta is about: an
// object that moves from no namespace to "default".
func (s *session) findDoubled() {
	seen := map[placed]bool{}
	s.doubled = map[placed]bool{}
	for _, t := range s.deltas {
		i, err := s.item(t.Current())
		if err != nil {
			continue // it is not sent
		}
		if seen[i.placed()] {
			s.doubled[i.placed()] = true
		}
		seen[i.placed()] = true
	}
}

// keeps reports whether an object is stored when it is tried, so that it need not
// be sent again to go back from it. What the server says of it is the same; but
// then it must not say other things of other objects, nor be asked again what it
// says of this one, as for the refusals of policies.
func (s *session) keeps(t *trial, i item) bool {
	switch {
	case s.live, !s.wantsRollback(), s.policies.judge(), s.rank(t.Current()) != rankOther, !i.alone(), s.doubled[i.placed()]:
		return false
	case t.OldObject == nil, t.absent, t.base.problems != nil, s.hook(t):
		return false
	case t.Operation == diff.Update:
		return true
	}
	// What has finalizers would stay, and on its way out.
	return s.deletes(t.ID()) && child(t.OldObject.Fields()["metadata"], "finalizers") == nil
}

// alone reports whether the server answers for other objects without a look at
// this one. It gives addresses and ports of Services once, and looks at claims,
// volumes and Pods; for kinds that are not listed nobody has found out.
func (i item) alone() bool {
	if i.definition != nil {
		return true // a custom resource is read as a parameter of policies, if at all
	}
	switch i.Group {
	case "apps", "batch", "autoscaling", "policy", "rbac.authorization.k8s.io":
		return true
	case "":
		return i.Resource == "configmaps" || i.Resource == "secrets"
	case "networking.k8s.io":
		return i.Resource == "networkpolicies" || i.Resource == "ingresses"
	}
	return false
}
