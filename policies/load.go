package policies

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Load reads and compiles the rules of the sources. Files that end in
// _test.rego are left out. A rule that cannot be read, or an ID that is there
// twice, is an *Error.
func Load(sources ...Source) (*Engine, error) {
	caps := capabilities()
	modules := map[string]*ast.Module{}
	origin := map[string]Source{}
	for _, s := range sources {
		parsed, err := parse(s, caps)
		if err != nil {
			return nil, err
		}
		for file, m := range parsed {
			name := s.Name + ":" + file
			modules[name], origin[name] = m, s
		}
	}
	compiler := ast.NewCompiler().WithCapabilities(caps).WithDefaultRegoVersion(ast.RegoV1)
	compiler.Compile(modules)
	if compiler.Failed() {
		return nil, regoError(compiler.Errors)
	}
	e := &Engine{compiler: compiler}
	for name, m := range compiler.Modules {
		rules, err := rulesOf(compiler, m, origin[name])
		if err != nil {
			return nil, err
		}
		e.rules = append(e.rules, rules...)
		ast.WalkRefs(m, func(r ast.Ref) bool {
			if r.HasPrefix(ast.Ref{ast.DefaultRootDocument, ast.StringTerm("inventory")}) {
				e.inventory = true
			}
			return false
		})
	}
	slices.SortFunc(e.rules, func(a, b rule) int { return strings.Compare(a.ID+a.ref, b.ID+b.ref) })
	for i := 1; i < len(e.rules); i++ {
		if a, b := e.rules[i-1], e.rules[i]; a.ID == b.ID && a.ref != b.ref {
			return nil, &Error{File: b.file, Line: b.line, Msg: fmt.Sprintf("the rule ID %s is there twice; the other one is in %s", b.ID, a.file), Hint: "give each rule an id of its own"}
		}
	}
	e.rules = slices.CompactFunc(e.rules, func(a, b rule) bool { return a.ref == b.ref })
	return e, nil
}

// capabilities are the built-in functions that rules may call. AllowNet is
// empty, not nil: nil would allow every host.
func capabilities() *ast.Capabilities {
	caps := ast.CapabilitiesForThisVersion()
	caps.AllowNet = []string{}
	caps.Builtins = slices.DeleteFunc(slices.Clone(caps.Builtins), func(b *ast.Builtin) bool {
		return slices.Contains([]string{"http.send", "net.lookup_ip_addr", "opa.runtime", "rand.intn", "uuid.rfc4122"}, b.Name)
	})
	return caps
}

func parse(s Source, caps *ast.Capabilities) (map[string]*ast.Module, error) {
	modules := map[string]*ast.Module{}
	err := fs.WalkDir(s.FS, s.Dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() || path.Ext(p) != ".rego" || strings.HasSuffix(p, "_test.rego") {
			return nil
		}
		data, err := fs.ReadFile(s.FS, p)
		if err != nil {
			return err
		}
		m, err := parseModule(p, string(data), caps, s.Name == BuiltIn)
		modules[p] = m
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{File: s.Dir, Msg: "the directory of policies is not there", Hint: "correct policies.paths in .penstock.yaml"}
	}
	return modules, err
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
	var list ast.Errors
	if errors.As(err, &list) {
		return regoError(list)
	}
	return &Error{File: file, Msg: err.Error(), Hint: "see what `opa check` says"}
}

func regoError(list ast.Errors) error {
	first := list[0]
	e := &Error{Msg: first.Message, Hint: "see what `opa check` says; functions that need a network, a clock or randomness are not available"}
	if first.Location != nil {
		e.File, e.Line = first.Location.File, first.Location.Row
	}
	return e
}
