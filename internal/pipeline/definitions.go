package pipeline

import (
	"slices"
	"strings"
	"sync"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// definitions are the custom resource definitions that the configuration gives to
// environments, as the base has them. They are read when an environment needs
// them, and once for all that have the same files.
type definitions struct {
	// files are those of each environment, by name.
	files map[string][]string

	mu   sync.Mutex // guards sets
	sets map[string]*manifest.Set
}

// newDefinitions looks for the files; one that is configured and not there is an
// error, whether it is needed or not.
func newDefinitions(opts Options, envs []config.Pair) (*definitions, error) {
	d := &definitions{files: map[string][]string{}, sets: map[string]*manifest.Set{}}
	for _, env := range envs {
		files, err := opts.Config.DefinitionFiles(opts.Change.Base, env.Name())
		if err != nil {
			return nil, err
		}
		d.files[env.Name()] = files
	}
	return d, nil
}

// of returns what an environment needs for a change, or nil. Files of many
// megabytes are not read for a change of what every cluster knows: groups of
// custom resources have a dot in their names, those of parameters of admission
// policies as well.
func (d *definitions) of(opts Options, in dryrun.Input) (*manifest.Set, error) {
	files := d.files[in.Environment.Name]
	custom := slices.ContainsFunc(in.Deltas, func(delta diff.Delta) bool { return strings.Contains(delta.ID().Group, ".") })
	if len(files) == 0 || !custom && !takesCustom(in.Base) && !takesCustom(in.Head) {
		return nil, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	key := strings.Join(files, "\x00")
	if set, ok := d.sets[key]; ok {
		return set, nil
	}
	set, err := config.Definitions(opts.Change.Base, files)
	if err != nil {
		return nil, err
	}
	d.sets[key] = set
	return set, nil
}

// takesCustom reports whether an admission policy takes custom resources for
// parameters.
func takesCustom(set *manifest.Set) bool {
	return slices.ContainsFunc(set.All(), func(o *manifest.Object) bool {
		spec, _ := o.Fields()["spec"].(map[string]any)
		kind, _ := spec["paramKind"].(map[string]any)
		apiVersion, _ := kind["apiVersion"].(string)
		group, _, _ := strings.Cut(apiVersion, "/")
		return o.ID().Group == "admissionregistration.k8s.io" && strings.Contains(group, ".")
	})
}

// triedBy lists the changed files of definitions that no environment renders. They
// are read from base, as all is by which changes are judged.
func triedBy(opts Options, reads change.Reads) (files []string, entries []verdict.Entry) {
	rendered := reads.Touched(opts.Change.Files)
	return readFromBase(opts.Change, verdict.StageDryRun, func(file string) bool {
		return opts.Config.IsDefinitionFile(file) && !slices.Contains(rendered, file)
	}, "the change edits the definitions that objects are tried by; they are read from base, and what the change makes of them counts from the next change after this one is merged")
}
