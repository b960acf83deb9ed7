package helm

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/penstock-dev/penstock/internal/manifest"
	"helm.sh/helm/v4/pkg/ignore"
)

const (
	// maxFiles bounds how many files and directories a chart has, and maxDepth
	// how deep its directories nest; links may make a tree endless.
	maxFiles = 20_000
	maxDepth = 32
)

// walk visits the files of a chart in the order of Helm's loader: by name,
// directory by directory. Those that .helmignore names are left out, and links
// are followed as far as fsys does.
func walk(fsys fs.FS, dir string, visit func(name, p string, fi fs.FileInfo) error) error {
	rules, err := ignored(fsys, dir)
	if err != nil {
		return err
	}
	w := walker{fsys: fsys, dir: dir, rules: rules, visit: visit}
	return w.walk("", 0)
}

type walker struct {
	fsys  fs.FS
	dir   string
	rules *ignore.Rules
	visit func(name, p string, fi fs.FileInfo) error
	files int
}

func (w *walker) walk(below string, depth int) error {
	if depth > maxDepth {
		return &Error{Position: manifest.Position{File: path.Join(w.dir, below)}, Msg: fmt.Sprintf("directories are nested more than %d levels deep", maxDepth), Hint: "remove the link that leads upwards"}
	}
	entries, err := fs.ReadDir(w.fsys, path.Join(w.dir, below))
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(below, e.Name())
		p := path.Join(w.dir, name)
		fi, err := e.Info()
		var unresolved error
		if err == nil && e.Type()&fs.ModeSymlink != 0 {
			if to, err := fs.Stat(w.fsys, p); err == nil {
				fi = to
			} else {
				unresolved = err
			}
		}
		switch {
		case err != nil:
			return err
		case w.rules.Ignore(name, fi):
			continue
		case unresolved != nil:
			return unresolved
		case !fi.IsDir() && !fi.Mode().IsRegular():
			return &Error{Position: manifest.Position{File: p}, Msg: "not a regular file", Hint: "remove it, or name it in " + path.Join(w.dir, ignore.HelmIgnore)}
		}
		if w.files++; w.files > maxFiles {
			return &Error{Position: manifest.Position{File: w.dir}, Msg: fmt.Sprintf("the chart has more than %d files and directories", maxFiles), Hint: "name directories that are not part of the chart in .helmignore"}
		}
		if fi.IsDir() {
			if err := w.walk(name, depth+1); err != nil {
				return err
			}
			continue
		}
		if err := w.visit(name, p, fi); err != nil {
			return err
		}
	}
	return nil
}

// ignored reads .helmignore.
func ignored(fsys fs.FS, dir string) (*ignore.Rules, error) {
	rules := ignore.Empty()
	p := path.Join(dir, ignore.HelmIgnore)
	data, err := fs.ReadFile(fsys, p)
	switch {
	case err == nil:
		if rules, err = ignore.Parse(bytes.NewReader(data)); err != nil {
			return nil, &Error{Position: manifest.Position{File: p}, Msg: err.Error(), Hint: "see https://helm.sh/docs/chart_template_guide/helm_ignore_file", Err: err}
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("reading %s: %w", p, err)
	}
	rules.AddDefaults()
	return rules, nil
}

// Reach looks, through fsys, at every file that Template may read, and returns
// their paths with those of the directories that it lists, sorted. Nothing is
// rendered, and only .helmignore is read. What cannot be looked at is named as
// well, since Template depends on it.
func Reach(fsys fs.FS, opts Options) []string {
	dir := path.Clean(opts.Dir)
	reached := []string{path.Join(dir, ignore.HelmIgnore)}
	noted := notedDirs{FS: fsys}
	_ = walk(&noted, dir, func(_, p string, _ fs.FileInfo) error { // what it reaches until it fails is all it depends on
		_, _ = fs.Stat(fsys, p)
		reached = append(reached, p)
		return nil
	})
	_, _ = fs.Stat(fsys, path.Join(dir, "Chart.yaml"))
	for _, p := range opts.Values {
		_, _ = fs.Stat(fsys, p) // Template says what is wrong with it
		reached = append(reached, p)
	}
	reached = append(reached, noted.dirs...)
	slices.Sort(reached)
	return slices.Compact(reached)
}

// notedDirs notes which directories are listed.
type notedDirs struct {
	fs.FS
	dirs []string
}

// ReadDir implements fs.ReadDirFS.
func (n *notedDirs) ReadDir(name string) ([]fs.DirEntry, error) {
	n.dirs = append(n.dirs, name)
	return fs.ReadDir(n.FS, name)
}

// ReadFile implements fs.ReadFileFS.
func (n *notedDirs) ReadFile(name string) ([]byte, error) { return fs.ReadFile(n.FS, name) }

// Stat implements fs.StatFS.
func (n *notedDirs) Stat(name string) (fs.FileInfo, error) { return fs.Stat(n.FS, name) }
