package change

import (
	"context"
	"fmt"
	"strings"
)

// files lists what differs between the trees of c.
func (r repository) files(ctx context.Context, c *Change) ([]File, error) {
	args := []string{"diff", "--name-status", "-z", "-M", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--no-relative", c.BaseCommit}
	if c.HeadCommit != "" {
		args = append(args, c.HeadCommit)
	}
	out, err := r.git(ctx, append(args, "--")...)
	if err != nil {
		return nil, err
	}
	files, err := parseNameStatus(string(out))
	if err != nil {
		return nil, err
	}
	if c.HeadCommit == "" {
		files = addUntracked(files, c)
	}
	sortFiles(files)
	return files, nil
}

// addUntracked adds the files of the worktree that git does not track, and
// pairs each with a deleted file of the same content.
func addUntracked(files []File, c *Change) []File {
	known := map[string]bool{}
	for _, f := range files {
		if f.Status != Deleted {
			known[f.Path] = true
		}
	}
	for _, p := range sortedPaths(c.Head.nodes) {
		if _, inBase := c.Base.nodes[p]; inBase || known[p] || c.Head.nodes[p].mode == submodule {
			continue
		}
		f := File{Path: p, Status: Added}
		for i, gone := range files {
			if gone.Status == Deleted && sameContent(c, gone.Path, p) {
				f = File{Path: p, OldPath: gone.Path, Status: Renamed}
				files = append(files[:i], files[i+1:]...)
				break
			}
		}
		files = append(files, f)
	}
	return files
}

func sameContent(c *Change, before, after string) bool {
	a, err := c.Base.digest(before)
	if err != nil {
		return false
	}
	b, err := c.Head.digest(after)
	return err == nil && a == b
}

// parseNameStatus reads "STATUS\0PATH\0…", with two paths for a rename or copy
// (git-diff(1), --name-status with -z).
func parseNameStatus(out string) ([]File, error) {
	var files []File
	fields := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	if len(fields) == 1 && fields[0] == "" {
		return nil, nil
	}
	for len(fields) > 0 {
		status := fields[0]
		paths := 1
		if strings.HasPrefix(status, "R") || strings.HasPrefix(status, "C") {
			paths = 2
		}
		if status == "" || len(fields) < 1+paths {
			return nil, fmt.Errorf("git diff printed an unknown line: %q", status)
		}
		f := File{Path: fields[paths]}
		switch status[0] {
		case 'A', 'C':
			f.Status = Added
		case 'D':
			f.Status = Deleted
		case 'R':
			f.Status, f.OldPath = Renamed, fields[1]
		default:
			// Modified, a changed type, or unmerged: all are differences.
			f.Status = Modified
		}
		files = append(files, f)
		fields = fields[1+paths:]
	}
	return files, nil
}
