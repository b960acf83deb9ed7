package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// ensure gives the run of an attempt, which it makes where it is not there: in
// progress if there is more to come, else completed at once.
func (s *session) ensure(ctx context.Context, run Run, early bool) (*github.CheckRun, error) {
	have, n := s.find(run)
	if have != nil {
		return have, nil
	}
	opts := github.CreateCheckRunOptions{
		Name: run.Name, HeadSHA: s.SHA, ExternalID: github.String(identity(run.Attempt, n)),
		StartedAt: &github.Timestamp{Time: time.Now()}, Status: github.String("in_progress"),
		Output: interim(0, len(run.Annotations)),
	}
	if !early && len(run.Annotations) <= batch {
		opts.Status, opts.Conclusion = github.String("completed"), github.String(string(run.Conclusion))
		opts.CompletedAt, opts.Output = opts.StartedAt, output(run, 0)
	}
	var err error
	for range writeTries {
		var made *github.CheckRun
		if made, _, err = s.client.Checks.CreateCheckRun(ctx, s.Owner, s.Repo, opts); err == nil {
			s.learn(made)
			return made, nil
		}
		var stays bool
		if stays, err = final(ctx, err); stays {
			return nil, err
		}
		// Nobody knows whether the run was made.
		for i := range reads {
			if err := sleep(ctx, backoff(i)); err != nil {
				return nil, err
			}
			found, err := s.list(ctx, s.SHA, question{name: run.Name})
			if err != nil {
				return nil, err
			}
			s.learn(found...)
			if have, _ := s.find(run); have != nil {
				return have, nil
			}
		}
	}
	return nil, err
}

// output is what a run shows, with its annotations from one on.
func output(run Run, from int) *github.CheckRunOutput {
	out := &github.CheckRunOutput{Title: &run.Title, Summary: &run.Summary}
	if run.Text != "" {
		out.Text = &run.Text
	}
	for _, a := range run.Annotations[min(from, len(run.Annotations)):min(from+batch, len(run.Annotations))] {
		out.Annotations = append(out.Annotations, &github.CheckRunAnnotation{
			Path: &a.Path, StartLine: &a.Line, EndLine: &a.Line, AnnotationLevel: &a.Level, Title: &a.Title, Message: &a.Message,
		})
	}
	return out
}

// interim is what a run shows while it is in progress.
func interim(done, of int) *github.CheckRunOutput {
	summary := "The verdict is there, and is being posted."
	if of > 0 {
		summary += fmt.Sprintf(" %d of %d annotations are.", done, of)
	}
	return &github.CheckRunOutput{Title: github.String("The results are being posted"), Summary: &summary}
}

// finish completes a run. It goes by what GitHub says of the run, since
// annotations that are sent twice are there twice.
func (s *session) finish(ctx context.Context, run Run, have *github.CheckRun) (*github.CheckRun, error) {
	if have.GetStatus() != "completed" {
		now, err := s.get(ctx, have.GetID())
		if err != nil {
			return nil, err
		}
		have = newest(have, now)
	}
	for tries := 0; ; {
		if have.GetStatus() == "completed" {
			s.learn(have)
			if have.GetConclusion() != string(run.Conclusion) {
				return nil, fmt.Errorf("it was concluded as %s by somebody else", have.GetConclusion())
			}
			return have, nil
		}
		from := have.GetOutput().GetAnnotationsCount()
		opts := github.UpdateCheckRunOptions{Name: run.Name, Status: github.String("in_progress"), Output: output(run, from)}
		if from+batch >= len(run.Annotations) {
			opts.Status, opts.Conclusion = github.String("completed"), github.String(string(run.Conclusion))
			opts.CompletedAt = &github.Timestamp{Time: time.Now()}
		} else {
			part := opts.Output.Annotations
			opts.Output = interim(from+len(part), len(run.Annotations))
			opts.Output.Annotations = part
		}
		written, _, err := s.client.Checks.UpdateCheckRun(ctx, s.Owner, s.Repo, have.GetID(), opts)
		if err == nil && (opts.Conclusion == nil || written.GetStatus() == "completed") {
			have, tries = written, 0
			continue
		}
		stays := false
		if err != nil {
			stays, err = final(ctx, err)
		} else {
			err = errors.New("GitHub took the conclusion and kept the check in progress")
		}
		if tries++; stays || tries == writeTries {
			return nil, err
		}
		if have, err = s.changed(ctx, have, from); err != nil {
			return nil, err
		}
	}
}

// changed reads a run after a write of unknown outcome, until that shows.
func (s *session) changed(ctx context.Context, have *github.CheckRun, annotations int) (*github.CheckRun, error) {
	for i := range reads {
		if err := sleep(ctx, backoff(i)); err != nil {
			return nil, err
		}
		now, err := s.get(ctx, have.GetID())
		if err != nil {
			return nil, err
		}
		have = newest(have, now)
		if have.GetStatus() == "completed" || have.GetOutput().GetAnnotationsCount() > annotations {
			break
		}
	}
	return have, nil
}

