// Package kustomize builds kustomizations as `kustomize build` does, out of a
// read-only tree, without network, plugins or programs. It is the only owner of
// the Kustomize library. A build reads and may change state that the library
// keeps for the whole process, so builds of one process must not overlap; see
// Result.Global.
package kustomize

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
)

// Error is a kustomization that cannot be built.
type Error struct {
	manifest.Position
	Msg  string
	Hint string
	// NeedsNetwork says that something would have to be fetched.
	NeedsNetwork bool
	// Unsupported says that the kustomization uses what Penstock does not run.
	Unsupported bool
	Err         error
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

// ErrNotFresh says that a kustomization has to be built in a process of its own.
var ErrNotFresh = errors.New("this kustomization sets the OpenAPI schema of the process, and needs one that has built nothing before")

// Options are what a build needs beside the tree.
type Options struct {
	// Fresh says that this process has built nothing before. A build that depends
	// on state that the library keeps for the whole process is refused with
	// ErrNotFresh otherwise: it would depend on the builds before it.
	Fresh bool
	// Charts renders an entry of helmCharts to YAML; nil refuses such entries.
	Charts func(context.Context, Chart) ([]byte, error)
}

// Object is one object of a build, in the order of the build.
type Object struct {
	// YAML is the object as `kustomize build` prints it.
	YAML []byte
	// File is the file that the object was read from, or the kustomization
	// that generates it.
	File string
	// Generator is the field of the kustomization that generates the object,
	// such as "configMapGenerator"; empty for an object that was read.
	Generator string
	Owners    []manifest.Owner
}

// Result is what a build gives.
type Result struct {
	Objects []Object
	// Patches are the patches of the graph, bases before overlays.
	Patches []Patch
	// Global says that the build changed state that the library keeps for the
	// whole process: a later build of this process cannot be trusted.
	Global bool
}

// Build builds the kustomization in dir, a path in fsys. A fault of the
// kustomization is an *Error or a *manifest.SyntaxError.
func Build(ctx context.Context, fsys fs.FS, dir string, opts Options) (Result, error) {
	g, err := load(fsys, dir)
	if err != nil {
		return Result{}, err
	}
	if g.global() && !opts.Fresh {
		return Result{}, ErrNotFresh
	}
	o := &overlay{fsys: fsys, files: map[string][]byte{}}
	if err := g.inflate(ctx, o, opts.Charts); err != nil {
		return Result{}, err
	}
	asked, err := g.trackOrigins(o, dir)
	if err != nil {
		return Result{}, err
	}
	options := krusty.MakeDefaultOptions()
	// As the command does: the order of sortOptions, and without them namespaces
	// and definitions first.
	options.Reorder = krusty.ReorderOptionUnspecified
	options.LoadRestrictions = types.LoadRestrictionsRootOnly
	options.PluginConfig = types.DisabledPluginConfig()
	m, err := krusty.MakeKustomizer(options).Run(o, "/"+dir)
	if err != nil {
		if fault := g.syntaxFault(err); fault != nil {
			return Result{Global: g.global()}, fault
		}
		return Result{Global: g.global()}, &Error{
			Position: manifest.Position{File: g.nodes[dir].file},
			Msg:      "kustomize: " + g.message(err),
			Hint:     "see what `kustomize build " + dir + "` says", Err: err,
		}
	}
	result := Result{Patches: g.patches(), Global: g.global()}
	for _, r := range m.Resources() {
		object, err := g.object(dir, r, asked)
		if err != nil {
			return Result{}, err
		}
		result.Objects = append(result.Objects, object)
	}
	return result, nil
}

// trackOrigins asks Kustomize, in the overlay, to annotate every object with
// its origin. It returns the build metadata that the kustomization asks for
// itself, which stays in the output.
func (g *graph) trackOrigins(o *overlay, dir string) ([]string, error) {
	k := g.nodes[dir]
	var asked []string
	list, _ := k.doc.Fields["buildMetadata"].([]any)
	for _, item := range list {
		if s, ok := item.(string); ok {
			asked = append(asked, s)
		}
	}
	if slices.Contains(asked, types.OriginAnnotations) {
		return asked, nil
	}
	fields := map[string]any{}
	if data, ok := o.files[k.file]; ok {
		if err := yaml.Unmarshal(data, &fields); err != nil {
			return nil, fmt.Errorf("reading %s: %w", k.file, err)
		}
	} else {
		for key, value := range k.doc.Fields {
			fields[key] = value
		}
	}
	fields["buildMetadata"] = append(slices.Clone(asked), types.OriginAnnotations)
	data, err := yaml.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", k.file, err)
	}
	o.files[k.file] = data
	return asked, nil
}

