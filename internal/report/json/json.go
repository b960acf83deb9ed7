// Package json encodes a report as the JSON document that other tools read.
// Its JSON Schema is docs/report.schema.json.
package json

import (
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// Encode writes the report, indented, with keys in a fixed order. Lists and
// mappings that are always there are never null.
func Encode(w io.Writer, r *report.Report) error {
	whole, out := complete(*r), &indenter{w: w}
	err := newStream(out).value(reflect.ValueOf(&whole).Elem())
	if err == nil {
		out.out = append(out.out, '\n')
		err = out.flush()
	}
	if err != nil {
		return fmt.Errorf("writing the report as JSON: %w", err)
	}
	return nil
}

// complete puts empty lists and mappings where there are none.
func complete(r report.Report) report.Report {
	r.Verdict.Reasons = list(r.Verdict.Reasons)
	r.Environments = slices.Clone(list(r.Environments))
	for i := range r.Environments {
		r.Environments[i].Roots = list(r.Environments[i].Roots)
	}
	r.Findings = list(r.Findings)
	r.NotEvaluated = list(r.NotEvaluated)
	r.Rules = list(r.Rules)
	r.Unowned = list(r.Unowned)
	if r.Counts.Evaluated == nil {
		r.Counts.Evaluated = map[verdict.Stage]int{}
	}
	if r.Counts.NotEvaluated == nil {
		r.Counts.NotEvaluated = map[verdict.Stage]int{}
	}
	return r
}

func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
