package kustomize

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// overlay shows a read-only fs.FS to Kustomize as the root "/" of a file
// system, with some files replaced. Everything that would write is refused.
type overlay struct {
	fsys fs.FS
	// files are the replaced ones, by path in fsys.
	files map[string][]byte
}

var errReadOnly = errors.New("the tree is read-only")

var _ filesys.FileSystem = (*overlay)(nil)

// inside turns a path of Kustomize into one of fsys.
func inside(name string) string {
	name = strings.TrimPrefix(path.Clean("/"+filepath.ToSlash(name)), "/")
	if name == "" {
		return "."
	}
	return name
}

func (o *overlay) Create(string) (filesys.File, error)    { return nil, errReadOnly }
func (o *overlay) Mkdir(string) error                     { return errReadOnly }
func (o *overlay) MkdirAll(string) error                  { return errReadOnly }
func (o *overlay) RemoveAll(string) error                 { return errReadOnly }
func (o *overlay) WriteFile(string, []byte) error         { return errReadOnly }
func (o *overlay) Open(name string) (filesys.File, error) { return nil, errReadOnly }

// stat reports whether name is there and is a directory.
func (o *overlay) stat(name string) (dir, ok bool) {
	p := inside(name)
	if _, replaced := o.files[p]; replaced {
		return false, true
	}
	for f := range o.files {
		if strings.HasPrefix(f, p+"/") {
			return true, true
		}
	}
	fi, err := fs.Stat(o.fsys, p)
	if err != nil {
		return false, false
	}
	return fi.IsDir(), true
}

func (o *overlay) IsDir(name string) bool {
	dir, ok := o.stat(name)
	return ok && dir
}

func (o *overlay) Exists(name string) bool {
	_, ok := o.stat(name)
	return ok
}

func (o *overlay) ReadFile(name string) ([]byte, error) {
	p := inside(name)
	if data, ok := o.files[p]; ok {
		return data, nil
	}
	return fs.ReadFile(o.fsys, p)
}

func (o *overlay) ReadDir(name string) ([]string, error) {
	entries, err := fs.ReadDir(o.fsys, inside(name))
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

func (o *overlay) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	dir, ok := o.stat(name)
	if !ok {
		return "", "", &fs.PathError{Op: "stat", Path: inside(name), Err: fs.ErrNotExist}
	}
	abs := path.Clean("/" + filepath.ToSlash(name))
	if dir {
		return filesys.ConfirmedDir(abs), "", nil
	}
	return filesys.ConfirmedDir(path.Dir(abs)), path.Base(abs), nil
}

func (o *overlay) Glob(pattern string) ([]string, error) {
	matches, err := fs.Glob(o.fsys, inside(pattern))
	for i := range matches {
		matches[i] = "/" + matches[i]
	}
	return matches, err
}

func (o *overlay) Walk(name string, walk filepath.WalkFunc) error {
	return fs.WalkDir(o.fsys, inside(name), func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return walk("/"+p, nil, err)
		}
		fi, err := e.Info()
		return walk("/"+p, fi, err)
	})
}
