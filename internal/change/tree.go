package change

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// mode is what an entry of a tree is.
type mode byte

const (
	regular mode = iota
	symlink
	submodule
)

// node is an entry of a tree: a file, a symbolic link or a submodule.
// Directories are implied by the paths.
type node struct {
	mode mode
	// blob is the object ID of the content, where git has it.
	blob string
	size int64
}

// content reads what nodes hold.
type content interface {
	read(path string, n node) ([]byte, error)
	close() error
}

// Tree is a read-only file tree. It implements fs.FS, fs.ReadFileFS,
// fs.ReadDirFS and fs.StatFS, and is safe for concurrent use. Symbolic links
// are followed inside the tree; one that leaves it is an error that names it.
type Tree struct {
	nodes    map[string]node
	children map[string][]string // directory -> names of its entries, sorted
	content  content
}

func newTree(nodes map[string]node, c content) *Tree {
	t := &Tree{nodes: nodes, children: map[string][]string{".": nil}, content: c}
	for p := range nodes {
		t.link(p)
	}
	for dir := range t.children {
		slices.Sort(t.children[dir])
	}
	return t
}

// link adds p to its directory, and that to its own, up to the root.
func (t *Tree) link(p string) {
	for p != "." {
		dir := path.Dir(p)
		_, known := t.children[dir]
		t.children[dir] = append(t.children[dir], path.Base(p))
		if known {
			return
		}
		p = dir
	}
}

func (t *Tree) close() error { return t.content.close() }

// maxLinks bounds how many symbolic links one path may go through, as the
// kernel's limit for path resolution does (path_resolution(7)).
const maxLinks = 40

// LinkError says that a symbolic link cannot be followed.
type LinkError struct {
	Link, Target, Reason string
}

func (e *LinkError) Error() string {
	return fmt.Sprintf("%s: the symbolic link to %s %s", e.Link, e.Target, e.Reason)
}

// UserHint says what to do.
func (e *LinkError) UserHint() string {
	return "replace the link by the file itself; links out of the repository are never followed"
}

// resolve follows symbolic links and returns the path of a file or directory.
func (t *Tree) resolve(name string) (string, error) {
	var w walk
	return t.resolveSteps(name, &w)
}

// Trail returns every symbolic link that leads to name, and the path where they
// end: what else has to stay the same for name to read the same. It is empty
// when name leads through no link.
func (t *Tree) Trail(name string) []string {
	var w walk
	at, err := t.resolveSteps(name, &w)
	if err == nil && at != name {
		w.links = append(w.links, at)
	}
	return w.links
}

// walk collects the symbolic links of a path.
type walk struct{ links []string }

func (t *Tree) resolveSteps(name string, w *walk) (string, error) {
	at := "."
	for step := range strings.SplitSeq(name, "/") {
		next := path.Join(at, step)
		n, isNode := t.nodes[next]
		if !isNode {
			if _, isDir := t.children[next]; !isDir {
				return "", fs.ErrNotExist
			}
			at = next
			continue
		}
		switch n.mode {
		case submodule:
			return "", &Error{Msg: next + " is a git submodule, whose files this repository does not hold", Hint: "vendor the files, or check " + next + " in its own repository"}
		case symlink:
			if w.links = append(w.links, next); len(w.links) > maxLinks {
				return "", &LinkError{next, name, "is one of too many"}
			}
			target, err := t.target(next, n)
			if err != nil {
				return "", err
			}
			if at, err = t.resolveSteps(target, w); err != nil {
				return "", err
			}
		default:
			at = next
		}
	}
	return at, nil
}

// target is the path in the tree that a symbolic link points to.
func (t *Tree) target(link string, n node) (string, error) {
	data, err := t.content.read(link, n)
	if err != nil {
		return "", err
	}
	to := string(data)
	if path.IsAbs(to) {
		return "", &LinkError{link, to, "leaves the repository"}
	}
	joined := path.Join(path.Dir(link), to)
	if joined == ".." || strings.HasPrefix(joined, "../") {
		return "", &LinkError{link, to, "leaves the repository"}
	}
	return joined, nil
}

func (t *Tree) find(op, name string) (string, error) {
	if !fs.ValidPath(name) {
		return "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if name == "." {
		return ".", nil
	}
	at, err := t.resolve(name)
	if err != nil {
		return "", &fs.PathError{Op: op, Path: name, Err: err}
	}
	return at, nil
}

// ReadFile implements fs.ReadFileFS.
func (t *Tree) ReadFile(name string) ([]byte, error) {
	at, err := t.find("read", name)
	if err != nil {
		return nil, err
	}
	n, ok := t.nodes[at]
	if !ok {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("is a directory")}
	}
	data, err := t.content.read(at, n)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return data, nil
}

// Stat implements fs.StatFS.
func (t *Tree) Stat(name string) (fs.FileInfo, error) {
	at, err := t.find("stat", name)
	if err != nil {
		return nil, err
	}
	n, isFile := t.nodes[at]
	return info{name: path.Base(name), dir: !isFile, size: n.size}, nil
}

// ReadDir implements fs.ReadDirFS. Entries that are symbolic links to files are
// shown as files. Those to directories are shown as links, so that walking a
// tree has an end, and so are those that cannot be followed.
func (t *Tree) ReadDir(name string) ([]fs.DirEntry, error) {
	at, err := t.find("readdir", name)
	if err != nil {
		return nil, err
	}
	names, ok := t.children[at]
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a directory")}
	}
	entries := make([]fs.DirEntry, 0, len(names))
	for _, base := range names {
		full := path.Join(at, base)
		n, isNode := t.nodes[full]
		i := info{name: base, dir: !isNode, size: n.size}
		if isNode && n.mode != regular {
			i.special = true
			if to, err := t.resolve(full); err == nil {
				if target, isFile := t.nodes[to]; isFile {
					i = info{name: base, size: target.size}
				}
			}
		}
		entries = append(entries, fs.FileInfoToDirEntry(i))
	}
	return entries, nil
}

// Open implements fs.FS.
func (t *Tree) Open(name string) (fs.File, error) {
	fi, err := t.Stat(name)
	if err != nil {
		return nil, err
	}
	if fi.IsDir() {
		entries, err := t.ReadDir(name)
		return &openDirectory{info: fi, entries: entries}, err
	}
	data, err := t.ReadFile(name)
	if err != nil {
		return nil, err
	}
	i := fi.(info)
	i.size = int64(len(data))
	return &openFile{info: i, Reader: bytes.NewReader(data)}, nil
}

type info struct {
	name    string
	size    int64
	dir     bool
	special bool
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.dir }
func (i info) Sys() any           { return nil }
func (i info) Mode() fs.FileMode {
	switch {
	case i.dir:
		return fs.ModeDir | 0o555
	case i.special:
		return fs.ModeSymlink | 0o444
	}
	return 0o444
}

type openFile struct {
	info fs.FileInfo
	*bytes.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

type openDirectory struct {
	info    fs.FileInfo
	entries []fs.DirEntry
}

func (d *openDirectory) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openDirectory) Close() error               { return nil }
func (d *openDirectory) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.Name(), Err: errors.New("is a directory")}
}

// ReadDir implements fs.ReadDirFile.
func (d *openDirectory) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		rest := d.entries
		d.entries = nil
		return rest, nil
	}
	if len(d.entries) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.entries))
	head := d.entries[:n]
	d.entries = d.entries[n:]
	return head, nil
}
