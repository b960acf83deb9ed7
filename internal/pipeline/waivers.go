package pipeline

import (
	"cmp"
	"slices"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// policyRules are the rules of policies, sorted by ID: those of the judge, and
// the constraints that environments hold. Of several that share an ID the first
// describes it.
func policyRules(opts Options, own []verdict.Rule) []verdict.Rule {
	rules := slices.Clone(own)
	if opts.Judge != nil {
		rules = append(rules, opts.Judge.Rules()...)
	}
	slices.SortStableFunc(rules, func(a, b verdict.Rule) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(rules, func(a, b verdict.Rule) bool { return a.ID == b.ID })
}

// loadedRules are the rules by which the run judges, sorted by ID. An API server
// is asked about what changes only.
func loadedRules(opts Options, judged []verdict.Rule, waivers bool) []verdict.Rule {
	rules := slices.Clone(judged)
	if waivers {
		rules = append(rules, verdict.WaiverRules()...)
	}
	if opts.Trier != nil {
		for _, r := range dryrun.Rules() {
			r.OnChange = true
			rules = append(rules, r)
		}
	}
	slices.SortFunc(rules, func(a, b verdict.Rule) int { return cmp.Compare(a.ID, b.ID) })
	return rules
}

// sight is what a run looked at, as far as waivers go. Where a rule failed or a
// side did not render, a waiver that covers nothing may still be needed.
func sight(r *report.Report, opts Options, ledger []verdict.Entry) verdict.Sight {
	s := verdict.Sight{Now: opts.Now, Rules: r.Rules, All: opts.Environment == ""}
	for _, env := range r.Environments {
		failed := slices.ContainsFunc(ledger, func(e verdict.Entry) bool {
			return e.Environment == env.Name && e.Stage != verdict.StageDryRun && !e.Evaluated()
		})
		if env.Affected && !failed {
			s.Environments = append(s.Environments, env.Name)
		} else {
			s.All = false
		}
	}
	return s
}

// covered adds the lines of the environments up, and tells what of the findings is
// waived.
func covered(lines []verdict.Coverage, findings []verdict.Finding) []verdict.Coverage {
	lines = slices.SortedStableFunc(slices.Values(lines), func(a, b verdict.Coverage) int { return cmp.Compare(a.Rule, b.Rule) })
	var out []verdict.Coverage
	for _, line := range lines {
		if n := len(out); n > 0 && out[n-1].Rule == line.Rule {
			out[n-1] = out[n-1].Plus(line)
			continue
		}
		out = append(out, line)
	}
	verdict.Cover(out, findings)
	return out
}
