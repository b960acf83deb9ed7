package change

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"sync"
)

// Reads is what something read of a tree, sorted and without duplicates: the
// files, the paths that it looked for and that were not there, and the
// directories that it listed.
type Reads struct {
	Files  []string `json:"files,omitempty"`
	Absent []string `json:"absent,omitempty"`
	Dirs   []string `json:"dirs,omitempty"`
}

// Union returns what either read.
func (r Reads) Union(other Reads) Reads {
	return Reads{union(r.Files, other.Files), union(r.Absent, other.Absent), union(r.Dirs, other.Dirs)}
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// Touched returns the paths, sorted, of those files on which the reads depend:
// files that were read; files at or below a path that was not there; and files
// that came into or went out of a directory that was listed.
func (r Reads) Touched(files []File) []string {
	var touched []string
	for _, f := range files {
		for _, p := range f.Paths() {
			if r.depends(p, f.Status) {
				touched = append(touched, p)
			}
		}
	}
	return union(touched, nil)
}

func (r Reads) depends(p string, s Status) bool {
	if contains(r.Files, p) || contains(r.Absent, p) {
		return true
	}
	if s == Modified {
		return false
	}
	for child := p; child != "."; child = path.Dir(child) {
		if contains(r.Absent, child) {
			return true
		}
	}
	// A new directory shows up in the listing of the one above it. Listings
	// further up do not change when a file comes into a directory that was
	// there; taking them as touched too only renders more than is needed.
	for dir := path.Dir(p); ; dir = path.Dir(dir) {
		if contains(r.Dirs, dir) {
			return true
		}
		if dir == "." {
			return false
		}
	}
}

func contains(sorted []string, s string) bool {
	_, found := slices.BinarySearch(sorted, s)
	return found
}

// Recorder is a file system that passes every call on to another one and
// records it. It is safe for concurrent use.
type Recorder struct {
	fsys fs.FS

	mu     sync.Mutex
	files  map[string]bool
	absent map[string]bool
	dirs   map[string]bool
}

// NewRecorder returns a recorder over fsys.
func NewRecorder(fsys fs.FS) *Recorder {
	return &Recorder{fsys: fsys, files: map[string]bool{}, absent: map[string]bool{}, dirs: map[string]bool{}}
}

// Reads returns what was read so far.
func (r *Recorder) Reads() Reads {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Reads{keys(r.files), keys(r.absent), keys(r.dirs)}
}

func keys(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (r *Recorder) note(name string, into map[string]bool, err error) {
	var trail []string
	if links, ok := r.fsys.(interface{ Trail(string) []string }); ok {
		trail = links.Trail(name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(err, fs.ErrNotExist) {
		into = r.absent
	}
	into[name] = true
	for _, p := range trail {
		into[p] = true
	}
}

// ReadFile implements fs.ReadFileFS.
func (r *Recorder) ReadFile(name string) ([]byte, error) {
	data, err := fs.ReadFile(r.fsys, name)
	r.note(name, r.files, err)
	return data, err
}

// ReadDir implements fs.ReadDirFS.
func (r *Recorder) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(r.fsys, name)
	r.note(name, r.dirs, err)
	return entries, err
}

// Stat implements fs.StatFS. That a directory is there is no read: it comes and
// goes with its files only.
func (r *Recorder) Stat(name string) (fs.FileInfo, error) {
	fi, err := fs.Stat(r.fsys, name)
	if err != nil || !fi.IsDir() {
		r.note(name, r.files, err)
	}
	return fi, err
}

// Open implements fs.FS.
func (r *Recorder) Open(name string) (fs.File, error) {
	f, err := r.fsys.Open(name)
	if err != nil {
		r.note(name, r.files, err)
		return nil, err
	}
	fi, err := f.Stat()
	if err == nil && fi.IsDir() {
		r.note(name, r.dirs, nil)
	} else {
		r.note(name, r.files, nil)
	}
	return f, nil
}
