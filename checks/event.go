package checks

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/penstock-dev/penstock/internal/report"
)

// Event is what started a workflow, as far as publishing needs it.
type Event struct {
	// Repository is OWNER/NAME.
	Repository string
	// SHA is the commit that checks belong to: of a pull request its head, and
	// not the merge that a workflow checks out.
	SHA string
	// Pull is the number of the pull request, or 0.
	Pull int
	// Merges are commits that may be the merge of SHA into its base branch.
	Merges []string
	// Before is the head that the push to a pull request replaced.
	Before string
}

// ReadEvent reads the payload of the event that started a workflow. sha is
// GITHUB_SHA.
func ReadEvent(name, sha string, payload []byte) (Event, error) {
	type pull struct {
		Number int `json:"number"`
		Head   struct {
			SHA string `json:"sha"`
		} `json:"head"`
		Merge string `json:"merge_commit_sha"`
	}
	var p struct {
		Repository struct {
			FullName string `json:"full_name"`
		} `json:"repository"`
		Pull       *pull  `json:"pull_request"`
		Before     string `json:"before"`
		After      string `json:"after"`
		MergeGroup struct {
			HeadSHA string `json:"head_sha"`
		} `json:"merge_group"`
		WorkflowRun struct {
			HeadSHA string `json:"head_sha"`
			Pulls   []pull `json:"pull_requests"`
		} `json:"workflow_run"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return Event{}, fmt.Errorf("reading the event %s: %w", name, err)
	}
	e := Event{Repository: p.Repository.FullName, SHA: sha}
	switch name {
	case "pull_request", "pull_request_target", "pull_request_review":
		if p.Pull == nil {
			return Event{}, fmt.Errorf("reading the event %s: it has no pull request", name)
		}
		e.SHA, e.Pull, e.Before = p.Pull.Head.SHA, p.Pull.Number, p.Before
		if p.Pull.Merge != "" {
			e.Merges = append(e.Merges, p.Pull.Merge)
		}
		if name == "pull_request" && sha != e.SHA {
			e.Merges = append(e.Merges, sha)
		}
	case "merge_group":
		e.SHA = p.MergeGroup.HeadSHA
	case "push":
		e.SHA = p.After
	case "workflow_run":
		e.SHA = p.WorkflowRun.HeadSHA
		if len(p.WorkflowRun.Pulls) == 1 {
			e.Pull = p.WorkflowRun.Pulls[0].Number
		}
	}
	return e, nil
}

// Mismatch is a report that is not about the commit.
type Mismatch struct{ msg, hint string }

func (e *Mismatch) Error() string { return e.msg }

// UserHint says how to make a report that is.
func (e *Mismatch) UserHint() string { return e.hint }

// future is how far the clocks of two machines may be apart.
const future = 10 * time.Minute

// Match fails unless the report is about the commit: its head is the commit, or
// the merge of it that the event names, or that the pull request names. Of such
// a merge GitHub is asked for the parents, since an event may name the merge of
// an older head. How the report was made is not proved by that.
func (p *Publisher) Match(ctx context.Context, t Target, r *report.Report, e Event, now time.Time) error {
	head := r.Change.HeadCommit
	switch {
	case head == "":
		return &Mismatch{fmt.Sprintf("the report is about %s, which is no commit", short(r.Change.Head)), "check a commit: penstock check --head " + t.SHA}
	case r.Timing.Started.After(now.Add(future)):
		return &Mismatch{"the report was made in the future, at " + r.Timing.Started.UTC().Format(time.RFC3339), "look at the clock of the machine that made it"}
	case head == t.SHA:
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, Deadline)
	defer cancel()
	merges := slices.Clone(e.Merges)
	if e.Pull != 0 && !slices.Contains(merges, head) {
		named, err := p.merge(ctx, t, e.Pull)
		if err != nil {
			return err
		}
		merges = append(merges, named)
	}
	if slices.Contains(merges, head) {
		ok, err := p.parent(ctx, t, head)
		if ok || err != nil {
			return err
		}
	}
	return &Mismatch{
		fmt.Sprintf("the report is about %s, and not about %s", short(head), short(t.SHA)),
		"publish the report of this commit, or give the commit of this report: --sha " + short(head) + "; for the merge of a pull request: --pull NUMBER",
	}
}

// merge is the test merge of a pull request whose head is the commit.
func (p *Publisher) merge(ctx context.Context, t Target, number int) (string, error) {
	pull, _, err := p.client.PullRequests.Get(ctx, t.Owner, t.Repo, number)
	if err != nil {
		_, err := final(ctx, err)
		return "", fmt.Errorf("reading pull request %d: %w", number, err)
	}
	if pull.GetHead().GetSHA() != t.SHA {
		return "", &Mismatch{
			fmt.Sprintf("the head of pull request %d is %s, and not %s", number, short(pull.GetHead().GetSHA()), short(t.SHA)),
			"publish the report of the newest commit; that of an older one is of no use any more",
		}
	}
	return pull.GetMergeCommitSHA(), nil
}

// parent reports whether the commit is a parent of a merge.
func (p *Publisher) parent(ctx context.Context, t Target, merge string) (bool, error) {
	commit, _, err := p.client.Git.GetCommit(ctx, t.Owner, t.Repo, merge)
	if notFound(err) {
		return false, nil
	}
	if err != nil {
		_, err := final(ctx, err)
		return false, fmt.Errorf("reading the commit %s: %w", short(merge), err)
	}
	return slices.ContainsFunc(commit.Parents, func(c *github.Commit) bool { return c.GetSHA() == t.SHA }), nil
}

// short is an ID of a commit for people; a report may have anything there.
func short(sha string) string {
	for _, r := range sha {
		if !strings.ContainsRune("0123456789abcdef", r) {
			return fmt.Sprintf("%.40q", sha)
		}
	}
	return sha[:min(12, len(sha))]
}
