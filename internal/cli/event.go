package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/penstock-dev/penstock/internal/change"
)

// event is what started a workflow of GitHub Actions: the parts of its payload
// that say what to compare
// (https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows).
type event struct {
	Number      int `json:"number"`
	PullRequest struct {
		Head           eventCommit `json:"head"`
		Base           eventCommit `json:"base"`
		MergeCommitSHA string      `json:"merge_commit_sha"`
	} `json:"pull_request"`
	MergeGroup struct {
		BaseSHA string `json:"base_sha"`
		HeadSHA string `json:"head_sha"`
	} `json:"merge_group"`
	Ref        string `json:"ref"`
	Before     string `json:"before"`
	After      string `json:"after"`
	Repository struct {
		DefaultBranch string `json:"default_branch"`
	} `json:"repository"`
	// sha is GITHUB_SHA.
	sha string
}

// eventCommit is one side of a pull request. Its repository is null when that
// was deleted.
type eventCommit struct {
	SHA  string `json:"sha"`
	Repo *struct {
		ID int64 `json:"id"`
	} `json:"repo"`
}

// takeEvent sets base and head from the event that --event names, and says
// whether the head comes from a fork. Nothing is fetched or checked out: a commit
// that this clone lacks is an error.
func (o *sourceOptions) takeEvent(ctx context.Context) error {
	if o.Base != "" || o.Head != "" || o.BaseDir != "" || o.HeadDir != "" {
		return &usageError{"--event names base and head, and so do --base, --head, --base-dir and --head-dir", "give one of them"}
	}
	name := os.Getenv("GITHUB_EVENT_NAME")
	e, err := readEvent(o.event)
	if err != nil {
		return err
	}
	repo, err := change.OpenRepository(ctx, o.Repo)
	if err != nil {
		return err
	}
	switch name {
	case "pull_request", "pull_request_target":
		o.fork = e.PullRequest.Head.Repo == nil || e.PullRequest.Base.Repo == nil || e.PullRequest.Head.Repo.ID != e.PullRequest.Base.Repo.ID
		o.Base, o.Head, err = e.pullRequest(ctx, repo, name)
	case "merge_group":
		o.Base, o.Head, err = e.mergeGroup(ctx, repo)
	case "push":
		o.Base, o.Head, err = e.push(ctx, repo)
	default:
		err = &usageError{
			fmt.Sprintf("the event %s names no change", cmp.Or(name, "without a name (GITHUB_EVENT_NAME is not set)")),
			"run it on pull_request, merge_group or push, or name the change: --base REV --head REV (inputs base and head of the action)",
		}
	}
	return err
}

func readEvent(file string) (*event, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--event %s cannot be read: %v", file, cause(err)), "in GitHub Actions it is the file of $GITHUB_EVENT_PATH; elsewhere use --base REV --head REV"}
	}
	e := &event{sha: os.Getenv("GITHUB_SHA")}
	if err := json.Unmarshal(data, e); err != nil {
		return nil, &usageError{fmt.Sprintf("--event %s is no event: %v", file, err), "in GitHub Actions it is the file of $GITHUB_EVENT_PATH; elsewhere use --base REV --head REV"}
	}
	return e, nil
}

// pullRequest compares the merge of a pull request, which GitHub makes, with the
// tip of the base branch that it was made with: its first parent.
func (e *event) pullRequest(ctx context.Context, repo *change.Repository, name string) (base, head string, err error) {
	candidates := []string{e.sha}
	if name == "pull_request_target" {
		// Here GITHUB_SHA is the base branch. Of the two that name the merge, the
		// one that was fetched is the younger.
		candidates = []string{fmt.Sprintf("refs/remotes/pull/%d/merge", e.Number), e.PullRequest.MergeCommitSHA}
	}
	for _, rev := range candidates {
		if rev == "" {
			continue
		}
		if head, err = repo.Commit(ctx, rev); err != nil {
			return "", "", err
		}
		if head != "" {
			break
		}
	}
	if head == "" {
		return "", "", e.noMerge(name)
	}
	parents, err := repo.Parents(ctx, head)
	if err != nil {
		return "", "", err
	}
	if len(parents) != 2 || e.PullRequest.Head.SHA == "" || parents[1] != e.PullRequest.Head.SHA {
		return "", "", &usageError{
			fmt.Sprintf("commit %s is not the merge of the pull request's head %s into its base", short(head), short(e.PullRequest.Head.SHA)),
			"the pull request has moved on, or is closed: the run of its last event decides (leave closed out of the types of the event)",
		}
	}
	if base, err = here(ctx, repo, "base", parents[0], "fetch-depth: 2 (the merge and its parents) or 0 (everything)"); err != nil {
		return "", "", err
	}
	return base, head, nil
}

