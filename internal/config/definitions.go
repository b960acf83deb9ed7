package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// DefinitionsFile is where the definitions of a cluster are kept by default.
const DefinitionsFile = ".penstock/crds.yaml"

const (
	// maxDefinitionsSize bounds all files of definitions together. Those of a
	// hundred operators have some ten megabytes.
	maxDefinitionsSize = 64 << 20
	// maxDefinitionsFiles bounds how many files there are.
	maxDefinitionsFiles = 2000
)

// DefinitionFiles are the files of a tree that the configuration takes custom
// resource definitions from, for all environments or for those of one: listed
// files, all YAML and JSON below listed directories, and what listed globs match.
// The first listed comes first. What is listed and not there is an *Error; the
// default file may be missing.
func (c *Config) DefinitionFiles(tree fs.FS, environment string) ([]string, error) {
	var files []string
	var faults []Fault
	for _, l := range c.definitionLists(environment) {
		for i, listed := range l.paths {
			found, err := definitionFiles(tree, listed)
			if err != nil {
				return nil, fmt.Errorf("looking for the definitions %s: %w", listed, err)
			}
			if len(found) == 0 && !l.optional {
				faults = append(faults, c.fault(fmt.Sprintf("%s[%d]", l.at, i), fmt.Sprintf("%s names no file of definitions at the base", listed), "correct the path, or add the file first: it is read from base"))
			}
			files = append(files, found...)
		}
	}
	if len(faults) > 0 {
		return nil, newError(faults)
	}
	return unique(files), nil
}

// list is one list of paths in the configuration.
type list struct {
	at       string
	paths    []string
	optional bool
}

// definitionLists are those of an environment first, so that they win.
func (c *Config) definitionLists(environment string) []list {
	var lists []list
	for i, e := range c.Environments {
		if e.Name == environment {
			lists = append(lists, list{at: fmt.Sprintf("environments[%d].crds", i), paths: e.CRDs})
		}
	}
	if c.CRDs == nil {
		return append(lists, list{paths: []string{DefinitionsFile}, optional: true})
	}
	return append(lists, list{at: "crds", paths: c.CRDs})
}

// IsDefinitionFile reports whether a configured list names a file, whether it is
// there or not.
func (c *Config) IsDefinitionFile(file string) bool {
	lists := c.definitionLists("")
	for _, e := range c.Environments {
		lists = append(lists, list{paths: e.CRDs})
	}
	for _, l := range lists {
		for _, listed := range l.paths {
			if matched, _ := path.Match(listed, file); matched || file == listed || strings.HasPrefix(file, listed+"/") {
				return true
			}
		}
	}
	return false
}

func definitionFiles(tree fs.FS, listed string) ([]string, error) {
	info, err := fs.Stat(tree, listed)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fs.Glob(tree, listed)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return []string{listed}, nil
	}
	var files []string
	err = fs.WalkDir(tree, listed, func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(p)) {
			files = append(files, p)
		}
		return err
	})
	return files, err
}

// unique leaves out what was there before.
func unique(texts []string) []string {
	var out []string
	for _, t := range texts {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// Definitions are the custom resource definitions in files of a tree; other
// objects there are not looked at. Of two definitions of one name the first
// counts. A file that cannot be read is an *Error.
func Definitions(tree fs.FS, files []string) (*manifest.Set, error) {
	if len(files) > maxDefinitionsFiles {
		return nil, newError([]Fault{{File: FileName, Msg: fmt.Sprintf("crds names %d files; at most %d are read", len(files), maxDefinitionsFiles), Hint: "list the files that matter"}})
	}
	var objects []*manifest.Object
	var faults []Fault
	seen, size := map[manifest.ID]bool{}, 0
	for _, file := range files {
		data, err := fs.ReadFile(tree, file)
		if err != nil {
			return nil, fmt.Errorf("reading definitions: %w", err)
		}
		if size += len(data); size > maxDefinitionsSize {
			return nil, newError([]Fault{{File: file, Msg: fmt.Sprintf("the files of crds have more than %d bytes together", maxDefinitionsSize), Hint: "list the files that matter"}})
		}
		found, err := decodeDefinitions(file, data)
		if err != nil {
			faults = append(faults, Fault{File: file, Msg: strings.TrimPrefix(err.Error(), file+": "), Hint: "crds lists files of CustomResourceDefinitions"})
		}
		for _, o := range found {
			if !seen[o.ID()] {
				seen[o.ID()] = true
				objects = append(objects, o)
			}
		}
	}
	if len(faults) > 0 {
		return nil, newError(faults)
	}
	return manifest.NewSet(objects...)
}

func decodeDefinitions(file string, data []byte) ([]*manifest.Object, error) {
	docs, err := manifest.Decode(file, data)
	if err != nil {
		return nil, err
	}
	var out []*manifest.Object
	for _, d := range docs {
		objects, err := manifest.Objects(d)
		if err != nil {
			return nil, err
		}
		for _, o := range objects {
			if id := o.ID(); id.Group == "apiextensions.k8s.io" && id.Kind == "CustomResourceDefinition" {
				out = append(out, o)
			}
		}
	}
	return out, nil
}
