package checks

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/penstock-dev/penstock/checks/githubtest"
	"github.com/penstock-dev/penstock/internal/report"
)

func comments(t testing.TB, r *report.Report) []string {
	t.Helper()
	bodies, err := Comments(r, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return bodies
}

// large is a report that no comment can hold.
func large(t testing.TB) *report.Report {
	r := reportOf(t, 400, 0, "prod")
	r.Environments[0].Deltas[0].Diff = strings.Repeat("- a line that goes\n+ a line that comes\n", 1500)
	return r
}

func TestComments(t *testing.T) {
	if got := comments(t, reportOf(t, 1, 0, "dev")); len(got) != 1 || !strings.HasPrefix(got[0], "<!-- penstock comment penstock : 1 -->\n## Penstock: FAIL\n") {
		t.Errorf("got %q", got)
	}
	got := comments(t, large(t))
	if len(got) != 2 || len(got[0]) > maxComment || len(got[1]) > maxComment {
		t.Fatalf("got %d comments", len(got))
	}
	if !strings.HasPrefix(got[1], "<!-- penstock comment penstock : 2 -->\n### Changes (1)\n") || strings.Contains(got[0], "### Changes") {
		t.Errorf("the second is %.200q", got[1])
	}
}

// bodies is what there is, cut to what tells the comments apart.
func bodies(s *githubtest.Server) []string {
	var out []string
	for _, c := range s.Comments() {
		first, rest, _ := strings.Cut(c.Body, "\n")
		second, _, _ := strings.Cut(rest, "\n")
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s: %s %s", c.Login, strings.TrimSuffix(strings.TrimPrefix(first, "<!-- penstock comment "), " -->"), second)))
	}
	return out
}

func TestComment(t *testing.T) {
	for _, login := range []string{"", "octo-user"} {
		synctest.Test(t, func(t *testing.T) {
			s := serve(t)
			s.SetUser(login)
			me := login
			if me == "" {
				me = "penstock[bot]"
			}
			// Somebody forged the marker, and there are more comments than a page holds.
			s.AddComment(githubtest.Comment{Issue: 7, Login: "mallory", Body: marker("penstock", 1) + "## Penstock: PASS"})
			for i := range 120 {
				s.AddComment(githubtest.Comment{Issue: 7, Login: "someone", Body: fmt.Sprint(i)})
			}
			p := publisher(t, s, nil)
			steps := []struct {
				report *report.Report
				writes int
				want   []string
			}{
				{large(t), 2, []string{me + ": penstock : 1 ## Penstock: FAIL", me + ": penstock : 2 ### Changes (1)"}},
				{large(t), 2, []string{me + ": penstock : 1 ## Penstock: FAIL", me + ": penstock : 2 ### Changes (1)"}},
				{reportOf(t, 0, 0, "dev"), 4, []string{me + ": penstock : 1 ## Penstock: PASS"}},
			}
			for i, step := range steps {
				if err := p.Comment(t.Context(), target(), 7, "", comments(t, step.report)); err != nil {
					t.Fatal(err)
				}
				got := slices.DeleteFunc(bodies(s), func(b string) bool { return !strings.HasPrefix(b, me) })
				if !reflect.DeepEqual(got, step.want) || writes(s) != step.writes {
					t.Errorf("step %d of %q: got %q in %d writes, want %q", i, login, got, writes(s), step.want)
				}
			}
			if s.Comments()[0].Body != marker("penstock", 1)+"## Penstock: PASS" {
				t.Error("the comment of somebody else was changed")
			}
		})
	}
}

// TestCommentFaults strikes every call, and expects every comment once.
func TestCommentFaults(t *testing.T) {
	for call := range 10 {
		for _, f := range faults() {
			synctest.Test(t, func(t *testing.T) {
				s := serve(t)
				p := publisher(t, s, nil)
				s.Strike(call, f)
				for _, r := range []*report.Report{large(t), reportOf(t, 0, 0, "dev"), reportOf(t, 0, 0, "dev")} {
					if err := p.Comment(t.Context(), target(), 7, "", comments(t, r)); err != nil {
						t.Fatal(err)
					}
				}
				if got, want := bodies(s), []string{"penstock[bot]: penstock : 1 ## Penstock: PASS"}; !reflect.DeepEqual(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			})
			if t.Failed() {
				t.Fatalf("%s at call %d", f, call)
			}
		}
	}
}
