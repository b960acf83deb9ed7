// Package layout knows what the files of a tree are: kustomizations, charts and
// manifests, and which of them refers to which. It looks at names and at the
// outline of files; it renders nothing and judges nothing.
package layout

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxRead bounds how much of one file is looked at. The largest manifests in
// use, bundles of CustomResourceDefinitions, stay below it.
const maxRead = 8 << 20

// Tree is the layout of a file tree. Paths are slash-separated and relative to
// its root, which is ".".
type Tree struct {
	// Kustomizations are by directory.
	Kustomizations map[string]*Kustomization
	// Charts are by directory; charts that lie in the charts directory of
	// another one are parts of it and left out.
	Charts map[string]*Chart
	// Manifests are the files outside of charts that hold Kubernetes objects,
	// with the identities of these as far as the outline shows them.
	Manifests map[string][]ID

	// Controllers are the manifests, sorted, that name an API of Flux or of Argo CD.
	Controllers []string

	// PassedOver are the directories and files that Scan left out although
	// `kubectl apply -R` would read them, and files in the form of manifests
	// that only tools read, such as skaffold.yaml. A root of plain manifests
	// must not lie above them.
	PassedOver map[string]bool

	files map[string]bool
	dirs  []string
}

// Chart is a Helm chart.
type Chart struct {
	Dir string
	// Library says that the chart has nothing to render by itself.
	Library bool
	// Values are the YAML files, relative to Dir and sorted, that are values
	// files by their name or place: values*.yaml, and all in the directories
	// values, environments, envs and env.
	Values []string
}

// ID tells objects apart as far as an outline can.
type ID struct {
	Group, Kind, Namespace, Name string
}

// Compare orders identities.
func (i ID) Compare(other ID) int {
	return cmp.Or(cmp.Compare(i.Group, other.Group), cmp.Compare(i.Kind, other.Kind),
		cmp.Compare(i.Namespace, other.Namespace), cmp.Compare(i.Name, other.Name))
}

// Scan walks a tree once. Paths that match one of the globs are left out with
// all below them, and so are names that start with a dot and directories called
// node_modules, vendor and testdata. Of symbolic links, only those to files are
// followed, and those that the file system refuses are left out.
func Scan(fsys fs.FS, exclude ...string) (*Tree, error) {
	t := &Tree{
		Kustomizations: map[string]*Kustomization{},
		Charts:         map[string]*Chart{},
		Manifests:      map[string][]ID{},
		PassedOver:     map[string]bool{},
		files:          map[string]bool{},
	}
	err := fs.WalkDir(fsys, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := p != "." && strings.HasPrefix(e.Name(), ".")
		out := hidden || matchesAny(exclude, p) || e.IsDir() && skipped(e.Name())
		if out && !hidden {
			t.PassedOver[p] = true
		}
		switch {
		case out && e.IsDir():
			return fs.SkipDir
		case out:
		case e.IsDir():
			t.dirs = append(t.dirs, p)
		case isFile(fsys, p, e):
			t.files[p] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("walking the tree: %w", err)
	}
	slices.Sort(t.dirs)
	if err := t.readCharts(fsys); err != nil {
		return nil, err
	}
	for _, p := range sortedKeys(t.files) {
		if err := t.readFile(fsys, p); err != nil {
			return nil, err
		}
	}
	t.resolve()
	return t, nil
}

func skipped(name string) bool {
	return name == "node_modules" || name == "vendor" || name == "testdata"
}

func isFile(fsys fs.FS, p string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.Type().IsRegular()
	}
	info, err := fs.Stat(fsys, p)
	return err == nil && info.Mode().IsRegular()
}

func (t *Tree) readFile(fsys fs.FS, p string) error {
	name := path.Base(p)
	if t.inChart(p) {
		return nil
	}
	switch {
	case IsKustomizationFile(name):
		data, err := readHead(fsys, p)
		if err != nil {
			return err
		}
		dir := path.Dir(p)
		if _, two := t.Kustomizations[dir]; !two {
			t.Kustomizations[dir] = parseKustomization(p, data)
		}
	case isYAML(name), path.Ext(name) == ".json":
		data, err := readHead(fsys, p)
		if err != nil {
			return err
		}
		ids, found := outline(name, data)
		if found == cluster {
			t.Manifests[p] = ids
			if bytes.Contains(data, []byte("toolkit.fluxcd.io/")) || bytes.Contains(data, []byte("argoproj.io/")) {
				t.Controllers = append(t.Controllers, p)
			}
		} else if found == tool {
			t.PassedOver[p] = true
		}
	}
	return nil
}

