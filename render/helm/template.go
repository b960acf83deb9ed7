// Package helm renders charts as `helm template` does, out of a read-only tree,
// without network and with the same bytes for the same input. It is the only
// owner of the Helm libraries.
package helm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
)

// Options say how a chart is rendered.
type Options struct {
	// Dir is the chart directory in the tree.
	Dir string
	// ReleaseName defaults to the base name of Dir, Namespace to "default".
	ReleaseName, Namespace string
	// Values are values files in the tree; later ones win.
	Values []string
	// Inline values win over the files, or give way to them with InlineFirst.
	Inline      map[string]any
	InlineFirst bool
	// KubernetesVersion is what .Capabilities.KubeVersion says, such as "1.35".
	KubernetesVersion string
	// APIVersions are added to the API versions that Kubernetes has built in.
	APIVersions                       []string
	IncludeCRDs, SkipHooks, SkipTests bool
}

// Manifest is one object of a chart.
type Manifest struct {
	// Source is the file in the tree that the object was rendered from.
	Source string
	// Document is the object; its lines count in the rendered text, not in Source.
	Document manifest.Document
	// Hook holds the events of the annotation helm.sh/hook; nil when it is none.
	Hook []string
}

// Error is a chart that cannot be rendered.
type Error struct {
	manifest.Position
	Msg  string
	Hint string
	// NeedsNetwork says that something would have to be fetched.
	NeedsNetwork bool
	Err          error
}

func (e *Error) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	return where + ": " + e.Msg
}

// Unwrap returns the cause, if any.
func (e *Error) Unwrap() error { return e.Err }

// UserHint says what to do.
func (e *Error) UserHint() string { return e.Hint }

// Template renders a chart: custom resource definitions first, then what the
// templates give in Helm's install order, then hooks. lookup finds nothing and
// DNS is off, as in `helm template`; what is random or depends on the time is
// made of a seed instead (see functions). A fault of the chart is an *Error.
func Template(ctx context.Context, fsys fs.FS, opts Options) ([]Manifest, error) {
	opts.ReleaseName = cmp.Or(opts.ReleaseName, path.Base(opts.Dir))
	opts.Namespace = cmp.Or(opts.Namespace, "default")
	c, err := load(fsys, opts.Dir)
	if err != nil {
		return nil, err
	}
	caps, err := capabilities(c, opts)
	if err != nil {
		return nil, err
	}
	values, err := readValues(fsys, opts)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	at := manifest.Position{File: path.Join(opts.Dir, "Chart.yaml")}
	if err := chartutil.ProcessDependencies(c, values); err != nil {
		return nil, &Error{Position: at, Msg: "resolving dependencies: " + err.Error(), Err: err}
	}
	release := common.ReleaseOptions{Name: opts.ReleaseName, Namespace: opts.Namespace, Revision: 1, IsInstall: true}
	top, err := util.ToRenderValues(c, values, release, caps)
	if err != nil {
		return nil, &Error{Position: at, Msg: err.Error(), Hint: "correct the values, or values.schema.json", Err: err}
	}
	e := engine.Engine{CustomTemplateFuncs: functions(opts)}
	files, err := e.Render(c, top)
	if err != nil {
		return nil, templateError(opts.Dir, c.Name(), err)
	}
	return manifests(c, files, opts)
}

func capabilities(c *chart.Chart, opts Options) (*common.Capabilities, error) {
	caps := common.DefaultCapabilities.Copy()
	if opts.KubernetesVersion != "" {
		version, err := common.ParseKubeVersion(opts.KubernetesVersion + strings.Repeat(".0", max(0, 2-strings.Count(opts.KubernetesVersion, "."))))
		if err != nil {
			return nil, fmt.Errorf("reading the Kubernetes version %q: %w", opts.KubernetesVersion, err)
		}
		caps.KubeVersion = *version
	}
	caps.APIVersions = append(slices.Clone(caps.APIVersions), opts.APIVersions...)
	if want := c.Metadata.KubeVersion; want != "" && !chartutil.IsCompatibleRange(want, caps.KubeVersion.String()) {
		return nil, &Error{
			Position: manifest.Position{File: path.Join(opts.Dir, "Chart.yaml")},
			Msg:      fmt.Sprintf("the chart wants Kubernetes %s, the environment has %s", want, caps.KubeVersion.Version),
			Hint:     "set kubernetesVersion of the environment in .penstock.yaml, or take a chart for this version",
		}
	}
	return caps, nil
}

