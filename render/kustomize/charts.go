package kustomize

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"go.yaml.in/yaml/v3"
)

// Chart is an entry of helmCharts with the defaults of Kustomize applied
// (https://kubectl.docs.kubernetes.io/references/kustomize/builtins/#_helmchartinflationgenerator_).
type Chart struct {
	Dir, ReleaseName, Namespace string
	// ValuesFiles are the values files in order, the last one wins.
	ValuesFiles []string
	// Inline are inline values; with InlineFirst they give way to the files.
	Inline                           map[string]any
	InlineFirst                      bool
	KubernetesVersion                string
	APIVersions                      []string
	IncludeCRDs, SkipHooks, SkipTest bool
}

// chartPrefix begins the names of files that hold rendered charts. They exist
// in the overlay only.
const chartPrefix = ".penstock-chart-"

// chartSource turns the path of a rendered chart into that of the kustomization
// that asks for it.
func chartSource(file string) (string, bool) {
	dir, name := path.Split(file)
	if !strings.HasPrefix(name, chartPrefix) {
		return "", false
	}
	_, kustomization, _ := strings.Cut(strings.TrimPrefix(name, chartPrefix), "-")
	return path.Join(strings.TrimSuffix(path.Clean(dir), "/.penstock-inner"), strings.TrimSuffix(kustomization, ".rendered.yaml")), true
}

// inflate renders the helmCharts of every kustomization into the overlay, and
// replaces them there by resources.
func (g *graph) inflate(ctx context.Context, o *overlay, render func(context.Context, Chart) ([]byte, error)) error {
	for _, dir := range g.order {
		k := g.nodes[dir]
		if k.doc.Fields["helmChartInflationGenerator"] != nil {
			line, _, _ := k.doc.Lookup("/helmChartInflationGenerator")
			return &Error{Position: manifest.Position{File: k.file, Line: line}, Unsupported: true, Msg: "helmChartInflationGenerator is not supported", Hint: "write it as helmCharts: `kustomize edit fix`"}
		}
		list, _ := k.doc.Fields["helmCharts"].([]any)
		if len(list) == 0 {
			continue
		}
		if render == nil {
			return &Error{Position: manifest.Position{File: k.file}, Unsupported: true, Msg: "helmCharts are not rendered here"}
		}
		var rendered []any
		for i, item := range list {
			data, err := g.chart(ctx, k, i, item, render)
			if err != nil {
				return err
			}
			name := fmt.Sprintf("%s%d-%s.rendered.yaml", chartPrefix, i, path.Base(k.file))
			o.files[path.Join(k.dir, name)] = data
			rendered = append(rendered, name)
		}
		if err := k.replaceCharts(o, rendered); err != nil {
			return err
		}
	}
	return nil
}

// replaceCharts writes the kustomization without helmCharts into the overlay.
// Kustomize takes resources first, then components, then what generators give:
// with components the resources and components move into an inner
// kustomization, so that components do not see the charts.
func (k *kustomization) replaceCharts(o *overlay, rendered []any) error {
	fields := maps.Clone(k.doc.Fields)
	delete(fields, "helmCharts")
	delete(fields, "helmGlobals")
	resources, _ := fields["resources"].([]any)
	if components, ok := fields["components"].([]any); ok && len(components) > 0 {
		inner := map[string]any{"resources": upward(resources), "components": upward(components)}
		data, err := yaml.Marshal(inner)
		if err != nil {
			return fmt.Errorf("writing %s: %w", k.file, err)
		}
		o.files[path.Join(k.dir, ".penstock-inner", "kustomization.yaml")] = data
		delete(fields, "components")
		resources = []any{".penstock-inner"}
	}
	fields["resources"] = slices.Concat(resources, rendered)
	data, err := yaml.Marshal(fields)
	if err != nil {
		return fmt.Errorf("writing %s: %w", k.file, err)
	}
	o.files[k.file] = data
	return nil
}

func upward(entries []any) []any {
	out := make([]any, len(entries))
	for i, e := range entries {
		out[i] = e
		if s, ok := e.(string); ok {
			out[i] = path.Join("..", s)
		}
	}
	return out
}

func (g *graph) chart(ctx context.Context, k *kustomization, index int, item any, render func(context.Context, Chart) ([]byte, error)) ([]byte, error) {
	line, _, _ := k.doc.Lookup(fmt.Sprintf("/helmCharts/%d", index))
	at := manifest.Position{File: k.file, Line: line}
	fields, ok := item.(map[string]any)
	if !ok {
		return nil, &Error{Position: at, Msg: "an entry of helmCharts is a mapping", Hint: "write name: and version: of the chart"}
	}
	c, err := k.readChart(fields, at)
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(g.fsys, c.Dir); err != nil {
		repo := text(fields, "repo")
		return nil, &Error{
			Position: at, NeedsNetwork: repo != "", Err: err,
			Msg:  fmt.Sprintf("the chart %s is not vendored in %s", text(fields, "name"), c.Dir),
			Hint: fmt.Sprintf("vendor it: helm pull --untar --untardir %s --repo %s --version %s %s", path.Dir(c.Dir), cmp.Or(repo, "URL"), cmp.Or(text(fields, "version"), "VERSION"), text(fields, "name")),
		}
	}
	data, err := render(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("rendering the chart of %s:%d: %w", k.file, line, err)
	}
	return data, nil
}

// chartKeys are the fields of an entry of helmCharts that are acted upon, or
// that matter only when fetching a chart.
func chartKeys() []string {
	return []string{"name", "version", "repo", "releaseName", "namespace", "valuesFile", "additionalValuesFiles", "valuesInline", "valuesMerge", "includeCRDs", "skipHooks", "skipTests", "kubeVersion", "apiVersions", "devel"}
}

func (k *kustomization) readChart(fields map[string]any, at manifest.Position) (Chart, error) {
	for key := range fields {
		if !slices.Contains(chartKeys(), key) {
			return Chart{}, &Error{Position: at, Unsupported: true, Msg: fmt.Sprintf("the field %s of helmCharts is not supported", key), Hint: "render the chart with helm template, and commit its output"}
		}
	}
	globals, _ := k.doc.Fields["helmGlobals"].(map[string]any)
	home := cmp.Or(text(globals, "chartHome"), "charts")
	name := text(fields, "name")
	c := Chart{
		Dir:         path.Join(k.dir, home, name),
		ReleaseName: cmp.Or(text(fields, "releaseName"), "release-name"), Namespace: text(fields, "namespace"),
		KubernetesVersion: text(fields, "kubeVersion"), APIVersions: texts(fields, "apiVersions"),
		IncludeCRDs: fields["includeCRDs"] == true, SkipHooks: fields["skipHooks"] == true, SkipTest: fields["skipTests"] == true,
	}
	c.Inline, _ = fields["valuesInline"].(map[string]any)
	file := text(fields, "valuesFile")
	switch merge := cmp.Or(text(fields, "valuesMerge"), "override"); merge {
	case "override":
	case "merge":
		c.InlineFirst = true
	case "replace":
		if c.Inline != nil {
			file = ""
		}
	default:
		return Chart{}, &Error{Position: at, Msg: "valuesMerge is " + merge, Hint: "write override, merge or replace"}
	}
	for _, f := range append([]string{file}, texts(fields, "additionalValuesFiles")...) {
		if f != "" {
			c.ValuesFiles = append(c.ValuesFiles, path.Join(k.dir, f))
		}
	}
	return c, nil
}

func text(fields map[string]any, key string) string {
	s, _ := fields[key].(string)
	return s
}

func texts(fields map[string]any, key string) []string {
	list, _ := fields[key].([]any)
	var out []string
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
