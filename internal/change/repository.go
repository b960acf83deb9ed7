package change

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Repository answers questions about the commits and the hooks of a git
// repository, for those who have to find out what to compare. It reads no tree,
// writes nothing and fetches nothing.
type Repository struct{ repo repository }

// OpenRepository finds the repository of a directory, also one without a worktree.
func OpenRepository(ctx context.Context, dir string) (*Repository, error) {
	r, err := openRepository(ctx, dir)
	if err != nil {
		return nil, err
	}
	return &Repository{r}, nil
}

// Commit resolves a revision to the full ID of a commit. A revision that this
// clone does not have is "" and no error.
func (r *Repository) Commit(ctx context.Context, rev string) (string, error) {
	id, err := r.repo.line(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return "", ctx.Err()
	}
	// A full ID is taken for one, whether there is such an object or not.
	if _, err := r.repo.git(ctx, "cat-file", "-e", id); err != nil {
		return "", ctx.Err()
	}
	return id, nil
}

// Parents are the parents that the commit itself names, also where a shallow
// clone leaves them out.
func (r *Repository) Parents(ctx context.Context, commit string) ([]string, error) {
	out, err := r.repo.git(ctx, "cat-file", "commit", commit)
	if err != nil {
		return nil, fmt.Errorf("reading commit %s: %w", short(commit), err)
	}
	var parents []string
	for line := range strings.Lines(string(out)) {
		if line == "\n" {
			break
		}
		if id, found := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "parent "); found {
			parents = append(parents, id)
		}
	}
	return parents, nil
}

// MergeBase is the commit that two revisions have in common. That there is none,
// or that a shallow clone leaves it out, is an *Error.
func (r *Repository) MergeBase(ctx context.Context, branch, tip string) (string, error) {
	return r.repo.mergeBase(ctx, branch, tip)
}

// DefaultBranch is the branch of a remote that changes are merged into, or, for a
// remote that has no branch here, that of origin. A local branch is never taken:
// what is pushed would be compared with itself.
func (r *Repository) DefaultBranch(ctx context.Context, remote string) (string, error) {
	if branch := r.repo.firstBranch(ctx, append(r.repo.remoteBranches(ctx, remote), r.repo.remoteBranches(ctx, "origin")...)); branch != "" {
		return branch, nil
	}
	return "", errors.Join(ctx.Err(), &Error{
		Msg:  fmt.Sprintf("the branch to compare with is unknown: no main branch of %s was fetched", remote),
		Hint: fmt.Sprintf("git fetch %[1]s, and git remote set-head %[1]s --auto where its default branch is neither main nor master", remote),
	})
}

// Hooks is the directory that git looks for hooks in, and whether it belongs to
// this repository. It need not be there. Links are followed: what is outside
// behind a link is outside.
func (r *Repository) Hooks(ctx context.Context) (dir string, inside bool, err error) {
	paths := map[string]string{}
	for name, args := range map[string][]string{
		"hooks": {"rev-parse", "--git-path", "hooks"}, "common": {"rev-parse", "--git-common-dir"},
	} {
		p, err := r.repo.line(ctx, args...)
		if err != nil {
			return "", false, fmt.Errorf("finding the hooks of the repository: %w", err)
		}
		if !filepath.IsAbs(p) {
			p = filepath.Join(r.repo.top, p)
		}
		if paths[name], err = resolve(p); err != nil {
			return "", false, fmt.Errorf("finding the hooks of the repository: %w", err)
		}
	}
	top, err := resolve(r.repo.top)
	if err != nil {
		return "", false, fmt.Errorf("finding the hooks of the repository: %w", err)
	}
	return paths["hooks"], within(top, paths["hooks"]) || within(paths["common"], paths["hooks"]), nil
}

// resolve follows the links of a path, whose last parts need not be there.
func resolve(p string) (string, error) {
	real, err := filepath.EvalSymlinks(p)
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return real, err
	}
	if _, linkErr := os.Lstat(p); linkErr == nil {
		return "", err // a link to nothing
	}
	parent := filepath.Dir(p)
	if parent == p {
		return "", err
	}
	if parent, err = resolve(parent); err != nil {
		return "", err
	}
	return filepath.Join(parent, filepath.Base(p)), nil
}

func within(dir, p string) bool {
	rel, err := filepath.Rel(dir, p)
	return err == nil && filepath.IsLocal(rel)
}
