package checks

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-dev/penstock/checks/githubtest"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

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
