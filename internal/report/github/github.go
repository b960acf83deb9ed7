// Package github writes a report for the runner of GitHub Actions: workflow
// commands, which become annotations, and the outputs of a step. It reads no
// environment, and writes no summary: that is Markdown.
//
// No text of a manifest becomes a command of its own: what is written here is
// escaped. A log that holds other text of a repository must be fenced with
// stop-commands.
package github

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

const (
	// perLevel is how many annotations of one level GitHub shows for a step. It
	// drops the others without a word.
	perLevel = 10
	// maxMessage and maxTitle bound the texts, in bytes: an annotation is a
	// pointer, and the report has the whole of it. GitHub takes 255 characters for
	// a title.
	maxMessage = 4 << 10
	maxTitle   = 255
)

// Encode writes at most ten errors and ten warnings as workflow commands, worst
// first, and a notice that counts what is left out. Findings that several
// environments share are one annotation. Findings that base has already are
// written only if they must be what refuses the change. What was not evaluated,
// and leaves the verdict undecided, is an error.
func Encode(w io.Writer, r *report.Report) error {
	var b strings.Builder
	shown := map[verdict.Level]int{}
	left := map[verdict.Level]int{}
	for _, a := range annotations(r) {
		if a.level == verdict.Note || shown[a.level] == perLevel {
			left[a.level]++
			continue
		}
		shown[a.level]++
		b.WriteString(a.command())
	}
	b.WriteString(closing(r, left))
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing workflow commands: %w", err)
	}
	return nil
}

// EncodeError writes the error that keeps a report from being made.
func EncodeError(w io.Writer, message string) error {
	a := annotation{level: verdict.Error, title: "Penstock: not decided", message: message}
	if _, err := io.WriteString(w, a.command()); err != nil {
		return fmt.Errorf("writing workflow commands: %w", err)
	}
	return nil
}

// annotation is a message at a place.
type annotation struct {
	level          verdict.Level
	title, message string
	location       *verdict.Location
}

// command writes an annotation as the runner reads it
// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
// A line is named only with its file.
func (a annotation) command() string {
	var properties []string
	if l := a.location; l != nil && l.File != "" {
		properties = append(properties, "file="+property(l.File))
		if l.Line > 0 {
			properties = append(properties, fmt.Sprintf("line=%d", l.Line))
		}
	}
	properties = append(properties, "title="+property(clip(visible(a.title), maxTitle)))
	name := "notice"
	switch a.level {
	case verdict.Error:
		name = "error"
	case verdict.Warning:
		name = "warning"
	}
	return fmt.Sprintf("::%s %s::%s\n", name, strings.Join(properties, ","), data(clip(visible(a.message), maxMessage)))
}

// annotations are all that could be shown, worst first: errors of the change,
// then gaps that block, then warnings, then notes.
func annotations(r *report.Report) []annotation {
	findings := slices.DeleteFunc(slices.Clone(r.Findings), func(f verdict.Finding) bool { return !shows(r, f) })
	all := append(folded(r, findings), gaps(r)...)
	rank := map[verdict.Level]int{verdict.Error: 0, verdict.Warning: 1}
	slices.SortStableFunc(all, func(a, b annotation) int {
		return cmp.Compare(rankOf(rank, a.level), rankOf(rank, b.level))
	})
	return all
}

func rankOf(rank map[verdict.Level]int, l verdict.Level) int {
	if n, known := rank[l]; known {
		return n
	}
	return len(rank)
}

// shows leaves out what is waived, and what base has already unless it refuses
// the change.
func shows(r *report.Report, f verdict.Finding) bool {
	return f.Waiver == nil && (f.Baseline == verdict.New || verdict.Blocks(f, r.Gate))
}

// same is what makes the findings of several environments one annotation.
type same struct {
	rule, message, remedy string
	level                 verdict.Level
	object                verdict.Object
	location              verdict.Location
}

func folded(r *report.Report, findings []verdict.Finding) []annotation {
	remedies := map[string]string{}
	for _, rule := range r.Rules {
		remedies[rule.ID] = rule.Remediation
	}
	var order []same
	environments := map[same][]string{}
	for _, f := range findings {
		key := same{rule: f.Rule, message: f.Message, remedy: cmp.Or(f.Remediation, remedies[f.Rule]), level: f.Level, object: f.Object}
		if f.Location != nil {
			key.location = *f.Location
		}
		if environments[key] == nil {
			order = append(order, key)
		}
		if !slices.Contains(environments[key], f.Environment) {
			environments[key] = append(environments[key], f.Environment)
		}
	}
	var out []annotation
	for _, key := range order {
		message := key.message
		if o := object(key.object); o != "" {
			message = o + ": " + message
		}
		if key.remedy != "" {
			message += "\n→ " + key.remedy
		}
		out = append(out, annotation{
			level: key.level, message: message, location: &key.location,
			title: fmt.Sprintf("%s (%s)", key.rule, strings.Join(environments[key], ", ")),
		})
	}
	return out
}

// gaps are what was not evaluated and leaves the verdict undecided, if it is.
func gaps(r *report.Report) []annotation {
	if r.Verdict.Outcome != verdict.Undecided {
		return nil
	}
	var out []annotation
	for _, e := range r.NotEvaluated {
		whole := e.Object == (verdict.Object{}) && (e.Stage == verdict.StageRender || e.Stage == verdict.StageDiscover)
		if !e.Reason.Blocking() && !(whole && e.Reason != verdict.Off) {
			continue
		}
		message := cmp.Or(e.Detail, string(e.Reason))
		if o := object(e.Object); o != "" {
			message = o + ": " + message
		}
		out = append(out, annotation{
			level: verdict.Error, message: message, location: e.Location,
			title: fmt.Sprintf("not evaluated: %s (%s)", e.Stage, cmp.Or(e.Environment, "repository")),
		})
	}
	return out
}

// closing is one notice: the verdict with its reasons, if it is not a pass, and
// what is left out. Nothing to say is no notice.
func closing(r *report.Report, left map[verdict.Level]int) string {
	var lines []string
	if r.Verdict.Outcome != verdict.Pass {
		lines = append(lines, r.Verdict.Reasons...)
	}
	var parts []string
	for _, l := range []verdict.Level{verdict.Error, verdict.Warning, verdict.Note} {
		if n := left[l]; n > 0 {
			parts = append(parts, count(n, string(l)))
		}
	}
	if len(parts) > 0 {
		lines = append(lines, "Not shown as annotations: "+strings.Join(parts, ", ")+". The report has all of them.")
	}
	if len(lines) == 0 {
		return ""
	}
	return annotation{level: verdict.Note, title: "Penstock: " + string(r.Verdict.Outcome), message: strings.Join(lines, "\n")}.command()
}

func object(o verdict.Object) string {
	name := o.Name
	if o.Namespace != "" {
		name = o.Namespace + "/" + name
	}
	return strings.TrimSpace(o.Kind + " " + name)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// data escapes the text of a command, which ends with its line.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// property escapes the value of a property, which also ends at a colon or comma.
func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// visible shows control characters by their numbers: the log is a terminal.
func visible(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		if r != '\n' && r != '\t' && (r < 0x20 || r >= 0x7f && r < 0xa0) {
			fmt.Fprintf(&b, `\x%02x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// clip cuts a text to at most limit bytes, between two characters.
func clip(s string, limit int) string {
	const more = "…"
	if len(s) <= limit {
		return s
	}
	cut := limit - len(more)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + more
}
