package policies

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Pack is what a bundle of the sources holds: their rules and their objects of
// Gatekeeper, by their names within their source, and their data, merged. Tests
// are left out. Sources that cannot be loaded, beside with, are an error, and so
// are objects of Gatekeeper that are in force and that a bundle cannot hold.
func Pack(sources, with []Source) (files map[string][]byte, data map[string]any, err error) {
	if _, err := Load(append(with[:len(with):len(with)], sources...)...); err != nil {
		return nil, nil, err
	}
	set, err := readSources(sources, false)
	if err != nil {
		return nil, nil, err
	}
	files = map[string][]byte{}
	from := map[string]string{}
	for _, s := range sources {
		err := fs.WalkDir(s.FS, s.Dir, func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || isTest(p) || isFixture(s, p) || set.manifests.invalid[p] {
				return err
			}
			name := strings.TrimPrefix(p, s.Dir+"/")
			if path.Ext(p) != ".rego" && (!isYAML(p) || path.Ext(p) == ".json" || strings.HasPrefix(name, "data/")) {
				return nil
			}
			text, err := fs.ReadFile(s.FS, p)
			if err != nil {
				return fmt.Errorf("reading %s: %w", p, err)
			}
			if path.Ext(p) != ".rego" && (!bytes.Contains(text, []byte("gatekeeper.sh")) || bytes.Contains(text, []byte("test.gatekeeper.sh"))) {
				return nil
			}
			if other, twice := from[name]; twice {
				return &Error{File: p, Msg: fmt.Sprintf("a bundle would hold %s twice; the other one is %s", name, other), Hint: "rename one of them, or build two bundles"}
			}
			files[name], from[name] = text, p
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	packed := slices.Collect(maps.Values(from))
	for _, o := range set.manifests.objects {
		if file := o.Origin().File; !set.manifests.invalid[file] && !slices.Contains(packed, file) {
			return nil, nil, &Error{File: file, Msg: o.ID().String() + " would not be in the bundle", Hint: "write it as YAML, in a file that holds no tests"}
		}
	}
	return files, maps.Clone(set.data), nil
}
