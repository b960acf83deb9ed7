package checks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// Target is the commit that the runs are about.
type Target struct {
	Owner, Repo, SHA string
	// App is the ID of the App that the token belongs to. It is 0 where that is
	// not known; then a run of another App with an ID of ours is taken for ours.
	App int64
}

// Posted is a run as it is on GitHub.
type Posted struct {
	Name       string
	Conclusion Conclusion
	URL        string
}

// The bounds of publishing.
const (
	// Deadline is when what is not posted is given up, and the check concluded.
	Deadline = 10 * time.Minute
	// grace is the time to conclude the check after that.
	grace = 2 * time.Minute
	// writeTries is how often a write is tried that is found to have had no effect.
	writeTries = 4
	// reads is how often the effect of a write of unknown outcome is looked for.
	// GitHub's answers may be older than its last write.
	reads = 3
)

// Publisher brings GitHub to a planned state. It finds before it creates, sends
// no write again before it has looked for its effect, and leaves no check in
// progress that it can conclude.
type Publisher struct{ client *github.Client }

// NewPublisher makes a publisher.
func NewPublisher(opts ClientOptions) (*Publisher, error) {
	client, err := newClient(opts)
	if err != nil {
		return nil, err
	}
	return &Publisher{client}, nil
}

// Publish posts the runs of a plan, the first of which is the check. That is
// made first, in progress, and completed last. To publish the same report again
// posts only what is missing; a report that is older than what is posted is
// refused. What it returns begins with the check.
//
// When not all can be posted by Deadline, the check is concluded as timed out;
// when something else ends the publishing, as cancelled.
func (p *Publisher) Publish(ctx context.Context, t Target, plan []Run) (posted []Posted, err error) {
	ctx, cancel := context.WithTimeout(ctx, Deadline)
	defer cancel()
	s := &session{p.client, t, nil}
	gate, parts := plan[0], plan[1:]
	if err := s.look(ctx, plan); err != nil {
		return nil, err
	}
	if err := s.newer(gate); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.conclude(ctx, gate))
		}
	}()
	if len(parts) > 0 || len(gate.Annotations) > batch {
		if _, err := s.ensure(ctx, gate, true); err != nil {
			return nil, fmt.Errorf("posting the check %s: %w", gate.Name, err)
		}
	}
	if err := s.cancelOthers(ctx, gate, false); err != nil {
		return nil, err
	}
	// A run of an environment only informs: without it, the check is completed
	// all the same.
	var missing []error
	for _, run := range append(slices.Clone(parts), gate) {
		have, err := s.post(ctx, run)
		if err != nil {
			missing = append(missing, fmt.Errorf("posting the check %s: %w", run.Name, err))
			if ctx.Err() != nil {
				break
			}
			continue
		}
		at := len(posted)
		if run.Name == gate.Name {
			at = 0
		}
		posted = slices.Insert(posted, at, Posted{run.Name, Conclusion(have.GetConclusion()), have.GetHTMLURL()})
	}
	if len(missing) == 0 {
		missing = append(missing, s.verify(ctx, plan))
	}
	return posted, errors.Join(missing...)
}

// session is one publishing.
type session struct {
	client *github.Client
	Target
	// runs are those of this program at the commit, as they are known.
	runs []*github.CheckRun
}

// identity is an external ID: the attempt, and how often its run was made anew.
func identity(attempt string, n int) string { return fmt.Sprintf("%s:%d", attempt, n) }

// attemptOf takes an external ID apart.
func attemptOf(run *github.CheckRun) (attempt string, n int) {
	id := run.GetExternalID()
	i := strings.LastIndexByte(id, ':')
	if !strings.HasPrefix(id, attemptPrefix) || i < len(attemptPrefix) {
		return "", 0
	}
	if _, err := fmt.Sscan(id[i+1:], &n); err != nil {
		return "", 0
	}
	return id[:i], n
}

// began is when an attempt began, as text that sorts as time does.
func began(attempt string) string {
	at, _, _ := strings.Cut(strings.TrimPrefix(attempt, attemptPrefix), ":")
	return at
}

// question is which runs are asked for; all of them where it is empty.
type question struct{ name, status string }

