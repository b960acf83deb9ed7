package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/spf13/cobra"
)

type envOptions struct {
	Streams
	sourceOptions
}

func newEnv(s Streams) *cobra.Command {
	o := &envOptions{Streams: s}
	c := &cobra.Command{
		Use:   "env",
		Short: "List the environments: how each was found, its roots, and whether the change may affect it",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.flags(c)
	return c
}

func (o *envOptions) run(ctx context.Context) (err error) {
	c, cfg, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	envs, err := cfg.Resolve(c.Base, c.Head)
	if err != nil {
		return err
	}
	if o.environment != "" {
		env, err := find(c, cfg, o.environment)
		if err != nil {
			return err
		}
		envs = []config.Environment{env}
	}
	if len(envs) == 0 {
		fmt.Fprintln(o.Out, "no environment: neither base nor head holds manifests")
	}
	for _, env := range envs {
		o.show(c, env)
	}
	return nil
}

func (o *envOptions) show(c *change.Change, env config.Environment) {
	fmt.Fprintf(o.Out, "%s\n  found     %s\n  kubernetes %s\n", env.Name, env.Found, env.KubernetesVersion)
	for _, r := range env.Roots {
		values := ""
		if len(r.Values) > 0 {
			values = " with " + strings.Join(r.Values, ", ")
		}
		fmt.Fprintf(o.Out, "  root      %s %s%s\n", r.Kind, r.Path, values)
	}
	files, _ := pipeline.Affected(c, env)
	switch len(files) {
	case 0:
		fmt.Fprintln(o.Out, "  affected  no")
	case 1:
		fmt.Fprintf(o.Out, "  affected  through %s\n", files[0])
	default:
		fmt.Fprintf(o.Out, "  affected  through %s and %d more\n", files[0], len(files)-1)
	}
}

// find returns an environment by name.
func find(c *change.Change, cfg *config.Config, name string) (config.Environment, error) {
	envs, err := cfg.Resolve(c.Base, c.Head)
	if err != nil {
		return config.Environment{}, err
	}
	var names []string
	for _, env := range envs {
		if env.Name == name {
			return env, nil
		}
		names = append(names, env.Name)
	}
	return config.Environment{}, &pipeline.UnknownEnvironment{Name: name, Known: names}
}
