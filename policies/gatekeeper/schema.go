package gatekeeper

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// Defaulted returns the parameters of a constraint with the defaults of the
// schema of its template, which the API server would have set: in mappings that
// are there. Without parameters it returns an empty mapping.
func (t *Template) Defaulted(parameters any) any {
	if parameters == nil {
		parameters = t.Schema["default"]
	}
	if parameters == nil {
		return map[string]any{}
	}
	return defaulted(t.Schema, parameters)
}

func defaulted(schema map[string]any, value any) any {
	switch value := value.(type) {
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		more, _ := schema["additionalProperties"].(map[string]any)
		out := maps.Clone(value)
		for key, p := range properties {
			property, _ := p.(map[string]any)
			old, there := out[key]
			if fallback, has := property["default"]; has && (!there || old == nil && property["nullable"] != true) {
				out[key] = fallback
			}
		}
		for key, member := range out {
			if property, ok := properties[key].(map[string]any); ok {
				out[key] = defaulted(property, member)
			} else if more != nil {
				out[key] = defaulted(more, member)
			}
		}
		return out
	case []any:
		items, _ := schema["items"].(map[string]any)
		out := make([]any, len(value))
		for i, item := range value {
			out[i] = defaulted(items, item)
		}
		return out
	}
	return value
}

// refers reports whether a schema refers to another one, or to itself. The head of
// a change could name any file with it, or a schema without end.
func refers(schema any) bool {
	switch schema := schema.(type) {
	case map[string]any:
		for key, member := range schema {
			if _, text := member.(string); key == "$ref" && text || refers(member) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(schema, refers)
	}
	return false
}

// JSONSchema is the schema of the parameters in the words of JSON Schema, or nil.
func (t *Template) JSONSchema() map[string]any {
	if t.Schema == nil {
		return nil
	}
	schema, _ := jsonSchema(t.Schema).(map[string]any)
	return schema
}

// jsonSchema translates what OpenAPI and Kubernetes write otherwise.
func jsonSchema(schema any) any {
	in, ok := schema.(map[string]any)
	if !ok {
		return schema
	}
	out := map[string]any{}
	for key, value := range in {
		switch key {
		case "properties", "patternProperties", "definitions":
			members, _ := value.(map[string]any)
			translated := map[string]any{}
			for name, member := range members {
				translated[name] = jsonSchema(member)
			}
			out[key] = translated
		case "items", "not", "additionalProperties":
			out[key] = jsonSchema(value)
		case "allOf", "anyOf", "oneOf":
			list, _ := value.([]any)
			translated := make([]any, len(list))
			for i, member := range list {
				translated[i] = jsonSchema(member)
			}
			out[key] = translated
		case "nullable", "example", "externalDocs", "format", "default":
		default:
			if !strings.HasPrefix(key, "x-kubernetes-") {
				out[key] = value
			}
		}
	}
	if kind, ok := in["type"].(string); ok && in["nullable"] == true {
		out["type"] = []any{kind, "null"}
	}
	if in["x-kubernetes-int-or-string"] == true {
		out["type"] = []any{"integer", "string"}
	}
	return out
}

// UnknownParameters are the JSON Pointers of the parameters that the schema of
// the template does not know, sorted. The API server would drop them.
func (t *Template) UnknownParameters(parameters any) []string {
	if t.Lax {
		return nil
	}
	out := unknown(t.Schema, parameters, "")
	slices.Sort(out)
	return out
}

func unknown(schema map[string]any, value any, pointer string) []string {
	if schema == nil || schema["x-kubernetes-preserve-unknown-fields"] == true {
		return nil
	}
	var out []string
	switch value := value.(type) {
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		more := schema["additionalProperties"]
		for key, member := range value {
			here := manifest.JoinPointer(pointer, key)
			property, known := properties[key].(map[string]any)
			switch {
			case known:
				out = append(out, unknown(property, member, here)...)
			case more == nil || more == false:
				out = append(out, here)
			default:
				further, _ := more.(map[string]any)
				out = append(out, unknown(further, member, here)...)
			}
		}
	case []any:
		items, _ := schema["items"].(map[string]any)
		for i, item := range value {
			out = append(out, unknown(items, item, manifest.JoinPointer(pointer, strconv.Itoa(i)))...)
		}
	}
	return out
}
