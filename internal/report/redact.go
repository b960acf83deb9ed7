package report

import "github.com/penstock-dev/penstock/internal/verdict"

// Redact hides what is secret in every text of a report, before it is decided,
// signed or encoded, so that no encoder can forget it. Names and places stay as
// they are: without them nobody finds what a report is about. Places that a rule
// gives were hidden when it was read.
func Redact(r *Report, hide func(string) string) {
	redactFindings(r.Findings, hide)
	if p := r.Preview; p != nil {
		redactFindings(p.Added, hide)
		redactFindings(p.Removed, hide)
	}
	for i := range r.NotEvaluated {
		r.NotEvaluated[i].Detail = hide(r.NotEvaluated[i].Detail)
	}
	for i := range r.Environments {
		for j := range r.Environments[i].Deltas {
			d := &r.Environments[i].Deltas[j]
			d.Diff = hide(d.Diff)
		}
		if b := r.Environments[i].Rollback; b != nil {
			b.Detail = hide(b.Detail)
			for j := range b.Obstacles {
				b.Obstacles[j].Message = hide(b.Obstacles[j].Message)
			}
		}
	}
	for i := range r.Rules {
		rule := &r.Rules[i]
		rule.Title, rule.Description, rule.Remediation = hide(rule.Title), hide(rule.Description), hide(rule.Remediation)
	}
	for i := range r.Verdict.Reasons {
		r.Verdict.Reasons[i] = hide(r.Verdict.Reasons[i])
	}
}

func redactFindings(findings []verdict.Finding, hide func(string) string) {
	for i := range findings {
		f := &findings[i]
		f.Message, f.Remediation = hide(f.Message), hide(f.Remediation)
		if f.Waiver != nil {
			w := *f.Waiver
			w.Reason, w.Owner = hide(w.Reason), hide(w.Owner)
			f.Waiver = &w
		}
	}
}
