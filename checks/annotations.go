package checks

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/report/markdown"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// Annotation is a finding at a line of a file of the repository.
type Annotation struct {
	Path string
	Line int
	// Level is failure, warning or notice.
	Level          string
	Title, Message string
	// environments are those that have the finding.
	environments []string
}

// batch is how many annotations GitHub takes in one request.
const batch = 50

// maxMessage is far below GitHub's 64 KB, so that a batch stays small.
const maxMessage = 4 << 10

// annotations are the findings that have a place, the worst first. One finding
// of several environments is one annotation. Findings that base has as well are
// in only when they are what refuses the change, as in the summary.
func annotations(r *report.Report) []Annotation {
	remedies := map[string]string{}
	for _, rule := range r.Rules {
		remedies[rule.ID] = rule.Remediation
	}
	type key struct {
		rule, message string
		level         verdict.Level
		object        verdict.Object
		container     string
		at            verdict.Location
	}
	index := map[key]int{}
	var out []Annotation
	for _, f := range r.Findings {
		if f.Waiver != nil || f.Baseline != verdict.New && !verdict.Blocks(f, r.Gate) || f.Location == nil || !inRepository(f.Location.File) {
			continue
		}
		k := key{f.Rule, f.Message, f.Level, f.Object, f.Container, *f.Location}
		i, found := index[k]
		if !found {
			i = len(out)
			index[k] = i
			out = append(out, Annotation{
				Path: f.Location.File, Line: max(1, f.Location.Line), Level: level(f.Level),
				Title:   markdown.Plain(oneLine(strings.TrimSpace(f.Rule+" "+object(f))), maxTitle),
				Message: message(f, cmp.Or(f.Remediation, remedies[f.Rule])),
			})
		}
		if !slices.Contains(out[i].environments, f.Environment) {
			out[i].environments = append(out[i].environments, f.Environment)
		}
	}
	for i := range out {
		out[i].Message += where(out[i].environments)
	}
	slices.SortStableFunc(out, func(a, b Annotation) int { return cmp.Compare(rank(a.Level), rank(b.Level)) })
	return out
}

// take parts the annotations of one environment alone from the others.
func take(all []Annotation, env string) (own, others []Annotation) {
	for _, a := range all {
		if len(a.environments) == 1 && a.environments[0] == env {
			own = append(own, a)
		} else {
			others = append(others, a)
		}
	}
	return own, others
}

// inRepository reports whether a name can be that of a file of the repository.
// GitHub refuses the whole batch for one that cannot.
func inRepository(file string) bool {
	return file != "" && file != "." && path.Clean(file) == file && !path.IsAbs(file) && file != ".." && !strings.HasPrefix(file, "../") &&
		len(file) < 4096 && !strings.ContainsFunc(file, func(r rune) bool { return r < ' ' || r == '\uFFFD' })
}

func level(l verdict.Level) string {
	switch l {
	case verdict.Error:
		return "failure"
	case verdict.Warning:
		return "warning"
	}
	return "notice"
}

func rank(level string) int { return slices.Index([]string{"failure", "warning", "notice"}, level) }

func message(f verdict.Finding, remediation string) string {
	s := markdown.Plain(cmp.Or(strings.TrimSpace(f.Message), "the rule is violated"), maxMessage/2)
	if remediation != "" {
		s += "\n" + markdown.Plain("To do: "+remediation, maxMessage/4)
	}
	return s
}

// where is the line of a message that names environments, some of them.
func where(environments []string) string {
	const some = 10
	more := ""
	if len(environments) > some {
		environments, more = environments[:some], fmt.Sprintf(" and %d more", len(environments)-some)
	}
	names := oneLine(strings.Join(environments, ", "))
	if names == "" {
		return ""
	}
	return "\n" + markdown.Plain("In "+names, maxMessage/8) + more
}

// object is the object of a finding for people: "Deployment shop/web".
func object(f verdict.Finding) string {
	name := f.Object.Name
	if f.Object.Namespace != "" {
		name = f.Object.Namespace + "/" + name
	}
	return strings.TrimSpace(f.Object.Kind + " " + name)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
