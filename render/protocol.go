package render

import (
	"errors"
	"io/fs"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/render/kustomize"
)

// The parent and a worker talk in gob: the parent sends one request with a
// job, the worker asks for what it reads of the tree, one call at a time, and
// ends the job with a reply.

// request is what the parent sends: a job, or the answer to a call.
type request struct {
	Job    *job
	Answer *answer
}

// message is what the worker sends: a call, or the reply that ends the job.
type message struct {
	Call  *call
	Reply *reply
}

// job is one root to render.
type job struct {
	Root              config.Root
	KubernetesVersion string
	APIVersions       []string
	// Fresh says that it is the first job of the worker.
	Fresh bool
}

// reply is what a root gives, or why it gives nothing.
type reply struct {
	Objects []object
	Patches []kustomize.Patch
	Failure *failure
	// Spent says that the worker must not take another job.
	Spent bool
	// Refused says that only a worker that has built nothing before can do the job.
	Refused bool
}

// object is one rendered object as JSON, with what is known of its origin.
type object struct {
	JSON      []byte
	File      string
	Generator string
	Owners    []manifest.Owner
}

// failure is an *Error on the wire.
type failure struct {
	Reason   verdict.Reason
	Position manifest.Position
	Msg      string
	Hint     string
}

func (f *failure) error() *Error {
	return &Error{Reason: f.Reason, Position: f.Position, Msg: f.Msg, Hint: f.Hint}
}

// call is a read of the tree.
type call struct {
	Op   op
	Name string
}

type op byte

const (
	readFile op = iota
	readDir
	stat
)

// answer is what a read gave.
type answer struct {
	Data    []byte
	Entries []entry
	Entry   entry
	Absent  bool
	Err     string
	Hint    string
}

// entry is a file or directory; it serves as fs.FileInfo in the worker.
type entry struct {
	Base string
	Dir  bool
	// Link says that it is a symbolic link, not shown as what it points to.
	Link bool
	Len  int64
}

func (e entry) Name() string       { return e.Base }
func (e entry) Size() int64        { return e.Len }
func (e entry) IsDir() bool        { return e.Dir }
func (e entry) ModTime() time.Time { return time.Time{} }
func (e entry) Sys() any           { return nil }
func (e entry) Mode() fs.FileMode {
	switch {
	case e.Dir:
		return fs.ModeDir | 0o555
	case e.Link:
		return fs.ModeSymlink | 0o444
	}
	return 0o444
}

func entryOf(fi fs.FileInfo) entry { return entry{Base: fi.Name(), Dir: fi.IsDir(), Len: fi.Size()} }

// serve answers a call out of the tree.
func serve(fsys fs.FS, c call) answer {
	var a answer
	var err error
	switch c.Op {
	case readFile:
		a.Data, err = fs.ReadFile(fsys, c.Name)
	case readDir:
		var entries []fs.DirEntry
		entries, err = fs.ReadDir(fsys, c.Name)
		for _, e := range entries {
			a.Entries = append(a.Entries, entry{Base: e.Name(), Dir: e.IsDir(), Link: e.Type()&fs.ModeSymlink != 0})
		}
	case stat:
		var fi fs.FileInfo
		if fi, err = fs.Stat(fsys, c.Name); err == nil {
			a.Entry = entryOf(fi)
		}
	}
	if err != nil {
		a.Err, a.Absent = err.Error(), errors.Is(err, fs.ErrNotExist)
		var hint interface{ UserHint() string }
		if errors.As(err, &hint) {
			a.Hint = hint.UserHint()
		}
	}
	return a
}
