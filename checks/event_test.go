package checks

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestReadEvent takes payloads of the npm package @octokit/webhooks-examples.
func TestReadEvent(t *testing.T) {
	const repo, sha = "Codertocat/Hello-World", "00000000000000000000000000000000000000aa"
	for _, tt := range []struct {
		name, file string
		want       Event
	}{
		{"pull_request", "pull_request.opened", Event{Repository: repo, SHA: "ec26c3e57ca3a959ca5aad62de7213c562f8c821", Pull: 2, Merges: []string{sha}}},
		{"pull_request", "pull_request.synchronize", Event{Repository: repo, SHA: "ec26c3e57ca3a959ca5aad62de7213c562f8c821", Pull: 2, Merges: []string{sha}, Before: "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"}},
		// GITHUB_SHA is the base branch here.
		{"pull_request_target", "pull_request.opened", Event{Repository: repo, SHA: "ec26c3e57ca3a959ca5aad62de7213c562f8c821", Pull: 2}},
		{"merge_group", "merge_group.checks_requested", Event{Repository: "octo-org/octo-repo", SHA: "2ffea6db159f6b6c47a24e778fb9ef40cf6b1c7d"}},
		{"push", "push", Event{Repository: repo, SHA: "6113728f27ae82c7b1a177c8d03f9e96e0adf246"}},
		{"workflow_run", "workflow_run.completed", Event{Repository: "octo-org/octo-repo", SHA: "3484a3fb816e0859fd6e1cea078d76385ff50625", Pull: 2}},
		{"schedule", "push", Event{Repository: repo, SHA: sha}},
	} {
		t.Run(tt.name+" "+tt.file, func(t *testing.T) {
			payload, err := os.ReadFile("testdata/events/" + tt.file + ".json")
			if err != nil {
				t.Fatal(err)
			}
			got, err := ReadEvent(tt.name, sha, payload)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v\nwant %+v", got, tt.want)
			}
		})
	}
	if _, err := ReadEvent("pull_request", sha, []byte("{}")); err == nil {
		t.Error("a pull_request without a pull request is taken")
	}
	if _, err := ReadEvent("push", sha, []byte("[")); err == nil {
		t.Error("what is no JSON is taken")
	}
}

func TestMatch(t *testing.T) {
	merge, older, other := strings.Repeat("0c", 20), strings.Repeat("0d", 20), strings.Repeat("0e", 20)
	for _, tt := range []struct {
		name, head, sha string
		event           Event
		want            string
	}{
		{"the commit itself", headSHA, headSHA, Event{}, ""},
		{"the merge that the event names", merge, headSHA, Event{Merges: []string{merge}}, ""},
		{"the merge that the pull request names", merge, headSHA, Event{Pull: 7}, ""},
		{"another commit", other, headSHA, Event{}, "the report is about 0e0e0e0e0e0e, and not about 1a2b3c4d5e6f"},
		{"the merge, and nobody names it", merge, headSHA, Event{}, "and not about"},
		{"the merge of an older head, which an event may name", older, headSHA, Event{Merges: []string{older}}, "and not about"},
		{"a merge that GitHub does not know", strings.Repeat("0f", 20), headSHA, Event{Merges: []string{strings.Repeat("0f", 20)}}, "and not about"},
		{"an older head of the pull request", merge, other, Event{Pull: 7}, "the head of pull request 7 is"},
		{"no commit", "", headSHA, Event{}, "which is no commit"},
		{"no ID of a commit", "@octocat\n", headSHA, Event{}, `the report is about "@octocat\n"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(t)
				s.AddCommit(older, strings.Repeat("0b", 20), other)
				r := reportOf(t, 0, 0, "dev")
				r.Change.HeadCommit = tt.head
				at := target()
				at.SHA = tt.sha
				err := publisher(t, s, nil).Match(t.Context(), at, r, tt.event, time.Now())
				switch {
				case tt.want == "" && err != nil:
					t.Error(err)
				case tt.want != "":
					var hint interface{ UserHint() string }
					if err == nil || !strings.Contains(err.Error(), tt.want) || !errors.As(err, &hint) {
						t.Errorf("got %v, want %q", err, tt.want)
					}
				}
			})
		})
	}
	r := reportOf(t, 0, 0, "dev")
	if err := publisher(t, serve(t), nil).Match(t.Context(), target(), r, Event{}, started.Add(-time.Hour)); err == nil || !strings.Contains(err.Error(), "in the future") {
		t.Errorf("a report from the future: %v", err)
	}
}
