package kustomize

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// checkFiles checks the files that a kustomization names beside its resources,
// of which Kustomize tells no line, and which it would fetch from a URL.
func (g *graph) checkFiles(k *kustomization) error {
	for _, field := range []string{"patches", "patchesJson6902", "replacements"} {
		for i, item := range list(k.doc.Fields, field) {
			m, _ := item.(map[string]any)
			if err := g.checkFile(k, text(m, "path"), field, fmt.Sprint(i), "path"); err != nil {
				return err
			}
		}
	}
	for i, item := range list(k.doc.Fields, "patchesStrategicMerge") {
		if s, ok := item.(string); ok && !strings.ContainsAny(s, "\n{") {
			if err := g.checkFile(k, s, "patchesStrategicMerge", fmt.Sprint(i)); err != nil {
				return err
			}
		}
	}
	openapi, _ := k.doc.Fields["openapi"].(map[string]any)
	if err := g.checkFile(k, text(openapi, "path"), "openapi", "path"); err != nil {
		return err
	}
	return errors.Join(g.checkGenerators(k, "configMapGenerator"), g.checkGenerators(k, "secretGenerator"))
}

func (g *graph) checkGenerators(k *kustomization, field string) error {
	for i, item := range list(k.doc.Fields, field) {
		m, _ := item.(map[string]any)
		if err := g.checkFile(k, text(m, "env"), field, fmt.Sprint(i), "env"); err != nil {
			return err
		}
		for _, key := range []string{"files", "envs"} {
			for j, entry := range list(m, key) {
				name, _ := entry.(string)
				if _, file, named := strings.Cut(name, "="); named && key == "files" {
					name = file
				}
				if err := g.checkFile(k, name, field, fmt.Sprint(i), key, fmt.Sprint(j)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// checkFile checks one file, named at the given steps of the kustomization.
// Whether Kustomize may read it where it lies is for Kustomize to say.
func (g *graph) checkFile(k *kustomization, name string, steps ...string) error {
	target := path.Join(k.dir, name)
	if name == "" || fs.ValidPath(target) && !path.IsAbs(name) {
		if name == "" {
			return nil
		}
		if _, err := fs.Stat(g.fsys, target); !errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	line, _, _ := k.doc.Lookup(manifest.JoinPointer("", steps...))
	return missing(name, target, manifest.Position{File: k.file, Line: line})
}

// missing is the error for an entry that names nothing in the tree.
func missing(entry, target string, at manifest.Position) error {
	switch {
	case remote(entry):
		return &Error{
			Position: at, NeedsNetwork: true,
			Msg:  fmt.Sprintf("%s is not in the repository, and remote bases and files are not fetched", entry),
			Hint: "vendor it: download it at a pinned version into the repository, and name that path",
		}
	case !fs.ValidPath(target) || path.IsAbs(entry):
		return &Error{Position: at, Msg: fmt.Sprintf("%s is outside of the repository", entry), Hint: "name files of the repository only"}
	}
	return &Error{Position: at, Msg: fmt.Sprintf("%s is not in the repository", target), Hint: "correct the path, or add the file"}
}

// checkPlugins refuses generators, transformers and validators that are
// programs, and the generator that would run helm. text is the configuration,
// written at a place of its own or in the kustomization.
func checkPlugins(text []byte, at manifest.Position) error {
	// Kustomize itself says what is wrong with a text that cannot be read.
	docs, _ := manifest.Decode(at.File, text)
	for _, doc := range docs {
		here := at
		if here.Line == 0 {
			here.Line = doc.Line()
		}
		kind, _ := doc.Fields["kind"].(string)
		switch version := doc.Fields["apiVersion"]; {
		case kind == "HelmChartInflationGenerator":
			return &Error{Position: here, Unsupported: true, Msg: kind + " is not run", Hint: "write the chart as an entry of helmCharts in the kustomization"}
		case kind != "" && version != nil && version != "builtin":
			return &Error{Position: here, Unsupported: true, Msg: fmt.Sprintf("%s is a plugin, and programs are not run", kind), Hint: "commit what the plugin gives, and name it in resources"}
		}
	}
	return nil
}

// syntaxFault finds the file that a build failed on because it is no YAML or no
// Kubernetes object: Kustomize tells neither its path nor the line.
func (g *graph) syntaxFault(failure error) error {
	for _, dir := range g.order {
		k := g.nodes[dir]
		for _, item := range list(k.doc.Fields, "resources") {
			entry, _ := item.(string)
			if entry == "" || !strings.Contains(failure.Error(), entry) {
				continue
			}
			file := path.Join(k.dir, entry)
			data, err := fs.ReadFile(g.fsys, file)
			if err != nil {
				continue
			}
			if _, err := manifest.Read(file, data); err != nil {
				return err
			}
		}
	}
	return nil
}

// configText is the configuration of a transformer or generator, which
// Kustomize writes in front of the cause.
var configText = regexp.MustCompile("(?s) with config: `.*?`")

// message is the first line of what Kustomize says, with paths of the tree and
// without the values of secret generators, which it quotes.
func (g *graph) message(err error) string {
	text := strings.ReplaceAll(configText.ReplaceAllString(err.Error(), ""), "'/", "'")
	for _, dir := range g.order {
		for _, item := range list(g.nodes[dir].doc.Fields, "secretGenerator") {
			m, _ := item.(map[string]any)
			for _, literal := range list(m, "literals") {
				if s, ok := literal.(string); ok && s != "" {
					text = strings.ReplaceAll(text, s, "[hidden]")
				}
			}
		}
	}
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func list(fields map[string]any, key string) []any {
	items, _ := fields[key].([]any)
	return items
}
