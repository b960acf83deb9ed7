package manifest

import (
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Document is one mapping of a YAML stream with the line of every value in it.
// It is immutable.
type Document struct {
	// File is the slash-separated path of the stream, relative to the root of
	// the repository.
	File string
	// Fields is the mapping as JSON data: map[string]any, []any, string, int64,
	// float64, bool and nil.
	Fields map[string]any

	// lines holds the line of every value in pre-order; the keys of a mapping
	// are visited in sorted order. A mapping's value has the line of its key.
	lines []int32
}

// Line is the line of the first key of the document, or 0 when positions are
// not known.
func (d Document) Line() int {
	if len(d.lines) == 0 {
		return 0
	}
	return int(d.lines[0])
}

// Lookup walks a JSON Pointer (RFC 6901) as far as the document goes. It
// returns the line and the value of the deepest member found, and how many
// steps of the pointer led there. A step into a list is an index, or
// "name=VALUE" for the first member whose name is VALUE.
func (d Document) Lookup(pointer string) (line int, value any, depth int) {
	return d.lookupSteps(SplitPointer(pointer))
}

func (d Document) lookupSteps(steps []string) (line int, value any, depth int) {
	at := 0
	value = d.Fields
	for _, step := range steps {
		next, child, ok := d.descend(value, at, step)
		if !ok {
			break
		}
		value, at = child, next
		depth++
	}
	if at < len(d.lines) {
		line = int(d.lines[at])
	}
	return line, value, depth
}

// descend finds the member of value that step names; value stands at index at
// of lines.
func (d Document) descend(value any, at int, step string) (int, any, bool) {
	next := at + 1
	switch value := value.(type) {
	case map[string]any:
		for _, key := range sortedKeys(value) {
			if key == step {
				return next, value[key], true
			}
			next += countValues(value[key])
		}
	case []any:
		for i, item := range value {
			if matchesStep(item, i, step) {
				return next, item, true
			}
			next += countValues(item)
		}
	}
	return 0, nil, false
}

func matchesStep(item any, index int, step string) bool {
	if name, ok := strings.CutPrefix(step, "name="); ok {
		m, _ := item.(map[string]any)
		return m["name"] == name
	}
	return strconv.Itoa(index) == step
}

func countValues(value any) int {
	n := 1
	switch value := value.(type) {
	case map[string]any:
		for _, v := range value {
			n += countValues(v)
		}
	case []any:
		for _, v := range value {
			n += countValues(v)
		}
	}
	return n
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// SplitPointer splits a JSON Pointer (RFC 6901) into its steps.
func SplitPointer(pointer string) []string {
	if pointer == "" {
		return nil
	}
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, s := range steps {
		steps[i] = strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
	}
	return steps
}

// JoinPointer appends steps to a JSON Pointer, escaping each (RFC 6901).
func JoinPointer(pointer string, steps ...string) string {
	for _, s := range steps {
		pointer += "/" + strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
	}
	return pointer
}

// At returns the mapping at a JSON Pointer as a document of its own, with the
// lines that it has here; ok says whether there is a mapping. Its line is that
// of its first key, as for any document.
func (d Document) At(pointer string) (part Document, ok bool) {
	at, value := 0, any(d.Fields)
	for _, step := range SplitPointer(pointer) {
		if at, value, ok = d.descend(value, at, step); !ok {
			return Document{}, false
		}
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return Document{}, false
	}
	part = Document{File: d.File, Fields: fields}
	if size := countValues(fields); at+size <= len(d.lines) {
		part.lines = slices.Clone(d.lines[at : at+size])
		if size > 1 {
			part.lines[0] = slices.Min(part.lines[1:])
		}
	}
	return part, true
}

// Shift returns the document with every line moved down, for a document that
// was decoded out of a larger file.
func (d Document) Shift(lines int) Document {
	if lines == 0 {
		return d
	}
	moved := make([]int32, len(d.lines))
	for i, l := range d.lines {
		moved[i] = l + int32(lines)
	}
	d.lines = moved
	return d
}
