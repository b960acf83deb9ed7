// Package redact is the one place that knows what is secret: the values of
// Secrets and what SOPS has encrypted in objects (Fields), those values wherever
// else they stand (Redactor), and what looks like a credential in any text
// (Credentials). It prints nothing, and decrypts nothing.
package redact

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// hidden stands for the value of a Secret in what rules say.
const hidden = "[hidden]"

// Redactor hides values of Secrets. The zero value hides nothing.
type Redactor struct {
	// values are sorted, the longest first.
	values []string
	// key makes what stands for a value; see Keyed.
	key   []byte
	keyed bool
	// long replaces the values of more than maxWord bytes in one pass.
	long *strings.Replacer
}

// maxWord is the length up to which a value counts only as a word of its own.
const maxWord = 3

// New collects the values of data and stringData of the Secrets among
// the objects, which may be nil: as they are, decoded from base64 or encoded
// in it, and as they look in a quoted string. Of values of several lines each
// line that tells enough counts by itself: one of at least 16 bytes, and what it
// gives a name if that is as long, unless it is an ordinary line of manifests, as
// objects that are no Secrets have it. Values shorter than shortest are left out.
func New(shortest int, objects ...*manifest.Object) Redactor {
	var out []string
	common := &ordinary{objects: objects}
	add := func(value string) {
		quoted, err := json.Marshal(value)
		if err != nil {
			quoted = nil
		}
		forms := append([]string{value, strings.TrimSpace(value), strings.Trim(string(quoted), `"`)}, telling(value, common)...)
		for _, v := range forms {
			if len(v) >= shortest && v != "" {
				out = append(out, v)
			}
		}
	}
	for _, o := range objects {
		if o == nil || o.ID().Kind != "Secret" || o.ID().Group != "" {
			continue
		}
		for _, key := range []string{"data", "stringData"} {
			values, _ := o.Fields()[key].(map[string]any)
			for _, v := range values {
				value, ok := v.(string)
				if !ok {
					// A number or a flag where text belongs is as secret.
					value = fmt.Sprint(v)
				}
				add(value)
				if key == "stringData" {
					add(base64.StdEncoding.EncodeToString([]byte(value))) // as the server keeps it
				}
				if decoded, err := base64.StdEncoding.DecodeString(value); err == nil && key == "data" {
					add(string(decoded))
				}
			}
		}
	}
	return of(out, nil, false)
}

func of(values []string, key []byte, keyed bool) Redactor {
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	r := Redactor{values: slices.Compact(values), key: key, keyed: keyed}
	var pairs []string
	for _, v := range r.values {
		if len(v) > maxWord {
			pairs = append(pairs, v, r.mask(v))
		}
	}
	if len(pairs) > 0 {
		r.long = strings.NewReplacer(pairs...)
	}
	return r
}

// Union hides what any of the redactors hides.
func Union(redactors ...Redactor) Redactor {
	var all []string
	for _, r := range redactors {
		all = append(all, r.values...)
	}
	return of(all, nil, false)
}

// Keyed is the redactor that puts in place of a value what the function Keyed
// does. Made twice of the same, it costs nothing.
func (r Redactor) Keyed(key []byte) Redactor {
	if len(r.values) == 0 || r.keyed && string(r.key) == string(key) {
		return r
	}
	return of(slices.Clone(r.values), key, true)
}

func (r Redactor) mask(value string) string {
	if r.keyed {
		return token(value, r.key)
	}
	return hidden
}

// Fields hides the values in all texts of an object but its identity and its
// keys. fields itself stays as it is.
func (r Redactor) Fields(fields map[string]any) map[string]any {
	if len(r.values) == 0 {
		return fields
	}
	next := make(map[string]any, len(fields))
	for k, v := range fields {
		switch k {
		case "apiVersion", "kind":
			next[k] = v
		case "metadata":
			was, isMap := v.(map[string]any)
			if !isMap {
				next[k] = r.value(v)
				continue
			}
			meta, _ := r.value(was).(map[string]any)
			for _, name := range []string{"name", "namespace"} {
				if value, there := was[name]; there {
					meta[name] = value
				}
			}
			next[k] = meta
		default:
			next[k] = r.value(v)
		}
	}
	return next
}

func (r Redactor) value(value any) any {
	switch value := value.(type) {
	case string:
		return r.Replace(value)
	case map[string]any:
		next := make(map[string]any, len(value))
		for k, v := range value {
			next[k] = r.value(v)
		}
		return next
	case []any:
		next := make([]any, len(value))
		for i, v := range value {
			next[i] = r.value(v)
		}
		return next
	}
	return value
}

// Replace hides the values in a text. A value of up to three characters counts
// only where it stands as a word of its own: anything else would make a text
// unreadable, and so tell the value.
func (r Redactor) Replace(text string) string {
	if r.long != nil {
		text = r.long.Replace(text)
	}
	for _, value := range r.values {
		if len(value) <= maxWord {
			text = replaceWord(text, value, r.mask(value))
		}
	}
	return text
}

func replaceWord(text, word, mask string) string {
	var b strings.Builder
	for rest, before := text, byte(' '); ; {
		i := strings.Index(rest, word)
		if i < 0 {
			b.WriteString(rest)
			return b.String()
		}
		if i > 0 {
			before = rest[i-1]
		}
		after := byte(' ')
		if end := i + len(word); end < len(rest) {
			after = rest[end]
		}
		b.WriteString(rest[:i])
		if isWordByte(before) || isWordByte(after) {
			b.WriteString(word)
		} else {
			b.WriteString(mask)
		}
		before = word[len(word)-1]
		rest = rest[i+len(word):]
	}
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
