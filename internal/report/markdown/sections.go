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

// judgement is all sections but the changes.
func judgement(r *report.Report) []section {
	found := findings(r)
	return []section{
		reasons(r.Verdict),
		environments(r),
		level("Errors", found, verdict.Error, rankError),
		level("Warnings", found, verdict.Warning, rankWarning),
		level("Notes", found, verdict.Note, rankNote),
		gaps(r.NotEvaluated),
		unowned(r.Unowned),
	}
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
	s := section{heading: "| Environment | Objects | Created | Updated | Deleted | Errors | Warnings | Notes | Not evaluated |\n" +
		"|---|---:|---:|---:|---:|---:|---:|---:|---:|\n"}
	found := map[string]map[verdict.Level]int{}
	for _, f := range r.Findings {
		if f.Baseline == verdict.New {
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
		objects := fmt.Sprint(env.Objects)
		if unrendered[env.Name] {
			objects = "did not render"
		}
		levels := found[env.Name]
		s.items = append(s.items, item{rank: rankEnvironment, text: fmt.Sprintf("| %s | %s | %d | %d | %d | %d | %d | %d | %d |\n",
			code(env.Name, maxName), objects, operated(env.Deltas, diff.Create), operated(env.Deltas, diff.Update), operated(env.Deltas, diff.Delete),
			levels[verdict.Error], levels[verdict.Warning], levels[verdict.Note], missing[env.Name])})
	}
	return s
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

// finding is a finding with all environments that have the same one.
type finding struct {
	verdict.Finding
	environments []string
	remediation  string
}

// findings folds those of several environments. Findings that base has as well
// are in only when they must be what refuses the change.
func findings(r *report.Report) []*finding {
	remedies := map[string]string{}
	for _, rule := range r.Rules {
		remedies[rule.ID] = rule.Remediation
	}
	existing := r.Verdict.Outcome == verdict.Fail && r.Counts.Errors == 0
	var all []*finding
	seen := map[verdict.Finding]*finding{}
	for _, f := range r.Findings {
		if f.Baseline != verdict.New && (!existing || f.Baseline != verdict.Unchanged || f.Level != verdict.Error) {
			continue
		}
		// The place takes part in the key by value.
		key := f
		key.Environment, key.Fingerprint, key.Location = place(f.Location), "", nil
		if seen[key] == nil {
			seen[key] = &finding{Finding: f, remediation: cmp.Or(f.Remediation, remedies[f.Rule])}
			all = append(all, seen[key])
		}
		if same := seen[key]; !slices.Contains(same.environments, f.Environment) {
			same.environments = append(same.environments, f.Environment)
		}
	}
	return all
}

// level is the section for one level; a level that this version does not know
// is shown with the notes.
func level(heading string, all []*finding, l verdict.Level, r rank) section {
	var s section
	for _, f := range all {
		known := f.Level == verdict.Error || f.Level == verdict.Warning
		if f.Level == l || l == verdict.Note && !known {
			s.items = append(s.items, item{rank: r, text: f.text()})
		}
	}
	s.heading = fmt.Sprintf("### %s (%d)\n\n", heading, len(s.items))
	return s
}

func (f *finding) text() string {
	where := "the environment as a whole"
	if f.Object != (verdict.Object{}) {
		where = code(object(f.Object), maxName)
	}
	if f.Container != "" {
		where += ", container " + code(f.Container, maxName)
	}
	if f.Location != nil {
		where = code(place(f.Location), maxPath) + " · " + where
	}
	var b strings.Builder
	fmt.Fprintf(&b, "- **%s**<br>%s\n", where, prose(f.Message, maxMessage))
	if f.remediation != "" {
		fmt.Fprintf(&b, "  <br>To do: %s\n", prose(f.remediation, maxMessage))
	}
	fmt.Fprintf(&b, "  <br><sub>%s · in %s", code(f.Rule, maxName), names(f.environments))
	if f.Path != "" {
		fmt.Fprintf(&b, " · %s", code(f.Path, maxPath))
	}
	if f.Baseline == verdict.Unchanged {
		b.WriteString(" · base has it as well")
	}
	b.WriteString("</sub>\n")
	return b.String()
}

// names lists environments, some of them.
func names(list []string) string {
	var out []string
	for i, n := range list {
		if i == maxNames {
			out = append(out, fmt.Sprintf("%d more", len(list)-maxNames))
			break
		}
		out = append(out, cmp.Or(code(n, maxName), "the repository"))
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
	s := section{heading: fmt.Sprintf("### Not evaluated (%d)\n\n", len(entries))}
	for _, k := range keys {
		var list []string
		for i, e := range groups[k] {
			if i == maxNames {
				list = append(list, fmt.Sprintf("%d more", len(groups[k])-maxNames))
				break
			}
			list = append(list, gap(e))
		}
		s.items = append(s.items, item{rank: gapRank(k.reason), text: fmt.Sprintf("- **%s, %s**: %s<br>%s\n",
			prose(string(k.stage), maxName), prose(string(k.reason), maxName), prose(k.detail, maxMessage), strings.Join(list, "<br>"))})
	}
	return s
}

func gap(e verdict.Entry) string {
	parts := []string{cmp.Or(code(e.Environment, maxName), "the repository")}
	if o := object(e.Object); o != "" {
		parts = append(parts, code(o, maxName))
	}
	if e.Location != nil {
		parts = append(parts, code(place(e.Location), maxPath))
	}
	return strings.Join(parts, " ")
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

// diffs is what differs in each object, folded; the same difference in several
// environments is there once.
func diffs(envs []report.Environment) section {
	type key struct {
		operation    diff.Operation
		object, text string
	}
	var keys []key
	in := map[key][]string{}
	for _, env := range envs {
		for _, d := range env.Deltas {
			k := key{d.Operation, object(d.Object), d.Diff}
			if in[k] == nil {
				keys = append(keys, k)
			}
			in[k] = append(in[k], env.Name)
		}
	}
	s := section{heading: fmt.Sprintf("### Changes (%d)\n\n", len(keys))}
	for _, k := range keys {
		summary := fmt.Sprintf("%s %s in %s", operation(k.operation), code(k.object, maxName), names(in[k]))
		if k.text == "" {
			s.items = append(s.items, item{rank: rankDiff, text: summary + "\n\n"})
			continue
		}
		s.items = append(s.items, item{rank: rankDiff, text: "<details><summary>" + summary + "</summary>\n\n" + fence("diff", k.text) + "\n</details>\n\n"})
	}
	return s
}

func operation(op diff.Operation) string {
	switch op {
	case diff.Create:
		return "created"
	case diff.Update:
		return "updated"
	case diff.Delete:
		return "deleted"
	}
	return prose(string(op), maxName)
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
