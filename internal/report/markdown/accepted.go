package markdown

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// existing counts by rule the findings that base has as well, but for those that
// are shown as what refuses the change.
func existing(r *report.Report) section {
	type key struct {
		level verdict.Level
		rule  string
	}
	var keys []key
	total, found, in := 0, map[key]int{}, map[key][]string{}
	for _, f := range r.Findings {
		if f.Waiver != nil || f.Baseline != verdict.Unchanged || refuses(r, f) {
			continue
		}
		k := key{f.Level, f.Rule}
		if found[k]++; found[k] == 1 {
			keys = append(keys, k)
		}
		if !slices.Contains(in[k], f.Environment) {
			in[k] = append(in[k], f.Environment)
		}
		total++
	}
	slices.SortStableFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(levelRank(a.level), levelRank(b.level)), cmp.Compare(found[b], found[a]), cmp.Compare(a.rule, b.rule))
	})
	s := section{heading: fmt.Sprintf("### Existing, in base as well (%s)\n\n", thousands(total))}
	for _, k := range keys {
		s.items = append(s.items, item{rank: rankExisting, n: found[k], text: fmt.Sprintf("- %s of %s in %s\n",
			count(found[k], cmp.Or(prose(string(k.level), maxName), "finding")), code(k.rule, maxName), names(in[k]))})
	}
	return s
}

func levelRank(l verdict.Level) int {
	if i := slices.Index([]verdict.Level{verdict.Error, verdict.Warning}, l); i >= 0 {
		return i
	}
	return 2
}

// waived counts the findings that a waiver covers, and says whose it is.
func waived(r *report.Report) section {
	type key struct {
		rule   string
		waiver verdict.Waived
	}
	var keys []key
	total, found, in := 0, map[key]int{}, map[key][]string{}
	for _, f := range r.Findings {
		if f.Waiver == nil || f.Baseline == verdict.Absent {
			continue
		}
		k := key{f.Rule, *f.Waiver}
		if found[k]++; found[k] == 1 {
			keys = append(keys, k)
		}
		if !slices.Contains(in[k], f.Environment) {
			in[k] = append(in[k], f.Environment)
		}
		total++
	}
	s := section{heading: fmt.Sprintf("### Waived (%s)\n\n", thousands(total))}
	for _, k := range keys {
		s.items = append(s.items, item{rank: rankWaived, n: found[k], text: fmt.Sprintf("- %s of %s in %s: %s<br>%s until %s, %s\n",
			count(found[k], "finding"), code(k.rule, maxName), names(in[k]), prose(k.waiver.Reason, maxMessage),
			cmp.Or(prose(k.waiver.Owner, maxName), "nobody"), cmp.Or(prose(k.waiver.Expires, maxName), "?"), cmp.Or(code(place(&k.waiver.Location), maxPath), "?"))})
	}
	return s
}
