package checks

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-dev/penstock/checks/githubtest"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
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

// faults are all that can happen to one call.
func faults() []githubtest.Fault {
	all := []githubtest.Fault{{When: githubtest.Before, Kind: githubtest.Stale}, {When: githubtest.Before, Kind: githubtest.Primary}}
	for _, kind := range []githubtest.Kind{githubtest.Drop, githubtest.Broken, githubtest.Gateway, githubtest.Secondary, githubtest.TooMany, githubtest.Timeout} {
		all = append(all, githubtest.Fault{When: githubtest.Before, Kind: kind}, githubtest.Fault{When: githubtest.After, Kind: kind})
	}
	return all
}

// TestFaults strikes every call of a publishing with every fault, alone and
// with a stale read right after it, and publishes again as a restart would.
func TestFaults(t *testing.T) {
	// 60 shared warnings make the check itself take two requests.
	r := reportOf(t, 2, 0, "dev", "prod")
	for i := range 60 {
		for _, env := range []string{"dev", "prod"} {
			r.Findings = append(r.Findings, verdict.Finding{Rule: "shared", Level: verdict.Warning, Environment: env, Message: "both", Baseline: verdict.New,
				Location: &verdict.Location{File: "apps/base.yaml", Line: i + 1}})
		}
	}
	settle(r)
	for _, passes := range []bool{false, true} {
		if passes {
			r.Findings = slices.DeleteFunc(r.Findings, func(f verdict.Finding) bool { return f.Level == verdict.Error })
			settle(r)
		}
		runs := plan(t, r, Options{})
		calls := 0
		synctest.Test(t, func(t *testing.T) {
			s := serve(t)
			if _, err := publisher(t, s, nil).Publish(t.Context(), target(), runs); err != nil {
				t.Fatal(err)
			}
			calls = len(s.Calls())
		})
		for call := range calls {
			for _, f := range faults() {
				for _, stale := range []bool{false, f.When == githubtest.After} {
					synctest.Test(t, func(t *testing.T) { strike(t, runs, call, f, stale) })
					if t.Failed() {
						t.Fatalf("%s at call %d of %d (then stale: %v, passes: %v)", f, call, calls, stale, passes)
					}
				}
			}
		}
		t.Logf("passes %v: %d calls, %d faults each", passes, calls, 2*len(faults()))
	}
}

func strike(t *testing.T, runs []Run, call int, f githubtest.Fault, stale bool) {
	s := serve(t)
	s.Strike(call, f)
	if stale {
		s.Strike(call+1, githubtest.Fault{When: githubtest.Before, Kind: githubtest.Stale})
	}
	_, err := publisher(t, s, nil).Publish(t.Context(), target(), runs)
	if err != nil {
		t.Errorf("one fault is not overcome: %v", err)
	}
	if err := asPlanned(s, runs); err != nil {
		t.Error(err)
	}
	if _, err := publisher(t, s, nil).Publish(t.Context(), target(), runs); err != nil {
		t.Errorf("again: %v", err)
	}
	if err := asPlanned(s, runs); err != nil {
		t.Errorf("again: %v", err)
	}
}

// asPlanned looks at what there is: of every name one run, as planned, with
// every annotation once; anything else with that name is cancelled or timed out.
func asPlanned(s *githubtest.Server, runs []Run) error {
	for _, want := range runs {
		live := 0
		for _, r := range s.Runs() {
			if r.Name != want.Name {
				continue
			}
			switch {
			case r.Status != "completed":
				return fmt.Errorf("%s stays %s", r.Name, r.Status)
			case r.Conclusion == string(Cancelled) || r.Conclusion == string(TimedOut):
			case r.Conclusion != string(want.Conclusion):
				return fmt.Errorf("%s is %s", r.Name, r.Conclusion)
			default:
				live++
			}
			if r.Conclusion == string(want.Conclusion) {
				if len(r.Annotations) != len(want.Annotations) {
					return fmt.Errorf("%s has %d annotations, and not %d", r.Name, len(r.Annotations), len(want.Annotations))
				}
				for i, a := range r.Annotations {
					if a.StartLine != want.Annotations[i].Line || a.Message != want.Annotations[i].Message {
						return fmt.Errorf("%s: annotation %d is %v", r.Name, i, a)
					}
				}
			}
		}
		if live != 1 {
			return fmt.Errorf("%s is there %d times: %q", want.Name, live, shown(s))
		}
	}
	return nil
}

