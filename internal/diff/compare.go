package diff

import (
	"cmp"
	"reflect"
	"regexp"
	"slices"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// Compare returns what head creates, updates and deletes, sorted by identity.
// Values are compared as data: the order of keys does not count, that of lists
// does, and 1 equals 1.0.
func Compare(base, head *manifest.Set) []Delta {
	var deltas []Delta
	for _, o := range head.All() {
		old := base.Get(o.ID())
		switch {
		case old == nil:
			deltas = append(deltas, Delta{Operation: Create, Object: o})
		case !equal(old.Fields(), o.Fields()):
			deltas = append(deltas, Delta{Operation: Update, Object: o, OldObject: old})
		}
	}
	for _, old := range base.All() {
		if head.Get(old.ID()) == nil {
			deltas = append(deltas, Delta{Operation: Delete, OldObject: old})
		}
	}
	slices.SortStableFunc(deltas, func(a, b Delta) int {
		return cmp.Or(a.ID().Compare(b.ID()), cmp.Compare(a.Operation, b.Operation))
	})
	pairRenames(deltas)
	return deltas
}

// equal compares JSON data.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			w, there := b[k]
			if !there || !equal(v, w) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case int64:
		if f, ok := b.(float64); ok {
			return float64(a) == f
		}
	case float64:
		if i, ok := b.(int64); ok {
			return a == float64(i)
		}
	}
	return reflect.DeepEqual(a, b)
}

// hashSuffix is what Kustomize's generators add to the names of ConfigMaps and
// Secrets.
var hashSuffix = regexp.MustCompile(`-[2456789bcdfghkmt]{10}$`)

// pairRenames finds deleted objects that a created one replaces: the same kind
// with the same content but for the name and namespace, or a generated
// ConfigMap or Secret whose name differs in its hash only.
func pairRenames(deltas []Delta) {
	for i := range deltas {
		if deltas[i].Operation != Create {
			continue
		}
		for j := range deltas {
			gone := &deltas[j]
			if gone.Operation == Delete && gone.RenamedTo == nil && renamed(gone.OldObject, deltas[i].Object) {
				from, to := gone.OldObject.ID(), deltas[i].Object.ID()
				deltas[i].RenamedFrom, gone.RenamedTo = &from, &to
				break
			}
		}
	}
}

func renamed(old, o *manifest.Object) bool {
	a, b := old.ID(), o.ID()
	if a.Kind != b.Kind || a.Group != b.Group {
		return false
	}
	if a.Namespace == b.Namespace && hashSuffix.MatchString(a.Name) && hashSuffix.MatchString(b.Name) &&
		hashSuffix.ReplaceAllString(a.Name, "") == hashSuffix.ReplaceAllString(b.Name, "") {
		return true
	}
	same := old.WithName(b.Name).WithNamespace(b.Namespace)
	return equal(same.Fields(), o.WithNamespace(b.Namespace).Fields())
}
