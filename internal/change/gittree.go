package change

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// commitTree is the tree of a commit, read from git's object store.
func (r repository) commitTree(ctx context.Context, commit string) (*Tree, error) {
	out, err := r.git(ctx, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	nodes, err := parseLsTree(out)
	if err != nil {
		return nil, err
	}
	return newTree(nodes, &objects{repo: r, cache: map[string][]byte{}}), nil
}

// parseLsTree reads "MODE TYPE OBJECT\tPATH\0…" (git-ls-tree(1)).
func parseLsTree(out []byte) (map[string]node, error) {
	nodes := map[string]node{}
	for line := range bytes.SplitSeq(out, []byte{0}) {
		if len(line) == 0 {
			continue
		}
		meta, p, ok := strings.Cut(string(line), "\t")
		fields := strings.Fields(meta)
		if !ok || len(fields) != 3 || !fs.ValidPath(p) || p == "." {
			return nil, fmt.Errorf("git ls-tree printed an unknown line: %q", line)
		}
		n := node{blob: fields[2]}
		switch fields[0] {
		case "120000":
			n.mode = symlink
		case "160000":
			n.mode = submodule
		}
		nodes[p] = n
	}
	return nodes, nil
}

// maxCached bounds the bytes of content kept; beyond it content is read again.
const maxCached = 64 << 20

// objects reads blobs through one long-lived `git cat-file --batch`.
type objects struct {
	repo repository

	mu     sync.Mutex
	cache  map[string][]byte
	cached int
	closed bool
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

func (o *objects) read(path string, n node) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if data, ok := o.cache[n.blob]; ok {
		return data, nil
	}
	data, err := o.fetch(n.blob)
	if err != nil {
		return nil, fmt.Errorf("reading %s (object %s): %w", path, short(n.blob), err)
	}
	if o.cached+len(data) <= maxCached {
		o.cache[n.blob] = data
		o.cached += len(data)
	}
	return data, nil
}

func (o *objects) start() error {
	if o.closed {
		return fs.ErrClosed
	}
	// The process lives as long as the tree, and so does not hang on the
	// context of the call that happens to start it; it ends when its standard
	// input does, which close and the end of this process both bring about.
	cmd := command(context.Background(), o.repo.top, "cat-file", "--batch")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	o.cmd, o.stdin, o.stdout = cmd, stdin, bufio.NewReaderSize(stdout, 64<<10)
	return nil
}

// fetch asks for one object: "ID\n" is answered by "ID TYPE SIZE\n", the
// content and "\n", or "ID missing\n" (git-cat-file(1), BATCH OUTPUT).
func (o *objects) fetch(id string) ([]byte, error) {
	if o.cmd == nil {
		if err := o.start(); err != nil {
			return nil, fmt.Errorf("starting git cat-file: %w", err)
		}
	}
	if _, err := io.WriteString(o.stdin, id+"\n"); err != nil {
		return nil, err
	}
	header, err := o.stdout.ReadString('\n')
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(header, " missing\n") {
		return nil, &Error{Msg: "the object is not in this clone", Hint: "this is a partial clone: fetch the whole repository (git fetch --refetch, or clone without --filter)"}
	}
	var name, kind string
	var size int
	if _, err := fmt.Sscanf(header, "%s %s %d\n", &name, &kind, &size); err != nil {
		return nil, fmt.Errorf("git cat-file printed %q", header)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(o.stdout, data); err != nil {
		return nil, err
	}
	if _, err := o.stdout.Discard(1); err != nil {
		return nil, err
	}
	return data, nil
}

func (o *objects) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	if o.cmd == nil {
		return nil
	}
	err := o.stdin.Close()
	waitErr := o.cmd.Wait()
	o.cmd = nil
	return errors.Join(err, waitErr)
}

// worktree is the tree of files on disk: those that git tracks and those that
// it neither tracks nor ignores. What a sparse checkout leaves out is read from
// the index: it is not deleted.
func (r repository) worktree(ctx context.Context) (*Tree, error) {
	out, err := r.git(ctx, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name")
	if err != nil {
		return nil, err
	}
	staged, err := r.git(ctx, "ls-files", "-z", "-t", "--stage")
	if err != nil {
		return nil, err
	}
	disk, err := openDisk(r.top)
	if err != nil {
		return nil, err
	}
	nodes := map[string]node{}
	sparse := map[string]node{}
	for line := range strings.SplitSeq(string(staged), "\x00") {
		// "TAG MODE OBJECT STAGE\tPATH" (git-ls-files(1)).
		meta, p, _ := strings.Cut(line, "\t")
		fields := strings.Fields(meta)
		switch {
		case len(fields) != 4:
		case fields[1] == "160000":
			nodes[p] = node{mode: submodule}
		case fields[0] == "S" && fields[1] == "120000":
			sparse[p] = node{mode: symlink, blob: fields[2]}
		case fields[0] == "S":
			sparse[p] = node{blob: fields[2]}
		}
	}
	for p := range strings.SplitSeq(string(out), "\x00") {
		p, nested := strings.CutSuffix(p, "/")
		if _, known := nodes[p]; known || p == "" {
			continue
		}
		fi, err := disk.root.Lstat(filepath.FromSlash(p))
		switch {
		case err != nil:
			// Deleted in the worktree, or behind a link: not there.
			if n, left := sparse[p]; left {
				nodes[p] = n
			}
		case fi.Mode().IsRegular():
			nodes[p] = node{size: fi.Size()}
		case fi.Mode()&fs.ModeSymlink != 0:
			nodes[p] = node{mode: symlink}
		case fi.IsDir() && nested:
			// git shows an untracked repository inside this one as a directory.
			// Any other directory stands where git has a file.
			nodes[p] = node{mode: submodule}
		}
	}
	return newTree(nodes, &worktreeContent{disk, &objects{repo: r, cache: map[string][]byte{}}}), nil
}

// worktreeContent reads what has an object ID from git, and the rest from disk.
type worktreeContent struct {
	disk    disk
	objects *objects
}

func (w *worktreeContent) read(p string, n node) ([]byte, error) {
	if n.blob != "" {
		return w.objects.read(p, n)
	}
	return w.disk.read(p, n)
}

func (w *worktreeContent) close() error { return errors.Join(w.disk.close(), w.objects.close()) }

// disk reads files below a directory, and never through a link out of it.
type disk struct{ root *os.Root }

func openDisk(dir string) (disk, error) {
	root, err := os.OpenRoot(dir)
	return disk{root}, err
}

func (d disk) read(p string, n node) ([]byte, error) {
	if n.mode == symlink {
		to, err := d.root.Readlink(filepath.FromSlash(p))
		return []byte(filepath.ToSlash(to)), err
	}
	return d.root.ReadFile(filepath.FromSlash(p))
}

func (d disk) close() error { return d.root.Close() }

// openDir is the tree of a directory that is not looked at as a repository.
func openDir(dir string) (*Tree, error) {
	fi, err := os.Stat(dir)
	if err != nil || !fi.IsDir() {
		return nil, &Error{Msg: dir + " is not a directory", Hint: "give directories that exist: --base-dir DIR --head-dir DIR"}
	}
	d, err := openDisk(dir)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", dir, err)
	}
	nodes := map[string]node{}
	err = fs.WalkDir(d.root.FS(), ".", func(p string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && e.Name() == ".git":
			return fs.SkipDir
		case e.Type().IsRegular():
			nodes[p] = node{}
		case e.Type()&fs.ModeSymlink != 0:
			nodes[p] = node{mode: symlink}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", dir, err)
	}
	return newTree(nodes, d), nil
}
