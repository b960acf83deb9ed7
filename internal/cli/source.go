package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/penstock-dev/penstock/policies"
	"github.com/spf13/cobra"
)

// sourceOptions name what is looked at; they mean the same for every command.
type sourceOptions struct {
	change.Options
	environment string
	config      string
	// event is a file that names base and head; fork is set from it.
	event string
	fork  bool
	// loader loads rules, of base and of head, each time that files change.
	loader *policies.Loader
}

func (o *sourceOptions) flags(c *cobra.Command) {
	o.loader = &policies.Loader{}
	f := c.Flags()
	f.StringVar(&o.Repo, "repo", ".", "a `DIR` in the git repository")
	f.StringVar(&o.Base, "base", "", "the `REV` to compare with (default: the merge-base with the remote's default branch)")
	f.StringVar(&o.Head, "head", "", "the `REV` to look at (default: the worktree, with untracked files)")
	f.StringVar(&o.BaseDir, "base-dir", "", "without git: the `DIR` to compare with")
	f.StringVar(&o.HeadDir, "head-dir", "", "without git: the `DIR` to look at")
	f.StringVar(&o.environment, "env", "", "look at the environment of this `NAME` only (penstock env lists them)")
	f.StringVar(&o.config, "config", "", "a configuration `FILE` to use instead of the base's "+config.FileName)
	f.StringVar(&o.event, "event", "", "in GitHub Actions: take base and head from the event in `FILE`, which is $GITHUB_EVENT_PATH")
	o.completions(c)
}

// open reads the change, and the configuration of its base.
func (o *sourceOptions) open(ctx context.Context) (*change.Change, *config.Config, error) {
	if o.Repo != "." && (o.BaseDir != "" || o.HeadDir != "") {
		return nil, nil, &usageError{"--repo names a git repository, and --base-dir and --head-dir compare without git", "leave one of them out"}
	}
	if o.event != "" {
		if err := o.takeEvent(ctx); err != nil {
			return nil, nil, err
		}
	}
	c, err := change.Open(ctx, o.Options)
	if err != nil {
		return nil, nil, err
	}
	cfg, err := o.load(c)
	if err != nil {
		return nil, nil, errors.Join(err, c.Close())
	}
	return c, cfg, nil
}

func (o *sourceOptions) load(c *change.Change) (*config.Config, error) {
	if o.config == "" {
		return config.Load(c.Base, config.FileName)
	}
	file := filepath.Clean(o.config)
	if fi, err := os.Stat(file); err != nil || fi.IsDir() {
		return nil, &usageError{fmt.Sprintf("--config %s is not a file", o.config), "give a path from the working directory, or leave it out to use the base's " + config.FileName}
	}
	return config.Load(os.DirFS(filepath.Dir(file)), filepath.Base(file))
}

// environments returns one environment by name, or all of them.
func environments(c *change.Change, cfg *config.Config, name string) ([]config.Pair, error) {
	pairs, err := cfg.ResolveChange(c.Base, c.Head)
	if err != nil || name == "" {
		return pairs, err
	}
	var known []string
	for _, p := range pairs {
		if p.Name() == name {
			return []config.Pair{p}, nil
		}
		known = append(known, p.Name())
	}
	return nil, &pipeline.UnknownEnvironment{Name: name, Known: known}
}

// rules loads the built-in rules, those of the repository and its bundles, as the
// base has them. The bundles of a fork are fetched without credentials.
func (o *sourceOptions) rules(ctx context.Context, c *change.Change, cfg *config.Config) (*policies.Engine, error) {
	return loadRules(ctx, o.loader, c.Base, cfg, !o.fork)
}

func loadRules(ctx context.Context, loader *policies.Loader, tree fs.FS, cfg *config.Config, credentials bool) (*policies.Engine, error) {
	sources, err := ruleSources(ctx, tree, cfg, credentials)
	if err != nil {
		return nil, err
	}
	return loader.Load(ctx, sources...)
}

// ruleSources are where a configuration has its rules.
func ruleSources(ctx context.Context, tree fs.FS, cfg *config.Config, credentials bool) ([]policies.Source, error) {
	var sources []policies.Source
	if cfg.Policies.Builtin {
		sources = append(sources, policies.Library())
	}
	for _, dir := range cfg.PolicyDirs(tree) {
		sources = append(sources, repositorySource(tree, cfg, dir))
	}
	bundles, err := bundles(ctx, tree, cfg, credentials)
	if err != nil {
		return nil, err
	}
	return append(sources, bundles...), nil
}

// repositorySource is a directory of rules of a repository, as it is configured.
func repositorySource(tree fs.FS, cfg *config.Config, dir string) policies.Source {
	return policies.Source{Name: dir, FS: tree, Dir: path.Clean(dir), Combine: cfg.Policies.Combine, BuiltinErrors: cfg.Policies.BuiltinErrors}
}

// dryRunModes are the values of --dry-run.
func dryRunModes() []string { return []string{"off", "embedded", "cluster"} }

func dryRunMode(flag string, cfg *config.Config) (string, error) {
	mode := cmp.Or(flag, cfg.DryRun.Mode, "embedded")
	if !slices.Contains(dryRunModes(), mode) {
		return "", unknownDryRun(mode)
	}
	return mode, nil
}

func driftWithoutCluster(mode string) error {
	return &usageError{"--drift compares a cluster with base, and --dry-run=" + mode + " asks none", "use --dry-run=cluster, or leave out --drift"}
}

func unknownDryRun(mode string) error {
	hint := "use --dry-run=off, embedded or cluster"
	if near := nearest(mode, dryRunModes()); near != "" {
		hint = fmt.Sprintf("did you mean %s? %s", near, hint)
	}
	return &usageError{fmt.Sprintf("--dry-run=%s is not known", mode), hint}
}
