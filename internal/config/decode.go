package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxNodes bounds how many values a configuration may have, aliases counted as
// often as they are used, so that a small file cannot ask for much memory.
const maxNodes = 50_000

// maxDepth bounds how deep values may be nested.
const maxDepth = 64

// decoder fills structs from YAML and collects every fault it meets: unknown
// and duplicate keys, and values of a wrong type. It knows no merge keys.
type decoder struct {
	file   string
	nodes  int
	faults []Fault
	lines  map[string]int
}

// decode reads the only document of data into a pointer to a struct.
func (d *decoder) decode(data []byte, into any) {
	node, err := parseYAML(data)
	if err != nil {
		line, msg := splitYAMLError(err)
		d.faults = append(d.faults, Fault{File: d.file, Line: line, Msg: msg})
		return
	}
	if node == nil {
		return
	}
	d.value(node, reflect.ValueOf(into).Elem(), "", "")
}

// parseYAML returns the root of the only document, or nil if there is none. A
// panic of the library on hostile input becomes an error.
func parseYAML(data []byte) (node *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			node, err = nil, fmt.Errorf("yaml: cannot be read: %v", r)
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, fmt.Errorf("yaml: line %d: a configuration is one document; remove the second one", more.Line)
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}

// splitYAMLError takes "yaml: line 3: did not find …" apart. The library tells
// the line in no other way.
func splitYAMLError(err error) (int, string) {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	var line int
	if n, _ := fmt.Sscanf(msg, "line %d:", &line); n == 1 {
		_, msg, _ = strings.Cut(msg, ": ")
	}
	return line, msg
}

func (d *decoder) fault(node *yaml.Node, hint, format string, args ...any) {
	d.faults = append(d.faults, Fault{File: d.file, Line: node.Line, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// enter follows an alias and keeps the bounds. It returns nil at a bound.
func (d *decoder) enter(node *yaml.Node, at string) *yaml.Node {
	d.nodes++
	if d.nodes > maxNodes || strings.Count(at, ".")+strings.Count(at, "[") > maxDepth {
		if d.nodes <= maxNodes+1 {
			d.nodes = maxNodes + 1
			d.fault(node, "", "the configuration is too large or too deeply nested")
		}
		return nil
	}
	if node.Kind == yaml.AliasNode {
		return d.enter(node.Alias, at)
	}
	return node
}

// value decodes a node. The path names the value for people, such as
// "environments[0].name"; the enum lists its allowed strings, if not empty.
func (d *decoder) value(node *yaml.Node, into reflect.Value, at, enum string) {
	used := node.Line
	if node = d.enter(node, at); node == nil {
		return
	}
	if at != "" {
		d.lines[at] = used
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.value(node, into.Elem(), at, enum)
	case reflect.Struct:
		d.structure(node, into, at)
	case reflect.Map:
		d.mapping(node, into, at, enum)
	case reflect.Slice:
		d.sequence(node, into, at, enum)
	case reflect.Interface:
		if v := d.free(node, at); v != nil {
			into.Set(reflect.ValueOf(v))
		}
	default:
		d.scalar(node, into, at, enum)
	}
}

func isNull(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null"
}

// pairs returns the keys and values of a mapping. A missing value ("policies:"
// with all below it commented out) is an empty mapping.
func (d *decoder) pairs(node *yaml.Node, at string) (keys, values []*yaml.Node) {
	if isNull(node) {
		return nil, nil
	}
	if node.Kind != yaml.MappingNode {
		d.fault(node, "", "%s must be a mapping, not %s", subject(at), describe(node))
		return nil, nil
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			d.fault(key, "write the keys out", "keys must be plain strings")
			continue
		}
		if line, dup := seen[key.Value]; dup {
			d.fault(key, "keep one of the two", "key `%s` is given twice, first in line %d", key.Value, line)
			continue
		}
		seen[key.Value] = key.Line
		keys, values = append(keys, key), append(values, node.Content[i+1])
	}
	return keys, values
}

func (d *decoder) structure(node *yaml.Node, into reflect.Value, at string) {
	t := into.Type()
	fields := map[string]int{}
	names := []string{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" && name != "-" {
			fields[name] = i
			names = append(names, name)
		}
	}
	keys, values := d.pairs(node, at)
	for i, key := range keys {
		f, known := fields[key.Value]
		if !known {
			d.unknown(key, at, names)
			continue
		}
		d.value(values[i], into.Field(f), join(at, key.Value), t.Field(f).Tag.Get("enum"))
	}
}

func (d *decoder) unknown(key *yaml.Node, at string, names []string) {
	where := ""
	if at != "" {
		where = " in " + at
	}
	if near := nearest(key.Value, names); near != "" {
		d.fault(key, "replace it by `"+near+"`", "unknown key `%s`%s, did you mean `%s`?", key.Value, where, near)
		return
	}
	d.fault(key, "remove it; the keys here are "+strings.Join(names, ", "), "unknown key `%s`%s", key.Value, where)
}

func (d *decoder) mapping(node *yaml.Node, into reflect.Value, at, enum string) {
	keys, values := d.pairs(node, at)
	if keys == nil {
		return
	}
	into.Set(reflect.MakeMapWithSize(into.Type(), len(keys)))
	for i, key := range keys {
		v := reflect.New(into.Type().Elem()).Elem()
		d.value(values[i], v, join(at, key.Value), enum)
		into.SetMapIndex(reflect.ValueOf(key.Value).Convert(into.Type().Key()), v)
	}
}

func (d *decoder) sequence(node *yaml.Node, into reflect.Value, at, enum string) {
	if isNull(node) {
		return
	}
	if node.Kind != yaml.SequenceNode {
		d.fault(node, "start each item with a dash", "%s must be a list, not %s", subject(at), describe(node))
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(node.Content), len(node.Content)))
	for i, item := range node.Content {
		d.value(item, into.Index(i), at+"["+strconv.Itoa(i)+"]", enum)
	}
}

