package policies

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// doubling is Rego that takes twice as long to compile with each step.
func doubling(steps int) string {
	return "x := " + strings.Repeat("[y | y := ", steps) + "1" + strings.Repeat("]", steps)
}

// TestLoadWithoutEnd: rules that take twice as long to compile with each step are
// given up, and named. It is within the package, since nobody waits for the bound
// that holds outside.
func TestLoadWithoutEnd(t *testing.T) {
	text := "package main\ndeny contains \"x\" if " + doubling(14) + "\n"
	fsys := fstest.MapFS{"policies/rule.rego": {Data: []byte(text)}}
	_, err := new(Loader).within(t.Context(), 100*time.Millisecond, []Source{{Name: "policies", FS: fsys, Dir: "policies"}})
	if fault, ok := errors.AsType[*Error](err); !ok || fault.Hint == "" || err.Error() != "policies: loading the rules: it was given up after 100ms, which all rules share" {
		t.Errorf("got %v", err)
	}
}

// TestBounded: what crashes is an error that says so.
func TestBounded(t *testing.T) {
	_, err := bounded(t.Context(), &leftovers{}, func() (int, error) { panic("deep") })
	if err == nil || !hostile(err) || !strings.Contains(err.Error(), "it crashed what reads it: deep") {
		t.Errorf("got %v", err)
	}
}

// TestTemplateOfAnother: a caller who has no time left says nothing of the
// template, for which others wait on.
func TestTemplateOfAnother(t *testing.T) {
	cache := newTemplateCache(&leftovers{})
	rego := &gatekeeper.Rego{V1: true, Main: gatekeeper.Source{File: "t.yaml", Text: "package k8sslow\nviolation contains {\"msg\": \"x\"} if " + doubling(9) + "\n"}}
	hasty, cancel := patient(t.Context(), time.Millisecond)
	defer cancel()
	given, err := cache.get(hasty, rego)
	if err != nil || given.err == nil || !strings.Contains(given.err.Error(), "it was given up after 1ms") {
		t.Errorf("the first caller got %+v, %v", given, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := cache.get(gone, rego); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that was cancelled got %v", err)
	}
	ready, err := cache.get(t.Context(), rego)
	if err != nil || ready.err != nil {
		t.Fatalf("another environment got %v, %v", ready.err, err)
	}
	if again, err := cache.get(t.Context(), rego); err != nil || again != ready {
		t.Errorf("it was compiled again, %v", err)
	}
}

// TestTemplateForAll: all environments together wait for a template once.
func TestTemplateForAll(t *testing.T) {
	cache := newTemplateCache(&leftovers{})
	cache.limit = 20 * time.Millisecond
	release := make(chan struct{})
	defer close(release)
	forever := func() (*template, error) { <-release; return nil, nil }
	for range 2 * maxLeftovers {
		if _, err := cache.await(t.Context(), "k", forever); err == nil || err.Error() != "it was given up after 20ms, which all environments share" {
			t.Errorf("got %v", err)
		}
	}
	if n := cache.left.running.Load(); n != 1 {
		t.Errorf("%d of them are running", n)
	}
}

// TestCrowded: what was given up and does not end keeps more from being begun,
// until it ends.
func TestCrowded(t *testing.T) {
	loader := &Loader{}
	release := make(chan struct{})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range maxLeftovers {
		if _, err := bounded(gone, &loader.left, func() (int, error) { <-release; return 0, nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	rules := Source{Name: "policies", Dir: "policies", FS: fstest.MapFS{"policies/rule.rego": {Data: []byte("package main\ndeny contains \"x\" if true\n")}}}
	_, err := loader.Load(t.Context(), rules)
	if fault, ok := errors.AsType[*Error](err); !ok || !strings.Contains(fault.Hint, "start penstock again") ||
		err.Error() != "policies: loading the rules: it was not begun, since 3 others that were given up are still running" {
		t.Errorf("got %v", err)
	}
	close(release)
	for start := time.Now(); err != nil; _, err = loader.Load(t.Context(), rules) {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("they ended, and still: %v", err)
		}
		time.Sleep(time.Millisecond)
	}
}
