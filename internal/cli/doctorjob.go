package cli

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	// pinned is an action by its commit, or an image by its digest.
	pinned = regexp.MustCompile(`@([0-9a-f]{40}|[0-9a-f]{64}|sha256:[0-9a-f]{64})$`)
	// ofHead is an expression that names what the author of a pull request wrote.
	ofHead = regexp.MustCompile(`github\.event\.pull_request\.head\.(sha|ref)|github\.head_ref|refs/pull/`)
)

// job looks at a job that runs penstock: what makes it pass without a verdict,
// and what keeps it from a verdict.
func (w *workflow) job(j job) {
	for key, v := range pairs(j.node) {
		switch {
		case key.Value == "if" && !always(v) && w.required() && (w.checkName(j) == checkName || !w.has(checkName)):
			w.say(statusProblem, key, "take if out of the job, or put it on the steps before the check", "the job %s has an if: a job that is skipped satisfies a required check", j.id.Value)
		case key.Value == "continue-on-error" && v.Value != "false":
			w.say(statusProblem, key, "take continue-on-error out", "the job %s goes on after an error: a change that fails would pass", j.id.Value)
		}
	}
	if uses := value(j.node, "uses"); uses != nil {
		w.pin(uses)
	}
	steps := elements(value(j.node, "steps"))
	for _, step := range steps {
		w.step(step)
	}
	judges := slices.IndexFunc(steps, decides)
	for i, step := range steps[:max(judges, 0)] {
		w.checkout(step, steps[judges], slices.ContainsFunc(steps[i:judges], fetches))
	}
}

// required reports whether the jobs of the workflow are checks of a pull request:
// those that follow another workflow are not.
func (w *workflow) required() bool {
	for _, event := range []string{"pull_request", "pull_request_target", "merge_group"} {
		if w.event(event) != nil {
			return true
		}
	}
	return false
}

// always reports whether a condition does not skip the job: it is for jobs that
// decide over others.
func always(condition *yaml.Node) bool {
	text := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(condition.Value), "${{"), "}}"))
	return text == "always()" || text == "!cancelled()" || text == "true"
}

func (w *workflow) step(step *yaml.Node) {
	if uses := value(step, "uses"); uses != nil {
		w.pin(uses)
	}
	if !decides(step) {
		return
	}
	for key, v := range pairs(step) {
		if key.Value == "continue-on-error" && v.Value != "false" {
			w.say(statusProblem, key, "take continue-on-error out", "the step goes on after an error: a change that fails would pass")
		}
	}
	run := value(step, "run")
	if run != nil && swallowed.MatchString(run.Value) {
		w.say(statusProblem, run, "take || true out", "the exit code of penstock is thrown away: a change that fails would pass")
	}
}

// swallowed is a command line of which the shell forgets how it ended.
var swallowed = regexp.MustCompile(`penstock\b[^\n]*\s(check|publish)\b[^\n]*\|\|\s*(true|:|exit 0)|penstock\s+(check|publish)\b[^\n]*\|\|\s*(true|:|exit 0)`)

// pin wants an action by its commit: a tag can be moved to other code.
func (w *workflow) pin(uses *yaml.Node) {
	name := uses.Value
	if strings.HasPrefix(name, "./") || pinned.MatchString(name) || strings.Contains(name, "${{") {
		return
	}
	action, ref, _ := strings.Cut(name, "@")
	hint := "write its commit, and the version as a comment: uses: " + action + "@<40 hexadecimal digits> # " + ref
	if repository := strings.Join(strings.SplitN(action, "/", 3)[:min(2, strings.Count(action, "/")+1)], "/"); !strings.HasPrefix(name, "docker://") {
		hint += "; git ls-remote https://github.com/" + repository + " " + ref + " tells it"
	} else {
		hint = "write its digest: " + name + "@sha256:…"
	}
	w.say(statusWarning, uses, hint, "%s is not pinned to a commit: whoever moves the tag changes what judges", name)
}

// publishes reports whether a step only posts a report that is there already.
func publishes(step *yaml.Node) bool {
	words := runsPenstock.FindStringSubmatch(scalar(value(step, "run")))
	return len(words) > 0 && words[len(words)-1] == "publish"
}

// fetches reports whether a step brings commits that the checkout left out.
func fetches(step *yaml.Node) bool { return strings.Contains(scalar(value(step, "run")), "git fetch") }

// deep reports whether a checkout has what is compared. The action needs the
// merge and its parents alone, except in a merge queue.
func (w *workflow) deep(depth, judge *yaml.Node) bool {
	d := scalar(depth)
	return d == "0" || strings.Contains(d, "${{") || d == "2" && value(judge, "uses") != nil && w.event("merge_group") == nil
}

// checkout looks at how the repository comes to the step that judges it.
func (w *workflow) checkout(step, judge *yaml.Node, fetched bool) {
	uses := value(step, "uses")
	if !strings.HasPrefix(scalar(uses), "actions/checkout@") {
		return
	}
	with := value(step, "with")
	depth := value(with, "fetch-depth")
	if !fetched && !w.deep(depth, judge) && !publishes(judge) {
		at := uses
		if depth != nil {
			at = depth
		}
		w.say(statusProblem, at, "add fetch-depth: 0 under with: of actions/checkout", "a shallow checkout has no merge-base to compare with")
	}
	if ref := value(with, "ref"); ref != nil && w.event("pull_request_target") != nil && ofHead.MatchString(ref.Value) {
		w.say(statusProblem, ref, "use pull_request, which has no secrets, to run on the code of the author; publish its report in a second workflow",
			"pull_request_target checks the head out: code of whoever opens a pull request runs with the secrets of the repository")
	}
}