func (d *decoder) scalar(node *yaml.Node, into reflect.Value, at, enum string) {
	if node.Kind != yaml.ScalarNode || isNull(node) {
		d.fault(node, "", "%s must be a %s, not %s", subject(at), into.Kind(), describe(node))
		return
	}
	switch into.Kind() {
	case reflect.String:
		d.text(node, into, at, enum)
	case reflect.Bool:
		b, err := strconv.ParseBool(node.Value)
		if node.ShortTag() != "!!bool" || err != nil {
			d.fault(node, "write true or false", "%s must be true or false, not %s", subject(at), describe(node))
			return
		}
		into.SetBool(b)
	case reflect.Int:
		n, err := strconv.Atoi(node.Value)
		if node.ShortTag() != "!!int" || err != nil {
			d.fault(node, "", "%s must be a whole number without quotes, not %s", subject(at), describe(node))
			return
		}
		into.SetInt(int64(n))
	}
}

func (d *decoder) text(node *yaml.Node, into reflect.Value, at, enum string) {
	if tag := node.ShortTag(); tag != "!!str" && tag != "!!timestamp" { // a day is text
		d.fault(node, fmt.Sprintf("quote it: %q", node.Value), "%s must be a string, not %s", subject(at), describe(node))
		return
	}
	if allowed := strings.Split(enum, ","); enum != "" && !slices.Contains(allowed, node.Value) {
		hint := "write one of " + strings.Join(allowed, ", ")
		if near := nearest(node.Value, allowed); near != "" {
			hint = "did you mean " + near + "?"
		}
		d.fault(node, hint, "%s is %q; it must be one of %s", subject(at), node.Value, strings.Join(allowed, ", "))
		return
	}
	into.SetString(node.Value)
}

// free decodes a value of any type, as encoding/json would, but with integers
// as int64 where they fit.
func (d *decoder) free(node *yaml.Node, at string) any {
	switch node.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		d.mapping(node, reflect.ValueOf(&out).Elem(), at, "")
		return out
	case yaml.SequenceNode:
		out := []any{}
		d.sequence(node, reflect.ValueOf(&out).Elem(), at, "")
		return out
	}
	switch node.ShortTag() {
	case "!!null":
		return nil
	case "!!bool", "!!int", "!!float":
		var v any
		if err := node.Decode(&v); err != nil {
			d.fault(node, "", "%s cannot be read: %v", subject(at), err)
		}
		switch n := v.(type) {
		case int:
			return int64(n)
		case uint64:
			return float64(n)
		case float64:
			if math.IsNaN(n) || math.IsInf(n, 0) {
				d.fault(node, "", "%s must be a number that JSON can express", subject(at))
				return nil
			}
		}
		return v
	}
	return node.Value
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

func subject(at string) string {
	if at == "" {
		return "the configuration"
	}
	return at
}

func describe(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch node.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!bool":
		return "the boolean " + node.Value
	case "!!int", "!!float":
		return "the number " + node.Value
	}
	return fmt.Sprintf("the string %q", node.Value)
}
