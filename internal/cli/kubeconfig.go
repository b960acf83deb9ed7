package cli

import (
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/spf13/pflag"
)

// kubeconfigFlag adds the flag for where clusters are found.
func kubeconfigFlag(f *pflag.FlagSet, file *string) {
	f.StringVar(file, "kubeconfig", "", "the kubeconfig `FILE` of all environments, for --dry-run=cluster (default: as configured, else where kubectl looks)")
}

// ownKubeconfig refuses a kubeconfig that the change brings along: it may name
// commands to run, and the credentials of whoever runs this are at hand
// (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins).
func (o *sourceOptions) ownKubeconfig(c *change.Change, cfg *config.Config, flag string) error {
	// None stands for where kubectl looks.
	given := []string{"", cfg.DryRun.Kubeconfig}
	for _, e := range cfg.Environments {
		given = append(given, e.Kubeconfig)
	}
	if flag != "" {
		given = []string{flag}
	}
	var files []string
	for _, one := range given {
		files = append(files, dryrun.Kubeconfigs(one)...)
	}
	top := o.HeadDir
	if top == "" {
		dir, err := filepath.Abs(o.Repo)
		if err != nil {
			return fmt.Errorf("finding %s: %w", o.Repo, err)
		}
		top = worktree(dir)
	}
	for _, file := range files {
		if file == "" {
			continue
		}
		name, inside := within(top, file)
		if !inside {
			continue
		}
		if _, err := fs.Stat(c.Head, name); err == nil {
			return &usageError{fmt.Sprintf("the kubeconfig %s is part of the change, which could have it run any command", file), "use one that is not in the repository"}
		}
	}
	return nil
}

// within is the path of a file below a directory, with links followed, if it is
// there.
func within(dir, file string) (string, bool) {
	dir, errDir := followed(dir)
	file, errFile := followed(file)
	if errDir != nil || errFile != nil {
		return "", false // what is not there is for whoever reads it to say
	}
	name, err := filepath.Rel(dir, file)
	if err != nil || !filepath.IsLocal(name) {
		return "", false
	}
	return filepath.ToSlash(name), true
}

func followed(file string) (string, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(file)
}
