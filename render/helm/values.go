package helm

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"sigs.k8s.io/yaml"
)

// layers are the values that a chart is given over its own.
type layers struct {
	merged map[string]any
	// files are the values files, the last one of which wins.
	files []valuesFile
}

type valuesFile struct {
	path string
	data []byte
}

// readValues merges the values files and the inline values as `helm -f` does.
// A null stays: it takes a value of the chart away when they are coalesced.
func readValues(fsys fs.FS, opts Options) (layers, error) {
	var l layers
	inline, err := plainValues(opts)
	if err != nil {
		return l, err
	}
	l.merged = map[string]any{}
	if opts.InlineFirst {
		l.merged = loader.MergeMaps(l.merged, inline)
	}
	for _, file := range opts.Values {
		at := manifest.Position{File: file}
		if strings.Contains(file, "://") {
			return l, &Error{Position: at, NeedsNetwork: true, Msg: "values files are not fetched", Hint: "commit the file, and name its path"}
		}
		data, err := fs.ReadFile(fsys, path.Clean(file))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return l, &Error{Position: at, Msg: "this values file does not exist", Hint: "correct the path, or add the file", Err: err}
		case err != nil:
			return l, fmt.Errorf("reading the values file %s: %w", file, err)
		}
		layer, err := loader.LoadValues(bytes.NewReader(data))
		if err != nil {
			e := &Error{Position: at, Msg: err.Error(), Hint: "values are a YAML mapping", Err: err}
			e.takeLine()
			return l, e
		}
		l.merged = loader.MergeMaps(l.merged, layer)
		l.files = append(l.files, valuesFile{path.Clean(file), data})
	}
	if !opts.InlineFirst {
		l.merged = loader.MergeMaps(l.merged, inline)
	}
	return l, nil
}

// plainValues takes the inline values through YAML: templates then print
// numbers as they do for those of a file, and nobody else holds the maps, which
// Helm changes.
func plainValues(opts Options) (map[string]any, error) {
	if len(opts.Inline) == 0 {
		return nil, nil
	}
	data, err := yaml.Marshal(opts.Inline)
	if err != nil {
		return nil, fmt.Errorf("writing the inline values of %s: %w", opts.Dir, err)
	}
	values, err := loader.LoadValues(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("reading the inline values of %s: %w", opts.Dir, err)
	}
	return values, nil
}

// locate finds where a values file sets what a JSON Pointer names; the file
// that wins is looked at first.
func (l layers) locate(pointer string) (manifest.Position, bool) {
	steps := strings.Count(pointer, "/")
	for i := len(l.files) - 1; i >= 0 && steps > 0; i-- {
		docs, err := manifest.Decode(l.files[i].path, l.files[i].data)
		if err != nil {
			continue // Helm takes duplicate keys
		}
		for j := len(docs) - 1; j >= 0; j-- {
			if line, _, depth := docs[j].Lookup(pointer); depth == steps {
				return manifest.Position{File: l.files[i].path, Line: line}, true
			}
		}
	}
	return manifest.Position{}, false
}
