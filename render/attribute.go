package render

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/render/kustomize"
)

// attribute turns what a worker rendered into objects that know where they were
// written.
func attribute(fsys fs.FS, r *reply) ([]*manifest.Object, error) {
	s := sources{fsys: fsys, files: map[string]*source{}, patches: decodePatches(r.Patches)}
	objects := make([]*manifest.Object, 0, len(r.Objects))
	for _, wire := range r.Objects {
		o, err := manifest.FromJSON(wire.File, wire.JSON)
		if err != nil {
			return nil, err
		}
		objects = append(objects, s.attribute(o, wire))
	}
	return objects, nil
}

// sources are the files that objects came from, read once each.
type sources struct {
	fsys    fs.FS
	files   map[string]*source
	patches []manifest.Document
}

type source struct {
	text []byte
	docs []manifest.Document
}

func (s *sources) file(name string) *source {
	if known, ok := s.files[name]; ok {
		return known
	}
	src := &source{}
	s.files[name] = src
	if data, err := fs.ReadFile(s.fsys, name); err == nil {
		src.text = data
		// A template is no YAML; then only its text is of use.
		src.docs, _ = manifest.Decode(name, data)
	}
	return src
}

func (s *sources) attribute(o *manifest.Object, wire object) *manifest.Object {
	src := s.file(wire.File)
	origin := manifest.Origin{Position: manifest.Position{File: wire.File}, Owners: wire.Owners}
	if wire.Generator != "" {
		origin.Line = generatorLine(o, wire, src)
		return o.WithOrigin(origin)
	}
	var docs []manifest.Document
	base, ok := match(o, src.docs)
	if ok {
		origin.Line = base.Line()
		docs = append(docs, base)
	}
	for _, p := range s.patches {
		if related(o, p) == sameName || ok && describes(base, p) {
			docs = append(docs, p)
		}
	}
	return o.WithOrigin(origin, docs...)
}

// generatorLine is where a generated object is asked for: the entry of the
// generator that bears its name, or the line of its kind in a template that has
// this kind once.
func generatorLine(o *manifest.Object, wire object, src *source) int {
	if wire.Generator == "template" {
		pattern := regexp.MustCompile(`(?m)^kind:[ \t]*["']?` + regexp.QuoteMeta(o.ID().Kind) + `["']?[ \t]*\r?$`)
		if places := pattern.FindAllIndex(src.text, 2); len(places) == 1 {
			return 1 + strings.Count(string(src.text[:places[0][0]]), "\n")
		}
		return 0
	}
	for _, doc := range src.docs {
		for _, field := range []string{"configMapGenerator", "secretGenerator"} {
			list, _ := doc.Fields[field].([]any)
			for i, item := range list {
				m, _ := item.(map[string]any)
				if name, ok := m["name"].(string); ok && strings.Contains(o.ID().Name, name) {
					line, _, _ := doc.Lookup(fmt.Sprintf("/%s/%d", field, i))
					return line
				}
			}
		}
		if line, _, depth := doc.Lookup("/" + wire.Generator); depth == 1 {
			return line
		}
	}
	return 0
}

// relation is how sure it is that a document became an object.
type relation int

const (
	unrelated relation = iota
	sameKind
	similarName
	sameName
)

func related(o *manifest.Object, doc manifest.Document) relation {
	kind, _ := doc.Fields["kind"].(string)
	if kind != o.ID().Kind {
		return unrelated
	}
	meta, _ := doc.Fields["metadata"].(map[string]any)
	name, _ := meta["name"].(string)
	switch {
	case name == o.ID().Name:
		return sameName
	case name != "" && strings.Contains(o.ID().Name, name):
		// Kustomize adds prefixes and suffixes.
		return similarName
	}
	return sameKind
}

// match finds the document that became an object: the one with its name, else
// one whose name is part of it, else the only one of its kind.
func match(o *manifest.Object, docs []manifest.Document) (manifest.Document, bool) {
	best, bestRelation, ties := manifest.Document{}, unrelated, 0
	for _, doc := range flatten(docs) {
		switch r := related(o, doc); {
		case r > bestRelation:
			best, bestRelation, ties = doc, r, 1
		case r == bestRelation:
			ties++
		}
	}
	return best, bestRelation > unrelated && (bestRelation > sameKind || ties == 1)
}

// flatten replaces lists by their items.
func flatten(docs []manifest.Document) []manifest.Document {
	var out []manifest.Document
	for _, doc := range docs {
		out = append(out, doc.Items()...)
	}
	return out
}

// describes reports whether a patch is about the object that base became.
func describes(base, patch manifest.Document) bool {
	name := func(d manifest.Document) any {
		meta, _ := d.Fields["metadata"].(map[string]any)
		return meta["name"]
	}
	return base.Fields["kind"] == patch.Fields["kind"] && name(base) == name(patch)
}

func decodePatches(patches []kustomize.Patch) []manifest.Document {
	var docs []manifest.Document
	for _, p := range patches {
		if ext := path.Ext(p.File); ext == ".json" {
			continue
		}
		decoded, err := manifest.Decode(p.File, p.Data)
		if err != nil {
			continue // a JSON patch is a list, and has no place for a value
		}
		for _, d := range decoded {
			docs = append(docs, d.Shift(p.Shift))
		}
	}
	return docs
}
