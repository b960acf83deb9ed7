package diff

import (
	"cmp"
	"math"
	"reflect"
	"slices"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// Compare returns what head creates, updates and deletes, sorted by identity,
// then operation; objects that are equal give no delta. Nothing is left out of
// the comparison, and values are compared as data: the order of keys does not
// count, that of lists does, and 1 equals 1.0. A nil set is an empty one.
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
		return ok && equalMaps(a, b)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case string:
		b, ok := b.(string)
		return ok && a == b
	case bool:
		b, ok := b.(bool)
		return ok && a == b
	case nil:
		return b == nil
	case int64:
		switch b := b.(type) {
		case int64:
			return a == b
		case float64:
			return equalNumbers(a, b)
		}
		return false
	case float64:
		switch b := b.(type) {
		case float64:
			return a == b
		case int64:
			return equalNumbers(b, a)
		}
		return false
	}
	return reflect.DeepEqual(a, b)
}

func equalMaps(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		w, there := b[k]
		if !there || !equal(v, w) {
			return false
		}
	}
	return true
}

// equalNumbers is exact: a float64 has no room for every int64.
func equalNumbers(i int64, f float64) bool {
	whole, ok := wholeNumber(f)
	return ok && whole == i
}

// wholeNumber returns f as an integer if it is one that an int64 can hold.
func wholeNumber(f float64) (int64, bool) {
	if f != math.Trunc(f) || f < math.MinInt64 || f >= math.MaxInt64 {
		return 0, false
	}
	return int64(f), true
}
