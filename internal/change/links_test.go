package change_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/penstock-dev/penstock/internal/change"
)

func TestSymlinks(t *testing.T) {
	r := newRepo(t)
	r.write("real/file.yaml", "content\n")
	r.link("real", "dir")
	r.link("dir/file.yaml", "file")
	r.link("/etc/passwd", "absolute")
	r.link("../outside", "outside")
	r.link("loop", "loop")
	r.link(".", "up")
	r.link(".", "upward")
	r.commit("links")
	r.write("x", "x")
	c := open(t, change.Options{Repo: r.dir, Base: "HEAD"})
	dirs := open(t, change.Options{BaseDir: r.dir, HeadDir: r.dir})
	for name, tree := range map[string]*change.Tree{"commit": c.Base, "worktree": c.Head, "directory": dirs.Head} {
		if got := content(t, tree, "file"); got != "content\n" {
			t.Errorf("%s: got %q", name, got)
		}
		entries, err := fs.ReadDir(tree, "dir")
		if err != nil || len(entries) != 1 {
			t.Errorf("%s: got %v, %v", name, entries, err)
		}
		walked := slices.DeleteFunc(walk(t, tree), func(p string) bool { return p == "x" })
		if !slices.Equal(walked, []string{"absolute", "dir", "file", "loop", "outside", "real", "real/file.yaml", "up", "upward"}) {
			t.Errorf("%s: walking it gives %v", name, walked)
		}
		for _, link := range []string{"absolute", "outside", "loop"} {
			_, err := fs.ReadFile(tree, link)
			var refused *change.LinkError
			if !errors.As(err, &refused) || refused.UserHint() == "" {
				t.Errorf("%s: reading %s gives %v, want a *LinkError", name, link, err)
			}
		}
		if got := tree.Trail("file"); !slices.Equal(got, []string{"file", "dir", "real/file.yaml"}) {
			t.Errorf("%s: the trail is %v", name, got)
		}
	}
}

// walk lists a tree, which ends although two links lead upwards.
func walk(t *testing.T, tree *change.Tree) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(tree, ".", func(p string, _ fs.DirEntry, err error) error {
		if p != "." {
			names = append(names, p)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return names
}

// A sparse checkout leaves files out of the worktree; they are not deleted.
func TestSparseCheckout(t *testing.T) {
	r := newRepo(t)
	r.write("in/a.yaml", "a\n", "out/b.yaml", "b\n")
	r.link("b.yaml", "out/link.yaml")
	r.commit("base")
	r.git("sparse-checkout", "set", "in")
	r.write("in/a.yaml", "changed\n")
	c := open(t, change.Options{Repo: r.dir, Base: "HEAD"})
	if got := content(t, c.Head, "out/link.yaml"); got != "b\n" {
		t.Errorf("got %q", got)
	}
	if len(c.Files) != 1 || c.Files[0].Path != "in/a.yaml" {
		t.Errorf("got %v", c.Files)
	}
}

func TestDirectoryInPlaceOfAFile(t *testing.T) {
	r := newRepo(t)
	r.write("a.yaml", "a\n")
	r.commit("base")
	if err := os.Remove(filepath.Join(r.dir, "a.yaml")); err != nil {
		t.Fatal(err)
	}
	r.write("a.yaml/b.yaml", "b\n")
	c := open(t, change.Options{Repo: r.dir, Base: "HEAD"})
	if got := content(t, c.Head, "a.yaml/b.yaml"); got != "b\n" || len(c.Skipped) > 0 {
		t.Errorf("got %q, skipped %v", got, c.Skipped)
	}
}
