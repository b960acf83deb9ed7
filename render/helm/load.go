package helm

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	chartcommon "helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/ignore"
	"sigs.k8s.io/yaml"
)

// maxChart bounds the files of one chart, in bytes.
const maxChart = 64 << 20

// load reads a chart through fsys and checks that its dependencies are there.
func load(fsys fs.FS, dir string) (*chart.Chart, error) {
	at := manifest.Position{File: path.Join(dir, "Chart.yaml")}
	if _, err := fs.Stat(fsys, at.File); err != nil {
		return nil, &Error{Position: manifest.Position{File: dir}, Msg: "this directory has no Chart.yaml", Hint: "name a chart directory", Err: err}
	}
	files, err := read(fsys, dir)
	if err != nil {
		return nil, err
	}
	c, err := loader.LoadFiles(files)
	if err != nil {
		return nil, &Error{Position: at, Msg: err.Error(), Hint: "see what `helm lint " + dir + "` says", Err: err}
	}
	if err := c.Validate(); err != nil {
		return nil, &Error{Position: at, Msg: err.Error(), Hint: "see what `helm lint " + dir + "` says", Err: err}
	}
	return c, vendored(c, dir)
}

// read collects the files of a chart, without those that .helmignore names.
func read(fsys fs.FS, dir string) ([]*chartcommon.BufferedFile, error) {
	rules := ignore.Empty()
	if data, err := fs.ReadFile(fsys, path.Join(dir, ignore.HelmIgnore)); err == nil {
		if rules, err = ignore.Parse(bytes.NewReader(data)); err != nil {
			return nil, &Error{Position: manifest.Position{File: path.Join(dir, ignore.HelmIgnore)}, Msg: err.Error(), Err: err}
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading %s: %w", path.Join(dir, ignore.HelmIgnore), err)
	}
	rules.AddDefaults()
	var files []*chartcommon.BufferedFile
	total := 0
	err := fs.WalkDir(fsys, dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(p, dir+"/")
		if p == dir {
			return nil
		}
		if dir == "." {
			name = p
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		if rules.Ignore(name, fi) {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.IsDir() {
			return nil
		}
		data, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		if total += len(data); total > maxChart {
			return &Error{Position: manifest.Position{File: dir}, Msg: fmt.Sprintf("the chart is larger than %d MiB", maxChart>>20), Hint: "name files that are not part of the chart in .helmignore"}
		}
		files = append(files, &chartcommon.BufferedFile{Name: name, Data: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the chart %s: %w", dir, err)
	}
	return files, nil
}

// vendored checks that every dependency of Chart.yaml is in charts/, as
// `helm template` does.
func vendored(c *chart.Chart, dir string) error {
	have := map[string]bool{}
	for _, d := range c.Dependencies() {
		have[d.Name()] = true
	}
	var missing []string
	for _, d := range c.Metadata.Dependencies {
		if !have[d.Name] {
			missing = append(missing, fmt.Sprintf("%s %s (%s)", d.Name, d.Version, d.Repository))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &Error{
		Position: manifest.Position{File: path.Join(dir, "Chart.yaml")}, NeedsNetwork: true,
		Msg:  "dependencies are not in charts/: " + strings.Join(missing, ", "),
		Hint: fmt.Sprintf("helm dependency update %s, and commit %s", dir, path.Join(dir, "charts")),
	}
}

// readValues merges the values files and the inline values, as helm -f does.
func readValues(fsys fs.FS, opts Options) (map[string]any, error) {
	values := map[string]any{}
	if opts.InlineFirst {
		values = loader.MergeMaps(values, opts.Inline)
	}
	for _, file := range opts.Values {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, &Error{Position: manifest.Position{File: file}, Msg: "the values file cannot be read: " + err.Error(), Hint: "correct the path, or add the file", Err: err}
		}
		layer := map[string]any{}
		if err := yaml.Unmarshal(data, &layer); err != nil {
			return nil, &Error{Position: manifest.Position{File: file}, Msg: err.Error(), Hint: "values are a YAML mapping", Err: err}
		}
		values = loader.MergeMaps(values, layer)
	}
	if !opts.InlineFirst {
		values = loader.MergeMaps(values, opts.Inline)
	}
	return values, nil
}

// Reach reads, through fsys, every file that Template may read.
func Reach(fsys fs.FS, opts Options) {
	_ = fs.WalkDir(fsys, opts.Dir, func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			_, _ = fs.ReadFile(fsys, p) // an unreadable file is noted as well
		}
		return nil
	})
	_, _ = fs.Stat(fsys, path.Join(opts.Dir, ignore.HelmIgnore))
	for _, file := range opts.Values {
		_, _ = fs.ReadFile(fsys, file)
	}
}
