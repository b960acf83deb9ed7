package manifest

import (
	"reflect"
	"strings"
)

// Locate returns the place in a source file where the value at a JSON Pointer
// (RFC 6901) of the object was written. The last source that holds this very
// value wins (a patch over its base); else the last source that holds the path;
// else the source that comes nearest to it (a missing field is reported at its
// parent). Members of lists that have a name are matched by name, since patches
// list only the members they change. Without sources it returns the origin.
func (o *Object) Locate(pointer string) Position {
	steps := o.namedSteps(SplitPointer(pointer))
	_, want, reached := Document{Fields: o.fields}.lookupSteps(steps)
	best, bestScore := o.origin.Position, -1
	for _, src := range o.sources {
		line, got, depth := src.lookupSteps(steps)
		if line == 0 {
			continue
		}
		score := 2 * depth
		if depth == reached && reflect.DeepEqual(got, want) {
			score++
		}
		if score >= bestScore {
			best, bestScore = Position{File: src.File, Line: line}, score
		}
	}
	return best
}

// namedSteps replaces each index into a list by "name=VALUE" where the member
// has a name.
func (o *Object) namedSteps(steps []string) []string {
	out := make([]string, 0, len(steps))
	var value any = o.fields
	for _, step := range steps {
		child, ok := member(value, step)
		if !ok {
			return append(out, steps[len(out):]...)
		}
		if m, isMap := child.(map[string]any); isMap && isList(value) {
			if name, ok := m["name"].(string); ok && !strings.HasPrefix(step, "name=") {
				step = "name=" + name
			}
		}
		out = append(out, step)
		value = child
	}
	return out
}

func isList(value any) bool {
	_, ok := value.([]any)
	return ok
}

func member(value any, step string) (any, bool) {
	switch value := value.(type) {
	case map[string]any:
		child, ok := value[step]
		return child, ok
	case []any:
		for i, item := range value {
			if matchesStep(item, i, step) {
				return item, true
			}
		}
	}
	return nil, false
}