func manifests(c *chart.Chart, files map[string]string, opts Options) ([]Manifest, error) {
	var out, hooks []Manifest
	if opts.IncludeCRDs {
		for _, crd := range c.CRDObjects() {
			ms, err := documents(source(opts.Dir, c.Name(), crd.Filename), crd.File.Data)
			if err != nil {
				return nil, err
			}
			out = append(out, ms...)
		}
	}
	var generic []Manifest
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		base := path.Base(name)
		if strings.HasPrefix(base, "_") || base == "NOTES.txt" {
			continue
		}
		ms, err := documents(source(opts.Dir, c.Name(), name), []byte(files[name]))
		if err != nil {
			return nil, err
		}
		for _, m := range ms {
			if m.Hook == nil {
				generic = append(generic, m)
			} else if keepHook(m, opts) {
				hooks = append(hooks, m)
			}
		}
	}
	sortByKind(generic)
	sortByKind(hooks)
	return slices.Concat(out, generic, hooks), nil
}

func keepHook(m Manifest, opts Options) bool {
	test := slices.Contains(m.Hook, "test") || slices.Contains(m.Hook, "test-success")
	return !opts.SkipHooks && !(opts.SkipTests && test)
}

// sortByKind puts objects into the order in which Helm installs them.
func sortByKind(ms []Manifest) {
	rank := map[string]int{}
	for i, kind := range releaseutil.InstallOrder {
		rank[kind] = i
	}
	key := func(m Manifest) (int, string) {
		kind, _ := m.Document.Fields["kind"].(string)
		if r, known := rank[kind]; known {
			return r, ""
		}
		return len(rank), kind
	}
	slices.SortStableFunc(ms, func(a, b Manifest) int {
		ra, ka := key(a)
		rb, kb := key(b)
		return cmp.Or(cmp.Compare(ra, rb), cmp.Compare(ka, kb))
	})
}

// documents decodes the rendered text of one template.
func documents(source string, data []byte) ([]Manifest, error) {
	docs, err := manifest.Decode(source, data)
	if err != nil {
		var syntax *manifest.SyntaxError
		if errors.As(err, &syntax) {
			return nil, &Error{
				Position: manifest.Position{File: source},
				Msg:      fmt.Sprintf("line %d of the rendered template: %s%s", syntax.Line, syntax.Msg, quoteLine(data, syntax.Line)),
				Hint:     "see the rendered text with: helm template --debug", Err: err,
			}
		}
		return nil, err
	}
	var out []Manifest
	for _, doc := range docs {
		m := Manifest{Source: source, Document: doc}
		meta, _ := doc.Fields["metadata"].(map[string]any)
		annotations, _ := meta["annotations"].(map[string]any)
		if hook, ok := annotations["helm.sh/hook"].(string); ok {
			for event := range strings.SplitSeq(hook, ",") {
				m.Hook = append(m.Hook, strings.TrimSpace(event))
			}
		}
		out = append(out, m)
	}
	return out, nil
}

func quoteLine(data []byte, line int) string {
	lines := strings.Split(string(data), "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	return fmt.Sprintf(" (%q)", strings.TrimSpace(lines[line-1]))
}

// source turns a template name, which starts with the name of the chart, into
// a path in the tree.
func source(dir, chartName, name string) string {
	_, rest, _ := strings.Cut(path.Clean(strings.ReplaceAll(name, "\\", "/")), "/")
	if !strings.HasPrefix(name, chartName+"/") {
		rest = name
	}
	return path.Join(dir, rest)
}

// placePattern finds "CHART/templates/FILE:LINE" in the messages of Helm's
// engine, which has no structured form of it.
var placePattern = regexp.MustCompile(`([^\s()"':]+/templates/[^\s()"':]+):(\d+)`)

func templateError(dir, chartName string, err error) error {
	msg := strings.Join(strings.Fields(err.Error()), " ")
	e := &Error{Position: manifest.Position{File: dir}, Msg: msg, Hint: "see what `helm template` says, with the values of this environment", Err: err}
	// The last place is where the fault is; those before it include it.
	if all := placePattern.FindAllStringSubmatch(msg, -1); len(all) > 0 {
		last := all[len(all)-1]
		e.File = source(dir, chartName, last[1])
		e.Line, _ = strconv.Atoi(last[2]) // the pattern admits digits only
	}
	return e
}