// TestKill ends the process at every call, before and after its effect, and
// publishes again, also when GitHub does not show the last write yet. Nothing
// that was seen in between is a success that the report does not have.
func TestKill(t *testing.T) {
	for _, r := range []*report.Report{reportOf(t, 70, 0, "dev", "prod"), reportOf(t, 0, 3, "dev", "prod")} {
		for _, opts := range []Options{{}, {Alone: true}} {
			runs := plan(t, r, opts)
			for call := range 10 {
				for _, f := range []githubtest.Fault{{}, {When: githubtest.After, Kind: githubtest.Drop}} {
					for stale := range 4 {
						synctest.Test(t, func(t *testing.T) { kill(t, runs, call, f, stale) })
						if t.Failed() {
							t.Fatalf("killed at call %d, %s, then stale at %d; %d runs", call, f, stale, len(runs))
						}
					}
				}
			}
		}
	}
}

func kill(t *testing.T, runs []Run, call int, f githubtest.Fault, stale int) {
	s := serve(t)
	s.Strike(call, f)
	dies := call
	if f.Kind != "" {
		dies++
	}
	_, _ = publisher(t, s, func(n int) bool { return n >= dies }).Publish(t.Context(), target(), runs)
	for _, run := range s.Runs() {
		if run.Conclusion == string(Success) && runs[0].Conclusion != Success {
			t.Errorf("%s is a false success", run.Name)
		}
	}
	s.Strike(len(s.Calls())+stale, githubtest.Fault{When: githubtest.Before, Kind: githubtest.Stale})
	if _, err := publisher(t, s, nil).Publish(t.Context(), target(), runs); err != nil {
		t.Error(err)
	}
	if err := asPlanned(s, runs); err != nil {
		t.Error(err)
	}
}

// TestOutage: GitHub fails for longer than the deadline, or than the user waits.
func TestOutage(t *testing.T) {
	for _, tt := range []struct {
		name    string
		outage  githubtest.Kind
		from    int
		calls   int
		patient time.Duration
		want    string
	}{
		// Calls 0 and 1 look, 2 makes the check; after that it fails.
		{"the deadline", githubtest.Timeout, 3, 20, 0, "penstock completed timed_out 0"},
		{"an interrupt", githubtest.Timeout, 3, 2, 40 * time.Second, "penstock completed cancelled 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(t)
				for call := tt.from; call < tt.from+tt.calls; call++ {
					s.Strike(call, githubtest.Fault{When: githubtest.Before, Kind: tt.outage})
				}
				ctx := t.Context()
				if tt.patient > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithCancel(ctx)
					time.AfterFunc(tt.patient, cancel)
				}
				runs := plan(t, reportOf(t, 0, 0, "a", "b", "c", "d", "e", "f"), Options{})
				_, err := publisher(t, s, nil).Publish(ctx, target(), runs)
				if err == nil {
					t.Error("there is no error")
				}
				if got := shown(s); got[0] != tt.want {
					t.Errorf("got %q after %d calls, want %q: %v", got, len(s.Calls()), tt.want, err)
				}
				// Publishing again makes the check anew: what is completed stays so.
				if _, err := publisher(t, s, nil).Publish(t.Context(), target(), runs); err != nil {
					t.Fatal(err)
				}
				if err := asPlanned(s, runs); err != nil {
					t.Error(err)
				}
			})
		})
	}
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
