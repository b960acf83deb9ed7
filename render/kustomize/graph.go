package kustomize

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// FileNames are the names a kustomization file may have, in the order in which
// Kustomize looks for them
// (https://kubectl.docs.kubernetes.io/references/kustomize/glossary/#kustomization).
func FileNames() []string {
	return []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}
}

// Find returns the kustomization file of a directory, or "" when it has none.
func Find(fsys fs.FS, dir string) (string, error) {
	for _, name := range FileNames() {
		file := path.Join(dir, name)
		fi, err := fs.Stat(fsys, file)
		if err == nil && !fi.IsDir() {
			return file, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", nil
}

// kustomization is one file of the graph that a build goes through.
type kustomization struct {
	dir, file string
	doc       manifest.Document
	// bases are the directories of other kustomizations that it names.
	bases []string
}

// graph is every kustomization that a build goes through, by directory.
type graph struct {
	fsys  fs.FS
	nodes map[string]*kustomization
	order []string
}

// load reads the kustomizations that dir leads to. Entries that are not in the
// tree are refused: Kustomize would take them for the address of a repository.
func load(fsys fs.FS, dir string) (*graph, error) {
	g := &graph{fsys: fsys, nodes: map[string]*kustomization{}}
	return g, g.visit(dir)
}

func (g *graph) visit(dir string) error {
	if g.nodes[dir] != nil {
		return nil
	}
	file, err := Find(g.fsys, dir)
	if err != nil {
		return fmt.Errorf("reading %s: %w", dir, err)
	}
	if file == "" {
		return &Error{Position: manifest.Position{File: dir}, Msg: "this directory has no kustomization file", Hint: "name a directory with a kustomization.yaml"}
	}
	data, err := fs.ReadFile(g.fsys, file)
	if err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	docs, err := manifest.Decode(file, data)
	if err != nil {
		return err
	}
	if len(docs) != 1 {
		return &Error{Position: manifest.Position{File: file}, Msg: fmt.Sprintf("a kustomization file has one document, this one has %d", len(docs)), Hint: "put each kustomization into a directory of its own"}
	}
	k := &kustomization{dir: dir, file: file, doc: docs[0]}
	g.nodes[dir] = k
	g.order = append(g.order, dir)
	return g.follow(k)
}

// follow checks the entries of a kustomization and visits those that are
// kustomizations themselves.
func (g *graph) follow(k *kustomization) error {
	for _, field := range []string{"resources", "bases", "components", "generators", "transformers", "validators", "crds", "configurations"} {
		list, _ := k.doc.Fields[field].([]any)
		for i, item := range list {
			entry, ok := item.(string)
			if !ok {
				continue // a value that Kustomize itself refuses
			}
			line, _, _ := k.doc.Lookup(manifest.JoinPointer("", field, fmt.Sprint(i)))
			at := manifest.Position{File: k.file, Line: line}
			if strings.Contains(entry, "\n") {
				if err := checkPlugins([]byte(entry), at); err != nil {
					return err
				}
				continue
			}
			if err := g.entry(k, field, entry, at); err != nil {
				return err
			}
		}
	}
	return g.checkFiles(k)
}

func (g *graph) entry(k *kustomization, field, entry string, at manifest.Position) error {
	target := path.Join(k.dir, entry)
	if !fs.ValidPath(target) || path.IsAbs(entry) {
		return missing(entry, target, at)
	}
	fi, err := fs.Stat(g.fsys, target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing(entry, target, at)
	case err != nil:
		return &Error{Position: at, Msg: err.Error(), Err: err}
	case !fi.IsDir():
		return g.plugins(field, target)
	case slices.Contains(k.bases, target):
		return nil
	}
	if file, err := Find(g.fsys, target); err == nil && file == "" {
		return &Error{Position: at, Msg: fmt.Sprintf("the directory %s has no kustomization file", target), Hint: "add a kustomization.yaml there, or name its files one by one"}
	}
	k.bases = append(k.bases, target)
	return g.visit(target)
}

// plugins checks a file that configures generators, transformers or validators.
func (g *graph) plugins(field, file string) error {
	if field != "generators" && field != "transformers" && field != "validators" {
		return nil
	}
	data, err := fs.ReadFile(g.fsys, file)
	if err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	return checkPlugins(data, manifest.Position{File: file})
}

// addressPattern is what the address of a remote base looks like: a URL, an
// scp-like address, a host with a path, or anything with a ref
// (https://github.com/kubernetes-sigs/kustomize/blob/master/examples/remoteBuild.md).
var addressPattern = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*(://|::)|^[^/]+@[^/]+:|^[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+[/:].*/|[?&](ref|version)=|\.git(/|$|\?)|^_git`)

func remote(entry string) bool { return addressPattern.MatchString(entry) }

// global reports whether a build of the graph changes what Kustomize keeps for
// the whole process: its OpenAPI schema (the fields openapi and crds).
func (g *graph) global() bool {
	for _, k := range g.nodes {
		if k.doc.Fields["openapi"] != nil || k.doc.Fields["crds"] != nil {
			return true
		}
	}
	return false
}

// owners are the kustomizations on the way from the root of the graph to the
// one that names a file, the shortest way first found.
func (g *graph) owners(root, file string) []manifest.Owner {
	type step struct {
		dir string
		way []manifest.Owner
	}
	queue := []step{{root, nil}}
	seen := map[string]bool{}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		k := g.nodes[s.dir]
		if k == nil || seen[s.dir] {
			continue
		}
		seen[s.dir] = true
		way := append(slices.Clone(s.way), manifest.Owner{Kind: "Kustomization", Path: s.dir})
		if k.names(file) {
			return way
		}
		for _, b := range k.bases {
			queue = append(queue, step{b, way})
		}
	}
	return []manifest.Owner{{Kind: "Kustomization", Path: root}}
}

func (k *kustomization) names(file string) bool {
	if file == k.file {
		return true
	}
	list, _ := k.doc.Fields["resources"].([]any)
	for _, item := range list {
		if s, ok := item.(string); ok && path.Join(k.dir, s) == file {
			return true
		}
	}
	return false
}
