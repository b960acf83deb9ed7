package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
)

// TestNextFits: rules that nobody has reviewed are read only as far as they are
// of a size that rules have.
func TestNextFits(t *testing.T) {
	for name, tt := range map[string]struct {
		file string
		size int64
		want string
	}{
		"a rule":       {"data/small.yaml", 0, ""},
		"large data":   {"data/all.yaml", maxNextBytes + 1, "hold more than the 20000 files or 64 MiB that are previewed"},
		"other things": {"picture.png", maxNextBytes + 1, ""},
	} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "policies/data"), 0o755); err != nil {
			t.Fatal(err)
		}
		rule := "package main\ndeny contains \"x\" if input.kind == \"Never\"\n"
		if err := os.WriteFile(filepath.Join(dir, "policies/rule.rego"), []byte(rule), 0o644); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "policies", tt.file)
		if err := errors.Join(os.WriteFile(file, nil, 0o644), os.Truncate(file, tt.size)); err != nil {
			t.Fatal(err)
		}
		c, err := change.Open(t.Context(), change.Options{BaseDir: dir, HeadDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = (&sourceOptions{}).next(t.Context(), c, config.Default())
		if got := fmt.Sprint(err); (err != nil) != (tt.want != "") || !strings.Contains(got, tt.want) && tt.want != "" || err != nil && hintOf(err) == "" {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestMeter: files count by their number, too, and whichever way they are read.
func TestMeter(t *testing.T) {
	tree := fstest.MapFS{"a/b": {}, "large": {Data: make([]byte, maxNextBytes/4)}}
	open := func(m fs.FS, name string) error {
		f, err := m.Open(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, f)
		return errors.Join(err, f.Close())
	}
	read := func(m fs.FS, name string) error {
		_, err := fs.ReadFile(m, name)
		return err
	}
	for _, tt := range []struct {
		name, file string
		by         func(fs.FS, string) error
		times      int
	}{
		{"files that are read", "a/b", read, maxNextFiles},
		{"files that are opened", "a/b", open, maxNextFiles},
		{"bytes that are read", "large", read, 4},
		{"bytes that are opened", "large", open, 4},
	} {
		m := metered{tree, &meter{}}
		for range tt.times {
			if err := tt.by(m, tt.file); err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
		}
		if err := tt.by(m, tt.file); hintOf(err) == "" {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if names, err := fs.Glob(m, "*/*"); err != nil || !slices.Equal(names, []string{"a/b"}) {
			t.Errorf("%s: it shows %v, %v", tt.name, names, err)
		}
	}
}
