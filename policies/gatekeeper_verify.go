package policies

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// CaseResult is what one case of a suite came to, or one test as a whole where
// it has no cases or cannot be run; then Case is empty.
type CaseResult struct {
	// File is the suite, and Line where the case or test begins in it.
	File string
	Line int
	Test string
	Case string
	// Skipped says that the suite says not to run it.
	Skipped bool
	// Fault is why the case failed; empty when it passed or was skipped.
	Fault string
}

// Verify runs the suites of gator verify below a directory: the YAML files of
// the kind Suite in test.gatekeeper.sh. The results are in the order of the
// files and of what is in them. There are none where there is no suite, which
// does not mean that anything passed. The error is for files that cannot be read.
func Verify(ctx context.Context, fsys fs.FS, dir string, now time.Time) ([]CaseResult, error) {
	return new(Loader).verify(ctx, fsys, dir, now)
}

func (l *Loader) verify(ctx context.Context, fsys fs.FS, dir string, now time.Time) ([]CaseResult, error) {
	if l == nil {
		l = &Loader{}
	}
	suites, err := readSuites(fsys, dir)
	if err != nil {
		return nil, err
	}
	v := verifier{fsys: fsys, now: now, cache: newTemplateCache(&l.left)}
	var out []CaseResult
	for _, s := range suites {
		for _, t := range s.Tests {
			results := v.test(ctx, s, t)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			out = append(out, results...)
		}
	}
	return out, nil
}

func readSuites(fsys fs.FS, dir string) ([]*gatekeeper.Suite, error) {
	var out []*gatekeeper.Suite
	err := fs.WalkDir(fsys, dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !isYAML(p) {
			return err
		}
		text, err := fs.ReadFile(fsys, p)
		if err != nil || !strings.Contains(string(text), "test.gatekeeper.sh") {
			return err
		}
		documents, err := manifest.Decode(p, text)
		if err != nil {
			return err
		}
		for _, d := range documents {
			if !gatekeeper.IsSuite(d) {
				continue
			}
			s, err := gatekeeper.NewSuite(d)
			if err != nil {
				return err
			}
			out = append(out, s)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the suites of %s: %w", dir, err)
	}
	return out, nil
}

type verifier struct {
	fsys  fs.FS
	now   time.Time
	cache *templateCache
}

// test runs the cases of one test.
func (v verifier) test(ctx context.Context, s *gatekeeper.Suite, t gatekeeper.Test) []CaseResult {
	whole := CaseResult{File: s.File, Line: t.Line, Test: t.Name, Skipped: s.Skip || t.Skip}
	if whole.Skipped {
		return []CaseResult{whole}
	}
	dir := path.Dir(s.File)
	waiting, cancel := patient(ctx, 0)
	defer cancel()
	subject, err := v.prepare(waiting, dir, t)
	switch {
	case t.Invalid && errors.Is(err, errSchema):
		return []CaseResult{whole}
	case t.Invalid && err == nil:
		err = errors.New("the constraint fits the schema of the template, and the test says that it must not")
	case err == nil && len(t.Cases) == 0:
		err = errors.New("the test has no cases")
	}
	if err != nil {
		whole.Fault = err.Error()
		return []CaseResult{whole}
	}
	var out []CaseResult
	for _, c := range t.Cases {
		r := CaseResult{File: s.File, Line: c.Line, Test: t.Name, Case: c.Name, Skipped: c.Skip}
		if !c.Skip {
			messages, err := subject.review(ctx, dir, c)
			if err == nil {
				err = c.Check(messages)
			}
			if err != nil {
				r.Fault = err.Error()
			}
		}
		out = append(out, r)
	}
	return out
}

// tested is a constraint under test.
type tested struct {
	verifier
	rule     rule
	expander gatekeeper.Expander
}

func (v verifier) prepare(ctx context.Context, dir string, t gatekeeper.Test) (*tested, error) {
	all, err := v.objects(dir, t.Template, t.Constraint)
	if err != nil {
		return nil, err
	}
	if t.Expansion != "" {
		more, err := v.objects(dir, t.Expansion)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	read := gatekeeper.Read(all)
	if len(read.Faults) > 0 {
		return nil, asError(read.Faults[0])
	}
	if len(read.Constraints) != 1 || len(read.Templates) != 1 {
		return nil, fmt.Errorf("%s and %s hold %d templates and %d constraints; a test is of one each", t.Template, t.Constraint, len(read.Templates), len(read.Constraints))
	}
	template, k := read.Templates[0], read.Constraints[0]
	if template.Kind != k.Kind {
		return nil, fmt.Errorf("the constraint is a %s, and the template is for %s", k.Kind, template.Kind)
	}
	r, err := v.cache.newConstraint(ctx, k, template)
	if err != nil {
		return nil, err
	}
	return &tested{v, r, gatekeeper.Expander{Templates: read.Expansions}}, nil
}

// objects reads files that a suite names.
func (v verifier) objects(dir string, files ...string) ([]*manifest.Object, error) {
	var out []*manifest.Object
	for _, file := range files {
		documents, err := v.documents(dir, file)
		if err != nil {
			return nil, err
		}
		for _, d := range documents {
			o, err := manifest.NewObject(d)
			if err != nil {
				return nil, err
			}
			out = append(out, o)
		}
	}
	return out, nil
}

func (v verifier) documents(dir, file string) ([]manifest.Document, error) {
	if file == "" {
		return nil, errors.New("the test names no file for its template, constraint or object")
	}
	name := path.Join(dir, file)
	text, err := fs.ReadFile(v.fsys, name)
	if err != nil {
		return nil, err
	}
	documents, err := manifest.Decode(name, text)
	if err != nil {
		return nil, err
	}
	if len(documents) == 0 {
		return nil, fmt.Errorf("%s holds no object", name)
	}
	return documents, nil
}

// review runs the constraint on the object of a case and on what it expands to.
func (t *tested) review(ctx context.Context, dir string, c gatekeeper.Case) ([]string, error) {
	documents, err := t.documents(dir, c.Object)
	if err != nil {
		return nil, err
	}
	if len(documents) != 1 {
		return nil, fmt.Errorf("%s holds %d objects; a case reviews one", c.Object, len(documents))
	}
	inventory, err := t.objects(dir, c.Inventory...)
	if err != nil {
		return nil, err
	}
	run, err := t.open(ctx, inventory)
	if err != nil {
		return nil, err
	}
	defer run.ev.head.close(ctx)
	fields := documents[0].Fields
	if apiVersion, _ := fields["apiVersion"].(string); fields["kind"] == "AdmissionReview" && path.Dir(apiVersion) == "admission.k8s.io" {
		request, err := requestOf(fields)
		if err != nil {
			return nil, err
		}
		return run.messages(ctx, request, false)
	}
	messages, err := run.messages(ctx, reviewOf(fields), false)
	if err != nil {
		return nil, err
	}
	meta, _ := fields["metadata"].(map[string]any)
	namespace, _ := meta["namespace"].(string)
	generated, err := t.expander.Expand(fields, namespace)
	if err != nil {
		return nil, err
	}
	for _, g := range generated {
		more, err := run.messages(ctx, reviewOf(g.Fields), true)
		if err != nil {
			return nil, err
		}
		for _, m := range more {
			messages = append(messages, "[Implied by "+g.By+"] "+m)
		}
	}
	return messages, nil
}
