package dryrun

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// pointer turns a field path of the API server into a JSON Pointer (RFC 6901)
// into fields. It knows the two forms there are: that of validation
// (k8s.io/apimachinery/pkg/util/validation/field: spec.ports[0].name,
// data[.dockerconfigjson]) and that of server-side apply
// (sigs.k8s.io/structured-merge-diff/v6/fieldpath:
// spec.containers[name="web"].image). Where the path leads out of fields, the
// pointer goes on with the steps as they are written.
func pointer(fields map[string]any, path string) string {
	var value any = fields
	path = ofVersion(fields, path)
	if path == "" {
		path = "." // the key "" at the top, if that is there
	}
	out := ""
	for path != "" {
		var step string
		if path[0] == '[' {
			step, path = bracket(path)
			if i, ok := memberIndex(value, step); ok {
				step = strconv.Itoa(i)
			}
		} else {
			step, path = plainStep(strings.TrimPrefix(path, "."), value)
		}
		if step == "" {
			// A mapping may have an empty key; else the path has a dot too many.
			m, _ := value.(map[string]any)
			if _, there := m[step]; !there {
				continue
			}
		}
		out = manifest.JoinPointer(out, step)
		value = child(value, step)
	}
	return out
}

// ofVersion is the path as the manifest of a definition has it. What all versions
// of a definition have in common the server takes as that of the definition,
// under the name it had before versions
// (k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/conversion.go).
func ofVersion(fields map[string]any, path string) string {
	if fields["kind"] != "CustomResourceDefinition" {
		return path
	}
	for common, version := range map[string]string{
		"spec.validation": "spec.versions[0].schema", "spec.subresources": "spec.versions[0].subresources",
		"spec.additionalPrinterColumns": "spec.versions[0].additionalPrinterColumns",
	} {
		rest, found := strings.CutPrefix(path, common)
		if found && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return version + rest
		}
	}
	return path
}

// plainStep cuts the first step off a path. A key may itself contain dots, as
// in metadata.labels.app.kubernetes.io/name: the longest key that is there wins.
func plainStep(path string, value any) (step, rest string) {
	if m, ok := value.(map[string]any); ok {
		for key := range m {
			after, found := strings.CutPrefix(path, key)
			if found && (after == "" || after[0] == '.' || after[0] == '[') && len(key) > len(step) {
				step, rest = key, after
			}
		}
		if step != "" {
			return step, rest
		}
	}
	if end := strings.IndexAny(path, ".["); end >= 0 {
		return path[:end], path[end:]
	}
	return path, ""
}

// bracket cuts "[…]" off the start of a path; quoted text may contain brackets.
func bracket(path string) (inner, rest string) {
	quoted := false
	for i := 1; i < len(path); i++ {
		switch path[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted
		case ']':
			if !quoted {
				return path[1:i], path[i+1:]
			}
		}
	}
	return path[1:], ""
}

// memberIndex finds the member of a list that keys such as
// port=80,protocol="TCP" describe, or that has a value such as ="x".
func memberIndex(value any, keys string) (int, bool) {
	list, ok := value.([]any)
	if !ok || !strings.Contains(keys, "=") {
		return 0, false
	}
	for i, item := range list {
		if matches(item, keys) {
			return i, true
		}
	}
	return 0, false
}

func matches(item any, keys string) bool {
	if want, isValue := strings.CutPrefix(keys, "="); isValue {
		return quotedForm(item) == want
	}
	m, ok := item.(map[string]any)
	if !ok {
		return false
	}
	seen := false
	for _, pair := range splitKeys(keys) {
		key, want, _ := strings.Cut(pair, "=")
		// A key that the manifest leaves out has a default there.
		if have, there := m[key]; there {
			if quotedForm(have) != want {
				return false
			}
			seen = true
		}
	}
	return seen
}

func quotedForm(value any) string {
	if s, ok := value.(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(value)
}

// splitKeys splits at the commas outside of quoted text.
func splitKeys(keys string) []string {
	var out []string
	quoted, start := false, 0
	for i := 0; i < len(keys); i++ {
		switch keys[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted
		case ',':
			if !quoted {
				out = append(out, keys[start:i])
				start = i + 1
			}
		}
	}
	return append(out, keys[start:])
}

// child is the member of a mapping or list that a step names, or nil.
func child(value any, step string) any {
	switch value := value.(type) {
	case map[string]any:
		return value[step]
	case []any:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(value) {
			return value[i]
		}
	}
	return nil
}
