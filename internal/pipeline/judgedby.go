package pipeline

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// judgedBy lists the changed files by which changes are judged: configuration,
// waivers, policies, bundles and their keys. They are read from base, so that what the change makes
// of them is not in force in its own run.
func judgedBy(opts Options) (files []string, entries []verdict.Entry) {
	dirs := slices.Concat(opts.Config.PolicyDirs(opts.Change.Base), opts.Config.PolicyDirs(opts.Change.Head))
	return readFromBase(opts.Change, verdict.StagePolicy, func(file string) bool { return isJudge(opts.Config, dirs, file) },
		"the change edits what changes are judged by; it is read from base, and takes effect with the next change after this one is merged")
}

// readFromBase lists the changed files that a stage reads from base, sorted, each
// with an entry that says so.
func readFromBase(c *change.Change, stage verdict.Stage, pick func(file string) bool, detail string) (files []string, entries []verdict.Entry) {
	for _, f := range c.Files {
		for _, p := range f.Paths() {
			if pick(p) && !slices.Contains(files, p) {
				files = append(files, p)
			}
		}
	}
	slices.Sort(files)
	for _, file := range files {
		entries = append(entries, verdict.Entry{Stage: stage, Reason: verdict.Off, Location: &verdict.Location{File: file}, Detail: detail})
	}
	return files, entries
}

func isJudge(c *config.Config, dirs []string, file string) bool {
	if file == config.FileName || file == cmp.Or(c.Waivers, config.WaiversFile) {
		return true
	}
	if slices.ContainsFunc(c.Policies.Bundles, func(b config.BundleSpec) bool { return file == b.File || !b.InlineKey() && file == b.Key }) {
		return true
	}
	return slices.ContainsFunc(dirs, func(p string) bool {
		// Of rules that lie in the root only the Rego is told from manifests.
		return file == p || strings.HasPrefix(file, p+"/") || p == "." && path.Ext(file) == ".rego"
	})
}
