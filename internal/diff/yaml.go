package diff

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// marshal writes JSON data as the YAML library does, byte for byte. What is
// frequent and has one spelling is written here, since the library takes most of
// the time and memory of a large report; it writes all the rest.
func marshal(v any) (string, error) {
	var w yamlWriter
	switch v := v.(type) {
	case map[string]any:
		if len(v) > 0 {
			w.mapping(v, 0)
		}
	case []any:
		if len(v) > 0 {
			w.sequence(v, 0)
		}
	}
	if len(w.b) == 0 || w.unsure {
		return encode(v)
	}
	return string(w.b), nil
}

// encode has the library write a value.
func encode(v any) (string, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	enc.CompactSeqIndent()
	if err := enc.Encode(v); err != nil {
		return "", fmt.Errorf("writing YAML: %w", err)
	}
	return b.String(), enc.Close()
}

// yamlWriter writes block collections. It is unsure where the library fails, or
// breaks lines at other characters than the line feed.
type yamlWriter struct {
	b      []byte
	unsure bool
}

// mapping writes a mapping that is not empty; its first line is begun.
func (w *yamlWriter) mapping(m map[string]any, indent int) {
	keys := make([]string, 0, len(m))
	for k := range m {
		if !isWord(k) {
			w.library(m, indent)
			return
		}
		keys = append(keys, k)
	}
	slices.Sort(keys) // the library orders words alike, and other keys by the numbers in them
	for i, k := range keys {
		if i > 0 {
			w.indent(indent)
		}
		w.b = append(append(w.b, k...), ':')
		switch v := m[k].(type) {
		case map[string]any:
			if len(v) > 0 {
				w.b = append(w.b, '\n')
				w.indent(indent + 2)
				w.mapping(v, indent+2)
				continue
			}
		case []any:
			if len(v) > 0 {
				w.b = append(w.b, '\n')
				w.indent(indent)
				w.sequence(v, indent)
				continue
			}
		}
		w.b = append(w.b, ' ')
		w.scalar(m[k], indent)
	}
}

// sequence writes a list that is not empty; its first line is begun.
func (w *yamlWriter) sequence(list []any, indent int) {
	for i, item := range list {
		if i > 0 {
			w.indent(indent)
		}
		w.b = append(w.b, "- "...)
		switch v := item.(type) {
		case map[string]any:
			if len(v) > 0 {
				w.mapping(v, indent+2)
				continue
			}
		case []any:
			if len(v) > 0 {
				w.sequence(v, indent+2)
				continue
			}
		}
		w.scalar(item, indent)
	}
}

// scalar writes a value that is no collection, or an empty one, and ends its line.
func (w *yamlWriter) scalar(v any, indent int) {
	switch v := v.(type) {
	case map[string]any:
		w.b = append(w.b, "{}"...)
	case []any:
		w.b = append(w.b, "[]"...)
	case nil:
		w.b = append(w.b, "null"...)
	case bool:
		w.b = strconv.AppendBool(w.b, v)
	case int64:
		w.b = strconv.AppendInt(w.b, v, 10)
	case string:
		switch {
		case isPlain(v):
			w.b = append(w.b, v...)
		case isCount(v):
			w.b = append(append(append(w.b, '"'), v...), '"')
		default:
			w.library(v, indent)
			return
		}
	default:
		w.library(v, indent)
		return
	}
	w.b = append(w.b, '\n')
}

// library has the YAML library write a value, and indents all lines of it but
// the first. Empty lines, which only a text has, stay empty.
func (w *yamlWriter) library(v any, indent int) {
	text, err := encode(v)
	w.unsure = w.unsure || err != nil || strings.ContainsAny(text, "\r\u0085\u2028\u2029")
	first := true
	for line := range strings.Lines(text) {
		if !first && line != "\n" {
			w.indent(indent)
		}
		w.b = append(w.b, line...)
		first = false
	}
}

func (w *yamlWriter) indent(n int) {
	for range n {
		w.b = append(w.b, ' ')
	}
}

// isWord reports whether a key consists of ASCII letters, and is written as it is.
func isWord(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) {
			return false
		}
	}
	return len(s) > 0 && len(s) <= longWord && !isReserved(s)
}

// longWord is below the length from which a key is written after a question mark.
const longWord = 100

// isPlain reports whether a text surely needs no quotes: one line that begins
// with a letter, or is a number with a unit, and holds nothing that means
// something in YAML.
func isPlain(s string) bool {
	if s == "" || isReserved(s) {
		return false
	}
	last := len(s) - 1
	unit := isLetter(s[0])
	for i := range len(s) {
		switch c := s[i]; {
		case isLetter(c):
			// Letters that no number, time or truth value has.
			unit = unit || strings.IndexByte("gGhHiIjJkKmMpPqQrRsSvVwW", c) >= 0
		case c >= '0' && c <= '9', c == '-' && i > 0, c == '.' && i > 0, c == '_' && i > 0, c == '/' && i > 0, c == '=' && i > 0, c == '@' && i > 0:
		case c == ':' && i > 0 && i < last, c == ' ' && i > 0 && i < last && s[i-1] != ':' && s[i+1] != ' ':
		default:
			return false
		}
	}
	return unit
}

// isCount reports whether a text is a decimal number, which needs quotes.
func isCount(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) > 0 && len(s) < 18 && (s[0] != '0' || len(s) == 1)
}

// isReserved reports whether a word may stand for something else than itself.
func isReserved(s string) bool {
	if len(s) > len("false") {
		return false
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf":
		return true
	}
	return false
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
