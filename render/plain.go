package render

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/render/kustomize"
)

// plain reads the manifests below a directory, as `kubectl apply -R -f` does:
// files that end in .yaml, .yml or .json. Other than there, directories and
// files whose name starts with a dot, charts, kustomizations, and files in which
// no document means to be a Kubernetes object (values files, say) are left out.
// Symbolic links to files are followed, those to directories are not.
func plain(fsys fs.FS, dir string) ([]*manifest.Object, error) {
	var objects []*manifest.Object
	err := plainFiles(fsys, dir, func(file string) error {
		found, err := plainFile(fsys, file)
		objects = append(objects, found...)
		return err
	})
	return objects, err
}

// plainReach reads all files that plain may read.
func plainReach(fsys fs.FS, dir string) {
	_ = plainFiles(fsys, dir, func(file string) error {
		_, err := fs.ReadFile(fsys, file)
		return err // what is read until it fails is all that rendering depends on
	})
}

// plainFiles visits the files below a directory, or the one file, that plain reads.
func plainFiles(fsys fs.FS, dir string, visit func(file string) error) error {
	fi, err := fs.Stat(fsys, dir)
	if err != nil {
		return err
	}
	if !fi.IsDir() {
		return visit(dir)
	}
	return fs.WalkDir(fsys, dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if p != dir && (strings.HasPrefix(e.Name(), ".") || isRoot(fsys, p)) {
				return fs.SkipDir
			}
			return nil
		}
		switch path.Ext(p) {
		case ".yaml", ".yml", ".json":
		default:
			return nil
		}
		if slices.Contains(kustomize.FileNames(), e.Name()) || strings.HasPrefix(e.Name(), ".") {
			return nil
		}
		return visit(p)
	})
}

// isRoot reports whether a directory is rendered in another way: a chart, or a
// kustomization.
func isRoot(fsys fs.FS, dir string) bool {
	if _, err := fs.Stat(fsys, path.Join(dir, "Chart.yaml")); err == nil {
		return true
	}
	file, err := kustomize.Find(fsys, dir)
	return err == nil && file != ""
}

func plainFile(fsys fs.FS, file string) ([]*manifest.Object, error) {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	docs, err := manifest.Decode(file, data)
	if !slices.ContainsFunc(docs, meansObject) {
		// A list or a scalar alone is another tool's; text that is no YAML could
		// be anything, also a manifest.
		if syntax, ok := errors.AsType[*manifest.SyntaxError](err); ok && syntax.NotMapping {
			err = nil
		}
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	var objects []*manifest.Object
	for _, doc := range docs {
		objs, err := manifest.Objects(doc)
		if err != nil {
			return nil, err
		}
		for _, o := range objs {
			owner := manifest.Owner{Kind: "Directory", Path: path.Dir(file)}
			objects = append(objects, o.WithOwners(owner))
		}
	}
	return objects, nil
}

// meansObject reports whether a document means to be a Kubernetes object. An
// apiVersion or kind that is missing, misspelt or no string must show as an
// error, and not as an object less; so must one that is templated away. The
// fields beside it tell it from the values of a chart, which may have a kind,
// and from files of tools that have an apiVersion.
func meansObject(doc manifest.Document) bool {
	var version, kind, metadata, spec, content bool
	for key, value := range doc.Fields {
		switch _, isMapping := value.(map[string]any); strings.ToLower(key) {
		case "apiversion":
			version = true
		case "kind":
			kind = true
		case "metadata":
			metadata = isMapping
		case "spec":
			spec = isMapping
		case "data", "stringdata", "items", "rules", "subjects", "roleref", "webhooks":
			content = true
		}
	}
	switch {
	case version && kind:
		return true
	case version:
		return metadata || spec || content
	case kind:
		return metadata || spec
	}
	return metadata && (spec || content) && hasName(doc)
}

func hasName(doc manifest.Document) bool {
	meta, _ := doc.Fields["metadata"].(map[string]any)
	_, ok := meta["name"].(string)
	return ok
}
