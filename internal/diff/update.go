package diff

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gonvenience/ytbx"
	"github.com/homeport/dyff/pkg/dyff"
	"go.yaml.in/yaml/v3"
)

// maxMembers bounds the members of one map or list that dyff compares: it looks
// names up one by one, which takes the square of their number. Beyond it, the
// YAML is compared line by line.
const maxMembers = 1000

// update writes what differs between two versions of an object.
//
// Only the comparison is dyff's. Its reporters read the width and the colours of
// the terminal from package variables, stop comparing by the clock, and take
// memory with the square of the length of a value; so the writing is done here.
func (p *page) update(old, current map[string]any) error {
	if oversized(old) || oversized(current) {
		return p.yamlDiff(old, current)
	}
	diffs, err := compare(old, current)
	if err != nil || len(diffs) == 0 && !equal(old, current) {
		return p.yamlDiff(old, current)
	}
	if len(diffs) == 0 {
		p.line("! ", "only hidden values differ")
		return nil
	}
	for _, d := range diffs {
		p.line("@@ ", path(d.Path)+" @@")
		for _, detail := range d.Details {
			if err := p.detail(detail); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare lets dyff compare. A panic of the library, which hostile input may
// find, is an error like any other.
func compare(old, current map[string]any) (diffs []dyff.Diff, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("comparing: %v", r)
		}
	}()
	report, err := dyff.CompareInputFiles(document(old), document(current),
		dyff.KubernetesEntityDetection(true), dyff.AdditionalIdentifiers("mountPath", "devicePath"))
	return report.Diffs, err
}

// document gives dyff an object. Its kind, which both sides share, is left out:
// with it dyff would take another apiVersion for another object.
func document(fields map[string]any) ytbx.InputFile {
	root := node(fields)
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "kind" {
			root.Content = slices.Delete(root.Content, i, i+2)
			break
		}
	}
	return ytbx.InputFile{Documents: []*yaml.Node{{Kind: yaml.DocumentNode, Content: []*yaml.Node{root}}}}
}

func oversized(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		if len(value) > maxMembers {
			return true
		}
		for _, v := range value {
			if oversized(v) {
				return true
			}
		}
	case []any:
		return len(value) > maxMembers || slices.ContainsFunc(value, oversized)
	}
	return false
}

// mark stands before the text of every string that is a value in a node, since
// dyff compares the members of lists by text alone: "1" has to differ from 1.
const mark = "\x00"

// node makes a YAML node of JSON data, with sorted keys.
func node(value any) *yaml.Node {
	scalar := func(tag, text string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}
	}
	switch value := value.(type) {
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: make([]*yaml.Node, 0, 2*len(value))}
		keys := make([]string, 0, len(value))
		for k := range value {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			n.Content = append(n.Content, scalar("!!str", k), node(value[k]))
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: make([]*yaml.Node, 0, len(value))}
		for _, v := range value {
			n.Content = append(n.Content, node(v))
		}
		return n
	case string:
		return scalar("!!str", mark+value)
	case nil:
		return scalar("!!null", "null")
	case bool:
		return scalar("!!bool", strconv.FormatBool(value))
	case int64:
		return scalar("!!float", strconv.FormatInt(value, 10))
	case float64:
		if whole, ok := wholeNumber(value); ok {
			return scalar("!!float", strconv.FormatInt(whole, 10))
		}
		return scalar("!!float", strconv.FormatFloat(value, 'g', -1, 64))
	}
	return scalar("!!str", mark+fmt.Sprint(value))
}

// value turns a node back into JSON data.
func value(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = value(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			list = append(list, value(c))
		}
		return list
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true"
	case "!!float":
		if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			return i
		}
		f, _ := strconv.ParseFloat(n.Value, 64)
		return f
	}
	return strings.TrimPrefix(n.Value, mark)
}

func (p *page) detail(d dyff.Detail) error {
	switch d.Kind {
	case dyff.REMOVAL:
		return p.yaml("- ", value(d.From))
	case dyff.ADDITION:
		return p.yaml("+ ", value(d.To))
	case dyff.ORDERCHANGE:
		p.line("! ", "the order differs")
	case dyff.MODIFICATION:
		return p.modification(value(d.From), value(d.To))
	default:
		return fmt.Errorf("dyff found a difference of the unknown kind %q", d.Kind)
	}
	if err := p.yaml("- ", value(d.From)); err != nil {
		return err
	}
	return p.yaml("+ ", value(d.To))
}

func (p *page) modification(from, to any) error {
	was, isText := from.(string)
	is, staysText := to.(string)
	if isText && staysText {
		return p.textChange(was, is)
	}
	if a, b := typeName(from), typeName(to); a != b {
		p.line("! ", "the type changes from "+a+" to "+b)
	}
	if err := p.yaml("- ", from); err != nil {
		return err
	}
	return p.yaml("+ ", to)
}

func typeName(v any) string {
	switch v.(type) {
	case map[string]any:
		return "map"
	case []any:
		return "list"
	case string:
		return "string"
	case bool:
		return "boolean"
	case nil:
		return "null"
	}
	return "number"
}

// yaml writes a value as YAML.
func (p *page) yaml(prefix string, v any) error {
	text, err := marshal(v)
	if err != nil {
		return err
	}
	p.lines(prefix, text)
	return nil
}

// object writes a whole object.
func (p *page) object(prefix string, fields map[string]any) error {
	text, err := marshalObject(fields)
	if err != nil {
		return err
	}
	p.lines(prefix, text)
	return nil
}

// marshalObject puts first what people look for first.
func marshalObject(fields map[string]any) (string, error) {
	var b strings.Builder
	rest := make(map[string]any, len(fields))
	for k, v := range fields {
		rest[k] = v
	}
	for _, k := range []string{"apiVersion", "kind", "metadata"} {
		v, there := rest[k]
		if !there {
			continue
		}
		delete(rest, k)
		text, err := marshal(map[string]any{k: v})
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	if len(rest) == 0 {
		return b.String(), nil
	}
	text, err := marshal(rest)
	return b.String() + text, err
}

func (p *page) yamlDiff(old, current map[string]any) error {
	was, err := marshalObject(old)
	if err != nil {
		return err
	}
	is, err := marshalObject(current)
	if err != nil {
		return err
	}
	if was == is {
		return errors.New("the two versions differ, and their YAML does not")
	}
	p.lineDiff(was, is)
	return nil
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// path is the way to a value as a person writes it:
// spec.containers[web].env[LOG].value, data["app.yaml"].
func path(at *ytbx.Path) string {
	if at == nil || len(at.PathElements) == 0 {
		return "(top level)"
	}
	var b strings.Builder
	for _, e := range at.PathElements {
		name := strings.ReplaceAll(e.Name, mark, "")
		switch {
		case e.Key == "name":
			b.WriteString("[" + name + "]")
		case e.Key != "":
			b.WriteString("[" + e.Key + "=" + name + "]")
		case e.Idx >= 0:
			fmt.Fprintf(&b, "[%d]", e.Idx)
		case !plainKey.MatchString(name):
			b.WriteString("[" + strconv.Quote(name) + "]")
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(name)
		}
	}
	return b.String()
}
