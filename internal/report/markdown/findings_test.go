package markdown_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/report/markdown"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// many is a report with n findings of a few rules in each environment. Most are
// the same everywhere; every seventh is in a file of the environment alone, every
// tenth is in base as well, and every thirteenth is waived.
func many(n int, environments ...string) *report.Report {
	r := &report.Report{Rules: []verdict.Rule{
		{ID: "images/digest", Title: "Images have a digest", Level: verdict.Error},
		{ID: "resources/limit", Title: "Containers have a limit", Level: verdict.Warning, Remediation: "Set resources.limits.memory."},
		{ID: "labels/team", Title: "Objects have a team", Level: verdict.Note},
	}}
	for _, env := range environments {
		r.Environments = append(r.Environments, report.Environment{Name: env, Affected: true, Objects: n})
		for i := range n {
			name := fmt.Sprintf("svc-%d", i)
			f := verdict.Finding{
				Stage: verdict.StagePolicy, Environment: env, Baseline: verdict.New, Container: []string{"web", "proxy"}[i%2],
				Object:   verdict.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: name},
				Location: &verdict.Location{File: "apps/" + name + "/web.yaml", Line: 10 + i},
			}
			switch i % 6 {
			case 0:
				f.Rule, f.Level, f.Message = "images/digest", verdict.Error, fmt.Sprintf("%s runs 1.%d, which has no digest", f.Container, i)
			case 1:
				f.Rule, f.Level, f.Message = "labels/team", verdict.Note, fmt.Sprintf("Deployment %q has no team", name)
			default:
				f.Rule, f.Level, f.Message = "resources/limit", verdict.Warning, fmt.Sprintf("container %q has no limit", f.Container)
			}
			if i%7 == 6 {
				f.Location.File = "overlays/" + env + "/" + name + ".yaml"
			}
			if i%10 == 9 {
				f.Baseline = verdict.Unchanged
			}
			if i%13 == 12 {
				f.Waiver = &verdict.Waived{Reason: "the chart is replaced", Owner: "team-shop", Expires: "2027-01-31", Location: verdict.Location{File: ".penstock.yaml", Line: 8}}
			}
			r.Findings = append(r.Findings, f)
		}
	}
	verdict.SortFindings(r.Findings)
	r.Counts = report.Tally(r)
	r.Verdict = verdict.Decide(verdict.Case{Findings: r.Findings, Environments: len(environments), Affected: len(environments), Rules: 3})
	return r
}

var (
	extent = regexp.MustCompile(`</code> · (?:([0-9,]+) findings?(?: at [0-9,]+ places?)? )?in `)
	left   = regexp.MustCompile(`([0-9,]+) (?:error|warning|note)s?[,.]`)
	// accepted are the lines of what base has as well, and of what is waived.
	accepted = regexp.MustCompile(`(?m)^- ([0-9,]+) (?:error|warning|note|finding)s? of `)
	gone     = regexp.MustCompile(`([0-9,]+) findings? (?:of base|under a waiver)`)
)

// sum adds the numbers that a pattern finds; one without a number counts one.
func sum(t *testing.T, re *regexp.Regexp, text string) int {
	t.Helper()
	n := 0
	for _, m := range re.FindAllStringSubmatch(text, -1) {
		if m[1] == "" {
			n++
			continue
		}
		k, err := strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
		if err != nil {
			t.Fatal(err)
		}
		n += k
	}
	return n
}

// TestEveryFindingIsCounted expects what groups hold and what was left out to be
// all there is, whatever the size of the report and its limit.
func TestEveryFindingIsCounted(t *testing.T) {
	for _, n := range []int{1, 13, 500, 2000} {
		for _, envs := range [][]string{{"prod"}, {"dev", "prod-eu", "prod-us", "staging"}} {
			r := many(n, envs...)
			for _, limit := range []int{markdown.MinBytes, 6000, 20_000, markdown.CheckRunLimit, markdown.JobSummaryLimit} {
				got := encode(t, r, markdown.Options{MaxBytes: limit})
				if err := check(got); err != nil {
					t.Fatalf("%d findings, limit %d: %v", n, limit, err)
				}
				notice := ""
				if m := regexp.MustCompile(`(?m)^\*\*Left out.*$`).FindString(got); m != "" {
					notice = m
				}
				c := r.Counts
				if shown, out := sum(t, extent, got), sum(t, left, notice); len(got) > limit || shown+out != c.Errors+c.Warnings+c.Notes {
					t.Errorf("%d findings in %v, limit %d: %d bytes, %d are there and %d left out, of %d", n, envs, limit, len(got), shown, out, c.Errors+c.Warnings+c.Notes)
				}
				if shown, out := sum(t, accepted, got), sum(t, gone, notice); shown+out != c.Existing+c.Waived {
					t.Errorf("%d findings in %v, limit %d: %d of base or waived are there and %d left out, of %d", n, envs, limit, shown, out, c.Existing+c.Waived)
				}
			}
		}
	}
}

// TestOneRuleIsOneGroup expects what a thousand objects have alike to be said once.
func TestOneRuleIsOneGroup(t *testing.T) {
	got := encode(t, many(1000, "prod"), markdown.Options{MaxBytes: markdown.JobSummaryLimit})
	for _, once := range []string{
		"**container \"…\" has no limit**<br><code>resources/limit</code> · 554 findings in prod<br>To do: Set resources.limits.memory.\n",
		"**Deployment \"…\" has no team**", "**Images have a digest**",
		"<summary>549 more places</summary>", "- and 349 more places\n",
		"- <code>apps/svc-0/web.yaml:10</code> Deployment.apps shop/svc-0, container web<br>web runs 1.0, which has no digest\n",
	} {
		if n := strings.Count(got, once); n != 1 {
			t.Errorf("%q is there %d times", once, n)
		}
	}
}

// TestEnvironmentsAreNamedWhereTheyDiffer expects a line for a place that several
// environments share, and the environment where it has the place alone.
func TestEnvironmentsAreNamedWhereTheyDiffer(t *testing.T) {
	got := encode(t, many(7, "dev", "prod"), markdown.Options{})
	for _, want := range []string{
		"- <code>apps/svc-2/web.yaml:12</code> Deployment.apps shop/svc-2, container web\n",
		"- <code>overlays/dev/svc-6.yaml:16</code> Deployment.apps shop/svc-6, container web, in dev\n",
		"<code>resources/limit</code> · 8 findings at 4 places in dev, prod<br>",
		"<code>images/digest</code> · 2 findings in dev, prod\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestGateAll expects what refuses the change to be shown, with what is new first.
func TestGateAll(t *testing.T) {
	r := many(60, "prod")
	r.Gate = verdict.GateAll
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Rule == "images/digest" && f.Location.Line > 40 {
			f.Baseline = verdict.Unchanged
		}
	}
	got := encode(t, r, markdown.Options{})
	fresh, old := strings.Index(got, "· 5 findings in prod\n"), strings.Index(got, "· 4 findings in prod, and in base\n")
	if fresh < 0 || old < fresh {
		t.Errorf("new findings are at %d, those of base at %d in\n%s", fresh, old, got)
	}
}
