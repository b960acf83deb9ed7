package kustomize

import (
	"io/fs"
	"path"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// Reach reads, through fsys, every file that a build of dir may read, without
// building: each string of a kustomization that names a file or a directory,
// and what those name in turn. It reads more than a build rather than less, and
// goes on where a build would fail, so that a recorder around fsys holds all
// that the outcome can depend on.
func Reach(fsys fs.FS, dir string) {
	r := reach{fsys: fsys, seen: map[string]bool{}}
	r.kustomization(dir)
}

type reach struct {
	fsys fs.FS
	seen map[string]bool
}

func (r *reach) kustomization(dir string) {
	if r.seen[dir] {
		return
	}
	r.seen[dir] = true
	file, err := Find(r.fsys, dir)
	if err != nil || file == "" {
		return
	}
	r.scan(dir, file)
	// Charts are looked for in this directory unless chartHome says otherwise.
	if _, err := fs.Stat(r.fsys, path.Join(dir, "charts")); err == nil {
		r.all(path.Join(dir, "charts"))
	}
}

// scan follows every string of a YAML file; paths are relative to dir.
func (r *reach) scan(dir, file string) {
	data, err := fs.ReadFile(r.fsys, file)
	if err != nil {
		return
	}
	docs, err := manifest.Decode(file, data)
	if err != nil {
		return
	}
	for _, doc := range docs {
		r.strings(dir, doc.Fields)
	}
}

func (r *reach) strings(dir string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for _, v := range value {
			r.strings(dir, v)
		}
	case []any:
		for _, v := range value {
			r.strings(dir, v)
		}
	case string:
		if strings.Contains(value, "\n") {
			// An inline generator or transformer, or an inline patch.
			r.inline(dir, value)
			return
		}
		r.path(dir, value)
		if _, file, ok := strings.Cut(value, "="); ok {
			r.path(dir, file)
		}
	}
}

func (r *reach) inline(dir, text string) {
	docs, err := manifest.Decode("inline", []byte(text))
	if err != nil {
		return
	}
	for _, doc := range docs {
		r.strings(dir, doc.Fields)
	}
}

func (r *reach) path(dir, name string) {
	target := path.Join(dir, name)
	if name == "" || path.IsAbs(name) || !fs.ValidPath(target) || r.seen["path "+target] {
		return
	}
	r.seen["path "+target] = true
	fi, err := fs.Stat(r.fsys, target)
	if err != nil {
		return // the recorder has noted that it is absent
	}
	if !fi.IsDir() {
		if ext := path.Ext(target); ext == ".yaml" || ext == ".yml" || ext == ".json" {
			r.scan(dir, target)
			return
		}
		_, _ = fs.ReadFile(r.fsys, target) // an unreadable file is noted as well
		return
	}
	if file, err := Find(r.fsys, target); err == nil && file != "" {
		r.kustomization(target)
		return
	}
	if target != dir {
		r.all(target)
	}
}

// Links may make a tree endless; rendering has the same bounds.
const (
	maxEntries = 20_000
	maxDepth   = 32
)

// all reads every file below a directory, and follows links as Helm does.
func (r *reach) all(dir string) {
	if r.seen["all "+dir] {
		return
	}
	r.seen["all "+dir] = true
	entries := 0
	r.below(dir, 0, &entries)
}

func (r *reach) below(dir string, depth int, entries *int) {
	list, err := fs.ReadDir(r.fsys, dir)
	if err != nil || depth > maxDepth {
		return
	}
	for _, e := range list {
		if *entries++; *entries > maxEntries {
			return
		}
		p := path.Join(dir, e.Name())
		isDir := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			fi, err := fs.Stat(r.fsys, p)
			isDir = err == nil && fi.IsDir()
		}
		if isDir {
			r.below(p, depth+1, entries)
			continue
		}
		_, _ = fs.ReadFile(r.fsys, p)
	}
}
