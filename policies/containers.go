package policies

import (
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// containerLists are the fields of a pod spec that hold containers.
func containerLists() []string {
	return []string{"containers", "initContainers", "ephemeralContainers"}
}

// containerOf names the container that a JSON Pointer leads to or into, in any
// kind of object that has a pod spec; empty if there is none.
func containerOf(fields map[string]any, pointer string) string {
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	var value any = fields
	for i, step := range steps {
		value = child(value, step)
		if i == 0 || !slices.Contains(containerLists(), steps[i-1]) {
			continue
		}
		if container, ok := value.(map[string]any); ok {
			name, _ := container["name"].(string)
			return name
		}
	}
	return ""
}

// containerAt finds the first container of a name.
func containerAt(value any, name string) (string, bool) {
	return searchContainer(value, name, "")
}

func searchContainer(value any, name, at string) (string, bool) {
	fields, ok := value.(map[string]any)
	if !ok {
		return "", false
	}
	for _, list := range containerLists() {
		items, _ := fields[list].([]any)
		for i, item := range items {
			if container, ok := item.(map[string]any); ok && container["name"] == name {
				return manifest.JoinPointer(at, list, strconv.Itoa(i)), true
			}
		}
	}
	for _, step := range []string{"spec", "template", "jobTemplate"} {
		if p, ok := searchContainer(fields[step], name, at+"/"+step); ok {
			return p, true
		}
	}
	return "", false
}

// stable is a JSON Pointer in which members of lists that have a name are named
// by it, so that another member before them changes nothing.
func stable(o *manifest.Object, pointer string) string {
	if pointer == "" {
		return ""
	}
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	var value any = o.Fields()
	for i, step := range steps {
		value = child(value, step)
		if m, ok := value.(map[string]any); ok {
			if name, ok := m["name"].(string); ok && isIndex(step) {
				steps[i] = "name=" + name
			}
		}
	}
	return strings.Join(steps, "/")
}

func isIndex(step string) bool {
	_, err := strconv.ParseUint(step, 10, 31)
	return err == nil
}

// child is the member of a value that a step of a JSON Pointer names, or nil.
func child(value any, step string) any {
	switch value := value.(type) {
	case map[string]any:
		return value[strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")]
	case []any:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(value) {
			return value[i]
		}
	}
	return nil
}
