package helm

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
)

const (
	// maxChart bounds the files of a chart with all its sub-charts, unpacked,
	// in bytes. The largest public charts have a few MiB.
	maxChart = 64 << 20
	// maxNesting bounds how deep charts nest; real ones stay below five. An
	// archive that holds itself would never end.
	maxNesting = 16
)

// loadedChart is a chart and where its files are.
type loadedChart struct {
	*chart.Chart
	dir string
	// origins has the path in the tree of every file; Helm shares the files
	// between the copies of a chart that aliases make.
	origins map[*common.File]string
	// schemas has the path of every values.schema.json by its first byte, which
	// such copies share too.
	schemas map[*byte]string
}

// file is a file of a chart: its name relative to the chart, and the path of
// what holds it in the tree.
type file struct {
	name   string
	data   []byte
	source string
}

// load reads a chart through fsys and checks that it can be rendered.
func load(fsys fs.FS, dir string) (*loadedChart, error) {
	at := manifest.Position{File: path.Join(dir, "Chart.yaml")}
	if _, err := fs.Stat(fsys, at.File); errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Position: manifest.Position{File: dir}, Msg: "this directory has no Chart.yaml", Hint: "name a chart directory", Err: err}
	}
	files, err := readFiles(fsys, dir)
	if err != nil {
		return nil, err
	}
	l := &loadedChart{dir: dir, origins: map[*common.File]string{}, schemas: map[*byte]string{}}
	budget := maxChart
	l.Chart, err = l.build(dir, files, 0, &budget)
	if err != nil {
		return nil, err
	}
	switch {
	case l.Metadata.APIVersion != chart.APIVersionV1 && l.Metadata.APIVersion != chart.APIVersionV2:
		return nil, &Error{Position: at, Msg: fmt.Sprintf("charts of apiVersion %q are not known", l.Metadata.APIVersion), Hint: "write apiVersion: v2"}
	case l.Metadata.Type == "library":
		return nil, &Error{Position: at, Msg: "a library chart cannot be rendered by itself", Hint: "name a chart that depends on it"}
	}
	return l, l.vendored()
}

func readFiles(fsys fs.FS, dir string) ([]file, error) {
	var files []file
	left := maxChart
	err := walk(fsys, dir, func(name, p string, fi fs.FileInfo) error {
		data := []byte(nil)
		if fi.Size() <= min(archive.MaxDecompressedFileSize, int64(left)) {
			var err error
			if data, err = fs.ReadFile(fsys, p); err != nil {
				return err
			}
		}
		// The size that a tree tells may be unknown, and then is 0.
		if size := max(fi.Size(), int64(len(data))); size > archive.MaxDecompressedFileSize {
			return &Error{
				Position: manifest.Position{File: p},
				Msg:      fmt.Sprintf("the file is larger than Helm takes, %d MiB", archive.MaxDecompressedFileSize>>20),
				Hint:     "name it in " + path.Join(dir, ".helmignore"),
			}
		} else if left -= int(size); left < 0 {
			return tooLarge(dir)
		}
		files = append(files, file{name, bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), p})
		return nil
	})
	var known *Error
	if err != nil && !errors.As(err, &known) {
		err = fmt.Errorf("reading the chart %s: %w", dir, err)
	}
	return files, err
}

func tooLarge(dir string) error {
	return &Error{
		Position: manifest.Position{File: dir},
		Msg:      fmt.Sprintf("the chart with its sub-charts is larger than %d MiB", maxChart>>20),
		Hint:     "name files that are not part of the chart in .helmignore",
	}
}

