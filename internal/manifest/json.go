package manifest

import (
	"fmt"

	"sigs.k8s.io/json"
)

// FromJSON returns the object that JSON text describes, without positions. file
// names it in errors.
func FromJSON(file string, data []byte) (*Object, error) {
	var fields map[string]any
	if err := json.UnmarshalCaseSensitivePreserveInts(data, &fields); err != nil {
		return nil, fmt.Errorf("%s: reading JSON: %w", file, err)
	}
	o, err := NewObject(Document{File: file, Fields: fields})
	if err != nil {
		return nil, err
	}
	o.sources = nil
	return o, nil
}
