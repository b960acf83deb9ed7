package cli

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	workflowDir = ".github/workflows"
	// checkName is the check that branches require: the name of the job.
	checkName = "penstock"
)

// workflow is a file of .github/workflows that runs penstock.
type workflow struct {
	d    *diagnosis
	file string
	root *yaml.Node
}

// job is one that runs penstock.
type job struct {
	id   *yaml.Node
	node *yaml.Node
}

// runsPenstock is the command in a script; installing it or asking for its
// version judges nothing.
var runsPenstock = regexp.MustCompile(`(^|[\s/;&|(])penstock(\s+--?\S+)*\s+(check|publish)\b`)

// workflows looks at every workflow that runs penstock.
func (d *diagnosis) workflows() {
	if d.tree == nil {
		d.notLooked("the worktree cannot be read")
		return
	}
	entries, err := fs.ReadDir(d.tree, workflowDir)
	if err != nil {
		entries = nil // there is none
	}
	found, queued, named := 0, false, false
	for _, e := range entries {
		if ext := path.Ext(e.Name()); e.IsDir() || ext != ".yml" && ext != ".yaml" {
			continue
		}
		w, jobs := d.workflow(path.Join(workflowDir, e.Name()))
		if len(jobs) == 0 {
			continue
		}
		found++
		before := d.Counts[statusProblem] + d.Counts[statusWarning]
		w.events()
		for _, j := range jobs {
			w.job(j)
			named = named || slices.ContainsFunc(elements(value(j.node, "steps")), publishes)
		}
		named = named || w.has(checkName)
		queued = queued || w.event("merge_group") != nil
		if d.Counts[statusProblem]+d.Counts[statusWarning] == before {
			d.add(examined{Status: statusOK, Message: "runs penstock", Location: placeOf(w.file, 0)})
		}
	}
	switch {
	case found == 0:
		d.add(examined{Status: statusWarning, Message: "no workflow runs penstock", Location: placeOf(workflowDir, 0), Hint: "penstock init writes one"})
		return
	case !named:
		d.add(examined{Status: statusWarning, Message: "no workflow that runs penstock has a job of the name " + checkName + ", which is the check that a branch is to require", Location: placeOf(workflowDir, 0), Hint: "add name: " + checkName + " to the job that decides"})
	}
	if !queued {
		d.mergeGroup()
	}
}

// mergeGroup says that no workflow runs in a merge queue, which waits for ever
// for its check.
func (d *diagnosis) mergeGroup() {
	e := examined{Status: statusWarning, Message: "no workflow that runs penstock has the event merge_group: a merge queue would wait for its check for ever", Location: placeOf(workflowDir, 0), Hint: "add merge_group: beside pull_request: under on:"}
	if d.queue {
		e.Status, e.Message = statusProblem, "the branch has a merge queue, and no workflow that runs penstock has the event merge_group: the queue waits for its check for ever"
	}
	d.add(e)
}

// workflow reads a file, and the jobs in it that run penstock.
func (d *diagnosis) workflow(name string) (*workflow, []job) {
	w := &workflow{d: d, file: name}
	data, err := fs.ReadFile(d.tree, name)
	if err != nil {
		d.add(examined{Status: statusProblem, Message: err.Error(), Location: placeOf(name, 0)})
		return w, nil
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		d.add(examined{Status: statusProblem, Message: "it is no YAML: " + strings.TrimPrefix(err.Error(), "yaml: "), Location: placeOf(name, 0), Hint: "correct it: GitHub runs nothing of it"})
		return w, nil
	}
	if len(document.Content) == 0 {
		return w, nil
	}
	w.root = document.Content[0]
	var jobs []job
	for id, node := range pairs(value(w.root, "jobs")) {
		if slices.ContainsFunc(elements(value(node, "steps")), decides) || called(node) {
			jobs = append(jobs, job{id, node})
		}
	}
	return w, jobs
}

