package checks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// ActionsApp is the ID of the App that the checks of GitHub Actions belong to,
// on github.com.
const ActionsApp = 15368

// ProtectionOptions say of which branch to ask.
type ProtectionOptions struct {
	// APIURL is the address of GitHub's API; empty means that of github.com.
	APIURL string
	// Token may read the metadata and the contents of the repository.
	Token string
	// Agent names this program to GitHub.
	Agent       string
	Owner, Name string
	// Branch is the branch; empty means the default branch.
	Branch string
}

// Protection is what a branch requires before a merge, as far as checks go.
type Protection struct {
	// Branch is the name of the branch.
	Branch string
	// Required are the checks that rulesets and branch protection require. A
	// check that both require is there twice.
	Required []RequiredCheck
	// Queue says that the branch has a merge queue.
	Queue bool
}

// RequiredCheck is a check that a branch requires.
type RequiredCheck struct {
	Name string
	// App is the ID of the App that alone can give it; 0 means that any can.
	App int64
	// By says what requires it: `ruleset 42`, or `branch protection`.
	By string
}

// Require returns those of the required checks that have a name.
func (p Protection) Require(name string) []RequiredCheck {
	var out []RequiredCheck
	for _, c := range p.Required {
		if c.Name == name {
			out = append(out, c)
		}
	}
	return out
}

// ProtectionError says that GitHub did not tell how a branch is protected.
type ProtectionError struct {
	Msg  string
	Hint string
	Err  error
}

func (e *ProtectionError) Error() string { return e.Msg }

// Unwrap returns the cause, if any.
func (e *ProtectionError) Unwrap() error { return e.Err }

// UserHint says what to do.
func (e *ProtectionError) UserHint() string { return e.Hint }

// protectionTime bounds all questions together: whoever asks waits for the answer.
const protectionTime = 20 * time.Second

// ReadProtection asks GitHub what a branch requires: rulesets, and the older
// branch protection. It needs no administrator: of branch protection it reads
// what GitHub shows to everybody who can read the branch. A *ProtectionError is
// what the user can mend.
func ReadProtection(ctx context.Context, opts ProtectionOptions) (Protection, error) {
	client, err := newClient(ClientOptions{API: opts.APIURL, Token: opts.Token, Agent: opts.Agent})
	if err != nil {
		return Protection{}, err
	}
	r := protectionReader{client: client, opts: opts, until: time.Now().Add(protectionTime)}
	p := Protection{Branch: opts.Branch}
	if p.Branch == "" {
		var repository struct {
			DefaultBranch string `json:"default_branch"`
		}
		if _, err := r.get(ctx, "", &repository); err != nil {
			return Protection{}, err
		}
		p.Branch = repository.DefaultBranch
	}
	if err := r.rules(ctx, &p); err != nil {
		return Protection{}, err
	}
	return p, r.classic(ctx, &p)
}

type protectionReader struct {
	client *github.Client
	opts   ProtectionOptions
	until  time.Time
}

// rules reads the rules of all rulesets that are in force on the branch. They
// are decoded here, since go-github's types fail at kinds of rules that are
// newer than they are.
func (r protectionReader) rules(ctx context.Context, p *Protection) error {
	for page := 1; page != 0; {
		var rules []struct {
			Type       string          `json:"type"`
			Ruleset    int64           `json:"ruleset_id"`
			Parameters json.RawMessage `json:"parameters"`
		}
		resp, err := r.get(ctx, fmt.Sprintf("/rules/branches/%s?per_page=100&page=%d", url.PathEscape(p.Branch), page), &rules)
		if err != nil {
			return err
		}
		for _, rule := range rules {
			switch rule.Type {
			case "merge_queue":
				p.Queue = true
			case "required_status_checks":
				var parameters struct {
					Checks []struct {
						Context string `json:"context"`
						App     *int64 `json:"integration_id"`
					} `json:"required_status_checks"`
				}
				if err := json.Unmarshal(rule.Parameters, &parameters); err != nil {
					return fmt.Errorf("reading ruleset %d: %w", rule.Ruleset, err)
				}
				for _, c := range parameters.Checks {
					p.Required = append(p.Required, RequiredCheck{Name: c.Context, App: app(c.App), By: fmt.Sprintf("ruleset %d", rule.Ruleset)})
				}
			}
		}
		page = resp.NextPage
	}
	return nil
}

