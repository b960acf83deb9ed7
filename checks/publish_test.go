package checks

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-dev/penstock/checks/githubtest"
	"github.com/penstock-dev/penstock/internal/report"
)

func target() Target { return Target{Owner: "octo", Repo: "shop", SHA: headSHA} }

// serve is a GitHub that knows the commit. What it would not take fails the test.
func serve(t testing.TB) *githubtest.Server {
	t.Helper()
	s, err := githubtest.New(func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	s.AddPull(githubtest.Pull{Number: 7, Head: headSHA, Base: strings.Repeat("0b", 20), Merge: strings.Repeat("0c", 20)})
	return s
}

// publisher reaches a server without a network. kill, where it is not nil, says
// at which call the process dies.
func publisher(t testing.TB, s *githubtest.Server, kill func(int) bool) *Publisher {
	t.Helper()
	p, err := NewPublisher(ClientOptions{Token: githubtest.Token, Transport: &githubtest.RoundTripper{Server: s, Kill: kill}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shown is what there is, as one line each.
func shown(s *githubtest.Server) []string {
	var out []string
	for _, r := range s.Runs() {
		out = append(out, fmt.Sprintf("%s %s %s %d", r.Name, r.Status, r.Conclusion, len(r.Annotations)))
	}
	return out
}

func writes(s *githubtest.Server) int {
	n := 0
	for _, c := range s.Calls() {
		if c.Changed {
			n++
		}
	}
	return n
}

func TestPublish(t *testing.T) {
	for _, tt := range []struct {
		name   string
		report *report.Report
		writes int
		want   []string
	}{
		{"nothing affected is one write", reportOf(t, 0, 0), 1, []string{"penstock completed failure 0"}},
		{"two environments are four", reportOf(t, 1, 2, "dev", "prod"), 4, []string{
			"penstock completed failure 0", "penstock / dev completed failure 3", "penstock / prod completed failure 3"}},
		{"pass", reportOf(t, 0, 60, "dev"), 3, []string{"penstock completed success 0", "penstock / dev completed success 50"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(t)
				runs := plan(t, tt.report, Options{})
				posted, err := publisher(t, s, nil).Publish(t.Context(), target(), runs)
				if err != nil {
					t.Fatal(err)
				}
				if got := shown(s); !reflect.DeepEqual(got, tt.want) {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				if len(posted) != len(runs) || writes(s) != tt.writes {
					t.Errorf("%d runs are said to be posted, with %d writes", len(posted), writes(s))
				}
				if took := time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)); took > 0 {
					t.Errorf("it waited for %s", took)
				}
				// Again, as after a restart: nothing is written.
				if _, err := publisher(t, s, nil).Publish(t.Context(), target(), runs); err != nil || writes(s) != tt.writes {
					t.Errorf("again: %v, %d writes", err, writes(s))
				}
			})
		})
	}
}

// TestPublishManyAnnotations expects batches of 50, each once, in order.
func TestPublishManyAnnotations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		runs := plan(t, reportOf(t, 300, 0, "prod"), Options{Alone: true})
		if _, err := publisher(t, s, nil).Publish(t.Context(), target(), runs); err != nil {
			t.Fatal(err)
		}
		if got, want := shown(s), []string{"penstock completed failure 200"}; !reflect.DeepEqual(got, want) || writes(s) != 5 {
			t.Errorf("got %q in %d writes, want %q", got, writes(s), want)
		}
		for i, a := range s.Runs()[0].Annotations {
			if a.StartLine != i+1 {
				t.Fatalf("annotation %d is at line %d", i, a.StartLine)
			}
		}
		if run := s.Runs()[0]; run.Title != "Fail: 300 errors" || !strings.Contains(run.Summary, "the worst 200 of 300") || run.Text == "" {
			t.Errorf("the check shows %q, %q", run.Title, run.Summary)
		}
	})
}

// TestLimitBeyondTheDeadline fails at once, and says until when.
func TestLimitBeyondTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		for call := range 40 {
			s.Strike(call, githubtest.Fault{When: githubtest.Before, Kind: githubtest.Secondary})
		}
		begin := time.Now()
		_, err := publisher(t, s, nil).Publish(t.Context(), target(), plan(t, reportOf(t, 0, 0, "dev"), Options{}))
		var limit *LimitError
		if !errors.As(err, &limit) || limit.UserHint() == "" || len(s.Calls()) > tries {
			t.Errorf("got %v after %d calls", err, len(s.Calls()))
		}
		if took := time.Since(begin); took > Deadline {
			t.Errorf("it took %s", took)
		}
	})
}

// TestAttempts: another report of the same commit is another attempt.
func TestAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		first := reportOf(t, 1, 0, "dev", "prod")
		second := reportOf(t, 0, 0, "dev")
		second.Timing.Started = started.Add(time.Minute)
		// The first dies with the check in progress.
		_, _ = publisher(t, s, func(n int) bool { return n >= 4 }).Publish(t.Context(), target(), plan(t, first, Options{}))
		if _, err := publisher(t, s, nil).Publish(t.Context(), target(), plan(t, second, Options{})); err != nil {
			t.Fatal(err)
		}
		want := []string{"penstock completed cancelled 0", "penstock / dev completed failure 1", "penstock completed success 0", "penstock / dev completed success 0"}
		if got := shown(s); !reflect.DeepEqual(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		// The older report comes late: its verdict must not come back.
		_, err := publisher(t, s, nil).Publish(t.Context(), target(), plan(t, first, Options{}))
		if err == nil || !strings.Contains(err.Error(), "a newer report is posted already") || len(s.Runs()) != 4 {
			t.Errorf("got %v", err)
		}
	})
}

