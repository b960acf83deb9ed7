// Package sarif encodes a report as SARIF 2.1.0, for code scanning. What was
// not evaluated is in the log as well, so that a log without results never
// stands for a change that was not looked at.
package sarif

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"regexp"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

const (
	schemaURI  = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	projectURI = "https://github.com/penstock-dev/penstock"
	// sourceRoot is the customary name of the root of the repository, which
	// consumers know.
	sourceRoot = "%SRCROOT%"
)

// limits are what GitHub accepts: a log above any of them is rejected as a
// whole (https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
type limits struct {
	results int
	// bytes are those of the log after gzip.
	bytes int
	// notifications have no limit of their own; this one keeps them from
	// filling the log.
	notifications int
}

// gitHub keeps a margin below the 10 MB, as other gzip implementations may
// compress less.
func gitHub() limits { return limits{results: 25_000, bytes: 9_000_000, notifications: 5_000} }

// semanticVersion is the pattern of https://semver.org without build metadata.
var semanticVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)

// Encode writes the report as one run. Results are ordered worst first, and cut
// where GitHub would reject the log; a notification then says how many there
// are. Findings that the change removes are left out: code scanning takes every
// result for a problem that is there, and closes the alerts that it no longer
// finds.
func Encode(w io.Writer, r *report.Report) error {
	return encode(w, r, gitHub())
}

func encode(w io.Writer, r *report.Report, max limits) error {
	rules := newRules(r)
	results := rules.results(r)
	shown := min(len(results), max.results)
	for {
		text, err := marshal(newLog(r, rules, results[:shown], len(results), max))
		if err != nil {
			return fmt.Errorf("writing the report as SARIF: %w", err)
		}
		if shown == 0 || compressedSize(text) <= max.bytes {
			if _, err := w.Write(text); err != nil {
				return fmt.Errorf("writing the report as SARIF: %w", err)
			}
			return nil
		}
		shown /= 2
	}
}

func marshal(log sarifLog) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(log)
	return b.Bytes(), err
}

// compressedSize is the size after gzip. Writing to memory cannot fail.
func compressedSize(text []byte) int {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text)
	_ = z.Close()
	return b.Len()
}

func newLog(r *report.Report, rules *rules, results []result, total int, max limits) sarifLog {
	d := driver{
		Name: r.Tool.Name, Version: r.Tool.Version, InformationURI: projectURI,
		Rules: rules.descriptors, Notifications: notificationKinds(),
	}
	if d.Name == "" {
		d.Name = "Penstock"
	}
	if semanticVersion.MatchString(r.Tool.Version) {
		d.SemanticVersion = r.Tool.Version
	}
	return sarifLog{
		Schema:  schemaURI,
		Version: "2.1.0",
		Runs: []run{{
			Tool: tool{d},
			// The slash makes "penstock" the category, so that uploads of
			// other tools do not replace this one.
			AutomationDetails:  &automationDetails{"penstock/"},
			Invocations:        []invocation{newInvocation(r, len(results), total, max)},
			OriginalURIBaseIDs: map[string]artifactLocation{sourceRoot: {Description: &message{Text: "The root of the repository."}}},
			ColumnKind:         "utf16CodeUnits",
			Results:            results,
			Properties:         map[string]any{"verdict": r.Verdict.Outcome, "reasons": append([]string{}, r.Verdict.Reasons...)},
		}},
	}
}

// blocks reports whether an entry that was not evaluated leaves the verdict
// undecided in a run that is not strict, as verdict.Decide does.
func blocks(e verdict.Entry) bool {
	if e.Object == (verdict.Object{}) && (e.Stage == verdict.StageRender || e.Stage == verdict.StageDiscover) {
		return e.Reason != verdict.Off
	}
	return e.Reason.Blocking()
}
