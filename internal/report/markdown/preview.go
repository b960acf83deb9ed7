package markdown

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/penstock-dev/penstock/internal/report"
)

// preview is what becomes of the judgement itself once the change is merged.
func preview(p *report.Preview) section {
	if p == nil {
		return section{}
	}
	s := section{heading: "### Once this is merged\n\nThe change edits what changes are judged by. It is not judged by that itself.\n\n"}
	add := func(n int, format string, args ...any) {
		s.items = append(s.items, item{rank: rankPreview, n: n, text: "- " + fmt.Sprintf(format, args...) + "\n"})
	}
	for _, l := range []struct {
		names []string
		what  string
	}{
		{p.RulesAdded, "New rules"}, {p.RulesRemoved, "Rules gone"},
		{p.EnvironmentsAdded, "New environments"}, {p.EnvironmentsRemoved, "Environments gone"},
	} {
		if len(l.names) > 0 {
			add(len(l.names), "%s: %s", l.what, names(l.names))
		}
	}
	for _, l := range p.Lines() {
		first, sign, waived := l.Findings[0], "−", ""
		if l.Comes {
			sign = "+"
		}
		if l.Waived {
			waived = "waived "
		}
		where := []string{cmp.Or(object(first.Object), "the environment as a whole")}
		if at := place(first.Location); at != "" {
			where = append(where, code(at, maxPath))
		}
		what := "such as"
		if len(l.Findings) == 1 {
			what = "for"
		}
		add(len(l.Findings), "%s%s of %s in %s, %s %s: %s", sign, count(len(l.Findings), waived+prose(string(l.Level), maxName)),
			code(l.Rule, maxName), names(l.Environments), what, strings.Join(where, ", "), prose(first.Message, maxMessage))
	}
	if len(s.items) == 0 {
		add(1, "Nothing that is there is judged otherwise.")
	}
	return s
}
