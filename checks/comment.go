package checks

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-github/v60/github"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/report/markdown"
)

// maxComment is the limit of a comment, in bytes. GitHub counts 65,536
// characters; a byte is never more than one.
const maxComment = markdown.CheckRunLimit

// Comments are the bodies of the sticky comment: one that holds the whole
// report, or, where that is too large, one with what was judged and one with
// what changes.
func Comments(r *report.Report, opts Options) ([]string, error) {
	whole, err := encode(r, markdown.Options{MaxBytes: markdown.JobSummaryLimit})
	if err != nil {
		return nil, err
	}
	name := cmp.Or(opts.Name, DefaultName)
	if body := marker(name, 1) + whole; len(body) <= maxComment {
		return []string{strings.TrimSpace(body)}, nil
	}
	var out []string
	for i, part := range []markdown.Part{markdown.Judgement, markdown.Changes} {
		mark := marker(name, i+1)
		text, err := encode(r, markdown.Options{MaxBytes: maxComment - len(mark), Part: part})
		if err != nil {
			return nil, err
		}
		if text != "" {
			out = append(out, strings.TrimSpace(mark+text))
		}
	}
	return out, nil
}

// marker is a line that a reader does not see. A name of a check has no
// character that could end it.
func marker(name string, part int) string {
	return markerPrefix(name) + fmt.Sprintf("%d -->\n", part)
}

func markerPrefix(name string) string {
	return "<!-- penstock comment " + strings.ReplaceAll(name, "--", "-.-") + " : "
}

// Comment brings the comments on a pull request to what they are to be: it
// edits its own, adds what is missing and deletes what is too many. Comments of
// others are not touched, whatever marker they have.
func (p *Publisher) Comment(ctx context.Context, t Target, pull int, name string, bodies []string) error {
	ctx, cancel := context.WithTimeout(ctx, Deadline)
	defer cancel()
	c := &commenter{p.client, t, pull, cmp.Or(name, DefaultName), ""}
	if err := c.who(ctx); err != nil {
		return err
	}
	for i, body := range bodies {
		if err := c.upsert(ctx, i+1, body); err != nil {
			return fmt.Errorf("commenting on pull request %d: %w", pull, err)
		}
	}
	if err := c.prune(ctx, bodies); err != nil {
		return fmt.Errorf("deleting an old comment on pull request %d: %w", pull, err)
	}
	return nil
}

type commenter struct {
	client *github.Client
	Target
	pull int
	name string
	// login is the user that the token belongs to; empty for an App, of which
	// only is known that its comments are those of a bot.
	login string
}

func (c *commenter) who(ctx context.Context) error {
	user, _, err := c.client.Users.Get(ctx, "")
	if statusOf(err) == http.StatusForbidden || notFound(err) {
		return nil
	}
	if err != nil {
		_, err := final(ctx, err)
		return fmt.Errorf("asking whose the token is: %w", err)
	}
	c.login = user.GetLogin()
	return nil
}

// own lists the comments that are ours, oldest first.
func (c *commenter) own(ctx context.Context) ([]*github.IssueComment, error) {
	opts := &github.IssueListCommentsOptions{ListOptions: github.ListOptions{PerPage: 100}}
	var out []*github.IssueComment
	for {
		found, answer, err := c.client.Issues.ListComments(ctx, c.Owner, c.Repo, c.pull, opts)
		if err != nil {
			_, err := final(ctx, err)
			return nil, fmt.Errorf("listing the comments: %w", err)
		}
		for _, comment := range found {
			mine := c.login == "" && comment.GetUser().GetType() == "Bot" || c.login != "" && comment.GetUser().GetLogin() == c.login
			if mine && strings.HasPrefix(comment.GetBody(), markerPrefix(c.name)) {
				out = append(out, comment)
			}
		}
		if opts.Page = answer.NextPage; opts.Page == 0 {
			return out, nil
		}
	}
}

// upsert writes one comment. Every try begins with what is there.
func (c *commenter) upsert(ctx context.Context, part int, body string) error {
	mark := strings.TrimSpace(marker(c.name, part))
	var last error
	for try := range writeTries {
		found, err := c.find(ctx, mark, try > 0)
		if err != nil {
			return err
		}
		switch {
		case found == nil:
			_, _, err = c.client.Issues.CreateComment(ctx, c.Owner, c.Repo, c.pull, &github.IssueComment{Body: &body})
		case strings.TrimSpace(strings.ReplaceAll(found.GetBody(), "\r\n", "\n")) == body:
			return nil
		default:
			_, _, err = c.client.Issues.EditComment(ctx, c.Owner, c.Repo, found.GetID(), &github.IssueComment{Body: &body})
		}
		if err == nil {
			return nil
		}
		var stays bool
		if stays, last = final(ctx, err); stays {
			return last
		}
	}
	return last
}

// find finds a comment by its marker. That it is not there is believed when two
// answers say so; with wait, after a write whose outcome is not known, when
// three do that come one after the other.
func (c *commenter) find(ctx context.Context, mark string, wait bool) (*github.IssueComment, error) {
	for i := range reads {
		if wait {
			if err := sleep(ctx, backoff(i)); err != nil {
				return nil, err
			}
		} else if i == reads-1 {
			break
		}
		all, err := c.own(ctx)
		if err != nil {
			return nil, err
		}
		if j := slices.IndexFunc(all, func(o *github.IssueComment) bool { return strings.HasPrefix(o.GetBody(), mark) }); j >= 0 {
			return all[j], nil
		}
	}
	return nil, nil
}

// prune deletes parts that are too many, and comments that are there twice.
func (c *commenter) prune(ctx context.Context, bodies []string) error {
	all, err := c.own(ctx)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, comment := range all {
		mark, _, _ := strings.Cut(comment.GetBody(), "\n")
		wanted := slices.ContainsFunc(bodies, func(b string) bool { return strings.HasPrefix(b, mark) })
		if wanted && !seen[mark] {
			seen[mark] = true
			continue
		}
		_, err := c.client.Issues.DeleteComment(ctx, c.Owner, c.Repo, comment.GetID())
		if err != nil && !notFound(err) {
			_, err := final(ctx, err)
			return err
		}
	}
	return nil
}