// object reads the origin of a resource and removes its annotation.
func (g *graph) object(dir string, r *resource.Resource, asked []string) (Object, error) {
	var object Object
	origin, err := r.GetOrigin()
	if err != nil {
		return Object{}, fmt.Errorf("reading the origin of %s: %w", r.CurId(), err)
	}
	if origin != nil {
		file := origin.Path
		if origin.ConfiguredIn != "" {
			file, object.Generator = origin.ConfiguredIn, origin.ConfiguredBy.Kind
		}
		object.File = path.Join(dir, file)
		if source, ok := chartSource(object.File); ok {
			object.File, object.Generator = source, "helmCharts"
		}
	}
	object.Owners = g.owners(dir, object.File)
	if !slices.Contains(asked, types.OriginAnnotations) {
		if err := r.SetOrigin(nil); err != nil {
			return Object{}, fmt.Errorf("removing the origin of %s: %w", r.CurId(), err)
		}
	}
	if object.YAML, err = r.AsYAML(); err != nil {
		return Object{}, g.unwritable(object.File, r, err)
	}
	return object, nil
}

// unwritable says what Kustomize read of a file and cannot write.
func (g *graph) unwritable(file string, r *resource.Resource, cause error) error {
	if data, err := fs.ReadFile(g.fsys, file); err == nil {
		if _, err := manifest.Decode(file, data); err != nil {
			return err // a key that is there twice, in most cases
		}
	}
	// The cause quotes a value, which may be that of a Secret.
	return &Error{Position: manifest.Position{File: file}, Msg: fmt.Sprintf("%s has a value that contradicts its tag", r.CurId()), Hint: "correct the value, or remove the tag", Err: cause}
}

// Patch is the text of a patch: the file it is written in, and how many lines
// of that file come before it.
type Patch struct {
	File  string
	Data  []byte
	Shift int
}

// patches reads the patches of the graph, bases first.
func (g *graph) patches() []Patch {
	var patches []Patch
	for _, dir := range slices.Backward(g.order) {
		k := g.nodes[dir]
		for _, field := range []string{"patchesStrategicMerge", "patches"} {
			list, _ := k.doc.Fields[field].([]any)
			for i, item := range list {
				if p, ok := g.patch(k, field, i, item); ok {
					patches = append(patches, p)
				}
			}
		}
	}
	return patches
}

// patch reads one entry of patches or patchesStrategicMerge: a path, or an
// inline patch.
func (g *graph) patch(k *kustomization, field string, index int, item any) (Patch, bool) {
	text, _ := item.(string)
	pointer := fmt.Sprintf("/%s/%d", field, index)
	if m, ok := item.(map[string]any); ok {
		if file, ok := m["path"].(string); ok {
			text = file
		} else {
			text, _ = m["patch"].(string)
			pointer += "/patch"
		}
	}
	if strings.Contains(text, "\n") {
		// A block scalar starts on the line below its key.
		line, _, _ := k.doc.Lookup(pointer)
		return Patch{k.file, []byte(text), line}, true
	}
	file := path.Join(k.dir, text)
	data, err := fs.ReadFile(g.fsys, file)
	return Patch{file, data, 0}, err == nil
}
