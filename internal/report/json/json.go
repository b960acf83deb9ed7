// Package json encodes a report as the JSON document that other tools read.
package json

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/penstock-dev/penstock/internal/report"
)

// Encode writes the report, indented, with keys in a fixed order.
func Encode(w io.Writer, r *report.Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("writing the report as JSON: %w", err)
	}
	return nil
}
