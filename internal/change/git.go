package change

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// repository is a git repository on disk, asked through the git command.
type repository struct {
	top string
}

// gitError is a git command that ended with an error.
type gitError struct {
	args   []string
	stderr string
	err    error
}

func (e *gitError) Error() string {
	msg := strings.TrimSpace(e.stderr)
	if msg == "" {
		msg = e.err.Error()
	}
	return fmt.Sprintf("git %s: %s", e.args[0], msg)
}

func (e *gitError) Unwrap() error { return e.err }

// command prepares git without the caller's GIT_* variables, which would point
// it elsewhere (as inside a hook), without prompts, and without fetching objects
// that a partial clone lacks.
func command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{"--no-pager"}, args...)...)
	cmd.Dir = dir
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") || strings.HasPrefix(kv, "GIT_CONFIG_") || strings.HasPrefix(kv, "GIT_CEILING") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "LC_ALL=C")
	cmd.WaitDelay = time.Second
	return cmd
}

func (r repository) git(ctx context.Context, args ...string) ([]byte, error) {
	cmd := command(ctx, r.top, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &gitError{args, stderr.String(), err}
	}
	return stdout.Bytes(), nil
}

// line runs git and returns what it prints, without the newline at its end.
func (r repository) line(ctx context.Context, args ...string) (string, error) {
	out, err := r.git(ctx, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

func openRepository(ctx context.Context, dir string) (repository, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return repository{}, &Error{Msg: "git is not installed", Hint: "install git, or compare two directories with --base-dir and --head-dir", Err: err}
	}
	if fi, err := os.Stat(dir); err != nil || !fi.IsDir() {
		return repository{}, &Error{Msg: dir + " is not a directory", Hint: "give a directory in a git repository: --repo DIR"}
	}
	r := repository{top: dir}
	top, err := r.line(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		if bare, bareErr := r.line(ctx, "rev-parse", "--is-bare-repository"); bareErr == nil && bare == "true" {
			return repository{top: dir}, nil
		}
		return repository{}, &Error{Msg: dir + " is not in a git repository", Hint: "give its directory with --repo DIR, or compare two directories with --base-dir and --head-dir", Err: err}
	}
	return repository{top: filepath.FromSlash(top)}, nil
}

func openGit(ctx context.Context, opts Options) (*Change, error) {
	repo, err := openRepository(ctx, cmp.Or(opts.Repo, "."))
	if err != nil {
		return nil, err
	}
	c := &Change{HeadName: "worktree"}
	tip := "HEAD"
	if opts.Head != "" {
		if c.HeadCommit, err = repo.commit(ctx, "--head", opts.Head); err != nil {
			return nil, err
		}
		c.HeadName, tip = describe(opts.Head, c.HeadCommit), c.HeadCommit
	} else if bare, err := repo.line(ctx, "rev-parse", "--is-bare-repository"); err == nil && bare == "true" {
		return nil, &Error{Msg: "a bare repository has no worktree", Hint: "say which revision to check: --head REV"}
	}
	if c.BaseName, c.BaseCommit, err = repo.base(ctx, opts.Base, tip); err != nil {
		return nil, err
	}
	return c, repo.open(ctx, c)
}

// open reads both trees and the files between them into c.
func (r repository) open(ctx context.Context, c *Change) error {
	base, err := r.commitTree(ctx, c.BaseCommit)
	if err != nil {
		return fmt.Errorf("reading base %s: %w", c.BaseName, err)
	}
	c.Base = base
	if c.HeadCommit != "" {
		c.Head, err = r.commitTree(ctx, c.HeadCommit)
	} else {
		c.Head, err = r.worktree(ctx)
	}
	if err == nil {
		c.Files, err = r.files(ctx, c)
	}
	if err != nil {
		_ = base.close() // the first error is the one to report
		return fmt.Errorf("reading head %s: %w", c.HeadName, err)
	}
	for _, p := range sortedPaths(c.Head.nodes) {
		if c.Head.nodes[p].mode == submodule {
			c.Skipped = append(c.Skipped, Skip{p, "a git submodule is not read; check it in its own repository, or vendor its files"})
		}
	}
	return nil
}

func describe(rev, commit string) string {
	if strings.HasPrefix(commit, rev) && len(rev) >= 7 {
		return short(commit)
	}
	return fmt.Sprintf("%s (%s)", rev, short(commit))
}

func short(commit string) string { return commit[:min(12, len(commit))] }

// commit resolves a revision to a full commit ID.
func (r repository) commit(ctx context.Context, flag, rev string) (string, error) {
	id, err := r.line(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err == nil {
		return id, nil
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	hint := "look at `git branch --all`, or fetch it first: git fetch origin"
	if r.shallow(ctx) {
		hint = "this is a shallow clone: git fetch --unshallow origin (in GitHub Actions: actions/checkout with fetch-depth: 0)"
	}
	return "", &Error{Msg: fmt.Sprintf("%s %s is not a commit of this repository", flag, rev), Hint: hint}
}

func (r repository) shallow(ctx context.Context) bool {
	out, err := r.line(ctx, "rev-parse", "--is-shallow-repository")
	return err == nil && out == "true"
}

// base resolves the base: the given revision, or the merge-base of tip and the
// default branch.
func (r repository) base(ctx context.Context, rev, tip string) (name, commit string, err error) {
	if rev != "" {
		commit, err = r.commit(ctx, "--base", rev)
		if err != nil {
			return "", "", err
		}
		return describe(rev, commit), commit, nil
	}
	if _, err := r.line(ctx, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"); err != nil && tip == "HEAD" {
		return "", "", &Error{Msg: "this repository has no commit yet", Hint: "commit the state to compare with, then change it"}
	}
	branch, err := r.defaultBranch(ctx)
	if err != nil {
		return "", "", err
	}
	commit, err = r.mergeBase(ctx, branch, tip)
	if err != nil {
		return "", "", err
	}
	return fmt.Sprintf("%s (merge-base %s)", branch, short(commit)), commit, nil
}

func (r repository) mergeBase(ctx context.Context, branch, tip string) (string, error) {
	commit, err := r.line(ctx, "merge-base", branch, tip)
	if err == nil {
		return commit, nil
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if r.shallow(ctx) {
		return "", &Error{
			Msg:  fmt.Sprintf("this is a shallow clone without the merge-base with %s", branch),
			Hint: "git fetch --unshallow origin (in GitHub Actions: actions/checkout with fetch-depth: 0), or name the base: --base REV",
		}
	}
	return "", &Error{Msg: fmt.Sprintf("there is no common history with %s", branch), Hint: "name the revision to compare with: --base REV"}
}

// defaultBranch finds the branch that changes are merged into: the remote's
// HEAD, else its main or master, else the local main or master.
func (r repository) defaultBranch(ctx context.Context) (string, error) {
	remotes, err := r.line(ctx, "remote")
	if err != nil {
		return "", err
	}
	names := strings.Fields(remotes)
	candidates := []string{}
	for _, remote := range names {
		if remote != "origin" && len(names) > 1 {
			continue
		}
		candidates = append(candidates, r.remoteBranches(ctx, remote)...)
	}
	if branch := r.firstBranch(ctx, append(candidates, "main", "master")); branch != "" {
		return branch, nil
	}
	return "", errors.Join(ctx.Err(), &Error{
		Msg:  "the branch to compare with is unknown: there is no remote's default branch, and no main or master",
		Hint: "name the revision to compare with: --base REV, or: git remote set-head origin --auto",
	})
}

// remoteBranches are the branches of a remote that may be its default one.
func (r repository) remoteBranches(ctx context.Context, remote string) []string {
	var out []string
	if head, err := r.line(ctx, "symbolic-ref", "--quiet", "--short", "refs/remotes/"+remote+"/HEAD"); err == nil {
		out = append(out, head)
	}
	return append(out, remote+"/main", remote+"/master")
}

// firstBranch is the first of some branches that is there, or nothing.
func (r repository) firstBranch(ctx context.Context, branches []string) string {
	for _, branch := range branches {
		if _, err := r.line(ctx, "rev-parse", "--verify", "--quiet", branch+"^{commit}"); err == nil {
			return branch
		}
	}
	return ""
}
