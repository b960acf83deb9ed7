package diff

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// Redact returns fields with every value of a Secret's data and stringData
// replaced by a keyed hash: the same value gives the same text, so that a
// change shows, and the value itself does not. Whoever has the key can try
// values; without a key only "(secret)" is shown.
func Redact(fields map[string]any, key []byte) map[string]any {
	if fields["kind"] != "Secret" || fields["apiVersion"] != "v1" {
		return fields
	}
	next := make(map[string]any, len(fields))
	for k, v := range fields {
		next[k] = v
	}
	for _, field := range []string{"data", "stringData"} {
		values, ok := next[field].(map[string]any)
		if !ok {
			continue
		}
		hidden := make(map[string]any, len(values))
		for k, v := range values {
			hidden[k] = token(v, key)
		}
		next[field] = hidden
	}
	meta, _ := next["metadata"].(map[string]any)
	annotations, _ := meta["annotations"].(map[string]any)
	if _, there := annotations[lastApplied]; there {
		next["metadata"] = replace(meta, "annotations", replace(annotations, lastApplied, token(annotations[lastApplied], key)))
	}
	return next
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
	if len(key) == 0 {
		return "(secret)"
	}
	mac := hmac.New(sha256.New, key)
	if s, ok := value.(string); ok {
		mac.Write([]byte(s))
	} else {
		data, err := json.Marshal(value)
		if err != nil {
			data = fmt.Append(nil, value)
		}
		mac.Write(data)
	}
	return "(secret " + hex.EncodeToString(mac.Sum(nil)[:6]) + ")"
}