// classic reads branch protection. go-github's Branch does not have it.
func (r protectionReader) classic(ctx context.Context, p *Protection) error {
	var branch struct {
		Protected  bool `json:"protected"`
		Protection struct {
			Enabled bool `json:"enabled"`
			Status  struct {
				Level    string   `json:"enforcement_level"`
				Contexts []string `json:"contexts"`
				Checks   []struct {
					Context string `json:"context"`
					App     *int64 `json:"app_id"`
				} `json:"checks"`
			} `json:"required_status_checks"`
		} `json:"protection"`
	}
	if _, err := r.get(ctx, "/branches/"+url.PathEscape(p.Branch), &branch); err != nil {
		return err
	}
	status := branch.Protection.Status
	if !branch.Protection.Enabled || status.Level == "off" {
		return nil
	}
	named := map[string]bool{}
	for _, c := range status.Checks {
		named[c.Context] = true
		p.Required = append(p.Required, RequiredCheck{Name: c.Context, App: app(c.App), By: "branch protection"})
	}
	for _, context := range status.Contexts { // older servers have these alone
		if !named[context] {
			p.Required = append(p.Required, RequiredCheck{Name: context, By: "branch protection"})
		}
	}
	return nil
}

// app is the ID of an App; GitHub writes null or -1 for any.
func app(id *int64) int64 {
	if id == nil || *id < 0 {
		return 0
	}
	return *id
}

// get reads one document of the repository.
func (r protectionReader) get(ctx context.Context, path string, into any) (*github.Response, error) {
	name := r.opts.Owner + "/" + r.opts.Name
	req, err := r.client.NewRequest(http.MethodGet, "repos/"+name+path, nil)
	if err != nil {
		return nil, fmt.Errorf("asking GitHub about %s: %w", name, err)
	}
	limited, cancel := context.WithDeadline(ctx, r.until)
	defer cancel()
	resp, err := r.client.Do(limited, req, into)
	if err == nil {
		return resp, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, r.explain(name, path, err)
}

// explain says what to do about an answer that is an error.
func (r protectionReader) explain(name, path string, err error) error {
	var answer *github.ErrorResponse
	var limit *LimitError
	switch {
	case errors.As(err, &limit):
		return &ProtectionError{limit.Error(), "try again after that, or use another token", err}
	case !errors.As(err, &answer):
		return &ProtectionError{"GitHub does not answer: " + err.Error(), "is the network there? on GitHub Enterprise Server set GITHUB_API_URL", err}
	}
	what := cmp.Or(strings.Split(strings.TrimPrefix(path, "/"), "/")[0], "repository")
	switch answer.Response.StatusCode {
	case http.StatusUnauthorized:
		return &ProtectionError{"GitHub does not take the token", "set GITHUB_TOKEN to one that is valid: GITHUB_TOKEN=$(gh auth token)", err}
	case http.StatusNotFound:
		if r.opts.Branch != "" && path != "" {
			return &ProtectionError{fmt.Sprintf("GitHub knows no branch %s of %s, or does not show it to this token", r.opts.Branch, name), "is it the right --branch? else the token needs contents: read", err}
		}
		return &ProtectionError{fmt.Sprintf("GitHub knows no repository %s, or does not show it to this token", name), "is it the right one? --github OWNER/NAME; else the token needs metadata: read and contents: read", err}
	case http.StatusForbidden:
		return &ProtectionError{fmt.Sprintf("the token may not read the %s of %s: %s", what, name, answer.Message), "give the token metadata: read and contents: read", err}
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect:
		return &ProtectionError{fmt.Sprintf("%s has another name now", name), "give the name that it has now: --github OWNER/NAME", err}
	}
	return &ProtectionError{fmt.Sprintf("GitHub answers %d about %s", answer.Response.StatusCode, name), "try again later; https://www.githubstatus.com says whether GitHub has a fault", err}
}
