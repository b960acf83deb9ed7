package markdown

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// Bounds of the texts inside an item, in bytes. Nothing real comes near them;
// they keep one hostile text from pushing everything else out.
const (
	maxName    = 300
	maxPath    = 600
	maxMessage = 3000
	maxNames   = 10
)

// judgement is all sections but the changes. What keeps the verdict from being
// made comes right after what refuses the change.
func judgement(r *report.Report) []section {
	found := findings(r)
	errs := level("Errors", found, verdict.Error, rankError, r.Rules)
	warnings := level("Warnings", found, verdict.Warning, rankWarning, r.Rules)
	notes := level("Notes", found, verdict.Note, rankNote, r.Rules)
	missing := gaps(r.NotEvaluated)
	out := []section{reasons(r.Verdict), environments(r), errs, warnings, notes, missing}
	if slices.ContainsFunc(r.NotEvaluated, func(e verdict.Entry) bool { return e.Reason.Blocking() }) {
		out = []section{reasons(r.Verdict), environments(r), errs, missing, warnings, notes}
	}
	return append(out, preview(r.Preview), waived(r), existing(r), unowned(r.Unowned))
}

func reasons(v verdict.Verdict) section {
	var s section
	for _, reason := range v.Reasons {
		s.items = append(s.items, item{rank: rankReason, text: "- " + prose(reason, maxPath) + "\n"})
	}
	return s
}

// environments is the table: a row for each environment that the change affects.
func environments(r *report.Report) section {
	s := section{heading: "| Environment | Objects | Created | Updated | Deleted | Restarted | Rollback | Errors | Warnings | Notes | Not evaluated |\n" +
		"|---|---:|---:|---:|---:|---:|---|---:|---:|---:|---:|\n"}
	found := map[string]map[verdict.Level]int{}
	for _, f := range r.Findings {
		if f.Baseline == verdict.New && f.Waiver == nil {
			if found[f.Environment] == nil {
				found[f.Environment] = map[verdict.Level]int{}
			}
			found[f.Environment][f.Level]++
		}
	}
	missing, unrendered := map[string]int{}, map[string]bool{}
	for _, e := range r.NotEvaluated {
		missing[e.Environment]++
		if e.Stage == verdict.StageRender && e.Object == (verdict.Object{}) {
			unrendered[e.Environment] = true
		}
	}
	for _, env := range r.Environments {
		if !env.Affected && found[env.Name] == nil && missing[env.Name] == 0 {
			continue
		}
		objects := thousands(env.Objects)
		if unrendered[env.Name] {
			objects = "did not render"
		}
		levels := found[env.Name]
		row := []string{code(env.Name, maxName), objects}
		for _, n := range []int{operated(env.Deltas, diff.Create), operated(env.Deltas, diff.Update), operated(env.Deltas, diff.Delete), report.Restarted(env.Deltas)} {
			row = append(row, cell(n))
		}
		row = append(row, rollback(env.Rollback))
		for _, n := range []int{levels[verdict.Error], levels[verdict.Warning], levels[verdict.Note], missing[env.Name]} {
			row = append(row, cell(n))
		}
		s.items = append(s.items, item{rank: rankEnvironment, text: "| " + strings.Join(row, " | ") + " |\n"})
	}
	return s
}

// cell shows a number, and leaves the eye to those that count something.
func cell(n int) string {
	if n == 0 {
		return "–"
	}
	return thousands(n)
}

func operated(deltas []report.Delta, op diff.Operation) int {
	n := 0
	for _, d := range deltas {
		if d.Operation == op {
			n++
		}
	}
	return n
}

// names lists environments, some of them.
func names(list []string) string {
	var out []string
	for i, n := range list {
		if i == maxNames {
			out = append(out, thousands(len(list)-maxNames)+" more")
			break
		}
		out = append(out, cmp.Or(prose(n, maxName), "the repository"))
	}
	return strings.Join(out, ", ")
}

// gaps is what was not evaluated, folded by the reason.
func gaps(entries []verdict.Entry) section {
	type key struct {
		stage  verdict.Stage
		reason verdict.Reason
		detail string
	}
	var keys []key
	groups := map[key][]verdict.Entry{}
	for _, e := range entries {
		k := key{e.Stage, e.Reason, e.Detail}
		if groups[k] == nil {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], e)
	}
	slices.SortStableFunc(keys, func(a, b key) int { return cmp.Compare(gapRank(b.reason), gapRank(a.reason)) })
	s := section{heading: fmt.Sprintf("### Not evaluated (%s)\n\n", thousands(len(entries)))}
	for _, k := range keys {
		s.items = append(s.items, item{rank: gapRank(k.reason), n: len(groups[k]), text: fmt.Sprintf("- **%s, %s**: %s<br>%s\n",
			prose(string(k.stage), maxName), prose(string(k.reason), maxName), prose(k.detail, maxMessage), missing(groups[k]))})
	}
	return s
}

// missing lists what was not evaluated for one reason; the same object of
// several environments is there once.
func missing(entries []verdict.Entry) string {
	var what []string
	in := map[string][]string{}
	for _, e := range entries {
		var parts []string
		if e.Location != nil {
			parts = append(parts, code(place(e.Location), maxPath))
		}
		if o := object(e.Object); o != "" {
			parts = append(parts, prose(o, maxName))
		}
		w := strings.Join(parts, " ")
		if in[w] == nil {
			what = append(what, w)
		}
		in[w] = append(in[w], e.Environment)
	}
	var lines []string
	for i, w := range what {
		if i == maxNames {
			lines = append(lines, "and "+thousands(len(what)-i)+" more")
			break
		}
		where := "in " + names(slices.Compact(in[w]))
		if w != "" {
			where = w + ", " + where
		}
		lines = append(lines, where)
	}
	return strings.Join(lines, "<br>")
}

func gapRank(r verdict.Reason) rank {
	if r.Blocking() {
		return rankBlockingGap
	}
	return rankGap
}

func unowned(files []string) section {
	s := section{heading: fmt.Sprintf("### Read by no environment (%d)\n\n", len(files))}
	for _, f := range files {
		s.items = append(s.items, item{rank: rankFile, text: "- " + code(f, maxPath) + "\n"})
	}
	return s
}

// object is an object as manifest.ID writes it: "Deployment.apps shop/web".
func object(o verdict.Object) string {
	kind := o.Kind
	if group, _, ok := strings.Cut(o.APIVersion, "/"); ok {
		kind += "." + group
	}
	name := o.Name
	if o.Namespace != "" {
		name = o.Namespace + "/" + name
	}
	return strings.TrimSpace(kind + " " + name)
}

func place(l *verdict.Location) string {
	switch {
	case l == nil:
		return ""
	case l.Line == 0:
		return l.File
	}
	return fmt.Sprintf("%s:%d", l.File, l.Line)
}
