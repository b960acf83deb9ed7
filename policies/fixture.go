package policies

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// fixture is a test without Rego: objects, and what the rules find in them. A
// file holds one in each of its documents; docs/policies.md describes the keys.
type fixture struct {
	file, name string
	line       int
	// rules are the only ones to judge, also those that are off by default;
	// without them, all that are on do.
	rules      []string
	env        config.Environment
	now        time.Time
	base, head *manifest.Set
	findings   []expectation
}

// expectation is a finding that a fixture expects. What is empty is not compared.
type expectation struct {
	// written is the line of the expectation itself.
	written   int
	rule      string
	level     verdict.Level
	message   *regexp.Regexp
	line      int
	path      string
	container string
	object    string
	baseline  verdict.Baseline
}

// fixtureTime is what a fixture without a time of its own sees: tests must not
// end otherwise on another day.
func fixtureTime() time.Time { return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) }

// isFixture reports whether a file of a source holds fixtures. Those of the
// folder data hold data, whatever they are called.
func isFixture(s Source, file string) bool {
	name := path.Base(file)
	if strings.HasPrefix(file, path.Join(s.Dir, "data")+"/") {
		return false
	}
	return strings.HasSuffix(name, "_test.yaml") || strings.HasSuffix(name, "_test.yml")
}

func readFixtures(sources []Source) ([]fixture, error) {
	var out []fixture
	for _, s := range sources {
		err := fs.WalkDir(s.FS, s.Dir, func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !isFixture(s, p) {
				return err
			}
			found, err := fixturesOf(s, p)
			out = append(out, found...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func fixturesOf(s Source, file string) ([]fixture, error) {
	text, err := fs.ReadFile(s.FS, file)
	if err != nil {
		return nil, fmt.Errorf("reading the tests %s: %w", file, err)
	}
	docs, err := manifest.Decode(file, text)
	if err != nil {
		return nil, syntax(err, "a file that ends in _test.yaml holds tests; name other files otherwise")
	}
	if len(docs) == 0 {
		return nil, &Error{File: file, Msg: "there is no test in this file", Hint: "remove it, or write a test"}
	}
	var out []fixture
	seen := map[string]int{}
	for _, doc := range docs {
		f, err := newFixture(&record{doc: doc})
		if err != nil {
			return nil, err
		}
		if first, twice := seen[f.name]; twice {
			return nil, &Error{File: file, Line: f.line, Msg: fmt.Sprintf("the name %q is there twice, first in line %d", f.name, first), Hint: "give each test a name of its own"}
		}
		seen[f.name] = f.line
		out = append(out, f)
	}
	return out, nil
}

func newFixture(r *record) (fixture, error) {
	f := fixture{file: r.doc.File, line: r.doc.Line(), name: r.text("name"), rules: r.texts("rules"), now: fixtureTime()}
	f.environment(r)
	if now := r.text("now"); now != "" {
		var err error
		if f.now, err = time.Parse(time.RFC3339, now); err != nil {
			r.bad("now", "write it like 2026-01-31T12:00:00Z", "now is not a time")
		}
	}
	if err := f.objects(r); err != nil {
		return f, err
	}
	expected := r.parts("findings")
	r.strict()
	if _, there := r.doc.Fields["findings"]; !there {
		r.bad("", "write `findings: []` for objects in which nothing is found", "the test does not say what is found")
	}
	if f.name == "" {
		r.bad("", "add `name: …`", "the test has no name")
	}
	if err := r.done(); err != nil {
		return f, err
	}
	for _, e := range expected {
		expect, err := f.expectation(e)
		if err != nil {
			return f, err
		}
		f.findings = append(f.findings, expect)
	}
	return f, nil
}

// environment reads the environment in which the objects are judged.
func (f *fixture) environment(r *record) {
	f.env = config.Environment{Name: "test", KubernetesVersion: config.DefaultKubernetesVersion}
	if env, there := r.part("environment"); there {
		if name := env.text("name"); name != "" {
			f.env.Name = name
		}
		if version := env.text("kubernetesVersion"); version != "" {
			f.env.KubernetesVersion = version
		}
		if labels, there := env.part("labels"); there {
			f.env.Labels = map[string]string{}
			for _, key := range sortedKeys(labels.doc.Fields) {
				f.env.Labels[key] = labels.text(key)
			}
			labels.handOn(r)
		}
		env.handOn(r)
	}
	if parameters, there := r.part("parameters"); there {
		f.env.Parameters = map[string]map[string]any{}
		for _, id := range sortedKeys(parameters.doc.Fields) {
			if values, ok := parameters.part(id); ok {
				f.env.Parameters[id] = values.doc.Fields
			}
		}
		parameters.handOn(r)
	}
}

// handOn gives the fault of a part to the whole.
func (r *record) handOn(to *record) {
	var fault *Error
	if errors.As(r.done(), &fault) && to.fault == nil {
		to.fault = fault
	}
}

// objects reads what is judged: object, or head, with or without base.
func (f *fixture) objects(r *record) error {
	const hint = "give `object: {…}`, or lists `base: […]` and `head: […]`, of which one may be left out"
	object, one := r.part("object")
	var base, head []*record
	for _, side := range []struct {
		key  string
		into *[]*record
	}{{"base", &base}, {"head", &head}} {
		*side.into = r.parts(side.key)
	}
	if one {
		if len(base)+len(head) > 0 {
			r.bad("object", hint, "the test has an object, and a base or head as well")
		}
		head = []*record{object}
	}
	if len(base)+len(head) == 0 {
		r.bad("", hint, "the test has no object")
	}
	if r.fault != nil {
		return r.fault
	}
	var err error
	if f.base, err = setOf(base); err != nil {
		return err
	}
	f.head, err = setOf(head)
	return err
}

func setOf(records []*record) (*manifest.Set, error) {
	var objects []*manifest.Object
	for _, r := range records {
		o, err := manifest.NewObject(r.doc)
		if err != nil {
			return nil, syntax(err, "an object has apiVersion, kind and metadata.name")
		}
		objects = append(objects, o)
	}
	set, err := manifest.NewSet(objects...)
	if twice, ok := errors.AsType[*manifest.DuplicateError](err); ok {
		return nil, &Error{File: twice.Second.File, Line: twice.Second.Line, Msg: fmt.Sprintf("%s is there twice, first in line %d", twice.ID, twice.First.Line), Hint: "what was before goes below base, what is then below head"}
	}
	return set, err
}

func (f *fixture) expectation(r *record) (expectation, error) {
	e := expectation{
		written: r.doc.Line(), rule: r.text("rule"), level: verdict.Level(r.text("level")), line: r.line("line"),
		path: r.text("path"), container: r.text("container"), object: r.text("object"), baseline: verdict.Baseline(r.text("baseline")),
	}
	if message := r.text("message"); message != "" {
		var err error
		if e.message, err = regexp.Compile(message); err != nil {
			r.bad("message", `write a regular expression; \ before a letter of it takes it as it is`, "message: %s", err)
		}
	}
	if e.rule == "" && r.fault == nil {
		r.bad("", "add `rule: ID`", "the finding names no rule")
	}
	if e.level != "" && !slices.Contains([]verdict.Level{verdict.Error, verdict.Warning, verdict.Note}, e.level) {
		r.bad("level", "write error, warning or note", "the level %q is not known", e.level)
	}
	if e.baseline != "" && !slices.Contains([]verdict.Baseline{verdict.New, verdict.Unchanged, verdict.Absent}, e.baseline) {
		r.bad("baseline", "write new, unchanged or absent", "the baseline %q is not known", e.baseline)
	}
	return e, r.done()
}
