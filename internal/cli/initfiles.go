package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/config"
	"go.yaml.in/yaml/v3"
)

// initConfig is the configuration that names the environments as they are found.
func initConfig(envs []config.Environment) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# yaml-language-server: $schema=%s
#
# What penstock checks, and how. It is read from the base of a change: a pull
# request cannot change what judges it.
version: %d

# What each cluster receives. These were found by the layout of the repository;
# since their roots are written here, an environment that is added to the
# repository has to be added here as well. kubernetesVersion is that of the
# cluster; labels are what rules match on, such as tier: production.
environments:
`, config.SchemaID, config.Version)
	for _, env := range envs {
		fmt.Fprintf(&b, "  # found by %s\n  - name: %s\n    kubernetesVersion: %q\n", env.Found, word(env.Name), env.KubernetesVersion)
		if len(env.Labels) > 0 {
			b.WriteString("    labels:\n")
			for _, key := range slices.Sorted(maps.Keys(env.Labels)) {
				fmt.Fprintf(&b, "      %s: %s\n", word(key), word(env.Labels[key]))
			}
		}
		b.WriteString("    roots:\n")
		for _, r := range env.Roots {
			initRoot(&b, r)
		}
	}
	b.WriteString(`
# Whether only what a change brings blocks (new), or also what was there before (all).
gate: new

# policies:
#   severities:                      # error, warning, note or off, by rule
#     images/no-latest-tag: warning
#   paths: [policies]                # directories with rules of your own

# The change is tried on an API server within penstock; off does without.
dryRun:
  mode: embedded
`)
	return b.String()
}

func initRoot(b *strings.Builder, r config.Root) {
	fmt.Fprintf(b, "      - path: %s\n        kind: %s\n", word(r.Path), r.Kind)
	if len(r.Values) > 0 {
		b.WriteString("        values:\n")
		for _, v := range r.Values {
			fmt.Fprintf(b, "          - %s\n", word(v))
		}
	}
	if r.Release != "" {
		fmt.Fprintf(b, "        release: %s\n", word(r.Release))
	}
	if r.Namespace != "" {
		fmt.Fprintf(b, "        namespace: %s\n", word(r.Namespace))
	}
}

// word is a text as YAML has it, quoted where it must be.
func word(s string) string {
	out, err := yaml.Marshal(s)
	if err != nil {
		return fmt.Sprintf("%q", s)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// sameEnvironments proves that the configuration is valid, and gives the
// environments that were found.
func sameEnvironments(tree fs.FS, text string, found []config.Environment) (err error) {
	dir, err := os.MkdirTemp("", "penstock-init-")
	if err != nil {
		return fmt.Errorf("trying the configuration: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.WriteFile(filepath.Join(dir, config.FileName), []byte(text), 0o600); err != nil {
		return fmt.Errorf("trying the configuration: %w", err)
	}
	cfg, err := config.Load(os.DirFS(dir), config.FileName)
	if err != nil {
		return fmt.Errorf("trying the configuration that would be written: %w", err)
	}
	written, err := cfg.Resolve(tree)
	if err != nil {
		return fmt.Errorf("trying the configuration that would be written: %w", err)
	}
	same := slices.EqualFunc(written, found, func(a, b config.Environment) bool {
		return a.Name == b.Name && a.KubernetesVersion == b.KubernetesVersion &&
			maps.Equal(a.Labels, b.Labels) && reflect.DeepEqual(a.Roots, b.Roots)
	})
	if !same {
		return errors.New("the environments that are found cannot be written down")
	}
	return nil
}

// The actions of the workflow that init writes. actions/checkout is the one that
// Penstock itself is checked with.
const (
	checkoutAction  = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683"
	checkoutVersion = "v4.2.2"
	penstockAction  = "penstock-dev/penstock"
)

// release is a version that has a tag.
var release = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$`)

// thisAction is the action of the version that this program is, with a comment:
// by commit, if the program knows that of its source.
func thisAction() (uses, comment string) {
	version := tool().Version
	revision, modified := "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				revision = s.Value
			case "vcs.modified":
				modified = s.Value
			}
		}
	}
	tagged := release.MatchString(version) && !pseudo.MatchString(version)
	switch {
	case len(revision) == 40 && modified != "true":
		return penstockAction + "@" + revision, version
	case tagged:
		return penstockAction + "@" + version, "pin it: git ls-remote https://github.com/" + penstockAction + " " + version
	}
	return penstockAction + "@main", "pin it to the commit of a release"
}

// pseudo is the end of a version that Go made up for a commit without a tag.
var pseudo = regexp.MustCompile(`\d{14}-[0-9a-f]{12}`)

// workflowText is the workflow for a repository of which all pull requests can
// be trusted with nothing: it needs no right but to read.
func workflowText(action, comment string) string {
	return fmt.Sprintf(`# Checks what a pull request would change in each environment. The name of the job
# is the check that the branch is to require; do not filter by paths, since a
# required check that never comes blocks for ever.
name: penstock
on:
  pull_request:
  merge_group:
permissions:
  contents: read
concurrency:
  group: penstock-${{ github.event.pull_request.number || github.ref }}
  cancel-in-progress: true
jobs:
  %[1]s:
    name: %[1]s
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: %[2]s # %[3]s
        with:
          fetch-depth: 0 # the base is compared with
          persist-credentials: false
      - uses: %[4]s # %[5]s
`, checkName, checkoutAction, checkoutVersion, action, comment)
}
