package json

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
	strict "sigs.k8s.io/json"
)

// MaxBytes bounds a report that is read.
const MaxBytes = 64 << 20

// DecodeError is a report that cannot be used, and what to do.
type DecodeError struct{ msg, hint string }

func (e *DecodeError) Error() string { return "reading the report: " + e.msg }

// UserHint says how to get a report that can be used.
func (e *DecodeError) UserHint() string { return e.hint }

// Decode reads what Encode writes, and nothing else: a report may come from
// somebody who is not trusted. Keys that are unknown, there twice or written
// otherwise are errors, as are another version of the document and words that
// this version does not know.
func Decode(r io.Reader) (*report.Report, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	if len(text) > MaxBytes {
		return nil, &DecodeError{fmt.Sprintf("it is larger than %d MiB", MaxBytes>>20), "make it of fewer environments: penstock check --env NAME"}
	}
	var version struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, &DecodeError{err.Error(), "make the report with penstock check --output json=FILE"}
	}
	if version.Schema != report.SchemaVersion {
		return nil, &DecodeError{fmt.Sprintf("its schema is %.60q, and this version reads %q", version.Schema, report.SchemaVersion),
			"use one version of penstock to make the report and to read it"}
	}
	var out report.Report
	faults, err := strict.UnmarshalStrict(text, &out, strict.DisallowDuplicateFields, strict.DisallowUnknownFields)
	if err := errors.Join(append(faults[:min(len(faults), 3)], err)...); err != nil {
		return nil, &DecodeError{err.Error(), "use one version of penstock to make the report and to read it"}
	}
	if fault := unknown(&out); fault != "" {
		return nil, &DecodeError{fault, "use one version of penstock to make the report and to read it"}
	}
	return &out, nil
}

// unknown finds a word that decides something and is not known.
func unknown(r *report.Report) string {
	if !slices.Contains(verdict.Outcomes(), r.Verdict.Outcome) {
		return fmt.Sprintf("the outcome %.60q is not known", r.Verdict.Outcome)
	}
	if !slices.Contains([]verdict.Gate{verdict.GateNew, verdict.GateAll}, r.Gate) {
		return fmt.Sprintf("the gate %.60q is not known", r.Gate)
	}
	for _, env := range r.Environments {
		if fault := unknownOf(env); fault != "" {
			return fault
		}
	}
	for _, f := range r.Findings {
		if !slices.Contains([]verdict.Level{verdict.Error, verdict.Warning, verdict.Note}, f.Level) {
			return fmt.Sprintf("the level %.60q of a finding is not known", f.Level)
		}
		if !slices.Contains([]verdict.Baseline{verdict.New, verdict.Unchanged, verdict.Absent}, f.Baseline) {
			return fmt.Sprintf("the baseline %.60q of a finding is not known", f.Baseline)
		}
	}
	for _, e := range r.NotEvaluated {
		if e.Evaluated() {
			return "an entry of what was not evaluated has no reason"
		}
	}
	return ""
}

// unknownOf finds such a word in what is said of an environment.
func unknownOf(env report.Environment) string {
	if !slices.Contains(verdict.Outcomes(), env.Outcome) {
		return fmt.Sprintf("the outcome %.60q of an environment is not known", env.Outcome)
	}
	for _, d := range env.Deltas {
		for _, effect := range d.Effects {
			if !slices.Contains(verdict.Effects(), effect) {
				return fmt.Sprintf("the effect %.60q of a change is not known", effect)
			}
		}
	}
	switch r := env.Rollback; {
	case r == nil:
	case !slices.Contains(verdict.RollbackStates(), r.State):
		return fmt.Sprintf("the state %.60q of a rollback is not known", r.State)
	case r.State == verdict.RollbackPrevented && len(r.Obstacles) == 0:
		return "a rollback that is prevented has no obstacle"
	case r.State == verdict.RollbackNotEvaluated && r.Reason == "":
		return "a rollback that was not evaluated has no reason"
	}
	return ""
}