// decides reports whether a step judges a change or publishes a verdict.
func decides(step *yaml.Node) bool {
	uses := scalar(value(step, "uses"))
	return strings.HasPrefix(uses, "penstock-dev/penstock@") || runsPenstock.MatchString(scalar(value(step, "run")))
}

// called reports whether a job calls a workflow of penstock's.
func called(node *yaml.Node) bool {
	return strings.HasPrefix(scalar(value(node, "uses")), "penstock-dev/penstock/")
}

// checkName is the name under which GitHub shows the job.
func (w *workflow) checkName(j job) string {
	if name := scalar(value(j.node, "name")); name != "" {
		return name
	}
	return j.id.Value
}

// has reports whether a job of the workflow is shown under a name.
func (w *workflow) has(name string) bool {
	for id, node := range pairs(value(w.root, "jobs")) {
		if w.checkName(job{id, node}) == name {
			return true
		}
	}
	return false
}

func (w *workflow) say(s status, at *yaml.Node, hint, format string, args ...any) {
	line := 0
	if at != nil {
		line = at.Line
	}
	w.d.add(examined{Status: s, Message: fmt.Sprintf(format, args...), Location: placeOf(w.file, line), Hint: hint})
}

// event is the key of an event under on, as a word, in a list or as a mapping.
func (w *workflow) event(name string) *yaml.Node {
	on := value(w.root, "on")
	switch {
	case on == nil:
		return nil
	case on.Kind == yaml.ScalarNode && on.Value == name:
		return on
	}
	for _, e := range elements(on) {
		if e.Value == name {
			return e
		}
	}
	for key := range pairs(on) {
		if key.Value == name {
			return key
		}
	}
	return nil
}

// events looks at what starts the workflow, and what keeps it from starting: a
// required check that does not run blocks for ever.
func (w *workflow) events() {
	on := value(w.root, "on")
	for _, event := range []string{"pull_request", "pull_request_target", "merge_group"} {
		settings := value(on, event)
		for key, filter := range pairs(settings) {
			switch {
			case key.Value == "paths" || key.Value == "paths-ignore":
				w.say(statusProblem, key, "take "+key.Value+" out: penstock looks at what a change reaches, and is done at once when that is nothing",
					"%s on %s: where it does not match, the required check never comes, and the pull request cannot be merged", key.Value, event)
			case key.Value == "types" && event != "merge_group" && !lists(filter, "synchronize"):
				w.say(statusProblem, key, "add synchronize, or take types out", "types without synchronize on %s: commits that are pushed later are not looked at", event)
			}
		}
	}
	if w.event("pull_request") == nil && w.event("pull_request_target") == nil && w.event("workflow_run") == nil && w.event("workflow_call") == nil {
		w.say(statusWarning, on, "add pull_request: under on:", "it does not run on pull requests")
	}
}

func lists(node *yaml.Node, word string) bool {
	return node.Value == word || slices.ContainsFunc(elements(node), func(e *yaml.Node) bool { return e.Value == word })
}

// pairs are the keys and values of a mapping; anything else has none.
func pairs(node *yaml.Node) func(func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		node = resolved(node)
		if node == nil || node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if !yield(node.Content[i], resolved(node.Content[i+1])) {
				return
			}
		}
	}
}

// value is what a mapping has under a key, or nil.
func value(node *yaml.Node, key string) *yaml.Node {
	for k, v := range pairs(node) {
		if k.Value == key {
			return v
		}
	}
	return nil
}

// elements are those of a list; anything else has none.
func elements(node *yaml.Node) []*yaml.Node {
	if node = resolved(node); node == nil || node.Kind != yaml.SequenceNode {
		return nil
	}
	return node.Content
}

func scalar(node *yaml.Node) string {
	if node == nil || node.Kind != yaml.ScalarNode {
		return ""
	}
	return node.Value
}

// resolved is the node that an alias stands for.
func resolved(node *yaml.Node) *yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}
