package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/policies"
	"github.com/penstock-dev/penstock/render"
)

// uncovered says which manifests no environment receives.
func (d *diagnosis) uncovered(cfg *config.Config, envs []config.Environment) {
	files, err := config.Uncovered(d.tree, envs)
	if err != nil {
		d.problem(err)
		return
	}
	files = slices.DeleteFunc(files, func(f string) bool { return strings.HasPrefix(f, ".") }) // such as workflows
	if len(files) == 0 || len(envs) == 0 {
		return
	}
	hint := "give them to an environment in " + config.FileName + ", or delete them"
	if !cfg.Found {
		hint = "penstock init writes " + config.FileName + ", in which an environment can be given more roots"
	}
	d.add(examined{Status: statusWarning, Message: fmt.Sprintf("%d %s of no environment: %s", len(files), plural(len(files), "manifest"), few(files)), Hint: hint})
}

// environments renders each of them.
func (d *diagnosis) environments(ctx context.Context, cfg *config.Config, envs []config.Environment, p *progress) (err error) {
	if cfg == nil {
		d.notLooked("the configuration cannot be used")
		return nil
	}
	if len(envs) == 0 {
		d.add(examined{Status: statusProblem, Message: "there is no environment: nothing in the repository looks like a manifest", Hint: "is it the right directory? --repo DIR"})
		return nil
	}
	pool := render.NewPool(render.PoolOptions{})
	defer func() { err = errors.Join(err, pool.Close()) }()
	for i, env := range envs {
		p.line(fmt.Sprintf("rendering %d of %d environments", i+1, len(envs)))
		result, err := pool.Render(ctx, d.tree, env)
		if err != nil {
			return err
		}
		for _, e := range result.Errors {
			d.add(examined{Status: statusProblem, Message: fmt.Sprintf("%s does not render: %s", env.Name, e.Msg), Location: placeOf(e.File, e.Line), Hint: e.Hint})
		}
		if len(result.Errors) == 0 {
			d.rendered[env.Name] = result.Objects
		}
		switch n := result.Objects.Len(); {
		case len(result.Errors) > 0:
		case n == 0:
			d.add(examined{Status: statusProblem, Message: env.Name + " renders nothing", Location: placeOf(env.Roots[0].Path, 0), Hint: "correct its roots in " + config.FileName + ", or take it out"})
		default:
			d.ok("%s renders %d %s for Kubernetes %s", env.Name, n, plural(n, "object"), env.KubernetesVersion)
		}
	}
	return nil
}

// policies loads the rules, and looks for what the configuration says of rules
// that are not there.
func (d *diagnosis) policies(ctx context.Context, cfg *config.Config, envs []config.Environment) error {
	if cfg == nil {
		d.notLooked("the configuration cannot be used")
		return nil
	}
	engine, err := loadRules(ctx, &policies.Loader{}, d.tree, cfg, true)
	var fault *policies.Error
	switch {
	case errors.As(err, &fault):
		d.add(examined{Status: statusProblem, Message: fault.Msg, Location: placeOf(fault.File, fault.Line), Hint: fault.Hint})
		return nil
	case err != nil:
		d.problem(err)
		return nil
	}
	own := 0
	for _, r := range engine.Rules() {
		if r.Source != policies.BuiltIn {
			own++
		}
	}
	if n := len(engine.Rules()); n == 0 {
		d.add(examined{Status: statusProblem, Message: "there are no rules", Location: placeOf(config.FileName, 0), Hint: "take policies.builtin: false out, or add rules in a directory policies"})
	} else {
		d.ok("%d %s: %d built-in, %d of the repository", n, plural(n, "rule"), n-own, own)
	}
	d.idle(engine, envs)
	return d.settings(ctx, engine, envs)
}

// lineOf is the first line that has a text, or 0.
func lineOf(data []byte, text string) int {
	n := 0
	for line := range bytes.Lines(data) {
		if n++; bytes.Contains(line, []byte(text)) {
			return n
		}
	}
	return 0
}

// dryRun asks the clusters, or starts an API server.
func (d *diagnosis) dryRun(ctx context.Context, mode string, cfg *config.Config, envs []config.Environment, p *progress) {
	switch mode {
	case "off":
		d.add(examined{Status: statusWarning, Message: "the dry-run is switched off: no API server is asked about a change", Location: placeOf(config.FileName, 0), Hint: "set dryRun.mode: embedded"})
	case dryrun.Cluster:
		d.clusters(ctx, cfg, envs, p)
	default:
		p.line("starting an API server")
		d.embedded(ctx)
		var named []string
		for _, env := range envs {
			if env.Context != "" {
				named = append(named, env.Name)
			}
		}
		if len(named) > 0 {
			d.add(examined{Status: statusNotLooked, Message: "the clusters of " + few(named) + ": checks ask the embedded API server", Hint: "penstock doctor --dry-run=cluster asks them"})
		}
	}
}

func (d *diagnosis) embedded(ctx context.Context) {
	s, err := apiserver.Start(ctx, apiserver.Options{})
	if err != nil {
		d.problem(fmt.Errorf("starting the API server: %w", err))
		return
	}
	_, err = s.Ready(ctx)
	if closeErr := s.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		d.problem(fmt.Errorf("starting the API server: %w", err))
		return
	}
	known := apiserver.Supported()
	d.ok("the embedded API server starts; it answers as Kubernetes %s to %s", known[0], known[len(known)-1])
}
