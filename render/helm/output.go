package helm

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	release "helm.sh/helm/v4/pkg/release/v1"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	"sigs.k8s.io/yaml"
)

// mark puts a call of enterFunction before the text of every template, and
// returns the path in the tree of each by the name that Helm's engine gives it.
// The call prints nothing and adds no line. The templates are copied, since the
// copies of a chart that aliases make share them.
func (l *loadedChart) mark() map[string]string {
	sources := map[string]string{}
	var visit func(c *chart.Chart)
	visit = func(c *chart.Chart) {
		marked := make([]*common.File, len(c.Templates))
		for i, t := range c.Templates {
			name := path.Join(c.ChartFullPath(), t.Name)
			sources[name] = l.origins[t]
			marked[i] = t
			if !strings.HasPrefix(path.Base(name), "_") {
				call := fmt.Sprintf("{{%s %q}}", enterFunction, name)
				marked[i] = &common.File{Name: t.Name, ModTime: t.ModTime, Data: append([]byte(call), t.Data...)}
			}
		}
		c.Templates = marked
		for _, sub := range c.Dependencies() {
			visit(sub)
		}
	}
	visit(l.Chart)
	return sources
}

// manifests orders what the templates gave as `helm template` prints it.
func (l *loadedChart) manifests(files, sources map[string]string, opts Options) ([]Manifest, error) {
	var out []Manifest
	if opts.IncludeCRDs {
		for _, crd := range l.CRDObjects() {
			p := part{template: crd.Filename, source: l.origins[crd.File], all: string(crd.File.Data), verbatim: true}
			p.text = p.all
			ms, err := p.manifests()
			if err != nil {
				return nil, err
			}
			out = append(out, ms...)
		}
	}
	hooks, generic, objects, err := order(files, sources)
	if err != nil {
		return nil, err
	}
	for _, m := range generic {
		out = append(out, objects[m.Name]...)
	}
	for _, h := range hooks {
		if opts.SkipHooks || opts.SkipTests && slices.Contains(h.Events, release.HookTest) {
			continue
		}
		for _, m := range objects[h.Path] {
			for _, event := range h.Events {
				m.Hook = append(m.Hook, event.String())
			}
			out = append(out, m)
		}
	}
	return out, nil
}

// order lets Helm tell hooks from other objects and sort both. It is given the
// heads of the documents only, each as a file of its own, whose name leads back
// to the objects: it would read every document a second time.
func order(files, sources map[string]string) ([]*release.Hook, []releaseutil.Manifest, map[string][]Manifest, error) {
	heads, objects, parts := map[string]string{}, map[string][]Manifest{}, map[string]part{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(name, "NOTES.txt") {
			continue
		}
		for i, p := range split(name, sources[name], files[name]) {
			ms, err := p.manifests()
			if err != nil {
				return nil, nil, nil, err
			}
			if len(ms) == 0 {
				continue
			}
			// A zero byte sorts before all that a longer name goes on with.
			key := fmt.Sprintf("%s\x00%06d", name, i)
			if heads[key], err = head(ms[0].whole); err != nil {
				return nil, nil, nil, p.fault(err)
			}
			objects[key], parts[key] = ms, p
		}
	}
	hooks, generic, err := releaseutil.SortManifests(heads, nil, releaseutil.InstallOrder)
	if err == nil {
		return hooks, generic, objects, nil
	}
	// The message tells nothing but the name of the first that is wrong.
	for _, key := range slices.Sorted(maps.Keys(heads)) {
		var h releaseutil.SimpleHead
		if err := yaml.Unmarshal([]byte(heads[key]), &h); err != nil {
			return nil, nil, nil, parts[key].fault(err)
		}
	}
	return nil, nil, nil, fmt.Errorf("ordering what the templates render: %w", err)
}

// head is what Helm looks at of a document.
func head(doc manifest.Document) (string, error) {
	metadata := doc.Fields["metadata"]
	if m, ok := metadata.(map[string]any); ok {
		metadata = map[string]any{"name": m["name"], "annotations": m["annotations"]}
	}
	data, err := json.Marshal(map[string]any{"apiVersion": doc.Fields["apiVersion"], "kind": doc.Fields["kind"], "metadata": metadata})
	return string(data), err
}

// part is a piece of what a template rendered.
type part struct {
	template, source string
	// all is all that the template rendered, and text begins after its first
	// before lines.
	all, text string
	before    int
	// verbatim says that the text is that of a file, with any number of
	// documents; otherwise it is one document as Helm splits them.
	verbatim bool
}

// split cuts a rendered template into documents with Helm's own function, at
// every line that starts with three dashes: charts that write "---apiVersion:
// v1" by accident are cut there as well, and that is what a cluster receives.
// It cuts no object that YAML admits in the middle, since no scalar in a
// mapping may have such a line.
func split(template, source, all string) []part {
	pieces := releaseutil.SplitManifests(all)
	parts := make([]part, 0, len(pieces))
	at := 0
	for i := range len(pieces) {
		text := pieces["manifest-"+strconv.Itoa(i)]
		at += max(strings.Index(all[at:], text), 0)
		parts = append(parts, part{template: template, source: source, all: all, text: text, before: strings.Count(all[:at], "\n")})
	}
	return parts
}

// manifests decodes the objects of a part.
func (p part) manifests() ([]Manifest, error) {
	if line := droppedLine(p.text); line > 0 && !p.verbatim {
		return nil, p.fault(&manifest.SyntaxError{Position: manifest.Position{Line: line}, Msg: "Helm drops what comes after a line of three dots; write three dashes"})
	}
	// Helm ends every document with a line break, which a block scalar at the
	// end of a template without one then has too.
	text := []byte(p.text + "\n")
	docs, err := manifest.Decode(p.source, text)
	if err != nil && !p.verbatim {
		// Helm lets the last one of two equal keys win.
		if asJSON, jsonErr := yaml.YAMLToJSON(text); jsonErr == nil {
			docs, err = manifest.Decode(p.source, asJSON)
		}
	}
	if err != nil {
		return nil, p.fault(err)
	}
	var out []Manifest
	for _, doc := range docs {
		items := doc.Items()
		for _, item := range items {
			if _, err := manifest.NewObject(item); err != nil {
				return nil, p.fault(err)
			}
			m := Manifest{Source: p.source, Template: p.template, Document: item.Shift(p.before), Data: text, whole: doc}
			if len(docs) > 1 || len(items) > 1 || doc.Fields["items"] != nil {
				if m.Data, err = yaml.Marshal(item.Fields); err != nil {
					return nil, fmt.Errorf("writing an object of %s: %w", p.source, err)
				}
			}
			out = append(out, m)
		}
	}
	return out, nil
}

// droppedLine is the first line of content after the end of the first document,
// which is all that Helm reads; 0 when there is none.
func droppedLine(part string) int {
	ended, number := false, 0
	for line := range strings.Lines(part) {
		number++
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case line == "...":
			ended = true
		case ended && line != "" && !strings.HasPrefix(line, "#"):
			return number
		}
	}
	return 0
}
