// Package redact hides the values of Secrets in texts.
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

// Redactor is values of Secrets, longest first, that must not be printed.
type Redactor []string

// New collects the values of data and stringData of the Secrets among
// the objects, which may be nil: as they are, decoded from base64, and as they
// look in a quoted string. Values shorter than shortest are left out.
func New(shortest int, objects ...*manifest.Object) Redactor {
	var out Redactor
	add := func(value string) {
		quoted, err := json.Marshal(value)
		if err != nil {
			quoted = nil
		}
		for _, v := range []string{value, strings.TrimSpace(value), strings.Trim(string(quoted), `"`)} {
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
				if decoded, err := base64.StdEncoding.DecodeString(value); err == nil && key == "data" {
					add(string(decoded))
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(out)
}

// Replace hides the values in a text. A value of up to three characters counts
// only where it stands as a word of its own: anything else would make a text
// unreadable, and so tell the value.
func (r Redactor) Replace(text string) string {
	for _, value := range r {
		if len(value) > 3 {
			text = strings.ReplaceAll(text, value, hidden)
			continue
		}
		text = replaceWord(text, value)
	}
	return text
}

func replaceWord(text, word string) string {
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
			b.WriteString(hidden)
		}
		before = word[len(word)-1]
		rest = rest[i+len(word):]
	}
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
