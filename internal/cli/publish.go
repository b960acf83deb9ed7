package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/penstock-dev/penstock/checks"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/report/json"
	"github.com/spf13/cobra"
)

type publishOptions struct {
	Streams
	// report is the file of the report; - is standard input.
	report string
	// repository is OWNER/NAME.
	repository string
	sha        string
	pull       int
	comment    bool
	// only leaves out the checks of the environments.
	only bool
	name string
	app  int64
}

func newPublish(s Streams) *cobra.Command {
	o := &publishOptions{Streams: s}
	c := &cobra.Command{
		Use:   "publish --report FILE",
		Short: "Post a report to GitHub as check runs",
		Long: `publish posts the report of a check that was made elsewhere, as by a job that has
no right to write: the check penstock with the verdict, and a check for each
environment that the change affects. To publish the same report again posts only
what is missing.

The report must be about the commit: its head is the commit, or the merge of it
that the event or the pull request names. How the report was made is not proved
by that: trust it as far as the job that made it.

It needs a token that may write checks, in GITHUB_TOKEN. GITHUB_API_URL is the
address of another GitHub. In GitHub Actions the repository and the commit are
those of the event.

Exit codes: 0 posted, whatever the verdict is; 2 an error: not all was posted.`,
		Example: `  penstock check --base main --head HEAD -o json=report.json
  penstock publish --report report.json --repo octo/shop --sha $(git rev-parse HEAD)
  penstock publish --report report.json --pull 7 --comment`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	f := c.Flags()
	f.StringVar(&o.report, "report", "", "the report, as penstock check --output json=`FILE` writes it; - is standard input")
	f.StringVar(&o.repository, "repo", "", "the repository on GitHub, as `OWNER/NAME` (default: GITHUB_REPOSITORY)")
	f.StringVar(&o.sha, "sha", "", "the `COMMIT` to post to, in full (default: that of the event)")
	f.IntVar(&o.pull, "pull", 0, "the `NUMBER` of the pull request (default: that of the event)")
	f.BoolVar(&o.comment, "comment", false, "also keep a comment on the pull request")
	f.BoolVar(&o.only, "only-verdict", false, "post no checks of environments")
	f.StringVar(&o.name, "name", checks.DefaultName, "the `NAME` of the check")
	f.Int64Var(&o.app, "app", 0, "the `ID` of the GitHub App of the token: only its checks are taken for one's own")
	complete(c, "repo", cobra.NoFileCompletions)
	complete(c, "sha", cobra.NoFileCompletions)
	return c
}

func (o *publishOptions) run(ctx context.Context) error {
	if o.report == "" {
		return &usageError{"publish takes a report", "penstock publish --report FILE; penstock check --output json=FILE makes one"}
	}
	r, err := o.read()
	if err != nil {
		return err
	}
	event, err := startedBy()
	if err != nil {
		return err
	}
	target, event, err := o.target(event)
	if err != nil {
		return err
	}
	if o.comment && event.Pull == 0 {
		return &usageError{"--comment: the pull request is not known", "name it: --pull NUMBER"}
	}
	options := checks.Options{Name: o.name, Alone: o.only}
	plan, err := checks.Plan(r, options)
	if err != nil {
		return err
	}
	p, err := checks.NewPublisher(checks.ClientOptions{
		API: os.Getenv("GITHUB_API_URL"), Token: os.Getenv("GITHUB_TOKEN"), Agent: "penstock/" + tool().Version,
	})
	if err != nil {
		return err
	}
	if err := p.Match(ctx, target, r, event, time.Now()); err != nil {
		return err
	}
	posted, err := p.Publish(ctx, target, plan)
	for _, run := range posted {
		fmt.Fprintf(o.Out, "%s: %s %s\n", run.Name, run.Conclusion, run.URL)
	}
	if err != nil {
		return err
	}
	return errors.Join(o.discuss(ctx, p, target, event, r, options), o.supersede(ctx, p, target, event))
}

// read reads the report.
func (o *publishOptions) read() (*report.Report, error) {
	if o.report == "-" {
		return json.Decode(o.In)
	}
	f, err := os.Open(o.report)
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--report %s cannot be read: %v", o.report, cause(err)), "penstock check --output json=FILE makes a report"}
	}
	r, err := json.Decode(f)
	return r, errors.Join(err, f.Close())
}

