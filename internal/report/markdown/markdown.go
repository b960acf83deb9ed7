// Package markdown writes a report for GitHub: the summary of a check run, or
// of a job. It fits the report into GitHub's limits and says what that cost. No
// text of a manifest is active in it.
package markdown

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// The limits that GitHub sets, in bytes.
const (
	// CheckRunLimit is that of output.summary and output.text of a check run
	// (https://docs.github.com/en/rest/checks/runs#create-a-check-run: 65535
	// characters, which the server counts as bytes).
	CheckRunLimit = 65_535
	// JobSummaryLimit is that of one step in $GITHUB_STEP_SUMMARY
	// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits).
	JobSummaryLimit = 1 << 20
	// MinBytes is what a report is never cut below: the verdict, the counts and
	// the names of its sections.
	MinBytes = 4 << 10
)

// Options say how large the report may be.
type Options struct {
	// MaxBytes bounds the report; 0 means CheckRunLimit.
	MaxBytes int
	// Part leaves the rest to another document; empty means the whole report.
	Part Part
	// Note is a sentence below the title.
	Note string
}

// Part is one of the two documents that a report is split into where each has
// a limit of its own, as the summary and the text of a check run have.
type Part string

// Judgement is everything but the changes; Changes is what differs in each
// object, and is empty where nothing does.
const (
	Judgement Part = "judgement"
	Changes   Part = "changes"
)

// Encode writes the report: the verdict with its reasons, a table of the
// environments, the findings by level, what was not evaluated, and what differs
// in each object. Findings of one rule that say the same are one item. What does
// not fit into opts.MaxBytes is left out as whole items and counted, in this
// order: diffs (the largest first), folded places of findings, files that no
// environment reads, findings of base, waived ones, notes, gaps that do not block, warnings,
// gaps that block, errors, environments, reasons. It fails if opts.MaxBytes is
// below MinBytes.
func Encode(w io.Writer, r *report.Report, opts Options) error {
	limit := cmp.Or(opts.MaxBytes, CheckRunLimit)
	if limit < MinBytes {
		return fmt.Errorf("writing the report as Markdown: a limit of %d bytes is too small; at least %d are needed", limit, MinBytes)
	}
	d := document{head: title(r) + note(opts.Note), foot: counts(r)}
	switch opts.Part {
	case Judgement:
		d.sections = judgement(r)
	case Changes:
		d = document{sections: []section{changes(r.Environments)}}
	default:
		d.sections = append(judgement(r), changes(r.Environments))
	}
	d.fit(limit)
	if _, err := io.WriteString(w, d.String()); err != nil {
		return fmt.Errorf("writing the report as Markdown: %w", err)
	}
	return nil
}

// rank is the order in which items are left out, first to last.
type rank int

const (
	rankDiff rank = iota
	rankPlace
	rankFile
	rankPreview
	rankExisting
	rankWaived
	rankNote
	rankGap
	rankWarning
	rankBlockingGap
	rankError
	rankEnvironment
	rankReason
)

// noun names items that were left out.
func (r rank) noun() string {
	return [...]string{"diff", "place of findings", "file", "difference once merged", "finding of base", "finding under a waiver", "note", "item not evaluated", "warning", "item not evaluated that blocks", "error", "environment", "reason"}[r]
}

// item is a part that is written whole or not at all, but for its folded end.
type item struct {
	rank rank
	// n is how many things of its rank it stands for; 0 is one.
	n    int
	text string
	left bool
	// folded ends the item with a number of places; without stands for it where
	// it is left out.
	folded, without string
	places          int
	unfolded        bool
}

func (it *item) String() string {
	switch {
	case it.left:
		return ""
	case it.unfolded:
		return it.text + it.without
	}
	return it.text + it.folded
}

// section is items under a heading.
type section struct {
	heading string
	items   []item
}

// document is a report as text. Its head, foot and headings are always written,
// and are small.
type document struct {
	head, foot string
	sections   []section
	// limit is set when something had to be left out.
	limit int
}

// noticeRoom is more than the sentence about what was left out can take.
const noticeRoom = 700

// fit leaves items out until the document is at most limit bytes.
func (d *document) fit(limit int) {
	size := len(d.String())
	if size <= limit {
		return
	}
	d.limit = limit
	type step struct {
		rank   rank
		item   *item
		unfold bool
	}
	var steps []step
	for i := range d.sections {
		for j := range d.sections[i].items {
			it := &d.sections[i].items[j]
			steps = append(steps, step{it.rank, it, false})
			if it.places > 0 {
				steps = append(steps, step{rankPlace, it, true})
			}
		}
	}
	// Of one rank the last go first: the report is sorted by importance.
	slices.Reverse(steps)
	slices.SortStableFunc(steps, func(a, b step) int {
		if a.rank == rankDiff && b.rank == rankDiff {
			return cmp.Compare(len(b.item.text), len(a.item.text))
		}
		return cmp.Compare(a.rank, b.rank)
	})
	for _, s := range steps {
		if size+noticeRoom <= limit {
			return
		}
		size -= len(s.item.String())
		if s.unfold {
			s.item.unfolded = true
		} else {
			s.item.left = true
		}
		size += len(s.item.String())
	}
}

