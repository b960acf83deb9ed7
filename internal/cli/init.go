package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/spf13/cobra"
)

// initWorkflow is the workflow that init writes.
const initWorkflow = workflowDir + "/penstock.yaml"

type initOptions struct {
	Streams
	repo         string
	print, force bool
}

func newInit(s Streams) *cobra.Command {
	o := &initOptions{Streams: s}
	c := &cobra.Command{
		Use:   "init",
		Short: "Write " + config.FileName + " with the environments that are found, and a workflow",
		Long: `init looks at a repository, and writes down what it finds: the environments into
` + config.FileName + `, and a workflow that checks pull requests into
` + initWorkflow + `. What is there already stays as it is.`,
		Example: `  penstock init --print        what would be written
  penstock init`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	f := c.Flags()
	f.StringVar(&o.repo, "repo", ".", "a `DIR` in the repository")
	complete(c, "repo", directories)
	f.BoolVar(&o.print, "print", false, "print the files, and write nothing")
	f.BoolVar(&o.force, "force", false, "replace files that are there")
	return c
}

// draft is a file that init would write.
type draft struct {
	name, text string
	// kept says why it is not written; empty means that it is.
	kept string
}

func (o *initOptions) run(ctx context.Context) (err error) {
	dir, err := filepath.Abs(o.repo)
	if err != nil {
		return fmt.Errorf("finding %s: %w", o.repo, err)
	}
	if fi, err := os.Stat(dir); err != nil || !fi.IsDir() {
		return &usageError{fmt.Sprintf("--repo %s is not a directory", o.repo), "give a directory in the repository"}
	}
	top := worktree(dir)
	tree, done, err := initTree(ctx, top)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	drafts, envs, err := o.drafts(tree)
	if err != nil {
		return err
	}
	if o.print {
		for i, f := range drafts {
			if i > 0 {
				fmt.Fprintln(o.Out, "---")
			}
			fmt.Fprintf(o.Out, "# %s\n%s", f.name, f.text)
		}
		return nil
	}
	if err := write(top, drafts); err != nil {
		return err
	}
	return o.tell(tree, drafts, envs)
}

// initTree is the worktree as a check reads it, or, before the first commit and
// without git, the directory as it is.
func initTree(ctx context.Context, top string) (fs.FS, func() error, error) {
	if c, err := change.Open(ctx, change.Options{Repo: top, Base: "HEAD"}); err == nil {
		return c.Head, c.Close, nil
	}
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the repository: %w", err)
	}
	return root.FS(), root.Close, nil
}

// drafts are the files, with what keeps each from being written. It is an error
// if nothing is left to write.
func (o *initOptions) drafts(tree fs.FS) ([]draft, []config.Environment, error) {
	have, err := config.Load(tree, config.FileName)
	if err != nil && !o.force {
		return nil, nil, err
	}
	plain := config.Default()
	if err == nil {
		plain.Policies.Paths = have.Policies.Paths
	}
	envs, err := plain.Resolve(tree)
	if err != nil {
		return nil, nil, err
	}
	if len(envs) == 0 {
		return nil, nil, &usageError{"nothing in the repository looks like a manifest, a chart or a kustomization", "is it the right directory? --repo DIR"}
	}
	text := initConfig(envs)
	if err := sameEnvironments(tree, text, envs); err != nil {
		return nil, nil, err
	}
	drafts := []draft{{name: config.FileName, text: text}, {name: initWorkflow, text: workflowText(thisAction())}}
	if o.print || o.force {
		return drafts, envs, nil
	}
	kept := 0
	for i, f := range drafts {
		if _, err := fs.Stat(tree, f.name); err == nil {
			drafts[i].kept = "it is there already"
		} else if other := checkedBy(tree); i == 1 && other != "" {
			drafts[i].kept = other + " runs penstock already"
		}
		if drafts[i].kept != "" {
			kept++
		}
	}
	if kept == len(drafts) {
		return nil, nil, &usageError{fmt.Sprintf("there is nothing to write: %s is there, and %s", config.FileName, cmpKept(drafts[1])),
			"penstock doctor looks at them; penstock init --print shows what would be written, and --force replaces them"}
	}
	return drafts, envs, nil
}

func cmpKept(f draft) string {
	if strings.HasPrefix(f.kept, "it is") {
		return "so is " + f.name
	}
	return f.kept
}

// checkedBy is a workflow that runs penstock, or nothing.
func checkedBy(tree fs.FS) string {
	entries, err := fs.ReadDir(tree, workflowDir)
	if err != nil {
		return ""
	}
	d := &diagnosis{tree: tree, Counts: map[status]int{}}
	for _, e := range entries {
		name := path.Join(workflowDir, e.Name())
		if ext := path.Ext(name); ext != ".yml" && ext != ".yaml" {
			continue
		}
		if _, jobs := d.workflow(name); len(jobs) > 0 {
			return name
		}
	}
	return ""
}

func write(top string, drafts []draft) error {
	for _, f := range drafts {
		if f.kept != "" {
			continue
		}
		p := filepath.Join(top, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			return fmt.Errorf("making the directory of %s: %w", f.name, err)
		}
		err := writeFile(p, func(w io.Writer) error {
			_, err := io.WriteString(w, f.text)
			return err
		})
		if err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
	}
	return nil
}

// tell says what was written, and what to do next.
func (o *initOptions) tell(tree fs.FS, drafts []draft, envs []config.Environment) error {
	var written, names []string
	for _, env := range envs {
		names = append(names, env.Name)
	}
	for _, f := range drafts {
		what := ""
		if f.name == config.FileName {
			what = fmt.Sprintf("  %d %s: %s", len(envs), plural(len(envs), "environment"), few(names))
		}
		if f.kept != "" {
			fmt.Fprintf(o.Out, "kept   %s  %s\n", f.name, f.kept)
			continue
		}
		written = append(written, f.name)
		fmt.Fprintf(o.Out, "wrote  %s%s\n", f.name, what)
	}
	files, err := config.Uncovered(tree, envs)
	if err != nil {
		return err
	}
	if n := len(files); n > 0 {
		fmt.Fprintf(o.Out, "       %d %s of no environment, such as %s; penstock doctor lists them\n", n, plural(n, "manifest"), files[0])
	}
	fmt.Fprintf(o.Out, `
Next:
  1. in %[1]s, set each kubernetesVersion to that of the cluster
  2. penstock doctor                         is everything as it should be?
  3. penstock check --config %[1]s  your worktree, by the new configuration
  4. git add %[2]s && git commit
  5. once it is merged, have the branch require the check %[3]s, from GitHub Actions
`, config.FileName, strings.Join(written, " "), checkName)
	return nil
}

// few names the first of a list, and counts the rest.
func few(names []string) string {
	const shown = 4
	if len(names) <= shown+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}
