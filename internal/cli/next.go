package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync/atomic"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/policies"
)

// next loads the configuration and the rules of head, for a preview. Nobody has
// reviewed them: what they would have fetched is fetched only from where base
// fetches already, and for a fork not at all.
func (o *sourceOptions) next(ctx context.Context, c *change.Change, cfg *config.Config) (*config.Config, pipeline.Judge, error) {
	head := cfg
	if o.config == "" {
		var err error
		if head, err = config.Load(c.Head, config.FileName); err != nil {
			return nil, nil, err
		}
	}
	for _, b := range head.Policies.Bundles {
		if b.File == "" && !slices.Contains(cfg.Policies.Bundles, b) && (o.fork || !fetched(cfg, b)) {
			return nil, nil, &pipeline.Unpreviewed{Detail: fmt.Sprintf(
				"the change adds the bundle %s, which is not fetched before somebody has reviewed it, so that what the change makes of the rules is not previewed", b.Name())}
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	sources, err := ruleSources(ctx, c.Head, head, !o.fork)
	if err != nil {
		return nil, nil, err
	}
	m := &meter{}
	for i, s := range sources {
		if s.Name != policies.BuiltIn {
			sources[i].FS = metered{s.FS, m}
		}
	}
	engine, err := o.loader.Load(ctx, sources...)
	if err != nil {
		return nil, nil, err
	}
	return head, engine, nil
}

// fetched reports whether a configuration has a bundle from the same place, in
// another version.
func fetched(cfg *config.Config, b config.BundleSpec) bool {
	return slices.ContainsFunc(cfg.Policies.Bundles, func(known config.BundleSpec) bool { return known.URL == b.URL && known.OCI == b.OCI && b.File == "" })
}

// What a preview reads in the directories of rules, at most: rules, data, and what
// may be a manifest of Gatekeeper. Large sets of rules have some megabytes; in
// memory, data take ten times as much.
const (
	maxNextFiles = 20_000
	maxNextBytes = 64 << 20
)

// meter counts what is read of rules that nobody has reviewed.
type meter struct{ files, bytes atomic.Int64 }

// metered refuses to read on when the meter is full. A tree does not know the sizes
// of its files before it has read them, so that the last one is read in vain.
type metered struct {
	fs.FS
	*meter
}

// Open implements fs.FS. A file counts with what is read of it.
func (m metered) Open(name string) (fs.File, error) {
	f, err := m.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return f, err
	}
	if err := m.count(1, 0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return meteredFile{f, m.meter}, nil
}

type meteredFile struct {
	fs.File
	*meter
}

func (f meteredFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	return n, cmp.Or(f.count(0, n), err)
}

// ReadFile implements fs.ReadFileFS.
func (m metered) ReadFile(name string) ([]byte, error) {
	data, err := fs.ReadFile(m.FS, name)
	if err != nil {
		return nil, err
	}
	if err := m.count(1, len(data)); err != nil {
		return nil, err
	}
	return data, nil
}

func (m *meter) count(files, bytes int) error {
	if m.files.Add(int64(files)) > maxNextFiles || m.bytes.Add(int64(bytes)) > maxNextBytes {
		return &usageError{
			fmt.Sprintf("the directories of rules hold more than the %d files or %d MiB that are previewed", maxNextFiles, maxNextBytes>>20),
			"take out what is neither a rule nor data; see policies.paths in " + config.FileName,
		}
	}
	return nil
}

// ReadDir implements fs.ReadDirFS.
func (m metered) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(m.FS, name) }

// Stat implements fs.StatFS.
func (m metered) Stat(name string) (fs.FileInfo, error) { return fs.Stat(m.FS, name) }
