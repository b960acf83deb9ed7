package render

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/render/kustomize"
)

// plain reads the manifests below a directory, as `kubectl apply -R -f` does:
// files that end in .yaml, .yml or .json. Directories whose name starts with a
// dot, charts, kustomizations, and files without a single Kubernetes object (values files,
// kustomizations) are left out.
func plain(fsys fs.FS, dir string) ([]*manifest.Object, error) {
	fi, err := fs.Stat(fsys, dir)
	if err != nil {
		return nil, err
	}
	if !fi.IsDir() {
		return plainFile(fsys, dir)
	}
	var objects []*manifest.Object
	err = fs.WalkDir(fsys, dir, func(p string, e fs.DirEntry, err error) error {
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
		objs, err := plainFile(fsys, p)
		objects = append(objects, objs...)
		return err
	})
	return objects, err
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
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(docs, isManifest) {
		return nil, nil
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

// isManifest reports whether a document means to be a Kubernetes object.
func isManifest(doc manifest.Document) bool {
	_, hasVersion := doc.Fields["apiVersion"].(string)
	_, hasKind := doc.Fields["kind"].(string)
	return hasVersion && hasKind
}
