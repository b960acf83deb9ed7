package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"

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
Secret values are printed as they are, since this is what a cluster receives.`,
		Args: cobra.MaximumNArgs(1),
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
	if (o.path == "") == (o.environment == "") {
		return &usageError{"render takes a PATH or an environment", "penstock render --env NAME, or penstock render PATH"}
	}
	if o.Base == "" && o.BaseDir == "" && o.HeadDir == "" {
		o.Base = "HEAD" // nothing is compared, so any base does
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
	if o.environment != "" {
		return find(c, cfg, o.environment)
	}
	p := path.Clean(o.path)
	cfg.Environments = []config.EnvironmentSpec{{Name: "path", Roots: []config.RootSpec{{Path: p}}}}
	return find(c, cfg, "path")
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
