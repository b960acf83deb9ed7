package manifest

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// converter turns the nodes of one document into JSON data and their lines.
type converter struct {
	file string
	// open holds the anchors being converted, to find cycles.
	open map[*yaml.Node]bool
	// aliased counts the values that were converted for aliases, also those that
	// are in no result, such as what a merge key repeats.
	aliased int
}

func (c *converter) errorf(n *yaml.Node, format string, args ...any) error {
	return &SyntaxError{Position: Position{c.file, n.Line}, Msg: fmt.Sprintf(format, args...)}
}

// value converts a node; line is where the value is reported, which for the
// value of a mapping is the line of its key. The lines are in the order that
// Document.lines has.
func (c *converter) value(n *yaml.Node, line int) (any, []int32, error) {
	if len(c.open) > 0 {
		if c.aliased++; c.aliased > maxAliasValues {
			return nil, nil, c.errorf(n, "the aliases of this document stand for more than %d values; write them out", maxAliasValues)
		}
	}
	switch n.Kind {
	case yaml.AliasNode:
		return c.alias(n, line)
	case yaml.MappingNode:
		return c.mapping(n, line)
	case yaml.SequenceNode:
		return c.sequence(n, line)
	default:
		value, err := c.scalar(n)
		return value, []int32{int32(line)}, err
	}
}

func (c *converter) alias(n *yaml.Node, line int) (any, []int32, error) {
	if c.open[n.Alias] {
		return nil, nil, c.errorf(n, "the alias *%s contains itself", n.Value)
	}
	c.open[n.Alias] = true
	value, lines, err := c.value(n.Alias, line)
	delete(c.open, n.Alias)
	return value, lines, err
}

func (c *converter) sequence(n *yaml.Node, line int) (any, []int32, error) {
	items := make([]any, 0, len(n.Content))
	lines := []int32{int32(line)}
	for _, item := range n.Content {
		value, sub, err := c.value(item, item.Line)
		if err != nil {
			return nil, nil, err
		}
		items = append(items, value)
		lines = append(lines, sub...)
	}
	return items, lines, nil
}

type entry struct {
	value any
	lines []int32
}

func (c *converter) mapping(n *yaml.Node, line int) (any, []int32, error) {
	entries := make(map[string]entry, len(n.Content)/2)
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if isMerge(key) {
			merges = append(merges, val)
			continue
		}
		name, err := c.key(key)
		if err != nil {
			return nil, nil, err
		}
		if _, dup := entries[name]; dup {
			return nil, nil, c.errorf(key, "the key %q is there twice", name)
		}
		value, lines, err := c.value(val, key.Line)
		if err != nil {
			return nil, nil, err
		}
		entries[name] = entry{value, lines}
	}
	for _, m := range merges {
		if err := c.merge(m, entries); err != nil {
			return nil, nil, err
		}
	}
	fields := make(map[string]any, len(entries))
	for k, e := range entries {
		fields[k] = e.value
	}
	lines := []int32{int32(line)}
	for _, k := range sortedKeys(fields) {
		lines = append(lines, entries[k].lines...)
	}
	return fields, lines, nil
}

func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" && key.Style&quoted == 0 &&
		(key.Style&yaml.TaggedStyle == 0 || key.ShortTag() == "!!merge")
}

// merge adds the members of a merge key (<<) that are not there yet.
func (c *converter) merge(n *yaml.Node, into map[string]entry) error {
	target := n
	if n.Kind == yaml.AliasNode {
		target = n.Alias
	}
	switch target.Kind {
	case yaml.MappingNode:
		value, lines, err := c.value(n, n.Line)
		if err != nil {
			return err
		}
		fields := value.(map[string]any)
		at := 1
		for _, k := range sortedKeys(fields) {
			size := countValues(fields[k])
			if _, there := into[k]; !there {
				into[k] = entry{fields[k], lines[at : at+size : at+size]}
			}
			at += size
		}
		return nil
	case yaml.SequenceNode:
		if n.Kind == yaml.AliasNode {
			break
		}
		for _, item := range target.Content {
			if item.Kind == yaml.SequenceNode {
				return c.errorf(item, "a merge key (<<) takes a mapping or a list of mappings")
			}
			if err := c.merge(item, into); err != nil {
				return err
			}
		}
		return nil
	}
	return c.errorf(n, "a merge key (<<) takes a mapping or a list of mappings")
}

func (c *converter) key(n *yaml.Node) (string, error) {
	node := n
	if n.Kind == yaml.AliasNode {
		node = n.Alias
	}
	if node.Kind != yaml.ScalarNode {
		return "", c.errorf(n, "a key must be a string, not a list or a mapping")
	}
	value, err := c.scalar(node)
	if err != nil {
		return "", err
	}
	switch value := value.(type) {
	case string:
		return value, nil
	case int64:
		return strconv.FormatInt(value, 10), nil
	case bool:
		return strconv.FormatBool(value), nil
	case float64:
		// sigs.k8s.io/yaml writes float keys with 32 bits of precision.
		return strconv.FormatFloat(value, 'g', -1, 32), nil
	default:
		return "", c.errorf(n, "a key must be a string; this one is null")
	}
}

const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

func (c *converter) scalar(n *yaml.Node) (any, error) {
	tag := ""
	if n.Style&yaml.TaggedStyle != 0 {
		tag = n.ShortTag()
	} else if n.Style&quoted != 0 {
		return n.Value, nil
	}
	switch tag {
	case "!!binary":
		data, err := base64.StdEncoding.DecodeString(n.Value)
		if err != nil {
			return nil, c.errorf(n, "this !!binary value is not base64")
		}
		return string(data), nil
	case "", "!!bool", "!!int", "!!float", "!!null":
	default:
		return n.Value, nil
	}
	value := resolve(n.Value)
	if f, ok := value.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return nil, c.errorf(n, "%s has no JSON form; quote it if it is a string", n.Value)
	}
	if tag == "" {
		return value, nil
	}
	return c.tagged(n, tag, value)
}

// tagged checks a resolved value against its explicit tag.
func (c *converter) tagged(n *yaml.Node, tag string, value any) (any, error) {
	ok := false
	switch v := value.(type) {
	case bool:
		ok = tag == "!!bool"
	case nil:
		ok = tag == "!!null"
	case float64:
		ok = tag == "!!float"
	case int64:
		if tag == "!!float" {
			return float64(v), nil
		}
		ok = tag == "!!int"
	}
	if !ok {
		return nil, c.errorf(n, "this value is not a %s", tag) // it may be secret
	}
	return value, nil
}
