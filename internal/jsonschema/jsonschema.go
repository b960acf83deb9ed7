// Package jsonschema writes the JSON Schema (draft-07) of Go types, so that a
// published schema cannot differ from the code. It does not validate.
package jsonschema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Options say how Generate reads the types.
type Options struct {
	// ID is the $id of the schema, a URI that carries its version.
	ID          string
	Title       string
	Description string
	// Tag is the struct tag that names the fields: "json" or "yaml".
	Tag string
	// Closed refuses keys that the types do not name.
	Closed bool
	// Optional makes a field required only if it is tagged `required:"true"`.
	// Otherwise every field without omitempty or omitzero is required.
	Optional bool
	// Enums lists the values of named string types.
	Enums map[reflect.Type][]string
	// Docs describe types and fields; see ReadDocs.
	Docs Docs
}

// Generate returns the schema of a type as indented JSON with a final newline.
// Each named struct becomes a definition. Struct tags add to a field:
//
//	enum:"a,b"      the values of a string, or of the strings in a map or list
//	pattern:"…"     a regular expression, likewise
//	default:"…"     the default, as JSON, or else as a string
//	required:"true" see Options.Optional
//
// Types that JSON does not have (functions, channels, maps without string keys)
// are an error.
func Generate(t reflect.Type, o Options) ([]byte, error) {
	g := generator{Options: o, definitions: map[string]any{}}
	root, err := g.structure(t)
	if err != nil {
		return nil, fmt.Errorf("describing %s: %w", t, err)
	}
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["$id"] = o.ID
	root["title"] = o.Title
	root["description"] = o.Description
	if len(g.definitions) > 0 {
		root["definitions"] = g.definitions
	}
	out, err := json.MarshalIndent(root, "", "  ")
	return append(out, '\n'), err
}

type generator struct {
	Options
	definitions map[string]any
}

var timeType = reflect.TypeFor[time.Time]()

// schema describes a type; a named struct is described by reference.
func (g *generator) schema(t reflect.Type) (map[string]any, error) {
	switch t.Kind() {
	case reflect.Pointer:
		return g.schema(t.Elem())
	case reflect.Bool:
		return map[string]any{"type": "boolean"}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer"}, nil
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}, nil
	case reflect.String:
		s := map[string]any{"type": "string"}
		if values, ok := g.Enums[t]; ok {
			s["enum"] = values
		}
		return s, nil
	case reflect.Interface:
		return map[string]any{}, nil
	case reflect.Slice, reflect.Array:
		items, err := g.schema(t.Elem())
		return map[string]any{"type": "array", "items": items}, err
	case reflect.Map:
		return g.mapping(t)
	case reflect.Struct:
		if t == timeType {
			return map[string]any{"type": "string", "format": "date-time"}, nil
		}
		return g.reference(t)
	}
	return nil, fmt.Errorf("%s has no JSON Schema", t)
}

func (g *generator) mapping(t reflect.Type) (map[string]any, error) {
	if t.Key().Kind() != reflect.String {
		return nil, fmt.Errorf("%s: only strings can be keys", t)
	}
	values, err := g.schema(t.Elem())
	s := map[string]any{"type": "object", "additionalProperties": values}
	if names, ok := g.Enums[t.Key()]; ok {
		s["propertyNames"] = map[string]any{"enum": names}
	}
	return s, err
}

// reference adds a struct to the definitions. The entry is set before the
// fields are described, so that recursive types end.
func (g *generator) reference(t reflect.Type) (map[string]any, error) {
	name := typeName(t)
	if _, known := g.definitions[name]; !known {
		g.definitions[name] = nil
		def, err := g.structure(t)
		if err != nil {
			return nil, err
		}
		if doc := g.Docs[name]; doc != "" {
			def["description"] = doc
		}
		g.definitions[name] = def
	}
	return map[string]any{"$ref": "#/definitions/" + name}, nil
}

func (g *generator) structure(t reflect.Type) (map[string]any, error) {
	properties := map[string]any{}
	required := []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get(g.Tag), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		property, err := g.field(t, f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		properties[name] = property
		omittable := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		if f.Tag.Get("required") == "true" || !g.Optional && !omittable {
			required = append(required, name)
		}
	}
	s := map[string]any{"type": "object", "properties": properties}
	if g.Closed {
		s["additionalProperties"] = false
	}
	if len(required) > 0 {
		s["required"] = required
	}
	return s, nil
}

func (g *generator) field(t reflect.Type, f reflect.StructField) (map[string]any, error) {
	s, err := g.schema(f.Type)
	if err != nil {
		return nil, err
	}
	constrain(s, f.Tag)
	doc := g.Docs[typeName(t)+"."+f.Name]
	if _, isRef := s["$ref"]; isRef && doc != "" {
		// Draft-07 ignores what stands beside a $ref.
		s = map[string]any{"allOf": []any{s}}
	}
	if doc != "" {
		s["description"] = doc
	}
	if value, ok := f.Tag.Lookup("default"); ok {
		s["default"] = jsonOrString(value)
	}
	return s, nil
}

// constrain puts enum and pattern on the strings of a schema: itself, its
// items, or the values of its mapping.
func constrain(s map[string]any, tag reflect.StructTag) {
	for {
		if inner, ok := s["items"].(map[string]any); ok {
			s = inner
		} else if inner, ok := s["additionalProperties"].(map[string]any); ok {
			s = inner
		} else {
			break
		}
	}
	if s["type"] != "string" {
		return
	}
	if values, ok := tag.Lookup("enum"); ok {
		s["enum"] = strings.Split(values, ",")
	}
	if pattern, ok := tag.Lookup("pattern"); ok {
		s["pattern"] = pattern
	}
}

func jsonOrString(text string) any {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return text
	}
	return value
}

// typeName is "package.Type", without the directory of the package.
func typeName(t reflect.Type) string { return t.String() }
