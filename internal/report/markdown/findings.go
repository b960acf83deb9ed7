package markdown

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

const (
	// shownPlaces are read at a glance; what is beyond foldedPlaces nobody reads
	// here, and is counted only.
	shownPlaces  = 5
	foldedPlaces = 200
	// maxVariants is how many messages of one rule get a group each. Where there
	// are more, the rule is one group, and each place has its message.
	maxVariants = 3
)

// finding is a finding with all environments that have the same one.
type finding struct {
	verdict.Finding
	environments []string
	remediation  string
	// pattern is the message without the names of what it is about.
	pattern string
}

// findings folds those of several environments. Findings that base has as well
// are in only where they refuse the change, and waived ones are not.
func findings(r *report.Report) []*finding {
	remedies := map[string]string{}
	for _, rule := range r.Rules {
		remedies[rule.ID] = rule.Remediation
	}
	var all []*finding
	seen := map[verdict.Finding]*finding{}
	for _, f := range r.Findings {
		if f.Waiver != nil || f.Baseline != verdict.New && !refuses(r, f) {
			continue
		}
		// The place takes part in the key by value.
		key := f
		key.Environment, key.Fingerprint, key.Location = place(f.Location), "", nil
		if seen[key] == nil {
			seen[key] = &finding{Finding: f, remediation: cmp.Or(f.Remediation, remedies[f.Rule]), pattern: pattern(f)}
			all = append(all, seen[key])
		}
		if same := seen[key]; !slices.Contains(same.environments, f.Environment) {
			same.environments = append(same.environments, f.Environment)
		}
	}
	return all
}

// refuses reports whether a finding that base has as well refuses the change. An
// older report has no gate; there it does if nothing new can be what does.
func refuses(r *report.Report, f verdict.Finding) bool {
	gate := r.Gate
	if gate == "" && r.Verdict.Outcome == verdict.Fail && r.Counts.Errors == 0 {
		gate = verdict.GateAll
	}
	return f.Baseline == verdict.Unchanged && verdict.Blocks(f, gate)
}

// pattern is the message of a finding with "…" for the names of its object and
// its container, so that the same fault of many objects has one.
func pattern(f verdict.Finding) string {
	message := f.Message
	for _, name := range []string{f.Container, f.Object.Name} {
		if len(name) > 1 {
			message = replaceName(message, name)
		}
	}
	return message
}

func replaceName(text, name string) string {
	var b strings.Builder
	for start := 0; ; {
		i := strings.Index(text[start:], name)
		if i < 0 {
			b.WriteString(text[start:])
			return b.String()
		}
		i += start
		end := i + len(name)
		b.WriteString(text[start:i])
		if i > 0 && isName(text[i-1]) || end < len(text) && isName(text[end]) {
			b.WriteString(name)
		} else {
			b.WriteString("…")
		}
		start = end
	}
}

func isName(c byte) bool {
	return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// group is findings of one rule and level, and of one pattern unless that is empty.
type group struct {
	rule, title, pattern, remediation string
	findings                          []*finding
	environments                      []string
}

// groups folds findings, which are of one level: new ones first, and of them what
// there is most of.
func groups(all []*finding, rules []verdict.Rule) []*group {
	titles := map[string]string{}
	for _, rule := range rules {
		titles[rule.ID] = rule.Title
	}
	variants := map[string]map[string]bool{}
	for _, f := range all {
		if variants[f.Rule] == nil {
			variants[f.Rule] = map[string]bool{}
		}
		variants[f.Rule][f.pattern] = true
	}
	type key struct {
		rule, pattern, remediation string
		baseline                   verdict.Baseline
	}
	index := map[key]*group{}
	var out []*group
	for _, f := range all {
		k := key{f.Rule, f.pattern, f.remediation, f.Baseline}
		if len(variants[f.Rule]) > maxVariants {
			k.pattern = ""
		}
		if index[k] == nil {
			index[k] = &group{rule: f.Rule, title: titles[f.Rule], pattern: k.pattern, remediation: f.remediation}
			out = append(out, index[k])
		}
		b := index[k]
		b.findings = append(b.findings, f)
		for _, env := range f.environments {
			if !slices.Contains(b.environments, env) {
				b.environments = append(b.environments, env)
			}
		}
	}
	for _, b := range out {
		slices.Sort(b.environments)
	}
	slices.SortStableFunc(out, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.old(), b.old()), cmp.Compare(b.total(), a.total()), cmp.Compare(a.rule, b.rule), cmp.Compare(a.pattern, b.pattern))
	})
	return out
}

