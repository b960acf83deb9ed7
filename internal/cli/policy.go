package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/policies"
	"github.com/spf13/cobra"
)

// newPolicy holds what authors of rules need.
func newPolicy(s Streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "policy COMMAND",
		Short: "Write, test and explain policies",
		Long: `policy is for whoever writes rules, or wants to know what they mean. Its commands
read the worktree; a check reads policies from the base of the change.`,
		Args: cobra.ArbitraryArgs, DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error { return noCommand(c, args) },
	}
	c.AddCommand(newPolicyTest(s), newPolicyCoverage(s), newPolicyNew(s), newPolicyExplain(s), newPolicyDocs(s),
		newPolicyBuild(s), newPolicyPush(s), newPolicyPull(s), newPolicyVerify(s), newPolicyBench(s))
	return c
}

// policyOptions name the policies that a command works on.
type policyOptions struct {
	Streams
	// dir is what the user named; without it, the configuration says.
	dir string
}

// dirArg reads the only argument of a command, a directory of policies.
func (o *policyOptions) dirArg(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return &usageError{fmt.Sprintf("%s takes one DIR, and got %d", c.CommandPath(), len(args)), "take them one by one, or list them as policies.paths in " + config.FileName}
	}
	if len(args) == 1 {
		o.dir = args[0]
	}
	return nil
}

// ruleSet is what policies are made of in the worktree.
type ruleSet struct {
	sources []policies.Source
	// with are those that a check loads beside them: built-in ones and bundles.
	with []policies.Source
	// top is the directory that the files of the sources are relative to.
	top string
}

// all are the sources as a check loads them.
func (r ruleSet) all() []policies.Source { return slices.Concat(r.with, r.sources) }

// owns reports whether a rule is one of the sources.
func (r ruleSet) owns(d policies.Description) bool {
	return d.Source != policies.BuiltIn && slices.ContainsFunc(r.sources, func(s policies.Source) bool {
		return s.Dir == "." || strings.HasPrefix(d.Place, s.Dir+"/")
	})
}

// read finds the policies: in the named directory, or where the configuration of
// the worktree says that they are.
func (o *policyOptions) read(ctx context.Context) (ruleSet, error) {
	here, err := filepath.Abs(".")
	if err != nil {
		return ruleSet{}, fmt.Errorf("finding the working directory: %w", err)
	}
	set := ruleSet{top: worktree(here)}
	cfg, err := config.Load(os.DirFS(set.top), config.FileName)
	if err != nil {
		return ruleSet{}, err
	}
	if cfg.Policies.Builtin {
		set.with = append(set.with, policies.Library())
	}
	bundles, err := bundles(ctx, os.DirFS(set.top), cfg, true)
	if err != nil {
		return ruleSet{}, err
	}
	set.with = append(set.with, bundles...)
	if o.dir == "" {
		tree := os.DirFS(set.top)
		for _, dir := range cfg.PolicyDirs(tree) {
			set.sources = append(set.sources, repositorySource(tree, cfg, dir))
		}
		return set, nil
	}
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return ruleSet{}, fmt.Errorf("finding %s: %w", o.dir, err)
	}
	if fi, err := os.Stat(dir); err != nil || !fi.IsDir() {
		return ruleSet{}, &usageError{o.dir + " is not a directory", "give a directory of policies, or leave it out to take those of " + config.FileName}
	}
	rel, err := filepath.Rel(set.top, dir)
	if err != nil || !filepath.IsLocal(rel) {
		set.top, rel = filepath.Dir(dir), filepath.Base(dir)
	}
	rel = filepath.ToSlash(rel)
	set.sources = []policies.Source{repositorySource(os.DirFS(set.top), cfg, rel)}
	return set, nil
}

// own is the rule set, or an error where the worktree has no policies of its own.
func (o *policyOptions) own(ctx context.Context) (ruleSet, error) {
	set, err := o.read(ctx)
	if err == nil && len(set.sources) == 0 {
		err = &usageError{"there are no policies in this repository", "penstock policy new ID writes a first rule; or name a directory"}
	}
	return set, err
}

// files are the files of the sources, for those who watch them.
func (r ruleSet) files() (map[string]stamp, error) {
	seen := map[string]stamp{}
	record(seen, filepath.Join(r.top, config.FileName))
	for _, s := range r.sources {
		err := fs.WalkDir(s.FS, s.Dir, func(p string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			record(seen, filepath.Join(r.top, filepath.FromSlash(p)))
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", s.Name, err)
		}
	}
	return seen, nil
}
