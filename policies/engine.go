// Package policies evaluates Rego rules on a change: for every object that an
// environment would receive it says which rules are violated, where, and
// whether the base violated them already. It is the only owner of OPA.
//
// Rules are read once, compiled once and run in a sandbox: no network, no
// environment, no randomness, and no clock but the time of the run. A rule that
// cannot be evaluated is reported as such, and never counts as a pass.
package policies

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

//go:embed all:library
var library embed.FS

// BuiltIn is the name of the source of the embedded rules.
const BuiltIn = "built-in"

// Library is the embedded rules.
func Library() Source { return Source{Name: BuiltIn, FS: library, Dir: "library"} }

// Source is a directory of rules: its *.rego files, except *_test.rego, the
// ConstraintTemplates, constraints and ExpansionTemplates of Gatekeeper in its
// YAML files, and as data the YAML and JSON files of its folder data.
type Source struct {
	// Name is shown with the rules: BuiltIn, or the directory in the repository.
	// The source that is named BuiltIn alone may define packages below penstock,
	// and each of its rules must have METADATA.
	Name string
	FS   fs.FS
	Dir  string
	// Combine gives rules whose METADATA name no scope all objects of an
	// environment together, as conftest --combine does.
	Combine bool
	// BuiltinErrors is what becomes of a rule in which a built-in function failed,
	// unless its METADATA say it: error (the default), warning or ignore.
	BuiltinErrors string
}

// Engine is a compiled set of rules. It is immutable and safe for concurrent use.
type Engine struct {
	compiler *ast.Compiler
	// rules are sorted by ID, then by what is queried.
	rules []rule
	// data is what the data files of the sources hold.
	data map[string]any
	// gatekeeper are the constraints of the sources and what they need; templates
	// has compiled their code.
	gatekeeper gatekeeper.Objects
	templates  *templateCache
	// builtinErrors is what becomes of those of the sources when a built-in function
	// fails in them.
	builtinErrors map[*manifest.Object]string
	// refused are constraints that are tests of what must be refused.
	refused []gatekeeper.Ignored
}

// Rules returns the rules, sorted by ID. Rules of one package that share the ID
// of its METADATA are one.
func (e *Engine) Rules() []verdict.Rule {
	out := make([]verdict.Rule, len(e.rules))
	for i, r := range e.rules {
		out[i] = r.Rule
	}
	out = append(out, e.constraintRules()...)
	slices.SortStableFunc(out, func(a, b verdict.Rule) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(out, func(a, b verdict.Rule) bool { return a.ID == b.ID })
}

// Input is one environment of a change.
type Input struct {
	Environment config.Environment
	Base, Head  *manifest.Set
	Deltas      []diff.Delta
	// Now is the time that rules see.
	Now time.Time
	// Workers bounds how many objects are evaluated at once; 0 means one for
	// each processor. It never changes the result.
	Workers int
	// RuleTimeout bounds the time that one rule may take for all objects of the
	// environment together, summed over the workers; 0 means DefaultRuleTimeout.
	RuleTimeout time.Duration
	// RuleMemory bounds by how many bytes the heap may grow while a rule runs on an
	// object, and what its findings take; 0 means DefaultRuleMemory.
	RuleMemory uint64
	// BuiltinErrors is what becomes of a constraint that the environment itself
	// holds and in which a built-in function failed, as Source has it.
	BuiltinErrors string
	// tracer watches the evaluation, to count what tests reach.
	tracer topdown.QueryTracer
}

// DefaultRuleTimeout lets a rule take a millisecond for each of 30,000 objects.
// Rules take some ten microseconds; those that reach the bound do not end.
const DefaultRuleTimeout = 30 * time.Second

// Result is what the rules say of an environment: what they found, and for
// every object whether all rules that apply to it were evaluated.
type Result struct {
	Findings []verdict.Finding
	Entries  []verdict.Entry
	// Coverage has a line for each rule that runs in the environment, by ID; what
	// is waived is not known yet. Unseen are the kinds ("group/Kind") that none of
	// them looks at.
	Coverage []verdict.Coverage
	Unseen   []string
	// Rules are the constraints that the environment itself holds, sorted by ID;
	// the rules of the engine are not among them.
	Rules []verdict.Rule
}

// Error is a policy that cannot be used.
type Error struct {
	File string
	Line int
	Msg  string
	Hint string
}

func (e *Error) Error() string { return place(e.File, e.Line) + ": " + e.Msg }

// UserHint says what to do.
func (e *Error) UserHint() string { return e.Hint }
