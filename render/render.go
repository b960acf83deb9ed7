// Package render turns a tree and an environment into the objects that the
// environment would receive, each with the place it came from. Kustomizations
// and charts are rendered in worker processes, which see nothing but the tree.
// It does not compare or judge.
package render

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/render/helm"
	"github.com/penstock-dev/penstock/render/kustomize"
)

// Error is a root that could not be rendered.
type Error struct {
	Root   config.Root
	Reason verdict.Reason
	manifest.Position
	Msg  string
	Hint string
	Err  error
}

func (e *Error) Error() string { return e.Msg }

// Unwrap returns the cause, if any.
func (e *Error) Unwrap() error { return e.Err }

// UserHint says what to do.
func (e *Error) UserHint() string { return e.Hint }

// Result is what an environment receives.
type Result struct {
	// Objects are the objects of all roots that rendered.
	Objects *manifest.Set
	// Reads is what rendering read of the tree, also where it failed.
	Reads change.Reads
	// Errors are the roots that did not render. The result is complete only
	// when there are none.
	Errors []*Error
}

// Render renders every root of an environment out of a tree. A root that
// cannot be rendered is in Result.Errors; the error is for what concerns the
// run itself, such as the end of ctx.
func (p *Pool) Render(ctx context.Context, fsys fs.FS, env config.Environment) (Result, error) {
	recorder := change.NewRecorder(fsys)
	var result Result
	var all []*manifest.Object
	seen := map[manifest.ID]manifest.Position{}
	for _, root := range env.Roots {
		objects, err := p.RenderRoot(ctx, recorder, root, env)
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
		if err == nil {
			err = duplicate(objects, seen)
		}
		if err != nil {
			result.Errors = append(result.Errors, asError(root, err))
			continue
		}
		for _, o := range objects {
			seen[o.ID()] = o.Origin().Position
		}
		all = append(all, objects...)
	}
	set, err := manifest.NewSet(all...)
	if err != nil {
		return Result{}, err
	}
	result.Objects, result.Reads = set, recorder.Reads()
	return result, nil
}

// duplicate finds an object that is there twice, in the same root or in two.
func duplicate(objects []*manifest.Object, seen map[manifest.ID]manifest.Position) error {
	here := map[manifest.ID]manifest.Position{}
	for _, o := range objects {
		first, dup := seen[o.ID()]
		if !dup {
			first, dup = here[o.ID()]
		}
		if dup {
			return &Error{
				Reason: verdict.Failed, Position: o.Origin().Position,
				Msg:  (&manifest.DuplicateError{ID: o.ID(), First: first, Second: o.Origin().Position}).Error(),
				Hint: "remove one of them, or put them into different environments",
			}
		}
		here[o.ID()] = o.Origin().Position
	}
	return nil
}

// RenderRoot renders one root; the objects are in the order in which
// Kustomize, Helm or the directory has them. A fault of the root is an *Error.
func (p *Pool) RenderRoot(ctx context.Context, fsys fs.FS, root config.Root, env config.Environment) ([]*manifest.Object, error) {
	// A root that only the other side of a change has gives nothing: the
	// environment comes or goes with it. That it exists somewhere is for the
	// configuration to check.
	if _, err := fs.Stat(fsys, root.Path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if root.Kind == config.Directory {
		objects, err := plain(fsys, root.Path)
		if err != nil {
			return nil, asError(root, err)
		}
		return objects, nil
	}
	reply, err := p.run(ctx, fsys, job{Root: root, KubernetesVersion: env.KubernetesVersion, APIVersions: env.APIVersions})
	if err != nil {
		return nil, asError(root, err)
	}
	objects, err := attribute(fsys, reply)
	if err != nil {
		return nil, asError(root, err)
	}
	return objects, nil
}

// Reach reads, through fsys, every file that rendering the environment may
// read, without rendering it.
func Reach(fsys fs.FS, env config.Environment) {
	for _, root := range env.Roots {
		switch root.Kind {
		case config.Kustomize:
			kustomize.Reach(fsys, root.Path)
		case config.Helm:
			helm.Reach(fsys, helm.Options{Dir: root.Path, Values: root.Values})
		case config.Directory:
			plainReach(fsys, root.Path)
		}
	}
}

// asError turns what rendering fails with into an *Error about a root.
func asError(root config.Root, err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		known.Root = root
		return known
	}
	e := &Error{Root: root, Reason: verdict.Failed, Msg: err.Error(), Err: err, Position: manifest.Position{File: root.Path}}
	var hint interface{ UserHint() string }
	if errors.As(err, &hint) {
		e.Hint = hint.UserHint()
	}
	var k *kustomize.Error
	var h *helm.Error
	var s *manifest.SyntaxError
	switch {
	case errors.As(err, &k):
		e.Position = k.Position
		if k.NeedsNetwork {
			e.Reason = verdict.NeedsNetwork
		} else if k.Unsupported {
			e.Reason = verdict.Unsupported
		}
	case errors.As(err, &h):
		e.Position = h.Position
		if h.NeedsNetwork {
			e.Reason = verdict.NeedsNetwork
		}
	case errors.As(err, &s):
		e.Position = s.Position
		e.Hint = fmt.Sprintf("correct %s", s.File)
	}
	return e
}