// newest is the later of two answers about a run, in whichever order they came.
func newest(a, b *github.CheckRun) *github.CheckRun {
	if b.GetStatus() != "completed" && (a.GetStatus() == "completed" || a.GetOutput().GetAnnotationsCount() > b.GetOutput().GetAnnotationsCount()) {
		return a
	}
	return b
}

// get reads a run that is known to be there: that it is not found is believed
// the third time.
func (s *session) get(ctx context.Context, id int64) (*github.CheckRun, error) {
	for i := 0; ; i++ {
		run, _, err := s.client.Checks.GetCheckRun(ctx, s.Owner, s.Repo, id)
		if err == nil {
			return run, nil
		}
		if !notFound(err) || i == reads-1 {
			_, err := final(ctx, err)
			return nil, fmt.Errorf("reading a check: %w", err)
		}
		if err := sleep(ctx, backoff(i)); err != nil {
			return nil, err
		}
	}
}

// end concludes a run without its verdict, unless it has one.
func (s *session) end(ctx context.Context, run *github.CheckRun, as Conclusion, title, summary string) error {
	have, err := s.get(ctx, run.GetID())
	for range writeTries {
		if err != nil || have.GetStatus() == "completed" {
			return err
		}
		var written *github.CheckRun
		written, _, err = s.client.Checks.UpdateCheckRun(ctx, s.Owner, s.Repo, run.GetID(), github.UpdateCheckRunOptions{
			Name: run.GetName(), Status: github.String("completed"), Conclusion: github.String(string(as)),
			CompletedAt: &github.Timestamp{Time: time.Now()}, Output: &github.CheckRunOutput{Title: &title, Summary: &summary},
		})
		if err == nil {
			s.learn(written)
			return nil
		}
		if stays, err := final(ctx, err); stays {
			return err
		}
		have, err = s.changed(ctx, have, have.GetOutput().GetAnnotationsCount())
	}
	return err
}

// conclude ends the check after a failure, with a little time of its own.
func (s *session) conclude(ctx context.Context, gate Run) error {
	as, why := Cancelled, "publishing was ended by an error"
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		as, why = TimedOut, fmt.Sprintf("the results could not be posted within %d minutes", int(Deadline.Minutes()))
	case ctx.Err() != nil:
		why = "publishing was interrupted"
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	have, _ := s.find(gate)
	if have == nil {
		// It may have been made by a write whose answer did not come.
		found, err := s.list(ctx, s.SHA, question{name: gate.Name})
		if err != nil {
			return fmt.Errorf("looking for the check %s, which may be in progress: %w", gate.Name, err)
		}
		s.learn(found...)
		have, _ = s.find(gate)
	}
	if have == nil || have.GetStatus() == "completed" {
		return nil
	}
	if err := s.end(ctx, have, as, "not decided: "+why, "Not decided: "+why+". Publish the report again, or check again."); err != nil {
		return fmt.Errorf("concluding the check %s, which stays in progress: %w", gate.Name, err)
	}
	return nil
}

// cancelOthers ends what older attempts left in progress at the commit; with
// twice also a run of this attempt that was made twice.
func (s *session) cancelOthers(ctx context.Context, gate Run, twice bool) error {
	for _, run := range slices.Clone(s.runs) {
		attempt, _ := attemptOf(run)
		own := attempt == gate.Attempt
		if run.GetStatus() == "completed" || !of(run, gate.Name) || own && !twice || began(attempt) > began(gate.Attempt) {
			continue
		}
		const title = "Superseded by a newer check of the same commit"
		if err := s.end(ctx, run, Cancelled, title, title+"."); err != nil {
			return fmt.Errorf("cancelling an older check %s: %w", run.GetName(), err)
		}
	}
	return nil
}

// of reports whether a run is that of the check or of one of its environments.
func of(run *github.CheckRun, name string) bool {
	return run.GetName() == name || strings.HasPrefix(run.GetName(), name+" / ")
}

// Supersede concludes what is in progress at a commit that is no longer the
// head of its pull request.
func (p *Publisher) Supersede(ctx context.Context, t Target, name, by string) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	s := &session{p.client, t, nil}
	found, err := s.list(ctx, t.SHA, question{})
	if status := statusOf(err); status == http.StatusNotFound || status == http.StatusUnprocessableEntity {
		// After a push that rewrites history GitHub may have forgotten the commit.
		return nil
	}
	if err != nil {
		return err
	}
	for _, run := range found {
		if run.GetStatus() == "completed" || !of(run, name) {
			continue
		}
		title := "Superseded by " + by[:min(7, len(by))]
		if err := s.end(ctx, run, Cancelled, title, title+"."); err != nil {
			return fmt.Errorf("cancelling the check %s of %s: %w", run.GetName(), t.SHA, err)
		}
	}
	return nil
}