// TestNewerAttempt: what a newer attempt has in progress is left to it.
func TestNewerAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		s.AddRun(githubtest.Run{Name: "penstock / prod", HeadSHA: headSHA, Status: "in_progress", ExternalID: attemptPrefix + "20000101T000000.000Z:00:0"})
		if _, err := publisher(t, s, nil).Publish(t.Context(), target(), plan(t, reportOf(t, 0, 0, "dev"), Options{})); err != nil {
			t.Fatal(err)
		}
		want := []string{"penstock / prod in_progress  0", "penstock completed success 0", "penstock / dev completed success 0"}
		if got := shown(s); !reflect.DeepEqual(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestSupersede(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		old := strings.Repeat("ab", 20)
		mine := attemptPrefix + "19990101T000000.000Z:00:0"
		s.AddRun(githubtest.Run{Name: "penstock", HeadSHA: old, Status: "in_progress", ExternalID: mine})
		s.AddRun(githubtest.Run{Name: "penstock / dev", HeadSHA: old, Status: "queued", ExternalID: mine})
		s.AddRun(githubtest.Run{Name: "penstock / prod", HeadSHA: old, Status: "completed", Conclusion: "success", ExternalID: mine})
		s.AddRun(githubtest.Run{Name: "build", HeadSHA: old, Status: "in_progress", ExternalID: mine})
		s.AddRun(githubtest.Run{Name: "penstock", HeadSHA: old, Status: "in_progress", App: 5})
		t1 := target()
		t1.SHA = old
		if err := publisher(t, s, nil).Supersede(t.Context(), t1, "penstock", headSHA); err != nil {
			t.Fatal(err)
		}
		want := []string{"penstock completed cancelled 0", "penstock / dev completed cancelled 0", "penstock / prod completed success 0", "build in_progress  0", "penstock in_progress  0"}
		if got := shown(s); !reflect.DeepEqual(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := s.Runs()[0].Title; got != "Superseded by 1a2b3c4" {
			t.Errorf("got %q", got)
		}
	})
}

// TestForeignRuns: a run of another App is not touched where the own is known.
func TestForeignRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		runs := plan(t, reportOf(t, 0, 0), Options{})
		s.AddRun(githubtest.Run{Name: "penstock", HeadSHA: headSHA, Status: "completed", Conclusion: "failure", App: 5, ExternalID: identity(runs[0].Attempt, 0)})
		own := target()
		own.App = githubtest.App
		if _, err := publisher(t, s, nil).Publish(t.Context(), own, runs); err != nil {
			t.Fatal(err)
		}
		if got := s.Runs(); len(got) != 2 || got[1].App != githubtest.App {
			t.Errorf("got %v", got)
		}
	})
}

// TestPages: what is there is found behind many runs of others.
func TestPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		runs := plan(t, reportOf(t, 1, 0, "dev"), Options{})
		if _, err := publisher(t, s, nil).Publish(t.Context(), target(), runs); err != nil {
			t.Fatal(err)
		}
		for i := range 250 {
			s.AddRun(githubtest.Run{Name: fmt.Sprintf("build %d", i), HeadSHA: headSHA, Status: "completed", Conclusion: "success"})
		}
		before := writes(s)
		if _, err := publisher(t, s, nil).Publish(t.Context(), target(), runs); err != nil || writes(s) != before {
			t.Errorf("got %v and %d writes", err, writes(s)-before)
		}
	})
}

// TestErrorsSayWhatToDo, and never the token.
func TestErrorsSayWhatToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		runs := plan(t, reportOf(t, 0, 0), Options{})
		check := func(what, want string, err error) {
			t.Helper()
			var hint interface{ UserHint() string }
			if err == nil || !errors.As(err, &hint) || !strings.Contains(hint.UserHint(), want) {
				t.Errorf("%s: got %v, want a hint with %q", what, err, want)
			}
			if text := fmt.Sprintf("%v %+v %#v", err, err, err); err != nil && strings.Contains(text, githubtest.Token) {
				t.Errorf("%s: the token is in %s", what, text)
			}
		}
		unknown := target()
		unknown.SHA = strings.Repeat("9", 40)
		_, err := publisher(t, s, nil).Publish(t.Context(), unknown, runs)
		check("an unknown commit", "--sha", err)
		p, err := NewPublisher(ClientOptions{Token: "ghs_wrong", Transport: &githubtest.RoundTripper{Server: s}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Publish(t.Context(), target(), runs)
		check("a wrong token", "GITHUB_TOKEN", err)
		_, err = publisher(t, s, func(int) bool { return true }).Publish(t.Context(), target(), runs)
		if err == nil || strings.Contains(err.Error(), githubtest.Token) {
			t.Errorf("got %v", err)
		}
		for _, o := range []ClientOptions{
			{Token: ""}, {Token: "a b"}, {Token: githubtest.Token, API: "http://github.example.com"},
			{Token: githubtest.Token, API: "https://user:" + githubtest.Token + "@github.example.com"}, {Token: githubtest.Token, API: "://" + githubtest.Token},
		} {
			_, err := NewPublisher(o)
			check(o.API, "GITHUB_", err)
		}
	})
}
