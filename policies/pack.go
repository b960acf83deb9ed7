package policies

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// Pack is what a bundle of the sources holds: their rules and their objects of
// Gatekeeper, by their names within their source, and their data, merged. Tests
// are left out. Sources that cannot be loaded, beside with, are an error, and so
// are objects of Gatekeeper that are in force and that a bundle cannot hold.
func Pack(ctx context.Context, sources, with []Source) (files map[string][]byte, data map[string]any, err error) {
	if _, err := Load(ctx, append(with[:len(with):len(with)], sources...)...); err != nil {
		return nil, nil, err
	}
	set, err := readSources(sources, false)
	if err != nil {
		return nil, nil, err
	}
	tests, err := set.tests(ctx)
	if err != nil {
		return nil, nil, err
	}
	files = map[string][]byte{}
	from := map[string]string{}
	for _, s := range sources {
		err := fs.WalkDir(s.FS, s.Dir, func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || isTest(p) || isFixture(s, p) || slices.Contains(tests, p) {
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
		if file := o.Origin().File; !slices.Contains(tests, file) && !slices.Contains(packed, file) {
			return nil, nil, &Error{File: file, Msg: o.ID().String() + " would not be in the bundle", Hint: "write it as YAML, in a file that holds no tests"}
		}
	}
	return files, maps.Clone(set.data), nil
}

// tests are the files that hold nothing but constraints that are tests of what
// must be refused. In a bundle, which has no suite, they would be in force.
func (set *sourceSet) tests(ctx context.Context) ([]string, error) {
	ctx, cancel := patient(ctx, 0)
	defer cancel()
	refused := set.manifests.refused(ctx, &leftovers{})
	var files []string
	for _, t := range refused {
		file := t.Object.Origin().File
		for _, o := range set.manifests.objects {
			if o.Origin().File == file && !slices.ContainsFunc(refused, func(i gatekeeper.Ignored) bool { return i.Object == o }) {
				return nil, &Error{File: file, Line: t.Object.Locate("").Line, Msg: t.Object.ID().String() + " is a test, and " + o.ID().String() + " in the same file is in force", Hint: "give it a file of its own, so that a bundle can do without it"}
			}
		}
		files = append(files, file)
	}
	return files, nil
}
