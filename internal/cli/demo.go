package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/penstock-dev/penstock/examples"
	"github.com/spf13/cobra"
)

// The branches of the demo's repository.
const (
	demoBase = "main"
	demoHead = "pull-request"
)

type demoOptions struct {
	checkOptions
	keep string
}

func newDemo(s Streams) *cobra.Command {
	o := &demoOptions{checkOptions: checkOptions{Streams: s}}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Check a pull request with faults, in a repository made for it",
		Long: `demo makes a git repository of the example that penstock carries, with a pull
request that no cluster should receive, and checks it as penstock check does. It
needs git, and neither a cluster nor a network.

The exit code is that of the check: 1, since the pull request has faults.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return &usageError{"penstock demo takes no argument, and got " + args[0], "to make the repository there and leave it: --keep " + args[0]}
		},
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	f := c.Flags()
	f.StringVar(&o.keep, "keep", "", "make the repository in the directory `DIR`, and leave it there")
	complete(c, "keep", directories)
	f.StringVar(&o.environment, "env", "", "look at the environment `NAME` only")
	complete(c, "env", cobra.FixedCompletions([]cobra.Completion{"dev", "staging", "prod"}, cobra.ShellCompDirectiveNoFileComp))
	f.StringVar(&o.dryRun, "dry-run", "", "where the change is tried: `MODE` is off or embedded, an API server in this binary (default embedded)")
	complete(c, "dry-run", cobra.FixedCompletions([]cobra.Completion{"off", "embedded"}, cobra.ShellCompDirectiveNoFileComp))
	outputFlag(c, &o.outputs, names(o.formats()))
	f.BoolVarP(&o.verbose, "verbose", "v", false, "in text, show lists in full")
	return c
}

// run makes the repository and checks it. What it says around the report goes to
// stderr: stdout is the report and nothing else.
func (o *demoOptions) run(ctx context.Context) (err error) {
	dir, remove, err := o.directory(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if err := makeDemo(ctx, dir); err != nil {
		return err
	}
	fmt.Fprintf(o.Err, "A shop in %s: Kustomize and Helm, three environments, one pull request\n", dir)
	fmt.Fprintf(o.Err, "$ penstock check --base %s --head %s\n\n", demoBase, demoHead)
	o.Repo, o.Base, o.Head = dir, demoBase, demoHead
	err = o.checkOptions.run(ctx)
	if done := (exit{}); err == nil || errors.As(err, &done) {
		o.farewell(dir)
	}
	return err
}

func (o *demoOptions) farewell(dir string) {
	look := "penstock demo --keep DIR            leave the shop in a directory, to look around"
	if o.keep != "" {
		look = fmt.Sprintf("git -C %s show              the pull request with its faults", dir)
	}
	fmt.Fprintf(o.Err, `
Next:
  %s
  cd YOUR-REPOSITORY
  penstock env                        the environments that it has, as penstock finds them
  penstock check                      your worktree against the default branch
  penstock check --base REV --head REV
`, look)
}

// directory makes the directory of the repository. What is not to be kept is
// removed by remove, and, if this process is killed before, by its keeper.
func (o *demoOptions) directory(ctx context.Context) (dir string, remove func() error, err error) {
	if o.keep == "" {
		return keptDirectory(ctx, o.Err)
	}
	dir, err = filepath.Abs(o.keep)
	if err != nil {
		return "", nil, fmt.Errorf("finding %s: %w", o.keep, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, fmt.Errorf("making the directory of the demo: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", nil, fmt.Errorf("reading the directory of the demo: %w", err)
	}
	if len(entries) > 0 {
		return "", nil, &usageError{o.keep + " is not empty", "give a directory that is new or empty: --keep DIR"}
	}
	return dir, func() error { return nil }, nil
}

// makeDemo makes the repository: the example on the base branch, and the pull
// request on the other one, which is checked out.
func makeDemo(ctx context.Context, dir string) error {
	if _, err := exec.LookPath("git"); err != nil {
		return &usageError{"git is not installed", "install git: the demo makes a repository with it"}
	}
	shop, err := examples.Shop()
	if err != nil {
		return fmt.Errorf("reading the example: %w", err)
	}
	pull, err := examples.PullRequest()
	if err != nil {
		return fmt.Errorf("reading the example: %w", err)
	}
	if err := os.CopyFS(dir, shop); err != nil {
		return fmt.Errorf("writing the example: %w", err)
	}
	for _, step := range []struct {
		stdin []byte
		args  []string
	}{
		// Not "init --initial-branch", which older gits do not know.
		{nil, []string{"init", "--quiet", "--template="}},
		{nil, []string{"symbolic-ref", "HEAD", "refs/heads/" + demoBase}},
		{nil, []string{"add", "--all"}},
		{nil, []string{"commit", "--quiet", "--message", "Release storefront 2.7.3"}},
		{nil, []string{"checkout", "--quiet", "-b", demoHead}},
		{pull, []string{"am", "--quiet", "--committer-date-is-author-date"}},
	} {
		if err := demoGit(ctx, dir, bytes.NewReader(step.stdin), step.args...); err != nil {
			return fmt.Errorf("making the repository of the demo: %w", err)
		}
	}
	return nil
}

// demoGit runs git as nobody in particular: neither the settings nor the hooks,
// keys, identity and clock of whoever calls change what it makes, so that the
// commits have the same IDs everywhere.
func demoGit(ctx context.Context, dir string, stdin io.Reader, args ...string) error {
	// Housekeeping in the background would outlive the directory.
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "gc.auto=0", "-c", "maintenance.auto=false"}, args...)...)
	cmd.Dir, cmd.Stdin = dir, stdin
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	// Gits before 2.32 do not know GIT_CONFIG_GLOBAL, but look below HOME.
	empty := filepath.Join(dir, ".git")
	cmd.Env = append(cmd.Env,
		"HOME="+empty, "XDG_CONFIG_HOME="+empty, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull,
		"GIT_ATTR_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
	for _, role := range []string{"AUTHOR", "COMMITTER"} {
		cmd.Env = append(cmd.Env, "GIT_"+role+"_NAME=Penstock Demo", "GIT_"+role+"_EMAIL=demo@example.com",
			"GIT_"+role+"_DATE=2026-01-05T09:00:00+0000")
	}
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("git %s: %s", args[0], cmp.Or(strings.TrimSpace(string(out)), err.Error()))
	}
	return nil
}