// build makes a chart of its files. Helm's own loader does the same for
// sub-charts, but in random order, and forgets where they were.
func (l *loadedChart) build(dir string, files []file, depth int, budget *int) (*chart.Chart, error) {
	if depth > maxNesting {
		return nil, &Error{Position: manifest.Position{File: dir}, Msg: fmt.Sprintf("charts are nested more than %d levels deep", maxNesting), Hint: "remove charts/ of the innermost"}
	}
	var own []*archive.BufferedFile
	sources := map[string]string{}
	subcharts := map[string][]file{}
	for _, f := range files {
		if rest, ok := strings.CutPrefix(f.name, "charts/"); ok && path.Ext(f.name) != ".prov" {
			name, _, _ := strings.Cut(rest, "/")
			subcharts[name] = append(subcharts[name], file{rest, f.data, f.source})
			continue
		}
		if *budget -= len(f.data); *budget < 0 {
			return nil, tooLarge(l.dir)
		}
		sources[f.name] = f.source
		own = append(own, &archive.BufferedFile{Name: f.name, Data: f.data})
	}
	c, err := loader.LoadFiles(own)
	if err != nil {
		return nil, loadError(dir, sources, err)
	}
	for _, f := range slices.Concat(c.Templates, c.Files) {
		l.origins[f] = sources[f.Name]
	}
	if len(c.Schema) > 0 {
		l.schemas[&c.Schema[0]] = sources["values.schema.json"]
	}
	for _, name := range slices.Sorted(maps.Keys(subcharts)) {
		if strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
			continue
		}
		sub, err := l.subchart(path.Join(dir, "charts", name), name, subcharts[name], depth, budget)
		if err != nil {
			return nil, err
		}
		c.AddDependency(sub)
	}
	return c, nil
}

// subchart builds what charts/NAME holds: an archive, or a directory.
func (l *loadedChart) subchart(dir, name string, files []file, depth int, budget *int) (*chart.Chart, error) {
	if path.Ext(name) != ".tgz" {
		var inner []file
		for _, f := range files {
			if _, rest, ok := strings.Cut(f.name, "/"); ok {
				inner = append(inner, file{rest, f.data, f.source})
			}
		}
		return l.build(dir, inner, depth+1, budget)
	}
	at := manifest.Position{File: files[0].source}
	if files[0].name != name {
		return nil, &Error{Position: at, Msg: "a directory in charts/ must not end in .tgz", Hint: "rename the directory " + dir}
	}
	unpacked, err := archive.LoadArchiveFiles(bytes.NewReader(files[0].data))
	if err != nil {
		return nil, &Error{Position: at, Msg: "unpacking the archive: " + err.Error(), Hint: "make the archive anew: helm dependency update " + l.dir, Err: err}
	}
	inner := make([]file, len(unpacked))
	for i, f := range unpacked {
		inner[i] = file{f.Name, f.Data, files[0].source}
	}
	return l.build(dir, inner, depth+1, budget)
}

// filePattern finds the file in the loader's messages, "cannot load
// values.yaml: …", which have no structured form of it.
var filePattern = regexp.MustCompile(`cannot load ([^\s:]+): `)

// loadError says in which file of a chart the loader found a fault.
func loadError(dir string, sources map[string]string, err error) error {
	e := &Error{Position: manifest.Position{File: path.Join(dir, "Chart.yaml")}, Msg: err.Error(), Hint: "see what `helm lint " + dir + "` says", Err: err}
	if m := filePattern.FindStringSubmatchIndex(e.Msg); m != nil {
		name := e.Msg[m[2]:m[3]]
		e.File = path.Join(dir, name)
		e.Msg = e.Msg[m[1]:]
	}
	if source, ok := sources[path.Base(e.File)]; ok && source != "" {
		e.File = source
	}
	e.takeLine()
	return e
}

// vendored checks that every dependency of Chart.yaml is in charts/, whether
// its condition holds or not, as `helm template` does before it renders
// (https://helm.sh/docs/helm/helm_dependency/). Only names count there: Helm
// renders a sub-chart whose version is outside of the declared range.
func (l *loadedChart) vendored() error {
	have := map[string]bool{}
	for _, d := range l.Dependencies() {
		have[d.Name()] = true
	}
	locked := map[string]string{}
	if l.Lock != nil {
		for _, d := range l.Lock.Dependencies {
			locked[d.Name] = d.Version
		}
	}
	var missing []string
	for _, d := range l.Metadata.Dependencies {
		if have[d.Name] {
			continue
		}
		entry := strings.TrimSpace(d.Name + " " + d.Version)
		if v := locked[d.Name]; v != "" && v != d.Version {
			entry += ", locked at " + v + ","
		}
		if d.Repository != "" {
			entry += " of " + d.Repository
		}
		missing = append(missing, entry)
	}
	if len(missing) == 0 {
		return nil
	}
	return &Error{
		Position: manifest.Position{File: path.Join(l.dir, "Chart.yaml")}, NeedsNetwork: true,
		Msg:  "dependencies are declared but are not in charts/: " + strings.Join(missing, "; "),
		Hint: fmt.Sprintf("run `helm dependency update %s` and commit %s", l.dir, path.Join(l.dir, "charts")),
	}
}
