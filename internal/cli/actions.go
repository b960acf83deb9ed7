package cli

import (
	"io"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/report/github"
)

// actionsFormats are the encodings for the runner of GitHub Actions.
func (o *checkOptions) actionsFormats() []format[*report.Report] {
	return []format[*report.Report]{
		{"github", func(w io.Writer, r *report.Report, _ look) error { return github.Encode(w, r) }},
		{"github-outputs", func(w io.Writer, r *report.Report, _ look) error {
			outs, err := parseOutputs(o.outputs, names(o.formats()))
			if err != nil {
				return err
			}
			return github.EncodeOutputs(w, r, github.Files{Report: fileOf(outs, "json"), SARIF: fileOf(outs, "sarif")})
		}},
	}
}

// fileOf is the file that a format is written to, as an absolute path, or nothing.
func fileOf(outs []output, format string) string {
	i := slices.IndexFunc(outs, func(out output) bool { return out.format == format })
	if i < 0 {
		return ""
	}
	return outs[i].path
}

// announce writes an error that keeps a report from being made where workflow
// commands go, so that it is read without opening the log. It is the error that
// counts: one of writing it has nobody to tell.
func (o *checkOptions) announce(outs []output, err error) {
	message := redact.Credentials(err.Error())
	if hint := hintOf(err); hint != "" {
		message += "\nhint: " + hint
	}
	outs = slices.DeleteFunc(slices.Clone(outs), func(out output) bool { return out.format != "github" })
	_ = writeOutputs(o.Streams, outs, []format[string]{
		{"github", func(w io.Writer, s string, _ look) error { return github.EncodeError(w, s) }},
	}, strings.TrimSpace(message))
}
