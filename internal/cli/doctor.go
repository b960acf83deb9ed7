package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/spf13/cobra"
)

type doctorOptions struct {
	Streams
	repo string
	// github and branch name what is protected; empty takes them from the remote.
	github, branch string
	// dryRun overrides the configuration where it is not empty.
	dryRun string
	// assets is a directory of kube-apiserver binaries.
	assets string
	// kubeconfig wins over those of the configuration where it is not empty.
	kubeconfig string
	// drift has the rights looked at that check --drift takes.
	drift   bool
	outputs []string
}

func newDoctor(s Streams) *cobra.Command {
	o := &doctorOptions{Streams: s}
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong with the set-up: configuration, tools, workflows, branch protection",
		Long: `doctor looks at the set-up of a repository as its worktree has it: git, the
configuration, whether every environment renders, the rules, the dry-run (the API
server of this binary, or the clusters and what you may do there), the workflows,
and, with a token in GITHUB_TOKEN, what GitHub requires before a merge. It changes
nothing, here or on a cluster. Each thing is ok, a warning, a problem, or was not looked at.

Exit codes: 0 no problem, 1 problems, 2 an error.`,
		Example: `  penstock doctor
  GITHUB_TOKEN=$(gh auth token) penstock doctor
  penstock doctor -o json | jq '.checks[] | select(.status == "problem")'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	f := c.Flags()
	f.StringVar(&o.repo, "repo", ".", "a `DIR` in the git repository")
	complete(c, "repo", directories)
	f.StringVar(&o.github, "github", "", "the repository on GitHub as `OWNER/NAME` (default: GITHUB_REPOSITORY, else the remote)")
	complete(c, "github", cobra.NoFileCompletions)
	f.StringVar(&o.branch, "branch", "", "the protected `BRANCH` (default: GitHub's default branch)")
	complete(c, "branch", cobra.NoFileCompletions)
	f.StringVar(&o.dryRun, "dry-run", "", "whose set-up is looked at: `MODE` is off, embedded or cluster (default: as configured, else embedded)")
	complete(c, "dry-run", cobra.FixedCompletions(dryRunModes(), cobra.ShellCompDirectiveNoFileComp))
	assetsFlag(c, &o.assets)
	kubeconfigFlag(f, &o.kubeconfig)
	f.BoolVar(&o.drift, "drift", false, "with --dry-run=cluster, also look at the rights that check --drift takes")
	outputFlag(c, &o.outputs, names(doctorFormats()))
	return c
}

// status is what doctor says of one thing.
type status string

const (
	statusOK        status = "ok"
	statusWarning   status = "warning"
	statusProblem   status = "problem"
	statusNotLooked status = "not-looked-at"
)

// examined is one thing that doctor looked at, or did not: then the message
// says why.
type examined struct {
	Area    string `json:"area"`
	Status  status `json:"status"`
	Message string `json:"message"`
	// Location is the place of a problem in the repository.
	Location *verdict.Location `json:"location,omitempty"`
	// Hint says what to type.
	Hint string `json:"hint,omitempty"`
	// YAML is what the hint says to apply, as it is.
	YAML string `json:"yaml,omitempty"`
}

// diagnosis is what doctor says, as a document.
type diagnosis struct {
	Schema string         `json:"schema"`
	Tool   report.Tool    `json:"tool"`
	Checks []examined     `json:"checks"`
	Counts map[status]int `json:"counts"`

	area string
	// kubeconfig wins over those of the configuration where it is not empty.
	kubeconfig string
	// drift is that of all environments; else each has its own.
	drift bool
	// tree is the worktree, as a check reads it; nil if it cannot be read.
	tree fs.FS
	// rendered is what each environment renders that renders without an error.
	rendered map[string]*manifest.Set
	// queue says that the branch has a merge queue; only GitHub knows.
	queue bool
}

// diagnosisSchema changes when a field goes or means something else.
const diagnosisSchema = "penstock.dev/doctor/v1"

// at is where the next things belong.
func (d *diagnosis) at(area string) { d.area = area }

func (d *diagnosis) add(e examined) {
	e.Area = cmp.Or(e.Area, d.area)
	e.Message, e.Hint = redact.Credentials(e.Message), redact.Credentials(e.Hint)
	d.Checks = append(d.Checks, e)
	d.Counts[e.Status]++
}

func (d *diagnosis) ok(format string, args ...any) {
	d.add(examined{Status: statusOK, Message: fmt.Sprintf(format, args...)})
}

func (d *diagnosis) notLooked(format string, args ...any) {
	d.add(examined{Status: statusNotLooked, Message: fmt.Sprintf(format, args...)})
}

// problem adds an error with its hint.
func (d *diagnosis) problem(err error) {
	d.add(examined{Status: statusProblem, Message: err.Error(), Hint: hintOf(err)})
}

// placeOf is a place in the repository, or nil without a file.
func placeOf(name string, line int) *verdict.Location {
	if name == "" {
		return nil
	}
	return &verdict.Location{File: name, Line: line}
}

func (o *doctorOptions) run(ctx context.Context) error {
	outs, err := parseOutputs(o.outputs, names(doctorFormats()))
	if err != nil {
		return err
	}
	if fi, err := os.Stat(o.repo); err != nil || !fi.IsDir() {
		return &usageError{fmt.Sprintf("--repo %s is not a directory", o.repo), "give a directory in a git repository"}
	}
	if o.github != "" && !isSlug(o.github) {
		return &usageError{fmt.Sprintf("--github %s is not OWNER/NAME", o.github), "such as --github acme/gitops"}
	}
	if o.dryRun != "" && !slices.Contains(dryRunModes(), o.dryRun) {
		return unknownDryRun(o.dryRun)
	}
	d, err := o.diagnose(ctx)
	if err != nil {
		return err
	}
	if err := writeOutputs(o.Streams, outs, doctorFormats(), d); err != nil {
		return err
	}
	if d.Counts[statusProblem] > 0 {
		return exit{codeFail}
	}
	return nil
}

// diagnose looks at one thing after the other. What cannot be looked at says so,
// and does not keep the rest from being looked at.
func (o *doctorOptions) diagnose(ctx context.Context) (d *diagnosis, err error) {
	d = &diagnosis{
		kubeconfig: o.kubeconfig, drift: o.drift,
		Schema: diagnosisSchema, Tool: tool(), Checks: []examined{}, rendered: map[string]*manifest.Set{},
		Counts: map[status]int{statusOK: 0, statusWarning: 0, statusProblem: 0, statusNotLooked: 0},
	}
	p := newProgress(o.Err)
	defer p.clear()

	d.at("git")
	p.line("looking at git")
	c := o.git(ctx, d)
	if c != nil {
		defer func() { err = errors.Join(err, c.Close()) }()
	}
	d.at("configuration")
	cfg, envs := d.configuration(c)
	d.at("environments")
	if err := d.environments(ctx, cfg, envs, p); err != nil {
		return nil, err
	}
	d.at("policies")
	if err := d.policies(ctx, cfg, envs); err != nil {
		return nil, err
	}
	d.at("dry-run")
	if cfg == nil {
		d.notLooked("the configuration cannot be used")
	} else {
		mode := cmp.Or(o.dryRun, cfg.DryRun.Mode, dryrun.Embedded)
		if o.drift && mode != dryrun.Cluster {
			return nil, driftWithoutCluster(mode)
		}
		d.dryRun(ctx, mode, cfg, envs, p)
		d.versions(ctx, mode, assets(o.assets, o.repo), envs)
	}
	d.at("github")
	p.line("asking GitHub")
	o.gitHub(ctx, d)
	d.at("workflows")
	d.workflows()
	return d, ctx.Err()
}

// configuration reads what the worktree configures. It returns nothing to go on
// with if that cannot be used.
func (d *diagnosis) configuration(c *change.Change) (*config.Config, []config.Environment) {
	if d.tree == nil {
		d.notLooked("the worktree cannot be read")
		return nil, nil
	}
	cfg, err := config.Load(d.tree, config.FileName)
	if err != nil {
		d.faults(err)
		return nil, nil
	}
	if !cfg.Found {
		d.add(examined{Status: statusOK, Message: "there is no " + config.FileName + ": environments are found by the layout", Hint: "to write down what is found: penstock init"})
	} else {
		d.ok("%s is valid", config.FileName)
		d.committed(c)
	}
	envs, err := cfg.Resolve(d.tree)
	if err != nil {
		d.faults(err)
		return nil, nil
	}
	d.uncovered(cfg, envs)
	return cfg, envs
}

// faults adds each mistake of a configuration at its line.
func (d *diagnosis) faults(err error) {
	var faults *config.Error
	if !errors.As(err, &faults) {
		d.problem(err)
		return
	}
	for _, f := range faults.Faults {
		d.add(examined{Status: statusProblem, Message: f.Msg, Location: placeOf(f.File, f.Line), Hint: f.Hint})
	}
}

// committed says when checks do not read what the worktree configures, because
// they read the configuration of the base.
func (d *diagnosis) committed(c *change.Change) {
	if c == nil {
		return
	}
	here, _ := fs.ReadFile(c.Head, config.FileName)
	base, err := fs.ReadFile(c.Base, config.FileName)
	switch {
	case err != nil:
		d.add(examined{Status: statusWarning, Message: fmt.Sprintf("%s does not have it yet: checks read the configuration of the base, and go by the layout until it is merged", c.BaseName),
			Location: placeOf(config.FileName, 0), Hint: "to try it before: penstock check --config " + config.FileName})
	case string(here) != string(base):
		d.add(examined{Status: statusOK, Message: fmt.Sprintf("it differs from that of %s, which is the one that checks read until it is merged", c.BaseName),
			Location: placeOf(config.FileName, 0), Hint: "to try it before: penstock check --config " + config.FileName})
	}
}

func doctorFormats() []format[*diagnosis] {
	return []format[*diagnosis]{
		{"text", func(w io.Writer, d *diagnosis, l look) error {
			_, err := io.WriteString(w, d.text(l))
			return err
		}},
		{"json", func(w io.Writer, d *diagnosis, _ look) error { return encodeJSON(w, d) }},
	}
}
