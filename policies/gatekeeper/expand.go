package gatekeeper

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// maxDepth bounds how often what was generated is expanded again. Real chains
// have two steps: a CronJob, its Job, the Pod.
const maxDepth = 30

// Expansion is an ExpansionTemplate
// (https://open-policy-agent.github.io/gatekeeper/website/docs/expansion).
type Expansion struct {
	Object *manifest.Object
	spec   expansionSpec
}

type expansionSpec struct {
	ApplyTo []struct {
		Groups   []string `json:"groups"`
		Kinds    []string `json:"kinds"`
		Versions []string `json:"versions"`
	} `json:"applyTo"`
	TemplateSource    string `json:"templateSource"`
	EnforcementAction string `json:"enforcementAction"`
	GeneratedGVK      struct {
		Group   string `json:"group"`
		Version string `json:"version"`
		Kind    string `json:"kind"`
	} `json:"generatedGVK"`
}

func newExpansion(o *manifest.Object) (*Expansion, *Fault) {
	x := &Expansion{Object: o}
	if err := strictly(at(o.Fields(), "spec"), &x.spec); err != nil {
		return nil, faultAt(o, "/spec", "spec: %s", err)
	}
	s := x.spec
	switch {
	case s.TemplateSource == "":
		return nil, faultAt(o, "/spec", "spec.templateSource is missing: the path of the template in the workload")
	case s.GeneratedGVK.Kind == "" || s.GeneratedGVK.Version == "":
		return nil, faultAt(o, "/spec/generatedGVK", "spec.generatedGVK has no version or no kind")
	case len(s.ApplyTo) == 0:
		return nil, faultAt(o, "/spec", "spec.applyTo is missing: the kinds that are expanded")
	case x.applies(x.generated()):
		return nil, faultAt(o, "/spec/applyTo", "it applies to what it generates")
	case s.EnforcementAction != "" && !slices.Contains(actions(), Action(s.EnforcementAction)):
		return nil, faultAt(o, "/spec/enforcementAction", "the enforcementAction %s is none of deny, warn and dryrun", s.EnforcementAction)
	}
	return x, nil
}

func (x *Expansion) generated() (apiVersion, kind string) {
	g := x.spec.GeneratedGVK
	if g.Group == "" {
		return g.Version, g.Kind
	}
	return g.Group + "/" + g.Version, g.Kind
}

func (x *Expansion) applies(apiVersion, kind string) bool {
	group, version, found := strings.Cut(apiVersion, "/")
	if !found {
		group, version = "", apiVersion
	}
	for _, to := range x.spec.ApplyTo {
		if slices.Contains(to.Groups, group) && slices.Contains(to.Versions, version) && slices.Contains(to.Kinds, kind) {
			return true
		}
	}
	return false
}

// Generated is an object that a controller would make of another one.
type Generated struct {
	Fields map[string]any
	// Pointer is the JSON Pointer of its template in the object that was expanded.
	Pointer string
	// By is the name of the ExpansionTemplate; empty for the built-in expansion
	// of workloads to Pods.
	By string
	// Action replaces that of the constraint, unless it is empty.
	Action Action
}

// Expander expands objects.
type Expander struct {
	// Templates are sorted by name.
	Templates []*Expansion
	// Workloads says that the workloads of Kubernetes are expanded to Pods where
	// no template applies to them.
	Workloads bool
}

// Expand returns what would be made of an object in a namespace.
func (e Expander) Expand(fields map[string]any, namespace string) ([]Generated, error) {
	return e.expand(fields, namespace, "", 0)
}

func (e Expander) expand(fields map[string]any, namespace, pointer string, depth int) ([]Generated, error) {
	if depth == maxDepth {
		return nil, fmt.Errorf("the ExpansionTemplates generate objects of one another without end")
	}
	direct, err := e.once(fields, namespace, pointer)
	if err != nil {
		return nil, err
	}
	var out []Generated
	for _, g := range direct {
		further, err := e.expand(g.Fields, namespace, g.Pointer, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(append(out, g), further...)
	}
	return out, nil
}

func (e Expander) once(fields map[string]any, namespace, pointer string) ([]Generated, error) {
	var out []Generated
	found := false
	for _, x := range e.Templates {
		if !x.applies(text(fields, "apiVersion"), text(fields, "kind")) {
			continue
		}
		found = true
		steps := strings.Split(x.spec.TemplateSource, ".")
		source, ok := at(fields, steps...).(map[string]any)
		if !ok {
			return nil, fmt.Errorf("the ExpansionTemplate %s takes %s, which %s %s does not have", x.Object.ID().Name, x.spec.TemplateSource, text(fields, "kind"), text(fields, "metadata", "name"))
		}
		apiVersion, kind := x.generated()
		out = append(out, Generated{
			Fields: generate(fields, source, apiVersion, kind, namespace), Pointer: manifest.JoinPointer(pointer, steps...),
			By: x.Object.ID().Name, Action: Action(x.spec.EnforcementAction),
		})
	}
	if found || !e.Workloads {
		return out, nil
	}
	steps := podTemplate(fields)
	if source, ok := at(fields, steps...).(map[string]any); ok && len(steps) > 0 {
		out = append(out, Generated{Fields: generate(fields, source, "v1", "Pod", namespace), Pointer: manifest.JoinPointer(pointer, steps...)})
	}
	return out, nil
}

// podTemplate is where a workload of Kubernetes keeps the template of its Pods.
func podTemplate(fields map[string]any) []string {
	group, kind := groupKind(fields)
	switch group + "/" + kind {
	case "apps/Deployment", "apps/StatefulSet", "apps/DaemonSet", "apps/ReplicaSet", "/ReplicationController", "batch/Job":
		return []string{"spec", "template"}
	case "batch/CronJob":
		return []string{"spec", "jobTemplate", "spec", "template"}
	}
	return nil
}

// generate makes an object of a template as Gatekeeper does: with a made-up
// name, the namespace of its parent, and the parent as its owner.
func generate(parent, template map[string]any, apiVersion, kind, namespace string) map[string]any {
	out := maps.Clone(template)
	out["apiVersion"], out["kind"] = apiVersion, kind
	old, _ := template["metadata"].(map[string]any)
	meta := make(map[string]any, len(old)+3)
	maps.Copy(meta, old)
	name := text(parent, "metadata", "name")
	if name == "" {
		name = text(parent, "metadata", "generateName")
	}
	meta["name"] = strings.ToLower(name + "-" + kind)
	if namespace != "" {
		meta["namespace"] = namespace
	}
	owners, _ := meta["ownerReferences"].([]any)
	meta["ownerReferences"] = append(slices.Clone(owners), map[string]any{
		"apiVersion": text(parent, "apiVersion"), "kind": text(parent, "kind"), "name": name, "uid": "",
	})
	out["metadata"] = meta
	return out
}
