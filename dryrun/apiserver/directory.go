package apiserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// prefix starts the name of every directory of a server.
const prefix = "penstock-apiserver-"

func tempDir() string { return os.TempDir() }

// directory is the private directory of one server. Whoever holds the lock on
// the directory itself owns it: the lock goes with its process, however that
// ends, so that sweep can tell what nobody owns any more.
type directory struct {
	path string
	lock *os.File
}

// newDirectory makes a directory below parent, for this user alone, and owns it.
func newDirectory(parent string) (*directory, error) {
	for range 100 {
		path, err := os.MkdirTemp(parent, prefix)
		if err != nil {
			return nil, fmt.Errorf("making a private directory: %w", err)
		}
		lock, err := own(path, syscall.LOCK_EX)
		if err == nil {
			return &directory{path, lock}, nil
		}
		// A sweep that ran between the making and the locking has removed it.
		if !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
	}
	return nil, errors.New("making a private directory: another process removes it each time")
}

// own opens and locks a directory, and makes sure that what is locked still is
// what the path names.
func own(path string, how int) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	err = lockAndVerify(f, path, how)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func lockAndVerify(f *os.File, path string, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
	locked, err := f.Stat()
	if err != nil {
		return err
	}
	named, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !named.IsDir() || !os.SameFile(locked, named) {
		return os.ErrNotExist
	}
	return nil
}

// remove removes the directory with all that is in it. Something may still be
// writing there, so it is tried for a moment.
func (d *directory) remove() error {
	err := removeAll(d.path)
	return errors.Join(err, d.lock.Close())
}

func removeAll(path string) error {
	var err error
	for range 20 {
		if err = os.RemoveAll(path); err == nil {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// sweep removes the directories of servers that are gone and had no time to
// remove them: a crash of the machine, or a SIGKILL. It is best effort; what it
// cannot remove belongs to somebody else, or is met again by the next sweep.
func sweep(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		path := filepath.Join(parent, e.Name())
		info, err := os.Lstat(path)
		if err != nil || !mine(info) {
			continue
		}
		lock, err := own(path, syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			continue
		}
		_ = removeAll(path)
		_ = lock.Close()
	}
}

// mine reports whether a file belongs to this user: a directory of another one
// in a shared temporary directory is none of our business.
func mine(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
