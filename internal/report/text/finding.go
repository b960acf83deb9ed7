package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/verdict"
)

// group is what one environment shows: its findings by object, worst first.
type group struct {
	objects []objectGroup
	index   map[verdict.Object]int
	// elsewhere counts findings that an earlier environment shows, by its name.
	elsewhere map[string]int
	// existing and absent count what is not shown without Verbose.
	existing, waived, absent int
	// remedies are the remediations already written, by rule.
	remedies map[[2]string]bool
}

type objectGroup struct {
	object   verdict.Object
	findings []*finding
}

// finding is a finding with the other environments that have the same one.
type finding struct {
	verdict.Finding
	also []string
}

// fold is what makes the findings of several environments one to a reader.
type fold struct {
	rule, container, path, message, remediation string
	level                                       verdict.Level
	baseline                                    verdict.Baseline
	object                                      verdict.Object
	place                                       string
}

func foldOf(f verdict.Finding) fold {
	return fold{f.Rule, f.Container, f.Path, f.Message, f.Remediation, f.Level, f.Baseline, f.Object, place(f.Location)}
}

// groups arranges the findings by environment. The order of the environments is
// that of the report, so that a folded finding stands where it is met first.
func (e *encoder) groups() map[string]*group {
	rank := map[string]int{}
	for i, env := range e.report.Environments {
		rank[env.Name] = i - len(e.report.Environments)
	}
	findings := slices.Clone(e.report.Findings)
	slices.SortStableFunc(findings, func(a, b verdict.Finding) int {
		return cmp.Compare(rank[a.Environment], rank[b.Environment])
	})
	all := map[string]*group{}
	first := map[fold]*finding{}
	for _, f := range findings {
		g := all[f.Environment]
		if g == nil {
			g = &group{index: map[verdict.Object]int{}, elsewhere: map[string]int{}, remedies: map[[2]string]bool{}}
			all[f.Environment] = g
		}
		if !e.shows(f) {
			switch {
			case f.Baseline == verdict.Absent:
				g.absent++
			case f.Waiver != nil:
				g.waived++
			default:
				g.existing++
			}
			continue
		}
		same, key := first[foldOf(f)], foldOf(f)
		if same != nil && same.Environment != f.Environment {
			same.also = append(same.also, f.Environment)
			g.elsewhere[same.Environment]++
			continue
		}
		first[key] = &finding{Finding: f}
		g.add(first[key])
	}
	return all
}

// shows says whether a finding is written or only counted. Those that base has
// as well are written when they refuse the change.
func (e *encoder) shows(f verdict.Finding) bool {
	return f.Baseline == verdict.New || e.opts.Verbose || verdict.Blocks(f, e.report.Gate)
}

func (g *group) add(f *finding) {
	i, there := g.index[f.Object]
	if !there {
		i = len(g.objects)
		g.index[f.Object] = i
		g.objects = append(g.objects, objectGroup{object: f.Object})
	}
	g.objects[i].findings = append(g.objects[i].findings, f)
}

// findings writes a group: objects with the worst finding first, the findings
// of each in the order of the report.
func (e *encoder) findings(g *group) {
	if g == nil {
		return
	}
	slices.SortStableFunc(g.objects, func(a, b objectGroup) int { return cmp.Compare(worst(a), worst(b)) })
	for _, o := range g.objects {
		e.blank()
		name := object(o.object)
		if name == "" {
			name = "the environment as a whole"
		}
		e.put(2, span{bold, name})
		for _, f := range o.findings {
			e.finding(g, f)
		}
	}
	e.foldedAway(g)
}

// worst ranks a group by its worst finding; what comes with the change goes
// before what base has as well.
func worst(o objectGroup) int {
	rank := 99
	for _, f := range o.findings {
		at, _ := severity(f.Level)
		if f.Baseline != verdict.New || f.Waiver != nil {
			at += 10
		}
		rank = min(rank, at)
	}
	return rank
}

// severity is the rank and colour of a level.
func severity(l verdict.Level) (int, string) {
	switch l {
	case verdict.Error:
		return 0, red
	case verdict.Warning:
		return 1, yellow
	}
	return 2, cyan
}

func (e *encoder) finding(g *group, f *finding) {
	const indent = 4 + len("warning  ")
	word, colour := string(f.Level), dim
	if f.Waiver != nil {
		word = "waived"
	} else {
		_, colour = severity(f.Level)
	}
	var about string
	if f.Container != "" {
		about += "  container " + clean(f.Container)
	}
	switch f.Baseline {
	case verdict.New:
	case verdict.Unchanged:
		about += "  (existing)"
	case verdict.Absent:
		about += "  (gone)"
	}
	where := place(f.Location)
	if where == "" && f.Object != (verdict.Object{}) {
		where = "(no source line is known)"
	}
	label := span{colour, fmt.Sprintf("%-9s", clean(word))}
	if where+about == "" {
		e.para(4, label, span{"", f.Message})
	} else {
		e.put(4, label, span{"", where}, span{dim, about})
		e.para(indent, span{}, span{"", f.Message})
	}
	rule := clean(f.Rule)
	if f.Path != "" {
		rule += "  " + clean(f.Path)
	}
	e.para(indent, span{}, span{dim, rule})
	if remedy := cmp.Or(f.Remediation, e.rules[f.Rule].Remediation); remedy != "" && !g.remedies[[2]string{f.Rule, remedy}] {
		g.remedies[[2]string{f.Rule, remedy}] = true
		e.para(indent, span{green, "→ "}, span{"", remedy})
	}
	if w := f.Waiver; w != nil {
		e.para(indent, span{}, span{dim, fmt.Sprintf("waived until %s by %s, %s: %s", w.Expires, w.Owner, place(&w.Location), w.Reason)})
	}
	if f.EffectiveOn != "" {
		e.para(indent, span{}, span{dim, "an error from " + f.EffectiveOn + " on"})
	}
	if len(f.also) > 0 {
		e.para(indent, span{}, span{dim, "also in " + list(f.also)})
	}
}

// foldedAway counts what the environment has and does not show here.
func (e *encoder) foldedAway(g *group) {
	var lines []string
	for _, env := range e.report.Environments {
		if n := g.elsewhere[env.Name]; n > 0 {
			lines = append(lines, fmt.Sprintf("%s the same as in %s, above", are(n, "finding"), clean(env.Name)))
		}
	}
	if g.existing > 0 {
		lines = append(lines, count(g.existing, "existing finding")+", not from this change (--verbose shows them)")
	}
	if g.waived > 0 {
		lines = append(lines, are(g.waived, "existing finding")+" waived (--verbose shows them)")
	}
	if g.absent > 0 {
		lines = append(lines, are(g.absent, "finding")+" gone with this change (--verbose shows them)")
	}
	if len(lines) > 0 {
		e.blank()
	}
	for _, line := range lines {
		e.para(2, span{}, span{dim, line})
	}
}

func are(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return count(n, noun) + " are"
}

// list writes each name once.
func list(names []string) string {
	var out []string
	for _, n := range names {
		if n = clean(n); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return strings.Join(out, ", ")
}

// place is file:line, in the form that terminals and editors open.
func place(l *verdict.Location) string {
	switch {
	case l == nil || l.File == "":
		return ""
	case l.Line == 0:
		return clean(l.File)
	}
	return fmt.Sprintf("%s:%d", clean(l.File), l.Line)
}
