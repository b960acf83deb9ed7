// Package bundle reads and writes OPA bundles: archives of rules and data, with
// a signature over every file. It neither fetches nor evaluates them. What it
// has read is in memory, bounded, and holds nothing but plain files.
package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/bundle"
	"sigs.k8s.io/yaml"
)

// Error is a bundle that cannot be used.
type Error struct {
	Name string
	Msg  string
	Hint string
}

func (e *Error) Error() string { return e.Name + ": " + e.Msg }

// UserHint says what to do.
func (e *Error) UserHint() string { return e.Hint }

// Bundle is a bundle that was read and, with a key, verified.
type Bundle struct {
	// Revision is what its author calls it; it may be empty.
	Revision string
	// Signed says whether it has a signature. Only Open with a key has checked it.
	Signed bool
	// Files are the names in the archive, sorted.
	Files []string
	tree  *zip.Reader
	files map[string][]byte
}

// Plain are the rules and the data, by their names in the archive.
func (b *Bundle) Plain() map[string][]byte {
	out := map[string][]byte{}
	for name, text := range b.files {
		if path.Ext(name) == ".rego" || path.Base(name) == "data.json" {
			out[name] = text
		}
	}
	return out
}

// FS holds the rules, and the data below the folder data as a source of policies
// has it, both in the directory that Open was given.
func (b *Bundle) FS() fs.FS { return b.tree }

// Digest is what pins a bundle: "sha256:" and the hash of its bytes.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Open reads a bundle. With a key, each of its files has to be covered by a
// signature of that key; without one, whoever calls has pinned the bytes. The
// name stands for the bundle in errors and, as a directory, in the names of its
// files.
func Open(name string, data []byte, key *Key) (*Bundle, error) {
	files, err := unpack(name, data)
	if err != nil {
		return nil, err
	}
	b := &Bundle{Files: slices.Sorted(maps.Keys(files)), files: files}
	_, b.Signed = files[signatures]
	if key != nil {
		if err := key.verify(name, files); err != nil {
			return nil, err
		}
	}
	if text, there := files[manifest]; there {
		var m bundle.Manifest
		if err := json.Unmarshal(text, &m); err != nil {
			return nil, &Error{name, "its .manifest is not JSON: " + err.Error(), "build it anew: penstock policy build"}
		}
		b.Revision = m.Revision
	}
	b.tree, err = tree(name, files)
	return b, err
}

const (
	manifest   = ".manifest"
	signatures = ".signatures.json"
)

// tree is what policies are loaded from. A bundle has its data in data.json and
// data.yaml, whose directories are keys; a source has it in the folder data,
// whose files are merged.
func tree(name string, files map[string][]byte) (*zip.Reader, error) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for _, file := range slices.Sorted(maps.Keys(files)) {
		as, text := file, files[file]
		switch base := path.Base(file); {
		case base == "data.json" || base == "data.yaml" || base == "data.yml":
			var err error
			if text, err = nested(path.Dir(file), text); err != nil {
				return nil, &Error{name, file + ": " + err.Error(), "see what `opa build` says of it"}
			}
			as = path.Join("data", file+".json")
		case path.Ext(file) == ".rego":
		case file == "policy.wasm" || path.Ext(file) == ".wasm" || base == "plan.json":
			return nil, &Error{name, file + " is compiled policy, and only Rego is evaluated", "build the bundle without --target: opa build, or penstock policy build"}
		case base == "patch.json":
			return nil, &Error{name, "it is a delta bundle", "use the whole bundle"}
		case slices.Contains([]string{".yaml", ".yml"}, path.Ext(file)) && !strings.HasPrefix(file, "data/"):
			// perhaps a constraint of Gatekeeper
		default:
			continue // its signature is checked; it means nothing to a rule
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: path.Join(name, as), Method: zip.Store})
		if err == nil {
			_, err = f.Write(text)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the bundle %s: %w", name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("reading the bundle %s: %w", name, err)
	}
	return zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
}

// nested puts data below the keys that its directory stands for.
func nested(dir string, text []byte) ([]byte, error) {
	text, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	if dir == "." {
		if !bytes.HasPrefix(text, []byte("{")) {
			return nil, fmt.Errorf("data at the root is not a mapping")
		}
		return text, nil
	}
	steps := strings.Split(dir, "/")
	for _, step := range slices.Backward(steps) {
		if text, err = json.Marshal(map[string]json.RawMessage{step: text}); err != nil {
			return nil, err
		}
	}
	return text, nil
}
