package verdict_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/internal/verdict"
)

func day(text string) time.Time {
	t, err := time.Parse(verdict.Date, text)
	if err != nil {
		panic(err)
	}
	return t
}

// TestWaive: on 2027-03-01, in a run that looked at prod and dev whole.
func TestWaive(t *testing.T) {
	privileged := verdict.Finding{
		Rule: "security/privileged", Level: verdict.Error, Baseline: verdict.New, Environment: "prod", Container: "agent",
		Path: "/spec/template/spec/containers/0/securityContext/privileged", Object: verdict.Object{APIVersion: "apps/v1", Kind: "DaemonSet", Namespace: "logs", Name: "agent"},
	}
	gone := privileged
	gone.Baseline = verdict.Absent
	service := verdict.Finding{Rule: "r", Level: verdict.Error, Baseline: verdict.New, Environment: "dev", Object: verdict.Object{APIVersion: "v1", Kind: "Service", Name: "a"}}
	waiver := func(edit func(*verdict.Waiver)) verdict.Waiver {
		w := verdict.Waiver{Rule: "security/privileged", Environment: "prod", Kind: "DaemonSet", Namespace: "logs", Name: "agent", Reason: "r", Owner: "o", Expires: day("2028-01-01")}
		edit(&w)
		return w
	}
	for _, tt := range []struct {
		name    string
		finding verdict.Finding
		edit    func(*verdict.Waiver)
		waived  bool
		says    string
	}{
		{"exact", privileged, func(*verdict.Waiver) {}, true, ""},
		{"patterns", privileged, func(w *verdict.Waiver) { w.Environment, w.Kind, w.Namespace, w.Name = "p*", "apps/*", "*", "ag?nt" }, true, ""},
		{"the container", privileged, func(w *verdict.Waiver) { w.Container = "agent" }, true, ""},
		{"another container", privileged, func(w *verdict.Waiver) { w.Container = "web" }, false, "waiver/unused prod"},
		{"what holds the value", privileged, func(w *verdict.Waiver) { w.Path = "/spec/template/spec/containers/0" }, true, ""},
		{"another value with the same beginning", privileged, func(w *verdict.Waiver) { w.Path = "/spec/template/spec/containers/0/sec" }, false, "waiver/unused prod"},
		{"another environment", privileged, func(w *verdict.Waiver) { w.Environment = "dev" }, false, "waiver/unused dev"},
		{"an environment that was not looked at", privileged, func(w *verdict.Waiver) { w.Environment = "staging" }, false, ""},
		{"a pattern of environments", privileged, func(w *verdict.Waiver) { w.Environment = "d*" }, false, "waiver/unused dev"},
		{"another namespace", privileged, func(w *verdict.Waiver) { w.Namespace = "" }, false, "waiver/unused prod"},
		{"another object", privileged, func(w *verdict.Waiver) { w.Name = "agen" }, false, "waiver/unused prod"},
		{"another group", privileged, func(w *verdict.Waiver) { w.Kind = "core/DaemonSet" }, false, "waiver/unused prod"},
		{"a core kind, without a namespace", service, func(w *verdict.Waiver) {
			*w = verdict.Waiver{Rule: "r", Environment: "dev", Kind: "core/Service", Name: "a", Expires: day("2028-01-01")}
		}, true, ""},
		{"a rule that is not there", privileged, func(w *verdict.Waiver) { w.Rule = "security/privilege" }, false, "waiver/unused prod"},
		{"a rule that cannot be waived", service, func(w *verdict.Waiver) {
			*w = verdict.Waiver{Rule: "strict", Environment: "dev", Kind: "*", Name: "*", Expires: day("2028-01-01")}
		}, false, "waiver/refused dev"},
		{"a rule on changes, which may be to come", privileged, func(w *verdict.Waiver) { w.Rule = "change/delete" }, false, ""},
		{"the last day", privileged, func(w *verdict.Waiver) { w.Expires = day("2027-03-02") }, true, "waiver/expiring prod"},
		{"the day after", privileged, func(w *verdict.Waiver) { w.Expires = day("2027-03-01") }, false, "waiver/expired prod"},
		{"30 days before its end", privileged, func(w *verdict.Waiver) { w.Expires = day("2027-03-31") }, true, "waiver/expiring prod"},
		{"31 days before its end", privileged, func(w *verdict.Waiver) { w.Expires = day("2027-04-01") }, true, ""},
		{"a finding that is gone", gone, func(*verdict.Waiver) {}, false, "waiver/unused prod"},
	} {
		findings := []verdict.Finding{tt.finding}
		sight := verdict.Sight{Now: day("2027-03-01"), Environments: []string{"prod", "dev"}, All: true, Rules: []verdict.Rule{
			{ID: "security/privileged"}, {ID: "r"}, {ID: "strict", NotWaivable: true}, {ID: "change/delete", OnChange: true}}}
		said := ""
		for _, f := range verdict.Waive(findings, []verdict.Waiver{waiver(tt.edit)}, sight) {
			said += fmt.Sprint(f.Rule, " ", f.Environment)
		}
		if waived := findings[0].Waiver != nil; waived != tt.waived || said != tt.says {
			t.Errorf("%s: waived %v, want %v; said %q, want %q", tt.name, waived, tt.waived, said, tt.says)
		}
		if blocks := verdict.Blocks(findings[0], verdict.GateNew); blocks != (!tt.waived && tt.finding.Baseline == verdict.New) {
			t.Errorf("%s: blocks %v", tt.name, blocks)
		}
	}
}

// TestWaiverRules: every rule that Waive gives is among WaiverRules.
func TestWaiverRules(t *testing.T) {
	var ids []string
	for _, r := range verdict.WaiverRules() {
		ids = append(ids, r.ID)
	}
	if !slices.IsSorted(ids) || len(ids) != 4 {
		t.Errorf("got %q", ids)
	}
}
