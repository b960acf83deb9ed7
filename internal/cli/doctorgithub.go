package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/penstock-dev/penstock/checks"
)

// gitHub asks what the branch requires before a merge.
func (o *doctorOptions) gitHub(ctx context.Context, d *diagnosis) {
	host, remote := o.remote(ctx)
	name := cmp.Or(o.github, os.Getenv("GITHUB_REPOSITORY"), remote)
	token := cmp.Or(os.Getenv("GITHUB_TOKEN"), os.Getenv("GH_TOKEN"))
	api := os.Getenv("GITHUB_API_URL")
	switch {
	case name == "":
		d.add(examined{Status: statusNotLooked, Message: "what a merge requires: the remote is not a repository on GitHub", Hint: "name it: --github OWNER/NAME"})
		return
	case token == "":
		d.add(examined{Status: statusNotLooked, Message: "what a merge into " + name + " requires: there is no token", Hint: "GITHUB_TOKEN=$(gh auth token) penstock doctor"})
		return
	case api == "" && o.github == "" && os.Getenv("GITHUB_REPOSITORY") == "" && host != "github.com":
		// A token is not sent to a host that only the name of a remote speaks for.
		d.add(examined{Status: statusNotLooked, Message: "what a merge into " + name + " requires: " + host + " is not github.com", Hint: "on GitHub Enterprise Server: GITHUB_API_URL=https://" + host + "/api/v3 penstock doctor"})
		return
	}
	owner, short, _ := strings.Cut(name, "/")
	p, err := checks.ReadProtection(ctx, checks.ProtectionOptions{APIURL: api, Token: token, Agent: "penstock/" + tool().Version, Owner: owner, Name: short, Branch: o.branch})
	if err != nil {
		d.problem(err)
		return
	}
	d.queue = p.Queue
	d.required(name, p)
}

// required says whether a merge needs the verdict, and from whom.
func (d *diagnosis) required(name string, p checks.Protection) {
	required := p.Require(checkName)
	settings := fmt.Sprintf("in the settings of %s, under Rules, add a ruleset for %s", name, p.Branch)
	if len(required) == 0 {
		message := fmt.Sprintf("%s of %s does not require the check %s: a change can be merged against its verdict", p.Branch, name, checkName)
		if others := otherChecks(p); others != "" {
			message += "; it requires " + others
		}
		d.add(examined{Status: statusProblem, Message: message, Hint: settings + " that requires the status check " + checkName + ", with GitHub Actions as its source"})
		return
	}
	pinned := ""
	for _, c := range required {
		if c.App != 0 {
			pinned = c.By
		}
	}
	if pinned == "" {
		d.add(examined{Status: statusProblem, Message: fmt.Sprintf("%s of %s takes the check %s from any app (%s): whoever can write a status can pass it", p.Branch, name, checkName, required[0].By),
			Hint: settings + " that requires " + checkName + " with GitHub Actions (or your App) as its source, instead of any source"})
		return
	}
	d.ok("%s of %s requires the check %s, from one app (%s)", p.Branch, name, checkName, pinned)
}

// otherChecks are checks whose name has penstock in it: a required check under
// another name is most likely meant.
func otherChecks(p checks.Protection) string {
	var names []string
	for _, c := range p.Required {
		if strings.Contains(strings.ToLower(c.Name), checkName) {
			names = append(names, c.Name)
		}
	}
	return strings.Join(names, ", ")
}
