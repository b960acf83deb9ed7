package gatekeeper

import (
	"fmt"
	"maps"
	"slices"
)

// nameLabel is set on every namespace by the API server
// (https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name).
const nameLabel = "kubernetes.io/metadata.name"

// withName are the labels of a namespace, with the one that holds its name.
func withName(labels map[string]string, name string) map[string]string {
	out := make(map[string]string, len(labels)+1)
	maps.Copy(out, labels)
	out[nameLabel] = name
	return out
}

// Selector selects by labels; all its requirements must hold, and nil selects
// everything (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements).
type Selector struct {
	MatchLabels      map[string]string `json:"matchLabels"`
	MatchExpressions []Requirement     `json:"matchExpressions"`
}

// Requirement is one requirement of a selector.
type Requirement struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

func (s *Selector) check() error {
	if s == nil {
		return nil
	}
	for _, r := range s.MatchExpressions {
		values := false
		switch r.Operator {
		case "In", "NotIn":
			values = true
		case "Exists", "DoesNotExist":
		default:
			return fmt.Errorf("the operator %q is none of In, NotIn, Exists and DoesNotExist", r.Operator)
		}
		switch {
		case r.Key == "":
			return fmt.Errorf("an expression has no key")
		case values != (len(r.Values) > 0):
			return fmt.Errorf("the operator %s has %d values", r.Operator, len(r.Values))
		}
	}
	return nil
}

func (s *Selector) selects(labels map[string]string) bool { return s.answer(labels, true) == Yes }

// answer is Unknown where the labels are not all known, those that are known
// rule nothing out, and the selector asks for others.
func (s *Selector) answer(labels map[string]string, all bool) Answer {
	if s == nil {
		return Yes
	}
	answer := Yes
	for _, r := range s.requirements() {
		value, there := labels[r.Key]
		switch {
		case !there && !all:
			answer = Unknown
		case !r.holds(value, there):
			return No
		}
	}
	return answer
}

func (s *Selector) requirements() []Requirement {
	out := slices.Clone(s.MatchExpressions)
	for key, value := range s.MatchLabels {
		out = append(out, Requirement{Key: key, Operator: "In", Values: []string{value}})
	}
	return out
}

func (r Requirement) holds(value string, there bool) bool {
	switch r.Operator {
	case "In":
		return there && slices.Contains(r.Values, value)
	case "NotIn":
		return !there || !slices.Contains(r.Values, value)
	case "Exists":
		return there
	}
	return !there
}
