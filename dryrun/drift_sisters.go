package dryrun

import (
	"context"
	"fmt"
	"slices"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
)

// Sisters are the other environments of a repository, as base has them. Several may
// be on one cluster and carry the same mark: those that one Kustomization applies.
type Sisters interface {
	// List returns them, in the same order each time.
	List() ([]config.Environment, error)
	// Render returns all that base renders of one; what does not render whole is an
	// error.
	Render(context.Context, config.Environment) (*manifest.Set, error)
}

// sistersAsked bounds how many other environments are rendered for one.
const sistersAsked = 50

// disown leaves out what base of another environment on the same cluster has. What
// may be of one whose cluster is not known, or that does not render, is no drift
// that is known: unseen says of whom.
func (s *session) disown(ctx context.Context, found []stray) (left []stray, unseen []string) {
	if s.in.Sisters == nil || len(found) == 0 {
		return found, nil
	}
	all, err := s.in.Sisters.List()
	if err != nil {
		return nil, []string{fmt.Sprintf("%d that carry the mark may be of other environments: %v", len(found), err)}
	}
	var here, maybe []config.Environment
	for _, env := range all {
		switch same, known := s.same(env); {
		case env.Name == s.in.Environment.Name:
		case same:
			here = append(here, env)
		case !known:
			maybe = append(maybe, env)
		}
	}
	// The own ones first, so that the others are asked only where something is left.
	for n, env := range append(here, maybe...) {
		if len(found) == 0 {
			break
		}
		has, err := s.strays(ctx, env, n, found)
		switch {
		case err != nil:
			return nil, append(unseen, fmt.Sprintf("%d that carry the mark may be of %s: %v", len(found), env.Name, err))
		case n >= len(here) && len(has) > 0:
			unseen = append(unseen, fmt.Sprintf("%d that carry the mark are of %s, of which it is not known on what cluster it is", len(has), env.Name))
		}
		found = slices.DeleteFunc(found, func(o stray) bool { return has[o.ID()] })
	}
	return found, unseen
}

// strays are those of some objects that base of another environment has, the n-th
// that is asked.
func (s *session) strays(ctx context.Context, env config.Environment, n int, found []stray) (map[manifest.ID]bool, error) {
	if n >= sistersAsked {
		return nil, fmt.Errorf("only %d other environments are rendered", sistersAsked)
	}
	set, err := s.in.Sisters.Render(ctx, env)
	if err != nil {
		return nil, err
	}
	base, has := s.inBase(set), map[manifest.ID]bool{}
	for _, o := range found {
		if base.explains(o.resource, o.Object) {
			has[o.ID()] = true
		}
	}
	return has, nil
}
