package render

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"runtime/debug"
	"slices"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/render/helm"
	"github.com/penstock-dev/penstock/render/kustomize"
	"sigs.k8s.io/yaml"
)

// Role is the role in which a worker process is started; see internal/child.
const Role = "render"

// workerMemory bounds the heap of a worker, in bytes: the collector works
// harder near it, and the operating system ends what goes far beyond.
const workerMemory = 1 << 30

// Main is the worker process: it renders the jobs that come on stdin and ends
// when stdin does, also in the middle of a job. It has no network and no file
// system but the tree that its parent shows to it.
func Main(ctx context.Context, stdin io.Reader, stdout io.Writer) int {
	debug.SetMemoryLimit(workerMemory)
	http.DefaultTransport = offline{}
	http.DefaultClient = &http.Client{Transport: offline{}}
	requests := make(chan request)
	go func() {
		dec := gob.NewDecoder(stdin)
		for {
			var r request
			if err := dec.Decode(&r); err != nil {
				os.Exit(0) // the parent has gone, or wants this process to
			}
			requests <- r
		}
	}()
	enc := gob.NewEncoder(stdout)
	for r := range requests {
		if r.Job == nil {
			return 2
		}
		tree := &remote{enc: enc, requests: requests, cache: map[call]answer{}}
		if err := enc.Encode(message{Reply: work(ctx, tree, *r.Job)}); err != nil {
			return 2
		}
	}
	return 0
}

// offline refuses every request: nothing that renders may fetch.
type offline struct{}

func (offline) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("%s is not fetched: rendering has no network", r.URL.Redacted())
}

// work renders one job. A panic in a library is a failure of the job.
func work(ctx context.Context, tree fs.FS, j job) (r *reply) {
	defer func() {
		if p := recover(); p != nil {
			r = &reply{Spent: true, Failure: &failure{
				Reason: verdict.Failed, Position: manifest.Position{File: j.Root.Path},
				Msg: fmt.Sprintf("%s: the renderer crashed: %v", j.Root.Path, p), Hint: "report this with the directory that makes it happen",
			}}
		}
	}()
	var err error
	switch j.Root.Kind {
	case config.Kustomize:
		r, err = workKustomize(ctx, tree, j)
	case config.Helm:
		r, err = workHelm(ctx, tree, j)
	default:
		err = fmt.Errorf("a root of kind %q is not rendered by a worker", j.Root.Kind)
	}
	if err != nil {
		e := asError(j.Root, err)
		r = &reply{Failure: &failure{e.Reason, e.Position, e.Msg, e.Hint}, Spent: true}
	}
	return r
}

func workKustomize(ctx context.Context, tree fs.FS, j job) (*reply, error) {
	charts := func(ctx context.Context, c kustomize.Chart) ([]byte, error) {
		version := c.KubernetesVersion
		if version == "" {
			version = j.KubernetesVersion
		}
		manifests, err := helm.Template(ctx, tree, helm.Options{
			Dir: c.Dir, ReleaseName: c.ReleaseName, Namespace: c.Namespace, Values: c.ValuesFiles,
			Inline: c.Inline, InlineFirst: c.InlineFirst, KubernetesVersion: version,
			APIVersions: append(c.APIVersions, j.APIVersions...), IncludeCRDs: c.IncludeCRDs, SkipHooks: c.SkipHooks, SkipTests: c.SkipTest,
		})
		if err != nil {
			return nil, err
		}
		var out bytes.Buffer
		for _, m := range manifests {
			data, err := yaml.Marshal(m.Document.Fields)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&out, "---\n%s", data)
		}
		return out.Bytes(), nil
	}
	built, err := kustomize.Build(ctx, tree, j.Root.Path, kustomize.Options{Charts: charts, Fresh: j.Fresh})
	if errors.Is(err, kustomize.ErrNotFresh) {
		return &reply{Refused: true}, nil
	}
	if err != nil {
		return nil, err
	}
	r := &reply{Patches: built.Patches, Spent: built.Global}
	for _, o := range built.Objects {
		data, err := yaml.YAMLToJSON(o.YAML)
		if err != nil {
			return nil, fmt.Errorf("reading what kustomize built of %s: %w", o.File, err)
		}
		r.Objects = append(r.Objects, object{JSON: data, File: o.File, Generator: o.Generator, Owners: o.Owners})
	}
	return r, nil
}

func workHelm(ctx context.Context, tree fs.FS, j job) (*reply, error) {
	manifests, err := helm.Template(ctx, tree, helm.Options{
		Dir: j.Root.Path, ReleaseName: j.Root.Release, Namespace: j.Root.Namespace, Values: j.Root.Values,
		KubernetesVersion: j.KubernetesVersion, APIVersions: j.APIVersions, IncludeCRDs: true,
	})
	if err != nil {
		return nil, err
	}
	r := &reply{}
	for _, m := range manifests {
		if isTest(m) {
			continue
		}
		data, err := json.Marshal(m.Document.Fields)
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", m.Source, err)
		}
		owner := manifest.Owner{Kind: "Chart", Path: j.Root.Path}
		r.Objects = append(r.Objects, object{JSON: data, File: m.Source, Generator: "template", Owners: []manifest.Owner{owner}})
	}
	return r, nil
}

// isTest reports whether a hook runs in `helm test` only: no environment
// receives it with the chart. Other hooks are applied, and keep the annotation
// that marks them.
func isTest(m helm.Manifest) bool {
	return len(m.Hook) > 0 && !slices.ContainsFunc(m.Hook, func(event string) bool { return event != "test" })
}

// remote is the tree of the parent, as the worker sees it: every read is asked
// for once a job.
type remote struct {
	enc      *gob.Encoder
	requests <-chan request
	cache    map[call]answer
}

func (t *remote) ask(c call) (answer, error) {
	a, known := t.cache[c]
	if !known {
		if err := t.enc.Encode(message{Call: &c}); err != nil {
			return answer{}, err
		}
		r := <-t.requests
		if r.Answer == nil {
			return answer{}, errors.New("the parent sent a job in the middle of another")
		}
		a = *r.Answer
		t.cache[c] = a
	}
	switch {
	case a.Absent:
		return answer{}, &fs.PathError{Op: "open", Path: c.Name, Err: fs.ErrNotExist}
	case a.Err != "":
		return answer{}, &treeError{a.Err, a.Hint}
	}
	return a, nil
}

// treeError is an error of the parent's tree.
type treeError struct{ msg, hint string }

func (e *treeError) Error() string    { return e.msg }
func (e *treeError) UserHint() string { return e.hint }

// ReadFile implements fs.ReadFileFS.
func (t *remote) ReadFile(name string) ([]byte, error) {
	a, err := t.ask(call{readFile, name})
	return bytes.Clone(a.Data), err
}

// ReadDir implements fs.ReadDirFS.
func (t *remote) ReadDir(name string) ([]fs.DirEntry, error) {
	a, err := t.ask(call{readDir, name})
	entries := make([]fs.DirEntry, len(a.Entries))
	for i, e := range a.Entries {
		entries[i] = fs.FileInfoToDirEntry(e)
	}
	return entries, err
}

// Stat implements fs.StatFS.
func (t *remote) Stat(name string) (fs.FileInfo, error) {
	a, err := t.ask(call{stat, name})
	if err != nil {
		return nil, err
	}
	return a.Entry, nil
}

// Open implements fs.FS; the libraries use the methods above.
func (t *remote) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: errors.ErrUnsupported}
}
