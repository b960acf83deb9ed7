// Package change is the base and the head of a repository as read-only trees,
// and the files that differ between them. It reads git's object store and the
// worktree; it checks nothing out, writes nothing, and does not know what the
// files mean.
package change

import (
	"context"
	"fmt"
)

// Options says what to compare. With BaseDir and HeadDir two directories are
// compared and git is not used. Otherwise Repo is a directory in a git
// repository, Base a revision (default: the merge-base of the head with the
// default branch of the remote), and Head a revision (default: the worktree,
// with uncommitted and untracked files).
type Options struct {
	Repo, Base, Head string
	BaseDir, HeadDir string
}

// Change is a base and a head.
type Change struct {
	Base, Head *Tree
	// BaseName and HeadName are for people: "main (merge-base 1a2b3c4d5e6f)",
	// "worktree", or a directory.
	BaseName, HeadName string
	// BaseCommit and HeadCommit are full commit IDs; empty for a directory or
	// the worktree.
	BaseCommit, HeadCommit string
	// Files are the files that differ, sorted by path.
	Files []File
	// Skipped are parts of the trees that cannot be read.
	Skipped []Skip
}

// Skip is a part of the trees that cannot be read, with what to do.
type Skip struct {
	Path   string
	Reason string
}

// Status says how a file differs.
type Status string

// The statuses. A renamed file may have changed as well.
const (
	Added    Status = "added"
	Modified Status = "modified"
	Deleted  Status = "deleted"
	Renamed  Status = "renamed"
)

// File is a file that differs. OldPath is set on a rename only.
type File struct {
	Path    string
	OldPath string
	Status  Status
}

// Paths are the paths of the file on both sides.
func (f File) Paths() []string {
	if f.OldPath != "" {
		return []string{f.OldPath, f.Path}
	}
	return []string{f.Path}
}

// Error is a fault of the set-up that the user can mend.
type Error struct {
	Msg  string
	Hint string
	Err  error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", e.Msg, e.Err)
	}
	return e.Msg
}

// Unwrap returns the cause, if any.
func (e *Error) Unwrap() error { return e.Err }

// UserHint says what to type.
func (e *Error) UserHint() string { return e.Hint }

// Open reads the two trees. Close must be called when they are not needed any
// more. A fault of the set-up (no repository, an unknown revision, a shallow
// clone without the merge-base) is an *Error.
func Open(ctx context.Context, opts Options) (*Change, error) {
	if opts.BaseDir != "" || opts.HeadDir != "" {
		return openDirs(opts)
	}
	return openGit(ctx, opts)
}

// Close ends what the trees use.
func (c *Change) Close() error {
	err := c.Base.close()
	if headErr := c.Head.close(); err == nil {
		err = headErr
	}
	return err
}

func openDirs(opts Options) (*Change, error) {
	if opts.BaseDir == "" || opts.HeadDir == "" {
		return nil, &Error{Msg: "comparing directories takes both a base and a head", Hint: "give both --base-dir DIR and --head-dir DIR"}
	}
	if opts.Base != "" || opts.Head != "" {
		return nil, &Error{Msg: "directories and revisions cannot be compared with each other", Hint: "give --base-dir and --head-dir, or --base and --head"}
	}
	base, err := openDir(opts.BaseDir)
	if err != nil {
		return nil, err
	}
	head, err := openDir(opts.HeadDir)
	if err != nil {
		return nil, err
	}
	c := &Change{Base: base, Head: head, BaseName: opts.BaseDir, HeadName: opts.HeadDir}
	c.Files, err = compareTrees(base, head)
	if err != nil {
		return nil, err
	}
	return c, nil
}
