package cli_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/checks/githubtest"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestPublish runs the scripts that need a GitHub: a test server, which each
// has of its own. `github commit SHA` and `github pull NUMBER HEAD BASE MERGE`
// make things known to it; `github show` prints what it holds.
func TestPublish(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/publish",
		Setup: func(env *testscript.Env) error {
			github, err := githubtest.New(func(err error) { t.Error(err) })
			if err != nil {
				return err
			}
			server := httptest.NewServer(github)
			env.Defer(server.Close)
			env.Values["github"] = github
			for _, v := range []string{
				"GITHUB_API_URL=" + server.URL, "GITHUB_TOKEN=" + githubtest.Token,
				"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_SYSTEM=" + os.DevNull,
				"GIT_AUTHOR_NAME=Test", "GIT_AUTHOR_EMAIL=test@example.com", "GIT_COMMITTER_NAME=Test", "GIT_COMMITTER_EMAIL=test@example.com",
			} {
				name, value, _ := strings.Cut(v, "=")
				env.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"github": gitHub, "sethead": setHead},
	})
}

func gitHub(ts *testscript.TestScript, _ bool, args []string) {
	github, ok := ts.Value("github").(*githubtest.Server)
	if !ok || len(args) == 0 {
		ts.Fatalf("usage: github commit|pull|show")
	}
	switch args[0] {
	case "commit":
		github.AddCommit(args[1], args[2:]...)
	case "pull":
		p := githubtest.Pull{Head: args[2], Base: args[3], Merge: args[4]}
		if _, err := fmt.Sscan(args[1], &p.Number); err != nil {
			ts.Fatalf("%v", err)
		}
		github.AddPull(p)
	case "run":
		github.AddRun(githubtest.Run{Name: args[1], HeadSHA: args[2], Status: args[3], ExternalID: "penstock:v1:19990101T000000.000Z:00:0"})
	case "show":
		github.Show(ts.Stdout())
	}
}

// setHead sets a variable to the commit of a revision: sethead NAME REV.
func setHead(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("git", "rev-parse", args[1]))
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}