// list reads the runs of this program at a commit.
func (s *session) list(ctx context.Context, sha string, q question) ([]*github.CheckRun, error) {
	opts := &github.ListCheckRunsOptions{Filter: github.String("all"), ListOptions: github.ListOptions{PerPage: 100}}
	if q.name != "" {
		opts.CheckName = &q.name
	}
	if q.status != "" {
		opts.Status = &q.status
	}
	if s.App != 0 {
		opts.AppID = &s.App
	}
	var out []*github.CheckRun
	for {
		found, answer, err := s.client.Checks.ListCheckRunsForRef(ctx, s.Owner, s.Repo, sha, opts)
		if err != nil {
			_, err := final(ctx, err)
			return nil, fmt.Errorf("listing the checks of %s: %w", sha, err)
		}
		for _, run := range found.CheckRuns {
			if attempt, _ := attemptOf(run); attempt != "" {
				out = append(out, run)
			}
		}
		if opts.Page = answer.NextPage; opts.Page == 0 {
			return out, nil
		}
	}
}

// look reads what is there. That something is not there is believed when two
// different questions have that answer: the second one is for the check itself
// or, where that is found, for what is completed.
func (s *session) look(ctx context.Context, plan []Run) error {
	found, err := s.list(ctx, s.SHA, question{})
	if err != nil {
		return err
	}
	s.learn(found...)
	var again question
	for i, run := range plan {
		if have, _ := s.find(run); have != nil {
			continue
		}
		if again = (question{status: "completed"}); i == 0 {
			again = question{name: run.Name}
		}
		break
	}
	if again == (question{}) {
		return nil
	}
	if found, err = s.list(ctx, s.SHA, again); err != nil {
		return err
	}
	s.learn(found...)
	return nil
}

// learn takes in what was read, in place of what was known.
func (s *session) learn(found ...*github.CheckRun) {
	for _, run := range found {
		i := slices.IndexFunc(s.runs, func(known *github.CheckRun) bool { return known.GetID() == run.GetID() })
		switch {
		case i < 0:
			s.runs = append(s.runs, run)
		case s.runs[i].GetStatus() != "completed":
			// What is completed stays so, whatever an old answer says.
			s.runs[i] = run
		}
	}
	slices.SortFunc(s.runs, func(a, b *github.CheckRun) int { return int(a.GetID() - b.GetID()) })
}

// newer refuses a report that is older than the one that is shown: it would
// bring back a verdict that is no longer true.
func (s *session) newer(gate Run) error {
	for _, run := range s.runs {
		if attempt, _ := attemptOf(run); run.GetName() == gate.Name && began(attempt) > began(gate.Attempt) {
			return &UserError{
				fmt.Sprintf("a newer report is posted already: %s", run.GetHTMLURL()),
				"check the commit again, and publish that report",
			}
		}
	}
	return nil
}

// find gives the run of an attempt: one that is as planned, else one in
// progress. Without either, next is the number of the run to make.
func (s *session) find(run Run) (have *github.CheckRun, next int) {
	for _, r := range s.runs {
		attempt, n := attemptOf(r)
		if attempt != run.Attempt || r.GetName() != run.Name {
			continue
		}
		next = max(next, n+1)
		switch {
		case r.GetStatus() == "completed" && r.GetConclusion() == string(run.Conclusion):
			return r, next
		case r.GetStatus() != "completed" && have == nil:
			have = r
		}
	}
	return have, next
}

// post makes a run and completes it.
func (s *session) post(ctx context.Context, run Run) (*github.CheckRun, error) {
	have, err := s.ensure(ctx, run, false)
	if err != nil {
		return nil, err
	}
	return s.finish(ctx, run, have)
}

// verify looks whether all is as planned. A run that is there twice, since
// GitHub did not show it in time, is cancelled where it is still in progress.
func (s *session) verify(ctx context.Context, plan []Run) error {
	found, err := s.list(ctx, s.SHA, question{})
	if err != nil {
		return err
	}
	s.learn(found...)
	for _, run := range plan {
		have, _ := s.find(run)
		if have == nil {
			continue // posted, and not shown yet
		}
		if _, err := s.finish(ctx, run, have); err != nil {
			return fmt.Errorf("posting the check %s: %w", run.Name, err)
		}
	}
	return s.cancelOthers(ctx, plan[0], true)
}
