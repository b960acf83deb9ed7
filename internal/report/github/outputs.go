package github

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// Files are the other encodings of a report, for the steps that come after.
// Empty is one that is not written.
type Files struct{ Report, SARIF string }

// EncodeOutputs writes the outputs of a step, as the runner reads them from
// $GITHUB_OUTPUT: verdict; report and sarif, which are paths; failed-environments,
// a JSON list of the environments that refuse the change or leave it undecided;
// counts, the counts of the report as a JSON object. The file must be appended to.
func EncodeOutputs(w io.Writer, r *report.Report, files Files) error {
	failed, err := json.Marshal(failedEnvironments(r))
	if err != nil {
		return fmt.Errorf("writing the outputs of the step: %w", err)
	}
	counts, err := json.Marshal(r.Counts)
	if err != nil {
		return fmt.Errorf("writing the outputs of the step: %w", err)
	}
	var b strings.Builder
	for _, o := range [][2]string{
		{"verdict", string(r.Verdict.Outcome)},
		{"report", files.Report},
		{"sarif", files.SARIF},
		{"failed-environments", string(failed)},
		{"counts", string(counts)},
	} {
		end := delimiter(o[1])
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", o[0], end, o[1], end)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the outputs of the step: %w", err)
	}
	return nil
}

// delimiter is a line that the value does not have, so that no value can end
// early and begin another output.
func delimiter(value string) string {
	end := "PENSTOCK"
	for strings.Contains(value, end) {
		end += "_END"
	}
	return end
}

// failedEnvironments are those that do not pass by themselves, in the order of
// the report.
func failedEnvironments(r *report.Report) []string {
	failed := []string{}
	for _, env := range r.Environments {
		if env.Outcome != verdict.Pass {
			failed = append(failed, env.Name)
		}
	}
	return failed
}
