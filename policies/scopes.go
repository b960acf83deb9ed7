package policies

import (
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// scopes says which kinds are in namespaces, by "group/Kind", as the definitions
// of an environment have it.
type scopes map[string]bool

// scopesOf reads the CustomResourceDefinitions of sets; the first one that defines
// a kind counts. The API server takes none whose group has no dot, and serves its
// own kinds whatever a definition says.
func scopesOf(sets ...*manifest.Set) scopes {
	out := scopes{}
	for _, set := range sets {
		for _, o := range set.All() {
			if id := o.ID(); id.Group != "apiextensions.k8s.io" || id.Kind != "CustomResourceDefinition" {
				continue
			}
			spec, _ := o.Fields()["spec"].(map[string]any)
			names, _ := spec["names"].(map[string]any)
			group, _ := spec["group"].(string)
			kind, _ := names["kind"].(string)
			scope, _ := spec["scope"].(string)
			key := group + "/" + kind
			if _, there := out[key]; !there && strings.Contains(group, ".") && (scope == "Namespaced" || scope == "Cluster") {
				out[key] = scope == "Namespaced"
			}
		}
	}
	return out
}

// namespace is where an object would be; empty for one of the cluster. Objects of
// kinds in namespaces that name none are put into the default one. It is not
// known where the kind is neither built in nor defined.
func (s scopes) namespace(id manifest.ID) (namespace string, known bool) {
	if id.Namespace != "" {
		return id.Namespace, true
	}
	namespaced, known := builtInScope(id.Group, id.Kind)
	if !known {
		namespaced, known = s[id.Group+"/"+id.Kind]
	}
	if namespaced {
		return "default", true
	}
	return "", known
}

// place gives the objects of a set that name no namespace the one that they would
// be in. Those of kinds that are not known stay without one. nil places nothing.
// There may be twins after that.
func (s scopes) place(set *manifest.Set) []*manifest.Object {
	out := set.All()
	if s == nil {
		return out
	}
	out = slices.Clone(out)
	for i, o := range out {
		namespace, _ := s.namespace(o.ID())
		out[i] = placed(o, namespace)
	}
	return out
}

// twins are the objects of a set that name the namespace into which place puts
// another one of their kind, version and name.
func (s scopes) twins(set *manifest.Set) []*manifest.Object {
	var out []*manifest.Object
	for _, o := range set.All() {
		id := o.ID()
		if id.Namespace != "" {
			continue
		}
		if id.Namespace, _ = s.namespace(id); id.Namespace == "" {
			continue
		}
		if other := set.Get(id); other != nil && other.APIVersion() == o.APIVersion() {
			out = append(out, other)
		}
	}
	return out
}

// placed is an object as a server has it that put it into a namespace.
func placed(o *manifest.Object, namespace string) *manifest.Object {
	if namespace == "" || o.ID().Namespace != "" {
		return o
	}
	return o.WithNamespace(namespace)
}

// builtInScope knows the kinds of the API server
// (https://kubernetes.io/docs/reference/kubernetes-api/) and those of Gatekeeper.
func builtInScope(group, kind string) (namespaced, known bool) {
	// Of these groups all kinds are in namespaces but those that are named.
	cluster := map[string][]string{
		"":                          {"Namespace", "Node", "PersistentVolume", "ComponentStatus"},
		"apps":                      nil,
		"batch":                     nil,
		"autoscaling":               nil,
		"authorization.k8s.io":      {"SubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview"},
		"certificates.k8s.io":       {"CertificateSigningRequest", "ClusterTrustBundle"},
		"coordination.k8s.io":       nil,
		"discovery.k8s.io":          nil,
		"events.k8s.io":             nil,
		"extensions":                {"PodSecurityPolicy"},
		"networking.k8s.io":         {"IngressClass", "IPAddress", "ServiceCIDR"},
		"policy":                    {"PodSecurityPolicy"},
		"rbac.authorization.k8s.io": {"ClusterRole", "ClusterRoleBinding"},
		"resource.k8s.io":           {"DeviceClass", "DeviceTaintRule", "ResourceSlice"},
		"scheduling.k8s.io":         {"PriorityClass"},
		"storage.k8s.io":            {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"},
	}
	if kinds, found := cluster[group]; found {
		return !slices.Contains(kinds, kind), true
	}
	return false, slices.Contains([]string{
		"admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io",
		"flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "node.k8s.io", "storagemigration.k8s.io",
		"constraints.gatekeeper.sh", "templates.gatekeeper.sh", "expansion.gatekeeper.sh",
	}, group)
}