// readHead reads a file up to maxRead.
func readHead(fsys fs.FS, p string) ([]byte, error) {
	f, err := fsys.Open(p)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", p, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxRead))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("reading %s: %w", p, err)
	}
	return data, nil
}

func (t *Tree) readCharts(fsys fs.FS) error {
	for _, p := range sortedKeys(t.files) {
		if path.Base(p) != "Chart.yaml" || t.inChart(p) { // a chart sorts before its subcharts
			continue
		}
		data, err := readHead(fsys, p)
		if err != nil {
			return err
		}
		t.Charts[path.Dir(p)] = &Chart{Dir: path.Dir(p), Library: topLevel(data, "type") == "library"}
	}
	for p := range t.files {
		if dir, rest, ok := t.chartOf(p); ok && isValues(rest) {
			t.Charts[dir].Values = append(t.Charts[dir].Values, rest)
		}
	}
	for _, c := range t.Charts {
		slices.Sort(c.Values)
	}
	return nil
}

// chartOf returns the nearest chart above a file and the rest of the path.
func (t *Tree) chartOf(p string) (dir, rest string, ok bool) {
	for dir = path.Dir(p); ; dir = path.Dir(dir) {
		if _, ok := t.Charts[dir]; ok {
			if dir == "." {
				return dir, p, true
			}
			return dir, strings.TrimPrefix(p, dir+"/"), true
		}
		if dir == "." {
			return "", "", false
		}
	}
}

// inChart reports whether a file is a part of a chart: Helm gives its name or
// its directory a meaning. Other files beside or below Chart.yaml, such as
// those of a repository that is a chart as a whole, are not.
func (t *Tree) inChart(p string) bool {
	_, rest, ok := t.chartOf(p)
	if !ok {
		return false
	}
	switch first, _, _ := strings.Cut(rest, "/"); first {
	case "Chart.yaml", "templates", "charts", "crds", "files", "ci":
		return true
	}
	return isValues(rest)
}

func isValues(rest string) bool {
	if !isYAML(rest) {
		return false
	}
	dir, name := path.Split(rest)
	first, _, _ := strings.Cut(dir, "/")
	switch first {
	case "":
		return strings.HasPrefix(name, "values")
	case "values":
		return true
	case "environments", "envs", "env":
		return strings.HasPrefix(name, "values") && strings.Count(dir, "/") == 2
	}
	return false
}

// Dirs returns all directories, sorted.
func (t *Tree) Dirs() []string { return t.dirs }

// DirectoryFiles returns the manifests at or below a directory, sorted: what a
// root of plain manifests consists of. Directories below it that have a
// kustomization or a chart of their own are left out. If dir is a file that
// holds manifests, it is the only one.
func (t *Tree) DirectoryFiles(dir string) []string {
	if _, ok := t.Manifests[dir]; ok {
		return []string{dir}
	}
	var files []string
	for p := range t.Manifests {
		if t.plainBelow(p, dir) {
			files = append(files, p)
		}
	}
	slices.Sort(files)
	return files
}

func (t *Tree) plainBelow(p, dir string) bool {
	if !Within(p, dir) {
		return false
	}
	for d := path.Dir(p); d != dir; d = path.Dir(d) {
		if t.Kustomizations[d] != nil || t.Charts[d] != nil {
			return false
		}
	}
	return true
}

// Within reports whether p is dir or lies below it.
func Within(p, dir string) bool {
	return dir == "." || p == dir || strings.HasPrefix(p, dir+"/")
}

// IsKustomizationFile reports whether kustomize takes a file of this name for
// a kustomization (konfig.RecognizedKustomizationFileNames).
func IsKustomizationFile(name string) bool {
	return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization"
}

func isYAML(name string) bool {
	ext := path.Ext(name)
	return ext == ".yaml" || ext == ".yml"
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