func (e *event) noMerge(name string) error {
	if name == "pull_request_target" {
		return &usageError{
			"the merge of the pull request is not in this clone: on pull_request_target the base branch is checked out, and penstock fetches nothing",
			fmt.Sprintf("fetch it and do not check it out: git fetch --no-tags --depth=2 origin +refs/pull/%[1]d/merge:refs/remotes/pull/%[1]d/merge", e.Number),
		}
	}
	return &usageError{
		fmt.Sprintf("the merge commit %s of the pull request is not in this clone", cmp.Or(short(e.sha), "(GITHUB_SHA is not set)")),
		"use actions/checkout without ref, and with fetch-depth: 2",
	}
}

func (e *event) mergeGroup(ctx context.Context, repo *change.Repository) (base, head string, err error) {
	const depth = "fetch-depth: 0, since a group may hold any number of commits"
	if head, err = here(ctx, repo, "head", e.MergeGroup.HeadSHA, depth); err != nil {
		return "", "", err
	}
	base, err = here(ctx, repo, "base", e.MergeGroup.BaseSHA, depth)
	return base, head, err
}

// push compares a push to the default branch with what that was before, and any
// other branch with its merge-base with the default branch: to judge the last
// push alone would let pass what an earlier one brought.
func (e *event) push(ctx context.Context, repo *change.Repository) (base, head string, err error) {
	branch, isBranch := strings.CutPrefix(e.Ref, "refs/heads/")
	switch {
	case !isBranch:
		return "", "", &usageError{fmt.Sprintf("a push of %s is no change: it is not a branch", cmp.Or(e.Ref, "nothing")), "run it on branches only (on: push: branches: …), or name the change: --base REV --head REV"}
	case zeros(e.After):
		return "", "", &usageError{fmt.Sprintf("the push deletes the branch %s: there is nothing to check", branch), "leave deletions out: if: ${{ !github.event.deleted }}"}
	}
	if head, err = here(ctx, repo, "head", e.After, "no ref"); err != nil {
		return "", "", err
	}
	if branch != e.Repository.DefaultBranch {
		base, err = repo.MergeBase(ctx, "refs/remotes/origin/"+e.Repository.DefaultBranch, head)
		return base, head, err
	}
	if zeros(e.Before) {
		return "", "", &usageError{"this is the first push of the default branch: there is nothing to compare with", "name the change: --base REV --head REV"}
	}
	base, err = here(ctx, repo, "base", e.Before, "fetch-depth: 0; after a force push, which leaves it out of every branch, also git fetch origin "+e.Before)
	return base, head, err
}

// here returns a commit that this clone must have.
func here(ctx context.Context, repo *change.Repository, side, id, checkout string) (string, error) {
	if id == "" {
		return "", &usageError{fmt.Sprintf("the event names no %s", side), "is GITHUB_EVENT_NAME that of the file? name the change: --base REV --head REV"}
	}
	commit, err := repo.Commit(ctx, id)
	if err != nil {
		return "", fmt.Errorf("finding the %s: %w", side, err)
	}
	if commit == "" {
		return "", &usageError{fmt.Sprintf("the %s, commit %s, is not in this clone", side, short(id)), "use actions/checkout with " + checkout}
	}
	return commit, nil
}

// zeros reports whether an object ID stands for none: 40 or 64 zeros, by the hash
// of the repository.
func zeros(id string) bool { return id != "" && strings.Trim(id, "0") == "" }

func short(commit string) string { return commit[:min(12, len(commit))] }

// forkRefusal keeps the changes of strangers from clusters and their credentials.
func (o *sourceOptions) forkRefusal(mode string) error {
	if !o.fork || mode != "cluster" {
		return nil
	}
	return &usageError{"the pull request comes from a fork, and no cluster is asked about a fork", "use --dry-run=embedded for it, or --dry-run=off"}
}
