package change_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/penstock-dev/penstock/internal/change"
)

func openRepository(t *testing.T, dir string) *change.Repository {
	t.Helper()
	r, err := change.OpenRepository(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRepositoryCommits(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			origin := newRepo(t, "--object-format="+format)
			base := origin.commit("base")
			origin.git("checkout", "-q", "-b", "feature")
			head := origin.commit("head")
			origin.git("checkout", "-q", "main")
			tip := origin.commit("tip")
			origin.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
			merge := origin.git("rev-parse", "HEAD")
			origin.git("tag", "-a", "-m", "v1", "v1", tip)

			r := openRepository(t, origin.dir)
			for rev, want := range map[string]string{"main": merge, "v1": tip, "main^1": tip, head[:10]: head, merge[:len(merge)-4] + "0000": "", "nope": ""} {
				if got, err := r.Commit(t.Context(), rev); err != nil || got != want {
					t.Errorf("Commit(%s) = %q, %v, want %q", rev, got, err, want)
				}
			}
			if got, err := r.Parents(t.Context(), merge); err != nil || len(got) != 2 || got[0] != tip || got[1] != head {
				t.Errorf("Parents = %v, %v", got, err)
			}
			if got, err := r.MergeBase(t.Context(), tip, "feature"); err != nil || got != base {
				t.Errorf("MergeBase = %s, %v", got, err)
			}

			// A shallow clone has neither the parents nor the merge-base, and says whose they were.
			shallow := repo{t, t.TempDir()}
			shallow.git("clone", "-q", "--depth=1", "--no-single-branch", "file://"+origin.dir, ".")
			s := openRepository(t, shallow.dir)
			if got, err := s.Parents(t.Context(), merge); err != nil || len(got) != 2 || got[0] != tip {
				t.Errorf("shallow: Parents = %v, %v", got, err)
			}
			if got, err := s.Commit(t.Context(), base); got != "" || err != nil {
				t.Errorf("shallow: Commit = %q, %v", got, err)
			}
			var fault *change.Error
			if _, err := s.MergeBase(t.Context(), "origin/main", "origin/feature"); !errors.As(err, &fault) {
				t.Errorf("shallow: MergeBase: %v", err)
			}
		})
	}
}

// TestDefaultBranchOfRemote expects the branch of the remote that is asked for,
// and never a local one.
func TestDefaultBranchOfRemote(t *testing.T) {
	mine := newRepo(t)
	mine.commit("base")
	r := openRepository(t, mine.dir)
	var fault *change.Error
	if got, err := r.DefaultBranch(t.Context(), "origin"); !errors.As(err, &fault) {
		t.Errorf("without a remote: %q, %v", got, err)
	}
	for _, remote := range []string{"origin", "fork"} {
		bare := repo{t, t.TempDir()}
		bare.git("init", "-q", "--bare")
		mine.git("remote", "add", remote, bare.dir)
	}
	mine.git("push", "-q", "origin", "main:trunk", "main")
	for _, step := range []struct {
		set    []string
		remote string
		want   string
	}{
		{nil, "origin", "origin/main"},
		{nil, "fork", "origin/main"},
		{[]string{"remote", "set-head", "origin", "trunk"}, "origin", "origin/trunk"},
		{[]string{"push", "-q", "fork", "main:master"}, "fork", "fork/master"},
		{nil, "https://example.com/x.git", "origin/trunk"},
	} {
		if step.set != nil {
			mine.git(step.set...)
		}
		if got, err := r.DefaultBranch(t.Context(), step.remote); err != nil || got != step.want {
			t.Errorf("%s after %v: %q, %v, want %s", step.remote, step.set, got, err, step.want)
		}
	}
}

func TestHooks(t *testing.T) {
	r := newRepo(t)
	r.commit("base")
	top, err := filepath.EvalSymlinks(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	outside, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r.link(outside, "elsewhere")
	tree := filepath.Join(t.TempDir(), "tree")
	r.git("worktree", "add", "-q", "-b", "other", tree)
	for _, tt := range []struct {
		hooksPath, from, want string
		inside                bool
	}{
		{"", r.dir, top + "/.git/hooks", true},
		{"", tree, top + "/.git/hooks", true},
		{".githooks", r.dir, top + "/.githooks", true},
		{"no/such/dir", r.dir, top + "/no/such/dir", true},
		{outside, r.dir, outside, false},
		{"elsewhere/hooks", r.dir, outside + "/hooks", false},
		{"../hooks", r.dir, filepath.Dir(top) + "/hooks", false},
	} {
		if tt.hooksPath != "" {
			r.git("config", "core.hooksPath", tt.hooksPath)
		}
		dir, inside, err := openRepository(t, tt.from).Hooks(t.Context())
		if err != nil || filepath.ToSlash(dir) != filepath.ToSlash(tt.want) || inside != tt.inside {
			t.Errorf("%s: %s, %v, %v, want %s, %v", tt.hooksPath, dir, inside, err, tt.want, tt.inside)
		}
	}
}
