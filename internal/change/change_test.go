package change_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-dev/penstock/internal/change"
)

// repo is a git repository in a temporary directory.
type repo struct {
	t   *testing.T
	dir string
}

func newRepo(t *testing.T, args ...string) repo {
	t.Helper()
	r := repo{t, t.TempDir()}
	r.git(append([]string{"init", "-q", "-b", "main"}, args...)...)
	return r
}

func (r repo) git(args ...string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", append([]string{"-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "protocol.file.allow=always"}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r repo) write(files ...string) {
	r.t.Helper()
	for i := 0; i < len(files); i += 2 {
		p := filepath.Join(r.dir, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(files[i+1]), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r repo) remove(file string) {
	r.t.Helper()
	if err := os.Remove(filepath.Join(r.dir, file)); err != nil {
		r.t.Fatal(err)
	}
}

func (r repo) link(target, file string) {
	r.t.Helper()
	if err := os.Symlink(target, filepath.Join(r.dir, file)); err != nil {
		r.t.Fatal(err)
	}
}

func (r repo) commit(msg string) string {
	r.t.Helper()
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", msg)
	return r.git("rev-parse", "HEAD")
}

func open(t *testing.T, opts change.Options) *change.Change {
	t.Helper()
	c, err := change.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func content(t *testing.T, fsys fs.FS, name string) string {
	t.Helper()
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWorktreeAgainstDefaultBranch(t *testing.T) {
	r := newRepo(t)
	r.write("a.yaml", "a\n", "dir/b.yaml", "b\n", "old name.yaml", strings.Repeat("same content\n", 9), "gone.yaml", "gone\n", ".gitignore", "ignored\n")
	base := r.commit("base")
	r.git("checkout", "-q", "-b", "feature")
	r.write("a.yaml", "committed\n")
	r.commit("feature")
	r.write("a.yaml", "edited\n", "dir/ünïcode -new.yaml", "new\n", "ignored", "x")
	r.remove("gone.yaml")
	if err := os.Rename(filepath.Join(r.dir, "old name.yaml"), filepath.Join(r.dir, "new name.yaml")); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{r.dir, filepath.Join(r.dir, "dir")} {
		c := open(t, change.Options{Repo: dir})
		if c.BaseCommit != base || !strings.HasPrefix(c.BaseName, "main (merge-base ") || c.HeadName != "worktree" || c.HeadCommit != "" {
			t.Errorf("got base %s %s, head %s %s", c.BaseName, c.BaseCommit, c.HeadName, c.HeadCommit)
		}
		want := []change.File{
			{Path: "a.yaml", Status: change.Modified},
			{Path: "dir/ünïcode -new.yaml", Status: change.Added},
			{Path: "gone.yaml", Status: change.Deleted},
			{Path: "new name.yaml", OldPath: "old name.yaml", Status: change.Renamed},
		}
		if !slices.Equal(c.Files, want) {
			t.Errorf("got %+v, want %+v", c.Files, want)
		}
		if got := content(t, c.Base, "a.yaml") + content(t, c.Head, "a.yaml"); got != "a\nedited\n" {
			t.Errorf("got %q", got)
		}
		for name, tree := range map[string]fs.FS{"gone.yaml": c.Head, "new name.yaml": c.Base, "ignored": c.Head, ".git/config": c.Head} {
			if _, err := fs.Stat(tree, name); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: got %v, want that it does not exist", name, err)
			}
		}
	}
}

func TestTwoRevisions(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		r := newRepo(t, "--object-format="+format)
		r.write("a.yaml", "1\n", "b.yaml", strings.Repeat("line\n", 20))
		r.commit("one")
		r.git("mv", "b.yaml", "c.yaml")
		r.write("c.yaml", strings.Repeat("line\n", 20)+"more\n", "a.yaml", "2\n")
		head := r.commit("two")
		r.write("a.yaml", "not committed\n")
		c := open(t, change.Options{Repo: r.dir, Base: "HEAD~1", Head: "HEAD"})
		want := []change.File{{Path: "a.yaml", Status: change.Modified}, {Path: "c.yaml", OldPath: "b.yaml", Status: change.Renamed}}
		if !slices.Equal(c.Files, want) || c.HeadCommit != head {
			t.Errorf("%s: got %+v at %s", format, c.Files, c.HeadCommit)
		}
		if got := content(t, c.Head, "a.yaml"); got != "2\n" {
			t.Errorf("%s: the head reads %q from the worktree", format, got)
		}
	}
}

func TestDirectories(t *testing.T) {
	base, head := repo{t, t.TempDir()}, repo{t, t.TempDir()}
	base.write("same.yaml", "s", "changed.yaml", "1", "moved.yaml", "m", "gone.yaml", "g")
	head.write("same.yaml", "s", "changed.yaml", "2", "sub/moved.yaml", "m", "new.yaml", "n")
	c := open(t, change.Options{BaseDir: base.dir, HeadDir: head.dir})
	want := []change.File{
		{Path: "changed.yaml", Status: change.Modified}, {Path: "gone.yaml", Status: change.Deleted},
		{Path: "new.yaml", Status: change.Added}, {Path: "sub/moved.yaml", OldPath: "moved.yaml", Status: change.Renamed},
	}
	if !slices.Equal(c.Files, want) {
		t.Errorf("got %+v", c.Files)
	}
}

func TestSubmoduleIsSkippedAloud(t *testing.T) {
	inner := newRepo(t)
	inner.write("a.yaml", "a")
	inner.commit("inner")
	r := newRepo(t)
	r.write("b.yaml", "b")
	r.git("submodule", "add", "-q", inner.dir, "mod")
	r.commit("outer")
	c := open(t, change.Options{Repo: r.dir, Base: "HEAD"})
	if len(c.Skipped) != 1 || c.Skipped[0].Path != "mod" || c.Skipped[0].Reason == "" {
		t.Errorf("got %+v", c.Skipped)
	}
	for name, tree := range map[string]fs.FS{"commit": c.Base, "worktree": c.Head} {
		if _, err := fs.ReadFile(tree, "mod/a.yaml"); err == nil || !strings.Contains(err.Error(), "git submodule") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestErrorsSayWhatToType(t *testing.T) {
	plain := t.TempDir()
	empty := newRepo(t)
	full := newRepo(t)
	full.write("a", "1")
	full.commit("one")
	full.write("a", "2")
	full.commit("two")
	unrelated := newRepo(t)
	unrelated.write("a", "1")
	unrelated.commit("one")
	unrelated.git("checkout", "-q", "--orphan", "other")
	unrelated.commit("two")
	nameless := newRepo(t)
	nameless.write("a", "1")
	nameless.commit("one")
	nameless.git("branch", "-m", "trunk")
	shallow := repo{t, filepath.Join(t.TempDir(), "shallow")}
	repo{t, plain}.git("clone", "-q", "--depth", "1", "file://"+full.dir, shallow.dir)
	shallow.git("checkout", "-q", "--orphan", "feature")
	shallow.commit("three")
	for _, tt := range []struct {
		name      string
		opts      change.Options
		msg, hint string
	}{
		{"no directory", change.Options{Repo: filepath.Join(plain, "x")}, "is not a directory", "--repo DIR"},
		{"no repository", change.Options{Repo: plain}, "not in a git repository", "--base-dir"},
		{"no commit", change.Options{Repo: empty.dir}, "no commit yet", "commit"},
		{"unknown base", change.Options{Repo: full.dir, Base: "nope"}, "--base nope is not a commit", "git fetch"},
		{"unknown head", change.Options{Repo: full.dir, Head: "nope"}, "--head nope is not a commit", "git fetch"},
		{"a revision that looks like an option", change.Options{Repo: full.dir, Base: "--output=x"}, "is not a commit", "git fetch"},
		{"unknown base in a shallow clone", change.Options{Repo: shallow.dir, Base: "HEAD~5"}, "is not a commit", "fetch-depth: 0"},
		{"no merge-base in a shallow clone", change.Options{Repo: shallow.dir}, "shallow clone", "git fetch --unshallow"},
		{"no common history", change.Options{Repo: unrelated.dir}, "no common history with main", "--base REV"},
		{"no default branch", change.Options{Repo: nameless.dir}, "branch to compare with is unknown", "--base REV"},
		{"one directory", change.Options{BaseDir: plain}, "both a base and a head", "--head-dir DIR"},
		{"directories and revisions", change.Options{BaseDir: plain, HeadDir: plain, Base: "x"}, "cannot be compared", "--base"},
	} {
		c, err := change.Open(t.Context(), tt.opts)
		if err == nil {
			t.Errorf("%s: no error", tt.name)
			_ = c.Close()
			continue
		}
		var e *change.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.msg) || !strings.Contains(e.UserHint(), tt.hint) {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	r := newRepo(t)
	r.write("a", "1")
	r.commit("one")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := change.Open(ctx, change.Options{Repo: r.dir, Base: "HEAD"}); err == nil {
		t.Error("a cancelled run opened the change")
	}
}

func TestConcurrentReads(t *testing.T) {
	r := newRepo(t)
	for _, name := range []string{"a", "b", "c", "d"} {
		r.write(name, strings.Repeat(name, 1000))
	}
	r.commit("one")
	c := open(t, change.Options{Repo: r.dir, Base: "HEAD", Head: "HEAD"})
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for _, name := range []string{"a", "b", "c", "d"} {
				if data, err := fs.ReadFile(c.Base, name); err != nil || string(data) != strings.Repeat(name, 1000) {
					t.Errorf("%s: %d bytes, %v", name, len(data), err)
				}
			}
		})
	}
	wait.Wait()
}

func TestRecorder(t *testing.T) {
	r := repo{t, t.TempDir()}
	r.write("a.yaml", "a", "dir/b.yaml", "b", "dir/c.yaml", "c", "other/d.yaml", "d")
	r.link("dir/b.yaml", "link.yaml")
	c := open(t, change.Options{BaseDir: r.dir, HeadDir: r.dir})
	rec := change.NewRecorder(c.Head)
	for _, name := range []string{"a.yaml", "link.yaml", "missing.yaml"} {
		_, _ = fs.ReadFile(rec, name)
	}
	_, _ = fs.ReadDir(rec, "dir")
	_, _ = fs.Stat(rec, "other")
	reads := rec.Reads()
	for _, tt := range []struct {
		file change.File
		want bool
	}{
		{change.File{Path: "a.yaml", Status: change.Modified}, true},
		{change.File{Path: "link.yaml", Status: change.Modified}, true},
		{change.File{Path: "dir/b.yaml", Status: change.Modified}, true}, // through the link
		{change.File{Path: "dir/c.yaml", Status: change.Modified}, false},
		{change.File{Path: "dir/new.yaml", Status: change.Added}, true},
		{change.File{Path: "dir/c.yaml", Status: change.Deleted}, true},
		{change.File{Path: "dir/sub/new.yaml", Status: change.Added}, true},
		{change.File{Path: "missing.yaml", Status: change.Added}, true},
		{change.File{Path: "missing.yaml/x", Status: change.Added}, true},
		{change.File{Path: "other/d.yaml", Status: change.Modified}, false},
		{change.File{Path: "other/new.yaml", Status: change.Added}, false},
		{change.File{Path: "other/e.yaml", OldPath: "a.yaml", Status: change.Renamed}, true},
	} {
		if got := len(reads.Touched([]change.File{tt.file})) > 0; got != tt.want {
			t.Errorf("%+v: got %v, want %v", tt.file, got, tt.want)
		}
	}
}
