package apiserver

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestSweepRemovesWhatNobodyOwns(t *testing.T) {
	parent := t.TempDir()
	owned, err := newDirectory(parent)
	if err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(parent, prefix+"1")
	other := filepath.Join(parent, "other")
	elsewhere := t.TempDir()
	link := filepath.Join(parent, prefix+"link")
	for _, dir := range []string{filepath.Join(stale, "etcd"), other} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	sweep(parent)
	for path, want := range map[string]bool{owned.path: true, stale: false, other: true, link: true, elsewhere: true} {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %t", path, err, want)
		}
	}
	if err := owned.remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(owned.path); err == nil {
		t.Error("the directory is still there")
	}
}

// However sweeps and starts interleave, no directory of a living owner goes.
func TestSweepWhileStarting(t *testing.T) {
	parent := t.TempDir()
	done := make(chan struct{})
	var sweepers, starters sync.WaitGroup
	for range 2 {
		sweepers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					sweep(parent)
				}
			}
		})
	}
	for range 4 {
		starters.Go(func() {
			for range 100 {
				d, err := newDirectory(parent)
				if err != nil {
					t.Error(err)
					return
				}
				if err := os.WriteFile(filepath.Join(d.path, "file"), nil, 0o600); err != nil {
					t.Error(err)
				}
				if err := d.remove(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	starters.Wait()
	close(done)
	sweepers.Wait()
	if found := left(t, parent); len(found) > 0 {
		t.Errorf("left: %v", found)
	}
}

func TestTail(t *testing.T) {
	var l tail
	for range 5000 {
		if _, err := l.Write([]byte("some line of the log that is of no interest\n")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Write([]byte(strings.Repeat("ä", 1000) + "\nthe last line\n")); err != nil {
		t.Fatal(err)
	}
	if len(l.data) > 3*tailBytes {
		t.Errorf("%d bytes are kept", len(l.data))
	}
	lines := strings.Split(l.String(), "\n")
	if len(lines) != shownLines || lines[len(lines)-1] != "the last line" {
		t.Errorf("%d lines, the last one %q", len(lines), lines[len(lines)-1])
	}
	if long := lines[len(lines)-2]; len(long) > shownWidth+len("…") || !strings.HasSuffix(long, "ä…") {
		t.Errorf("a long line is shown as %q", long)
	}
}
