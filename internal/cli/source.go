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
	"strings"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/policies"
	"github.com/spf13/cobra"
)

// sourceOptions name what is looked at; they mean the same for every command.
type sourceOptions struct {
	change.Options
	environment string
	config      string
}

func (o *sourceOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.Repo, "repo", ".", "a directory in the git repository")
	f.StringVar(&o.Base, "base", "", "the revision to compare with (default: the merge-base with the remote's default branch)")
	f.StringVar(&o.Head, "head", "", "the revision to look at (default: the worktree, with untracked files)")
	f.StringVar(&o.BaseDir, "base-dir", "", "compare this directory, without git")
	f.StringVar(&o.HeadDir, "head-dir", "", "… with this one")
	f.StringVar(&o.environment, "env", "", "look at this environment only")
	f.StringVar(&o.config, "config", "", "a configuration file to use instead of the base's "+config.FileName)
}

// open reads the change, and the configuration of its base.
func (o *sourceOptions) open(ctx context.Context) (*change.Change, *config.Config, error) {
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
	if _, err := os.Stat(file); err != nil {
		return nil, &usageError{fmt.Sprintf("the configuration %s is not there", o.config), "correct --config FILE"}
	}
	return config.Load(os.DirFS(filepath.Dir(file)), filepath.Base(file))
}

// rules loads the built-in rules and those of the repository, read from base.
func rules(c *change.Change, cfg *config.Config) (*policies.Engine, error) {
	var sources []policies.Source
	if cfg.Policies.Builtin {
		sources = append(sources, policies.Library())
	}
	for _, dir := range policyDirs(c.Base, cfg) {
		sources = append(sources, policies.Source{Name: dir, FS: c.Base, Dir: path.Clean(dir)})
	}
	return policies.Load(sources...)
}

// policyDirs are the configured directories, or "policies" where it has rules.
func policyDirs(base fs.FS, cfg *config.Config) []string {
	if len(cfg.Policies.Paths) > 0 {
		return cfg.Policies.Paths
	}
	found := false
	_ = fs.WalkDir(base, "policies", func(p string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(p, ".rego") {
			found = true
			return fs.SkipAll
		}
		return nil
	})
	if found {
		return []string{"policies"}
	}
	return nil
}

func dryRunMode(flag string, cfg *config.Config) (string, error) {
	mode := cmp.Or(flag, cfg.DryRun.Mode, "embedded")
	switch mode {
	case "off", "embedded", "cluster":
		return mode, nil
	}
	return "", &usageError{fmt.Sprintf("--dry-run=%s is not known", mode), "use --dry-run=off, embedded or cluster"}
}
