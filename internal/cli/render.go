package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/render"
	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

type renderOptions struct {
	Streams
	sourceOptions
	path string
}

func newRender(s Streams) *cobra.Command {
	o := &renderOptions{Streams: s}
	c := &cobra.Command{
		Use:   "render [PATH]",
		Short: "Print the manifests of an environment, or of a kustomization, chart or directory",
		Long: `render prints what an environment (--env NAME) or a directory of the repository
(PATH: a kustomization, a chart, or plain manifests) renders to, at the head.
PATH is relative to --repo or --head-dir. Secret values are printed as they are,
since this is what a cluster receives.`,
		Example: `  penstock render --env production
  penstock render overlays/production
  penstock render --head v1.4.0 charts/web`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{fmt.Sprintf("%s takes one PATH, and got %d", c.CommandPath(), len(args)), "render them one by one, or name an environment: --env NAME"}
			}
			return nil
		},
		ValidArgsFunction: directories,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.path = args[0]
			}
			return o.run(c.Context())
		},
	}
	o.flags(c)
	return c
}

func (o *renderOptions) run(ctx context.Context) (err error) {
	switch {
	case o.path == "" && o.environment == "":
		return &usageError{"render takes a PATH or an environment", "penstock render --env NAME, or penstock render PATH; penstock env lists the environments"}
	case o.path != "" && o.environment != "":
		return &usageError{fmt.Sprintf("render takes a PATH or an environment, and got %s and --env %s", o.path, o.environment), "leave one of them out"}
	}
	// Nothing is compared, so any base does.
	switch {
	case o.HeadDir != "":
		o.BaseDir = cmp.Or(o.BaseDir, o.HeadDir)
	case o.BaseDir == "":
		o.Base = cmp.Or(o.Base, o.Head, "HEAD")
	}
	c, cfg, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	env, err := o.target(c, cfg)
	if err != nil {
		return err
	}
	pool := render.NewPool(render.PoolOptions{Workers: 1})
	defer func() { err = errors.Join(err, pool.Close()) }()
	for _, root := range env.Roots {
		objects, err := pool.RenderRoot(ctx, c.Head, root, env)
		if err != nil {
			return err
		}
		if err := print(o.Out, objects); err != nil {
			return err
		}
	}
	return nil
}

// target is the environment to render: the named one, or one made of the path.
func (o *renderOptions) target(c *change.Change, cfg *config.Config) (config.Environment, error) {
	name := o.environment
	if o.path != "" {
		p, err := o.inTree()
		if err != nil {
			return config.Environment{}, err
		}
		if _, err := fs.Stat(c.Head, p); err != nil {
			return config.Environment{}, &usageError{fmt.Sprintf("%s is not in %s", o.path, c.HeadName), "give a directory of the repository, relative to " + cmp.Or(o.HeadDir, o.Repo)}
		}
		name = "path"
		cfg.Environments = []config.EnvironmentSpec{{Name: name, Roots: []config.RootSpec{{Path: p}}}}
	}
	pairs, err := environments(c, cfg, name)
	if err != nil {
		return config.Environment{}, err
	}
	if env := pairs[0].Head; len(env.Roots) > 0 {
		return env, nil
	}
	return config.Environment{}, &usageError{
		fmt.Sprintf("the environment %s is in %s, and not in %s", name, c.BaseName, c.HeadName),
		"to render it as it was: --head " + cmp.Or(o.Base, "HEAD"),
	}
}

// inTree is the path within the tree of what the user names relative to --repo,
// which may be below the top of its repository, or to --head-dir.
func (o *renderOptions) inTree() (string, error) {
	dir, err := filepath.Abs(cmp.Or(o.HeadDir, o.Repo))
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", o.path, err)
	}
	top := dir
	if o.HeadDir == "" {
		top = worktree(dir)
	}
	full := o.path
	if !filepath.IsAbs(full) {
		full = filepath.Join(dir, full)
	}
	p, err := filepath.Rel(top, full)
	if err != nil || !filepath.IsLocal(p) {
		return "", &usageError{fmt.Sprintf("%s is outside of the repository %s", o.path, top), "give a directory of the repository, or another repository with --repo DIR"}
	}
	return filepath.ToSlash(p), nil
}

// worktree is the nearest directory, from dir upwards, that has a .git; without
// one, as in a bare repository, it is dir.
func worktree(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

func print(w io.Writer, objects []*manifest.Object) error {
	for _, o := range objects {
		data, err := yaml.Marshal(o.Fields())
		if err != nil {
			return fmt.Errorf("writing %s: %w", o.ID(), err)
		}
		if _, err := fmt.Fprintf(w, "---\n%s", data); err != nil {
			return err
		}
	}
	return nil
}