// total counts findings as the report does: each environment that has one.
func (g *group) total() int {
	n := 0
	for _, f := range g.findings {
		n += len(f.environments)
	}
	return n
}

// old is 1 for findings that base has as well.
func (g *group) old() int {
	if g.findings[0].Baseline == verdict.Unchanged {
		return 1
	}
	return 0
}

// level is the section for one level; a level that this version does not know
// is shown with the notes.
func level(heading string, all []*finding, l verdict.Level, r rank, rules []verdict.Rule) section {
	var own []*finding
	for _, f := range all {
		known := f.Level == verdict.Error || f.Level == verdict.Warning
		if f.Level == l || l == verdict.Note && !known {
			own = append(own, f)
		}
	}
	var s section
	total := 0
	for _, b := range groups(own, rules) {
		s.items = append(s.items, b.item(r))
		total += b.total()
	}
	s.heading = fmt.Sprintf("### %s (%s)\n\n", heading, thousands(total))
	return s
}

// item writes a group: what is wrong, how often, what to do, and where.
func (g *group) item(r rank) item {
	var head strings.Builder
	message := g.pattern
	switch {
	case len(g.findings) == 1:
		message = g.findings[0].Message
	case message == "":
		message = cmp.Or(g.title, "different messages")
	case !slices.ContainsFunc(g.findings, func(f *finding) bool { return f.Message != g.findings[0].Message }):
		message = g.findings[0].Message
	}
	fmt.Fprintf(&head, "**%s**<br>%s · %s", cmp.Or(prose(message, maxMessage), "no message"), code(g.rule, maxName), g.extent())
	if g.remediation != "" {
		fmt.Fprintf(&head, "<br>To do: %s", prose(g.remediation, maxMessage))
	}
	head.WriteString("\n\n")
	shown := g.findings[:min(len(g.findings), shownPlaces)]
	for _, f := range shown {
		head.WriteString("- " + g.place(f) + "\n")
	}
	it := item{rank: r, n: g.total(), text: head.String(), without: "\n", folded: "\n"}
	if rest := g.findings[len(shown):]; len(rest) > 0 {
		it.without, it.folded, it.places = "- and "+more(len(rest), "place")+"\n\n", g.fold(rest), len(rest)
	}
	return it
}

// more counts what there is besides what is shown.
func more(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(n) + " more " + noun
}

// extent says how many findings there are, and in which environments.
func (g *group) extent() string {
	total, in := g.total(), "in "+names(g.environments)
	if g.old() > 0 {
		in += ", and in base"
	}
	switch {
	case total == 1:
		return in
	case len(g.findings) == 1 || len(g.findings) == total:
		return count(total, "finding") + " " + in
	}
	return fmt.Sprintf("%s at %s %s", count(total, "finding"), count(len(g.findings), "place"), in)
}

// fold lists more places, which are read on request.
func (g *group) fold(rest []*finding) string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n<details><summary>%s</summary>\n\n", more(len(rest), "place"))
	for i, f := range rest {
		if i == foldedPlaces {
			fmt.Fprintf(&out, "- and %s\n", more(len(rest)-i, "place"))
			break
		}
		out.WriteString("- " + g.place(f) + "\n")
	}
	return out.String() + "\n</details>\n\n"
}

// place is where a finding is: its line, and the object. Environments are named
// where they are not those of the whole group.
func (g *group) place(f *finding) string {
	where := "the environment as a whole"
	if f.Object != (verdict.Object{}) {
		where = cmp.Or(prose(object(f.Object), maxName), "an object without a name")
	}
	if f.Container != "" {
		where += ", container " + prose(f.Container, maxName)
	}
	switch {
	case f.Location != nil:
		where = cmp.Or(code(place(f.Location), maxPath), "a file without a name") + " " + where
	case f.Path != "":
		where += " " + code(f.Path, maxPath)
	}
	if len(f.environments) < len(g.environments) {
		where += ", in " + names(f.environments)
	}
	if g.pattern == "" && len(g.findings) > 1 && f.Message != "" {
		where += "<br>" + prose(f.Message, maxMessage)
	}
	return where
}
