package policies

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// TestLoadWithoutEnd: rules that take twice as long to compile with each step are
// given up, and named. It is within the package, since nobody waits for the bound
// that holds outside.
func TestLoadWithoutEnd(t *testing.T) {
	text := "package main\ndeny contains \"x\" if x := " + strings.Repeat("[y | y := ", 14) + "1" + strings.Repeat("]", 14) + "\n"
	fsys := fstest.MapFS{"policies/rule.rego": {Data: []byte(text)}}
	_, err := loadWithin(100*time.Millisecond, []Source{{Name: "policies", FS: fsys, Dir: "policies"}})
	if fault, ok := errors.AsType[*Error](err); !ok || fault.Hint == "" || err.Error() != "policies: loading the rules: it was given up after 100ms, which all rules share" {
		t.Errorf("got %v", err)
	}
}

// TestBounded: what crashes is an error that says so.
func TestBounded(t *testing.T) {
	_, err := bounded(t.Context(), func() (int, error) { panic("deep") })
	if err == nil || !hostile(err) || !strings.Contains(err.Error(), "it crashed what reads it: deep") {
		t.Errorf("got %v", err)
	}
}
