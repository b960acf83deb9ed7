// Package helm renders charts as `helm template --include-crds` does, out of a
// read-only tree, without network, cluster or environment, and with the same
// bytes for the same input. It is the only owner of the Helm libraries; it does
// not fetch dependencies and does not judge what it renders.
package helm

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/penstock-dev/penstock/internal/manifest"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
)

// Options say how a chart is rendered.
type Options struct {
	// Dir is the chart directory in the tree.
	Dir string
	// ReleaseName defaults to the base name of Dir as far as Helm allows it in
	// a release name, and Namespace to "default".
	ReleaseName, Namespace string
	// Values are values files in the tree; later ones win.
	Values []string
	// Inline values win over the files, or give way to them with InlineFirst.
	Inline      map[string]any
	InlineFirst bool
	// KubernetesVersion is the minor version that .Capabilities.KubeVersion and
	// the built-in API versions are of, such as "1.35"; the newest known one
	// when empty.
	KubernetesVersion string
	// APIVersions are added to the API versions that Kubernetes has built in,
	// as group/version or group/version/Kind; the latter brings the former.
	APIVersions []string
	// IncludeCRDs adds the files of the crds directories, SkipHooks leaves out
	// all hooks and SkipTests those that are tests, like the flags of `helm
	// template`.
	IncludeCRDs, SkipHooks, SkipTests bool
	// Now is the time that templates see; a fixed one when zero.
	Now time.Time
}

// Manifest is one object of a chart.
type Manifest struct {
	// Source is the file in the tree that the object was rendered from. For a
	// chart in an archive it is the archive.
	Source string
	// Template is the name that Helm gives the template: the names of the
	// charts that hold it, and its path in the last of them.
	Template string
	// Document is the object. Its lines count in the rendered text and not in
	// Source, unless it is a custom resource definition of a crds directory.
	Document manifest.Document
	// Data is the object as YAML: the rendered text with its comments, or for
	// an item of a List the item alone.
	Data []byte
	// Hook holds the events of the annotation helm.sh/hook; nil when it is none.
	Hook []string

	// whole is the document that held the object, which is a List or the object.
	whole manifest.Document
}

// Error is a chart that cannot be rendered. It unwraps to fs.ErrNotExist when a
// values file or the chart is missing.
type Error struct {
	manifest.Position
	Msg  string
	Hint string
	// NeedsNetwork says that something would have to be fetched: a dependency,
	// a values file or a part of a schema.
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
// templates give in Helm's install order, then hooks in the same order. As in
// `helm template`, lookup finds nothing, DNS is off, and there is no
// environment. What is random or depends on the time is a placeholder, which
// is the same in every render; see functions. A fault of the chart, of its
// values or of what it renders is an *Error.
//
// ctx is looked at between the phases: Helm's engine cannot be interrupted, so
// a caller that wants a bound on the time needs a process of its own.
func Template(ctx context.Context, fsys fs.FS, opts Options) ([]Manifest, error) {
	opts.Dir = path.Clean(opts.Dir)
	c, err := load(fsys, opts.Dir)
	if err != nil {
		return nil, err
	}
	if err := opts.setDefaults(c.Name()); err != nil {
		return nil, err
	}
	caps, err := capabilities(c.Chart, opts)
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
	top, err := coalesce(c.Chart, values.merged, caps, opts)
	if err != nil {
		return nil, err
	}
	if err := c.validate(c.Chart, top["Values"].(common.Values), values); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := newSeeded(opts)
	sources := c.mark()
	files, err := engine.Engine{CustomTemplateFuncs: s.functions()}.Render(c.Chart, top)
	if err != nil {
		return nil, templateError(opts.Dir, sources, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.manifests(files, sources, opts)
}

// invalidInName are the characters that a release name must not have; Helm
// takes those of a DNS subdomain.
var invalidInName = regexp.MustCompile(`[^a-z0-9]+`)

// maxReleaseName is Helm's bound on the length of a release name.
const maxReleaseName = 53

func (o *Options) setDefaults(chartName string) error {
	o.Namespace = cmp.Or(o.Namespace, "default")
	if o.ReleaseName != "" {
		if err := chartutil.ValidateReleaseName(o.ReleaseName); err != nil {
			return &Error{
				Position: manifest.Position{File: path.Join(o.Dir, "Chart.yaml")}, Err: err,
				Msg:  fmt.Sprintf("Helm does not take %q as the name of a release", o.ReleaseName),
				Hint: fmt.Sprintf("use at most %d lower-case letters, digits, dashes and dots", maxReleaseName),
			}
		}
		return nil
	}
	name := path.Base(o.Dir)
	if name == "." {
		name = chartName
	}
	name = strings.Trim(invalidInName.ReplaceAllString(strings.ToLower(name), "-"), "-")
	name = strings.TrimRight(name[:min(len(name), maxReleaseName)], "-")
	o.ReleaseName = cmp.Or(name, "release")
	return nil
}

// coalesce resolves conditions, tags, aliases and imported values of the
// dependencies, and returns what the templates see.
func coalesce(c *chart.Chart, values map[string]any, caps *common.Capabilities, opts Options) (common.Values, error) {
	at := manifest.Position{File: path.Join(opts.Dir, "Chart.yaml")}
	if err := chartutil.ProcessDependencies(c, values); err != nil {
		return nil, &Error{Position: at, Msg: "resolving the dependencies: " + err.Error(), Hint: "correct the values of the sub-chart", Err: err}
	}
	release := common.ReleaseOptions{Name: opts.ReleaseName, Namespace: opts.Namespace, Revision: 1, IsInstall: true}
	// The schemas are validated by validate, which reads nothing from outside.
	top, err := util.ToRenderValuesWithSchemaValidation(c, values, release, caps, true)
	if err != nil {
		return nil, &Error{Position: at, Msg: "merging the values: " + err.Error(), Hint: "the values of a sub-chart are a mapping below its name", Err: err}
	}
	return top, nil
}
