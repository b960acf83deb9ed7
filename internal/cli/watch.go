package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/render"
)

const (
	// watchInterval is the pause between two looks at the files.
	watchInterval = 400 * time.Millisecond
	// watchSettle is how long files must rest before they are checked: editors
	// and git write several of them.
	watchSettle = 200 * time.Millisecond
)

// tools are what renders and what tries. They outlive a run, so that whoever
// watches does not wait for an API server again and again.
type tools struct {
	pool  *render.Pool
	trier *dryrun.Runner
	// mode, kubeconfig and drift are those that trier was made for.
	mode, kubeconfig string
	drift            bool
	// assets are for embedded servers.
	assets dryrun.Assets
}

func newTools(a dryrun.Assets) *tools {
	return &tools{pool: render.NewPool(render.PoolOptions{}), assets: a}
}

// on is where the change is tried; nil where the dry-run is off. A kubeconfig wins
// over those of the configuration.
func (t *tools) on(mode, kubeconfig string, drift bool) (*dryrun.Runner, error) {
	if mode == t.mode && kubeconfig == t.kubeconfig && drift == t.drift {
		return t.trier, nil
	}
	var err error
	if t.trier != nil {
		err = t.trier.Close()
	}
	t.trier, t.mode, t.kubeconfig, t.drift = nil, mode, kubeconfig, drift
	if err != nil || mode == "off" {
		return nil, err
	}
	t.trier, err = dryrun.New(dryrun.Options{Mode: mode, Kubeconfig: kubeconfig, Assets: t.assets, Drift: drift})
	return t.trier, err
}

func (t *tools) Close() error {
	err := t.pool.Close()
	if t.trier != nil {
		err = errors.Join(err, t.trier.Close())
	}
	return err
}

// watchable refuses to watch what does not change, or for nobody.
func (o *checkOptions) watchable() error {
	switch {
	case !terminal(o.Out):
		return &usageError{"--watch is for a terminal, and the output goes elsewhere", "leave out --watch, or leave out the redirection"}
	case o.Head != "":
		return &usageError{"--watch checks again when files change, and those of a revision do not", "leave out --head to watch the worktree"}
	}
	return nil
}

// watch checks, and checks again whenever files change, until it is interrupted.
// It ends with the code of the last report. Only the files of the head and
// --config are watched: what git fetches or commits shows in the next report.
func (o *checkOptions) watch(ctx context.Context, t *tools, outs []output) error {
	files := func() (map[string]stamp, error) { return o.files(ctx, outs) }
	return repeat(ctx, o.Err, files, func() error { return o.once(ctx, t, outs) })
}

// watched says which files there are.
type watched func() (map[string]stamp, error)

// repeat does something, and does it again whenever files change, until it is
// interrupted. It ends with the code of the last time.
func repeat(ctx context.Context, stderr io.Writer, files watched, once func() error) error {
	seen, err := files()
	if err != nil {
		return err
	}
	for {
		last := once()
		if ctx.Err() != nil {
			return last
		}
		if done := (exit{}); last != nil && !errors.As(last, &done) {
			complain(stderr, last)
			last = exit{codeUndecided}
		}
		fmt.Fprintf(stderr, "\n── %s · watching %d files · Ctrl-C ends\n\n", time.Now().Format(time.TimeOnly), len(onlyFiles(seen)))
		if seen = files.wait(ctx, seen); seen == nil {
			return last
		}
	}
}

// wait returns when a file changed, appeared or went, with what there is then;
// it returns nil at the end of ctx.
func (files watched) wait(ctx context.Context, seen map[string]stamp) map[string]stamp {
	for pause(ctx, watchInterval) {
		if maps.Equal(seen, again(seen)) {
			continue
		}
		now := files.settled(ctx, seen)
		if !maps.Equal(onlyFiles(seen), onlyFiles(now)) {
			return now
		}
		seen = now // a file that git ignores came or went
	}
	return nil
}

// settled is what there is once it rests.
func (files watched) settled(ctx context.Context, seen map[string]stamp) map[string]stamp {
	for pause(ctx, watchSettle) {
		now, err := files()
		if err != nil {
			return again(seen) // the check says what is wrong
		}
		if maps.Equal(now, seen) {
			return now
		}
		seen = now
	}
	return seen
}

// pause waits, and reports whether ctx is still on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// stamp tells two states of a file or directory apart.
type stamp struct {
	size int64
	time time.Time
	dir  bool
}

// files are the files of the head and their directories, whose time changes when
// an entry comes or goes. What the check itself writes is none of them.
func (o *checkOptions) files(ctx context.Context, outs []output) (map[string]stamp, error) {
	c, err := change.Open(ctx, o.Options)
	if err != nil {
		return nil, err
	}
	top := o.HeadDir
	if top == "" {
		dir, err := filepath.Abs(o.Repo)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("finding %s: %w", o.Repo, err), c.Close())
		}
		top = worktree(dir)
	}
	seen := map[string]stamp{}
	err = fs.WalkDir(c.Head, ".", func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		record(seen, filepath.Join(top, filepath.FromSlash(p)))
		return nil
	})
	if o.config != "" {
		record(seen, o.config)
	}
	maps.DeleteFunc(seen, func(p string, _ stamp) bool {
		return slices.ContainsFunc(outs, func(out output) bool { return out.file != "" && sameFile(p, out.path) })
	})
	return seen, errors.Join(err, c.Close())
}

func sameFile(a, b string) bool {
	if filepath.Base(a) != filepath.Base(b) {
		return false
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

func record(seen map[string]stamp, p string) {
	info, err := os.Lstat(p)
	if err != nil {
		return
	}
	s := stamp{size: info.Size(), time: info.ModTime(), dir: info.IsDir()}
	if s.dir {
		s.size = 0
	}
	seen[p] = s
}

// again looks at the same files and directories once more.
func again(seen map[string]stamp) map[string]stamp {
	now := make(map[string]stamp, len(seen))
	for p := range seen {
		record(now, p)
	}
	return now
}

// onlyFiles leaves out the directories, and what editors write beside a file.
func onlyFiles(seen map[string]stamp) map[string]stamp {
	files := make(map[string]stamp, len(seen))
	for p, s := range seen {
		name := path.Base(filepath.ToSlash(p))
		if !s.dir && !strings.HasSuffix(name, "~") && !strings.HasSuffix(name, ".swp") {
			files[p] = s
		}
	}
	return files
}
