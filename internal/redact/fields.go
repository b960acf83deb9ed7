package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// unkeyed stands for a secret value when there is no key to make a hash with.
const unkeyed = "‹secret›"

// Mask gives the text that stands for the secret value at a JSON Pointer.
type Mask func(pointer string, value any) string

// Fields returns the fields of an object with a mask in place of its secret
// values. fields itself stays as it is, and is returned when there is nothing to
// hide.
//
// Secret values are, in an object of kind Secret (of any group), all but
// apiVersion, kind, metadata, type and immutable, so that a misspelt
// "stringdata" is hidden as well, and the annotations in which tools keep a
// copy of the object; in a document encrypted with SOPS, every "ENC[…]" value
// and the sops member. What stands elsewhere, as in an env value or a ConfigMap,
// is the work of a Redactor.
func Fields(fields map[string]any, id manifest.ID, hide Mask) map[string]any {
	if id.Kind == "Secret" || fields["kind"] == "Secret" {
		return redactSecret(fields, hide)
	}
	if _, encrypted := fields["sops"].(map[string]any); encrypted {
		return redactSOPS(fields, hide)
	}
	return fields
}

// Keyed masks a value with "‹secret 8f3a91c2d4e5›", the first 48 bits of an
// HMAC-SHA256 under key: equal values get equal text, so that a change shows and
// the value does not. What SOPS has encrypted is "‹encrypted …›". With an empty
// key every value becomes "‹secret›" or "‹encrypted›".
//
// The hash protects a value from those who have the report but neither the key
// nor the repository: whoever knows the key can try guesses, and short values
// fall at once. A key must therefore never be part of a report.
func Keyed(key []byte) Mask {
	return func(_ string, value any) string { return token(value, key) }
}

func redactSecret(fields map[string]any, hide Mask) map[string]any {
	next := make(map[string]any, len(fields))
	for name, value := range fields {
		at := manifest.JoinPointer("", name)
		switch name {
		case "apiVersion", "kind", "type", "immutable":
			next[name] = value
		case "metadata":
			next[name] = redactMetadata(value, hide)
		default:
			values, isMap := value.(map[string]any)
			if !isMap {
				next[name] = hide(at, value)
				continue
			}
			masked := make(map[string]any, len(values))
			for k, v := range values {
				masked[k] = hide(manifest.JoinPointer(at, k), v)
			}
			next[name] = masked
		}
	}
	return next
}

// redactMetadata hides the annotations that hold a copy of a Secret: the one
// of kubectl apply, those of other tools, and whatever looks like a JSON object.
func redactMetadata(value any, hide Mask) any {
	meta, _ := value.(map[string]any)
	annotations, _ := meta["annotations"].(map[string]any)
	if len(annotations) == 0 {
		return value
	}
	next := make(map[string]any, len(annotations))
	for k, v := range annotations {
		text, isText := v.(string)
		switch {
		case !isText, strings.HasPrefix(strings.TrimSpace(text), "{"),
			k == "kubectl.kubernetes.io/last-applied-configuration",
			k == "objectset.rio.cattle.io/applied",
			k == "banzaicloud.com/last-applied",
			k == "kapp.k14s.io/original":
			next[k] = hide(manifest.JoinPointer("/metadata/annotations", k), v)
		default:
			next[k] = v
		}
	}
	return replace(meta, "annotations", next)
}

// redactSOPS hides the encrypted values of a document and what SOPS says of
// their encryption (https://getsops.io/docs/#encryption-protocol).
func redactSOPS(fields map[string]any, hide Mask) map[string]any {
	next := make(map[string]any, len(fields))
	for k, v := range fields {
		at := manifest.JoinPointer("", k)
		if k == "sops" {
			next[k] = hide(at, v)
			continue
		}
		next[k] = redactEncrypted(at, v, hide)
	}
	return next
}

func redactEncrypted(at string, value any, hide Mask) any {
	switch value := value.(type) {
	case string:
		if strings.HasPrefix(value, "ENC[") {
			return hide(at, value)
		}
	case map[string]any:
		next := make(map[string]any, len(value))
		for k, v := range value {
			next[k] = redactEncrypted(manifest.JoinPointer(at, k), v, hide)
		}
		return next
	case []any:
		next := make([]any, len(value))
		for i, v := range value {
			next[i] = redactEncrypted(manifest.JoinPointer(at, fmt.Sprint(i)), v, hide)
		}
		return next
	}
	return value
}

func replace(m map[string]any, key string, value any) map[string]any {
	next := make(map[string]any, len(m))
	for k, v := range m {
		next[k] = v
	}
	next[key] = value
	return next
}

func token(value any, key []byte) string {
	text, isText := value.(string)
	shown := unkeyed
	if strings.HasPrefix(text, "ENC[") {
		shown = "‹encrypted›"
	}
	if len(key) == 0 {
		return shown
	}
	mac := hmac.New(sha256.New, key)
	if isText {
		mac.Write([]byte("string:" + text))
	} else {
		// JSON sorts its keys. What comes from YAML always has a JSON form.
		data, err := json.Marshal(value)
		if err != nil {
			return shown
		}
		mac.Write(data)
	}
	return strings.TrimSuffix(shown, "›") + " " + hex.EncodeToString(mac.Sum(nil)[:6]) + "›"
}

// Masks are the masks for the two sides of an update. With a key they are the
// same; without one, a value that differs from what base has in the same place
// is marked.
func Masks(key []byte) (old, current Mask) {
	if len(key) > 0 {
		return Keyed(key), Keyed(key)
	}
	was := map[string]any{}
	old = func(at string, value any) string {
		was[at] = value
		return token(value, nil)
	}
	current = func(at string, value any) string {
		if before, there := was[at]; there && !reflect.DeepEqual(before, value) {
			return token(value, nil) + " (changed)"
		}
		return token(value, nil)
	}
	return old, current
}
