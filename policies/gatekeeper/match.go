package gatekeeper

import (
	"fmt"
	"slices"
	"strings"
)

// Match says to what a constraint applies
// (https://open-policy-agent.github.io/gatekeeper/website/docs/howto#the-match-field).
// A field that is empty applies to everything.
type Match struct {
	Kinds              []Kinds   `json:"kinds"`
	Scope              string    `json:"scope"`
	Namespaces         []string  `json:"namespaces"`
	ExcludedNamespaces []string  `json:"excludedNamespaces"`
	LabelSelector      *Selector `json:"labelSelector"`
	NamespaceSelector  *Selector `json:"namespaceSelector"`
	Name               string    `json:"name"`
	// Source is Original, Generated or All; empty means All.
	Source string `json:"source"`
}

// Kinds are API groups and kinds; "*" and an empty list stand for all.
type Kinds struct {
	APIGroups []string `json:"apiGroups"`
	Kinds     []string `json:"kinds"`
}

// Subject is an object that a constraint may apply to.
type Subject struct {
	// Fields is the object.
	Fields map[string]any
	// Namespace is where the object would be; empty for one of the cluster.
	Namespace string
	// Labels are those of that namespace as far as they are known.
	Labels map[string]string
	// Known says that the namespace is known, and all its labels with it.
	Known bool
	// Generated says that a controller would make the object of another one.
	Generated bool
}

// Answer says whether a constraint applies.
type Answer int

// Unknown: that depends on labels of a namespace that is not known.
const (
	No Answer = iota
	Yes
	Unknown
)

func (m Match) check() error {
	if !slices.Contains([]string{"", "*", "Cluster", "Namespaced"}, m.Scope) {
		return fmt.Errorf("the scope %s is none of Cluster, Namespaced and *", m.Scope)
	}
	if !slices.Contains([]string{"", "All", "Original", "Generated"}, m.Source) {
		return fmt.Errorf("the source %s is none of All, Original and Generated", m.Source)
	}
	for _, glob := range slices.Concat(m.Namespaces, m.ExcludedNamespaces, []string{m.Name}) {
		if strings.Contains(strings.TrimSuffix(strings.TrimPrefix(glob, "*"), "*"), "*") {
			return fmt.Errorf("%s has a * that is neither first nor last", glob)
		}
	}
	if err := m.LabelSelector.check(); err != nil {
		return fmt.Errorf("labelSelector: %w", err)
	}
	if err := m.NamespaceSelector.check(); err != nil {
		return fmt.Errorf("namespaceSelector: %w", err)
	}
	return nil
}

// Applies reports whether a constraint applies to an object. What can be ruled
// out without the labels of its namespace is, also when those are not known.
func (m Match) Applies(s Subject) Answer {
	if !m.Kind(s.Fields) || !m.scope(s) || !m.namespaces(s) || !m.name(s.Fields) || !m.source(s.Generated) ||
		m.LabelSelector != nil && !m.LabelSelector.selects(labels(s.Fields)) {
		return No
	}
	if m.NamespaceSelector == nil {
		return Yes
	}
	if isNamespace(s.Fields) {
		if m.NamespaceSelector.selects(withName(labels(s.Fields), text(s.Fields, "metadata", "name"))) {
			return Yes
		}
		return No
	}
	if s.Namespace == "" {
		return Yes // as Gatekeeper has it: objects without a namespace are not ruled out
	}
	return m.NamespaceSelector.answer(withName(s.Labels, s.Namespace), s.Known)
}

// Kind reports whether the kind of an object is one of those that match.
func (m Match) Kind(fields map[string]any) bool {
	group, kind := groupKind(fields)
	return len(m.Kinds) == 0 || slices.ContainsFunc(m.Kinds, func(k Kinds) bool {
		return oneOf(k.Kinds, kind) && oneOf(k.APIGroups, group)
	})
}

func oneOf(list []string, want string) bool {
	return len(list) == 0 || slices.Contains(list, "*") || slices.Contains(list, want)
}

func (m Match) scope(s Subject) bool {
	switch m.Scope {
	case "Cluster":
		return s.Namespace == "" || isNamespace(s.Fields)
	case "Namespaced":
		return s.Namespace != "" && !isNamespace(s.Fields)
	}
	return true
}

// namespaces looks at namespaces and excludedNamespaces. A Namespace is taken
// for its own; objects without a namespace are not ruled out.
func (m Match) namespaces(s Subject) bool {
	namespace := s.Namespace
	if isNamespace(s.Fields) {
		namespace = text(s.Fields, "metadata", "name")
	}
	if namespace == "" {
		return true
	}
	matches := func(glob string) bool { return globs(glob, namespace) }
	return (len(m.Namespaces) == 0 || slices.ContainsFunc(m.Namespaces, matches)) && !slices.ContainsFunc(m.ExcludedNamespaces, matches)
}

func (m Match) name(fields map[string]any) bool {
	if m.Name == "" {
		return true
	}
	if prefix := text(fields, "metadata", "generateName"); prefix != "" && strings.HasSuffix(m.Name, "*") && globs(m.Name, prefix) {
		return true
	}
	return globs(m.Name, text(fields, "metadata", "name"))
}

func (m Match) source(generated bool) bool {
	switch m.Source {
	case "Original":
		return !generated
	case "Generated":
		return generated
	}
	return true
}

// globs reports whether a name matches a pattern with * at its ends.
func globs(pattern, name string) bool {
	inner, before := strings.CutPrefix(pattern, "*")
	inner, after := strings.CutSuffix(inner, "*")
	switch {
	case before && after || pattern == "*":
		return strings.Contains(name, inner)
	case before:
		return strings.HasSuffix(name, inner)
	case after:
		return strings.HasPrefix(name, inner)
	}
	return name == pattern
}

func isNamespace(fields map[string]any) bool {
	group, kind := groupKind(fields)
	return group == "" && kind == "Namespace"
}

func groupKind(fields map[string]any) (group, kind string) {
	group, _, found := strings.Cut(text(fields, "apiVersion"), "/")
	if !found {
		group = ""
	}
	return group, text(fields, "kind")
}

func labels(fields map[string]any) map[string]string {
	raw, _ := at(fields, "metadata", "labels").(map[string]any)
	out := make(map[string]string, len(raw))
	for k, v := range raw {
		if s, ok := v.(string); ok {
			out[k] = s
		}
	}
	return out
}