func (d *document) String() string {
	var b strings.Builder
	b.WriteString(d.head)
	b.WriteString(d.notice())
	for _, s := range d.sections {
		if len(s.items) == 0 {
			continue
		}
		b.WriteString(s.heading)
		for i := range s.items {
			b.WriteString(s.items[i].String())
		}
		b.WriteByte('\n')
	}
	b.WriteString(d.foot)
	return b.String()
}

// notice says what was left out.
func (d *document) notice() string {
	left := map[rank]int{}
	for _, s := range d.sections {
		for _, it := range s.items {
			switch {
			case it.left:
				left[it.rank] += max(1, it.n)
			case it.unfolded:
				left[rankPlace] += it.places
			}
		}
	}
	if len(left) == 0 {
		return ""
	}
	var parts []string
	for r := rankDiff; r <= rankReason; r++ {
		if n := left[r]; n > 0 {
			parts = append(parts, count(n, r.noun()))
		}
	}
	return fmt.Sprintf("**Left out, to stay within %s bytes:** %s. The report as JSON has all of it (<code>penstock check --output json</code>).\n\n",
		thousands(d.limit), strings.Join(parts, ", "))
}

// thousands writes a number in groups of three digits. Without them GitHub may
// take seven for the ID of a commit.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// title is the verdict and what was compared.
func title(r *report.Report) string {
	outcome := "not known"
	switch r.Verdict.Outcome {
	case verdict.Pass, verdict.Fail, verdict.Undecided:
		outcome = strings.ToUpper(string(r.Verdict.Outcome))
	}
	c := r.Change
	return fmt.Sprintf("## Penstock: %s\n\n%s → %s, %s changed, %d of %s affected\n\n%s\n\n", outcome,
		revision(c.Base, c.BaseCommit), revision(c.Head, c.HeadCommit), count(c.Files, "file"),
		r.Counts.Affected, count(r.Counts.Environments, "environment"), found(r.Counts))
}

// found counts the findings in a line that is seen first.
func found(c report.Counts) string {
	var parts []string
	for _, p := range []struct {
		n    int
		noun string
	}{{c.Errors, "error"}, {c.Warnings, "warning"}, {c.Notes, "note"}} {
		if p.n > 0 {
			parts = append(parts, count(p.n, p.noun))
		}
	}
	line := "No findings"
	if len(parts) > 0 {
		line = "**" + strings.Join(parts, ", ") + "**"
	}
	if c.Existing > 0 {
		line += ", and " + thousands(c.Existing) + " that base has as well"
	}
	if c.Waived > 0 {
		line += ", " + thousands(c.Waived) + " waived"
	}
	return line
}

func note(s string) string {
	if s == "" {
		return ""
	}
	return prose(s, maxPath) + "\n\n"
}

func revision(name, commit string) string {
	if len(commit) >= 7 && !strings.Contains(name, commit[:7]) {
		name += " (" + commit[:7] + ")"
	}
	return cmp.Or(code(name, 300), "?")
}

// counts sums up what was evaluated.
func counts(r *report.Report) string {
	c := r.Counts
	parts := []string{count(c.Objects, "object") + " rendered", count(c.Rules, "rule")}
	for _, s := range []verdict.Stage{verdict.StageDiscover, verdict.StageRender, verdict.StagePolicy, verdict.StageDryRun} {
		done, not := c.Evaluated[s], c.NotEvaluated[s]
		if done+not > 0 && (s != verdict.StageDiscover || not > 0) {
			parts = append(parts, fmt.Sprintf("%s %s of %s evaluated", s, thousands(done), thousands(done+not)))
		}
	}
	tool := strings.TrimSpace("Penstock " + r.Tool.Version)
	if r.Tool.Kubernetes != "" {
		tool += ", Kubernetes " + r.Tool.Kubernetes
	}
	return strings.Join(parts, " · ") + "\n\n<sub>" + prose(tool, 120) + "</sub>\n"
}

// count writes a number with its noun, whose first word takes the plural.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	first, rest, more := strings.Cut(noun, " ")
	if more {
		rest = " " + rest
	}
	return fmt.Sprintf("%s %ss%s", thousands(n), first, rest)
}
