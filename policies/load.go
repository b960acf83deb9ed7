package policies

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/penstock-dev/penstock/internal/manifest"
)

// Load reads and compiles the rules of the sources. Files that end in
// _test.rego are left out. A rule, METADATA or data file that cannot be read,
// or a rule ID that two packages claim, is an *Error. No rules at all is not:
// the engine then says of every object that it was not evaluated. Rules may be
// those of a stranger, to see what they would say: what takes too long to compile,
// or crashes the compiler, is an *Error as well. When ctx ends, so does Load.
func Load(ctx context.Context, sources ...Source) (*Engine, error) {
	return new(Loader).Load(ctx, sources...)
}

// Loader loads again and again, as whoever watches does. Loading cannot be
// interrupted, so that one that was given up goes on: when three of them do, in
// rules or in the templates of environments, no more are begun until one has
// ended. The zero value is ready; nil is a new one each time. It is safe for
// concurrent use.
type Loader struct{ left leftovers }

// Load is the function Load.
func (l *Loader) Load(ctx context.Context, sources ...Source) (*Engine, error) {
	return l.within(ctx, loadTimeout, sources)
}

func (l *Loader) within(ctx context.Context, limit time.Duration, sources []Source) (*Engine, error) {
	if l == nil {
		l = &Loader{}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, &errImpatient{limit, "all rules"})
	defer cancel()
	e, err := bounded(ctx, &l.left, func() (*Engine, error) { return load(ctx, &l.left, sources) })
	if err == nil || !hostile(err) {
		return e, err
	}
	var names []string
	for _, s := range sources {
		if s.Name != BuiltIn {
			names = append(names, s.Name)
		}
	}
	return nil, &Error{File: strings.Join(names, ", "), Msg: "loading the rules: " + err.Error(), Hint: simpler(err, "make the rules simpler; see how long `opa check` takes")}
}

func load(ctx context.Context, left *leftovers, sources []Source) (*Engine, error) {
	set, err := readSources(sources, false)
	if err != nil {
		return nil, err
	}
	rulesOnly := map[string]*ast.Module{}
	for name, m := range set.modules {
		if !isTest(name) {
			rulesOnly[name] = m
		}
	}
	compiler, err := set.compile(rulesOnly)
	if err != nil {
		return nil, err
	}
	e, g := &Engine{compiler: compiler, data: set.data, templates: newTemplateCache(left), builtinErrors: set.manifests.builtinErrors}, newGraph(compiler)
	if e.gatekeeper, e.refused, err = set.manifests.read(ctx, e.templates); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(compiler.Modules)) {
		rules, err := rulesOf(g, compiler.Modules[name], set.origin[name])
		if err != nil {
			return nil, err
		}
		e.rules = append(e.rules, rules...)
	}
	if err := e.order(); err != nil {
		return nil, err
	}
	for i := range e.rules {
		if e.rules[i].query, err = newQuery(compiler, e.rules[i].ref); err != nil {
			return nil, fmt.Errorf("preparing %s: %w", e.rules[i], err)
		}
		if e.rules[i].exceptions, err = newExceptions(compiler, e.rules[i]); err != nil {
			return nil, fmt.Errorf("preparing the exceptions of %s: %w", e.rules[i], err)
		}
		if e.rules[i].exceptions != nil {
			// They see what the rule sees, and must not miss what only they look at.
			also := g.reads(ast.MustParseRef(e.rules[i].pkg + "." + exceptionName))
			e.rules[i].reads.inventory = e.rules[i].reads.inventory || also.inventory
			e.rules[i].reads.parameters = e.rules[i].reads.parameters || also.parameters
		}
	}
	return e, nil
}

// order sorts the rules and refuses an ID that two packages claim. A rule that
// several files of a package define is one rule.
func (e *Engine) order() error {
	slices.SortStableFunc(e.rules, func(a, b rule) int {
		return strings.Compare(a.ID+"\x00"+a.ref, b.ID+"\x00"+b.ref)
	})
	e.rules = slices.CompactFunc(e.rules, func(a, b rule) bool { return a.ref == b.ref })
	for i := 1; i < len(e.rules); i++ {
		if a, b := e.rules[i-1], e.rules[i]; a.ID == b.ID && a.pkg != b.pkg {
			return &Error{File: b.file, Line: b.line, Msg: fmt.Sprintf("the rule ID %s is there twice; the other one is at %s", b.ID, place(a.file, a.line)), Hint: "give each rule an id of its own in the METADATA of its package"}
		}
	}
	return nil
}

// capabilities are the built-in functions that rules may call. AllowNet is
// empty, not nil: nil would allow every host.
func capabilities() *ast.Capabilities {
	localSchemas()
	caps := ast.CapabilitiesForThisVersion()
	caps.AllowNet = []string{}
	caps.Builtins = slices.DeleteFunc(slices.Clone(caps.Builtins), func(b *ast.Builtin) bool {
		return slices.Contains([]string{"http.send", "net.lookup_ip_addr", "opa.runtime", "rand.intn", "uuid.rfc4122"}, b.Name)
	})
	return caps
}

