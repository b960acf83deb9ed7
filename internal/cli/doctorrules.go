package cli

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
)

// settings has the engine look at the severities and parameters of each
// environment, by evaluating nothing in it, and looks at those of the dry-run.
func (d *diagnosis) settings(ctx context.Context, engine *policies.Engine, envs []config.Environment) error {
	empty, err := manifest.NewSet()
	if err != nil {
		return err
	}
	data, _ := fs.ReadFile(d.tree, config.FileName)
	said := map[string]bool{}
	say := func(msg, hint string, ids []string) {
		if said[msg] {
			return
		}
		said[msg] = true
		line := 0
		for _, id := range ids {
			if strings.Contains(msg, id) {
				line = lineOf(data, id)
			}
		}
		d.add(examined{Status: statusProblem, Message: msg, Location: placeOf(config.FileName, line), Hint: hint})
	}
	answers := ids(dryrun.Rules())
	for _, env := range envs {
		given := slices.Concat(slices.Sorted(maps.Keys(env.Severities)), slices.Sorted(maps.Keys(env.Parameters)))
		env.Severities = maps.Clone(env.Severities)
		for _, id := range slices.Sorted(maps.Keys(env.Severities)) {
			if !strings.HasPrefix(id, dryrun.RulePrefix) {
				continue
			}
			delete(env.Severities, id)
			if !slices.Contains(answers, id) {
				say(fmt.Sprintf("a severity is set for the rule %s, which is not there", id), "the rules of the dry-run: "+strings.Join(answers, ", "), given)
			}
		}
		result, err := engine.Evaluate(ctx, policies.Input{Environment: env, Base: empty, Head: empty})
		if err != nil {
			return err
		}
		for _, e := range result.Entries {
			if e.Reason == verdict.Off {
				continue // a constraint that is enforced elsewhere is nobody's mistake
			}
			say(e.Detail, "penstock check -o json | jq -r '.rules[].id' lists the rules", given)
		}
	}
	return nil
}

func ids(rules []verdict.Rule) []string {
	out := make([]string, len(rules))
	for i, r := range rules {
		out[i] = r.ID
	}
	return out
}

// idle says which rules never find anything, since nothing is what they look at.
func (d *diagnosis) idle(engine *policies.Engine, envs []config.Environment) {
	var builtIn []string
	for _, i := range engine.Idle(envs, d.rendered) {
		e := examined{Status: statusProblem, Message: fmt.Sprintf("the rule %s looks at what is not there: %s", i.Rule.ID, i.Why), Location: placeOf(i.File, i.Line),
			Hint: "correct environments or environmentLabels in its match; penstock env shows the environments"}
		switch {
		case i.Rule.Source == policies.BuiltIn && !i.Misses:
			builtIn = append(builtIn, i.Rule.ID)
			continue
		case i.Rule.Source == policies.BuiltIn:
			e.Location = nil // of no file of the repository
		}
		if !i.Misses {
			e.Status, e.Hint = statusOK, ""
			e.Message = fmt.Sprintf("the rule %s finds nothing to look at: %s", i.Rule.ID, i.Why)
		}
		d.add(e)
	}
	if len(builtIn) > 0 {
		d.ok("built-in rules without anything to look at, since no environment has objects of their kinds: %s", few(builtIn))
	}
}
