// Package policies evaluates Rego rules on a change: for every object that an
// environment would receive it says which rules are violated, where, and
// whether the base violated them already. It is the only owner of OPA.
//
// Rules are read once, compiled once and run in a sandbox: no network, no
// environment, no randomness, and no clock but the time of the run.
package policies

import (
	"embed"
	"io/fs"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

//go:embed all:library
var library embed.FS

// BuiltIn is the name of the source of the embedded rules.
const BuiltIn = "built-in"

// Library is the embedded rules.
func Library() Source { return Source{Name: BuiltIn, FS: library, Dir: "library"} }

// Source is a directory of rules.
type Source struct {
	// Name is shown with the rules: BuiltIn, or the directory in the repository.
	Name string
	FS   fs.FS
	Dir  string
}

// Engine is a compiled set of rules. It is immutable and safe for concurrent use.
type Engine struct {
	compiler *ast.Compiler
	rules    []rule
	// inventory says whether a rule reads data.inventory.
	inventory bool
}

// Rules returns the rules, sorted by ID.
func (e *Engine) Rules() []verdict.Rule {
	out := make([]verdict.Rule, len(e.rules))
	for i, r := range e.rules {
		out[i] = r.Rule
	}
	return out
}

// Input is one environment of a change.
type Input struct {
	Environment config.Environment
	Base, Head  *manifest.Set
	Deltas      []diff.Delta
	// Now is the time that rules see.
	Now time.Time
}

// Result is what the rules say of an environment: what they found, and for
// every object whether all rules that apply to it were evaluated.
type Result struct {
	Findings []verdict.Finding
	Entries  []verdict.Entry
}

// Error is a policy that cannot be used.
type Error struct {
	File string
	Line int
	Msg  string
	Hint string
}

func (e *Error) Error() string {
	if e.Line > 0 {
		return e.File + ":" + itoa(e.Line) + ": " + e.Msg
	}
	return e.File + ": " + e.Msg
}

// UserHint says what to do.
func (e *Error) UserHint() string { return e.Hint }