// maxEvent bounds the payload of an event; GitHub's has at most 25 MB.
const maxEvent = 25 << 20

// startedBy is the event that started the workflow, if this is one.
func startedBy() (checks.Event, error) {
	file := os.Getenv("GITHUB_EVENT_PATH")
	if file == "" {
		return checks.Event{SHA: os.Getenv("GITHUB_SHA")}, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return checks.Event{}, &usageError{fmt.Sprintf("the event cannot be read: %v", err), "outside of GitHub Actions, leave GITHUB_EVENT_PATH unset and give --repo and --sha"}
	}
	payload, err := io.ReadAll(io.LimitReader(f, maxEvent))
	if err := errors.Join(err, f.Close()); err != nil {
		return checks.Event{}, fmt.Errorf("reading the event: %w", err)
	}
	return checks.ReadEvent(os.Getenv("GITHUB_EVENT_NAME"), os.Getenv("GITHUB_SHA"), payload)
}

var (
	slugPattern   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$`)
	commitPattern = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
)

// target is what is posted to. What the event says of another repository, or of
// another commit, counts for nothing.
func (o *publishOptions) target(event checks.Event) (checks.Target, checks.Event, error) {
	slug := cmp.Or(o.repository, os.Getenv("GITHUB_REPOSITORY"), event.Repository)
	owner, name, _ := strings.Cut(slug, "/")
	switch {
	case slug == "":
		return checks.Target{}, event, &usageError{"the repository on GitHub is not known", "name it: --repo OWNER/NAME"}
	case !slugPattern.MatchString(slug) || name == "." || name == "..":
		return checks.Target{}, event, &usageError{fmt.Sprintf("--repo %.80q is not OWNER/NAME", slug), "name the repository as GitHub does: --repo octo/shop"}
	}
	if event.Repository != "" && !strings.EqualFold(event.Repository, slug) {
		event = checks.Event{}
	}
	sha := strings.ToLower(cmp.Or(o.sha, event.SHA))
	switch {
	case sha == "":
		return checks.Target{}, event, &usageError{"the commit to post to is not known", "name it: --sha $(git rev-parse HEAD)"}
	case !commitPattern.MatchString(sha):
		return checks.Target{}, event, &usageError{fmt.Sprintf("--sha %.80q is not a commit", sha), "give it in full: --sha $(git rev-parse REV)"}
	}
	if sha != event.SHA {
		event = checks.Event{}
	}
	event.Pull = cmp.Or(o.pull, event.Pull)
	return checks.Target{Owner: owner, Repo: name, SHA: sha, App: o.app}, event, nil
}

// discuss keeps the comment on the pull request.
func (o *publishOptions) discuss(ctx context.Context, p *checks.Publisher, t checks.Target, e checks.Event, r *report.Report, options checks.Options) error {
	if !o.comment {
		return nil
	}
	bodies, err := checks.Comments(r, options)
	if err != nil {
		return err
	}
	return p.Comment(ctx, t, e.Pull, o.name, bodies)
}

// supersede concludes what is in progress at the head that a push replaced.
func (o *publishOptions) supersede(ctx context.Context, p *checks.Publisher, t checks.Target, e checks.Event) error {
	if !commitPattern.MatchString(e.Before) || strings.Trim(e.Before, "0") == "" || e.Before == t.SHA {
		return nil
	}
	old := t
	old.SHA = e.Before
	return p.Supersede(ctx, old, o.name, t.SHA)
}