// sourceSet is what the sources hold, parsed. Modules are named by source and file.
type sourceSet struct {
	modules map[string]*ast.Module
	origin  map[string]Source
	data    map[string]any
	// manifests are the objects of Gatekeeper beside the rules.
	manifests manifests
}

// readSources reads the rules and data of the sources, and the tests of all but
// the library: those are read only to be run.
func readSources(sources []Source, tests bool) (*sourceSet, error) {
	set := &sourceSet{map[string]*ast.Module{}, map[string]Source{}, map[string]any{}, manifests{invalid: map[string]string{}, builtinErrors: map[*manifest.Object]string{}}}
	caps := capabilities()
	written := map[string]string{}
	for _, s := range sources {
		err := fs.WalkDir(s.FS, s.Dir, func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			switch {
			case isTest(p) && s.Name == BuiltIn && !tests:
				return nil
			case path.Ext(p) == ".rego":
				return set.addModule(s, p, caps)
			case strings.HasPrefix(p, path.Join(s.Dir, "data")+"/") && isYAML(p):
				return set.addData(s, p, written)
			case isYAML(p) && s.Name != BuiltIn:
				return set.manifests.add(s, p)
			}
			return nil
		})
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &Error{File: s.Dir, Msg: "the directory of policies is not there", Hint: "correct policies.paths in .penstock.yaml"}
		}
		if err != nil {
			return nil, err
		}
	}
	return set, nil
}

func isTest(name string) bool { return strings.HasSuffix(name, "_test.rego") }

func (set *sourceSet) addModule(s Source, file string, caps *ast.Capabilities) error {
	text, err := fs.ReadFile(s.FS, file)
	if err != nil {
		return fmt.Errorf("reading the policy %s: %w", file, err)
	}
	m, err := parseModule(file, string(text), caps, s.Name == BuiltIn)
	if err != nil {
		return err
	}
	if m == nil {
		return nil // only white space and comments
	}
	if err := lint(m, file, s); err != nil {
		return err
	}
	name := s.Name + ":" + file
	set.modules[name], set.origin[name] = m, s
	return nil
}

// lint refuses what would be read otherwise than its author means it.
func lint(m *ast.Module, file string, s Source) error {
	pkg := m.Package.Path.String()
	if s.Name == BuiltIn {
		return nil
	}
	if pkg == "data.penstock" || strings.HasPrefix(pkg, "data.penstock.") {
		return &Error{File: file, Line: m.Package.Location.Row, Msg: "the package " + pkg[len("data."):] + " belongs to the built-in rules", Hint: "choose another package; rules of any package run"}
	}
	if !isTest(file) {
		return nil
	}
	for _, r := range m.Rules {
		if name := ruleName(r); rulePattern.MatchString(name) && len(r.Head.Args) == 0 {
			return &Error{File: file, Line: r.Location.Row, Msg: fmt.Sprintf("this file defines %s, but files that end in _test.rego are tests and are not evaluated", name), Hint: "move the rule to another file, or rename the file"}
		}
	}
	return nil
}

// parseModule reads Rego v1, and for rules of a repository also the older v0,
// in which most policies for conftest are written.
func parseModule(file, text string, caps *ast.Capabilities, builtIn bool) (*ast.Module, error) {
	opts := ast.ParserOptions{ProcessAnnotation: true, RegoVersion: ast.RegoV1, Capabilities: caps}
	m, err := ast.ParseModuleWithOpts(file, text, opts)
	if err == nil || builtIn {
		return m, wrapParse(file, err)
	}
	opts.RegoVersion = ast.RegoV0
	if old, oldErr := ast.ParseModuleWithOpts(file, text, opts); oldErr == nil {
		return old, nil
	}
	return nil, wrapParse(file, err)
}

func wrapParse(file string, err error) error {
	if err == nil {
		return nil
	}
	if list, ok := errors.AsType[ast.Errors](err); ok && len(list) > 0 {
		return regoError(list)
	}
	return &Error{File: file, Msg: err.Error(), Hint: "see what `opa check` says"}
}

// compiler is what compiles the modules of the set, in the sandbox.
func (set *sourceSet) compiler() *ast.Compiler {
	return ast.NewCompiler().WithCapabilities(capabilities()).WithDefaultRegoVersion(ast.RegoV1).
		WithPathConflictsCheck(set.hasData)
}

// compile checks and links modules, which it does not change.
func (set *sourceSet) compile(modules map[string]*ast.Module) (*ast.Compiler, error) {
	compiler := set.compiler()
	compiler.Compile(modules)
	if compiler.Failed() {
		return nil, regoError(compiler.Errors)
	}
	return compiler, nil
}

// regoError is the first of the errors in the order of the files.
func regoError(list ast.Errors) error {
	sorted := slices.Clone(list)
	sorted.Sort()
	first := sorted[0]
	e := &Error{Msg: first.Message, Hint: "see what `opa check` says; functions that need a network, the environment or randomness are not available"}
	if first.Location != nil {
		e.File, e.Line = first.Location.File, first.Location.Row
	}
	return e
}

func place(file string, line int) string {
	if line == 0 {
		return file
	}
	return file + ":" + strconv.Itoa(line)
}
