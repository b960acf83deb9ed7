package policies

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// setting is a rule as it runs in one environment.
type setting struct {
	rule
	// values are the parameters: those of the configuration over the defaults.
	values map[string]any
}

// settings are the rules that run in an environment, and what is wrong with
// what its configuration says of rules, as sentences. A rule whose parameters
// are wrong does not run: what it would say is not what was asked.
func (e *Engine) settings(ctx context.Context, env config.Environment, limit time.Duration) ([]setting, []string, error) {
	ctx, cancel := patient(ctx, limit)
	defer cancel()
	out, faults, err := e.configure(ctx, e.rules, env)
	if err != nil {
		return nil, nil, err
	}
	faults = append(faults, e.unknown(env)...)
	return out, slices.Compact(slices.Sorted(slices.Values(faults))), nil
}

// configure are the rules that run in an environment, and what is wrong with the
// parameters of those that do not for that.
func (e *Engine) configure(ctx context.Context, rules []rule, env config.Environment) (out []setting, faults []string, err error) {
	for _, r := range rules {
		if !r.runs(env) {
			continue
		}
		if severity, set := env.Severities[r.ID]; set {
			// "off" is dealt with above; unknown says what is not a level.
			r.Level = verdict.Level(severity)
		}
		values, wrong, err := r.values(ctx, e.templates.left, env.Parameters[r.ID])
		if err != nil {
			return nil, nil, err
		}
		if len(wrong) > 0 {
			faults = append(faults, wrong...)
			continue
		}
		out = append(out, setting{r, values})
	}
	return out, faults, nil
}

// unknown finds what an environment says of rules that are not there, and
// severities that are none.
func (e *Engine) unknown(env config.Environment) []string {
	var faults, ids []string
	for _, r := range e.rules {
		ids = append(ids, r.ID)
	}
	for id := range env.Parameters {
		if !slices.Contains(ids, id) {
			faults = append(faults, fmt.Sprintf("parameters are set for the rule %s, which is not there; correct its ID in .penstock.yaml%s", id, meant(id, ids)))
		}
	}
	for id, severity := range env.Severities {
		if strings.HasPrefix(id, gatekeeper.RulePrefix) && !slices.Contains(ids, id) {
			continue // it may be in another environment; see strangers
		}
		if !slices.Contains(ids, id) {
			faults = append(faults, fmt.Sprintf("a severity is set for the rule %s, which is not there; correct its ID in .penstock.yaml%s", id, meant(id, ids)))
		} else if !slices.Contains([]string{"error", "warning", "note", "off"}, severity) {
			faults = append(faults, fmt.Sprintf("the severity of the rule %s is %q; write error, warning, note or off", id, severity))
		}
	}
	return faults
}

// meant names the rule of which only the group is missing or another one.
func meant(id string, ids []string) string {
	last := id[strings.LastIndexByte(id, '/')+1:]
	for _, candidate := range ids {
		if candidate[strings.LastIndexByte(candidate, '/')+1:] == last {
			return " (there is " + candidate + ")"
		}
	}
	return ""
}

// values are the parameters of the rule with what the configuration sets, or
// what is wrong with that.
func (r rule) values(ctx context.Context, left *leftovers, set map[string]any) (map[string]any, []string, error) {
	values := make(map[string]any, len(r.parameters))
	for name, p := range r.parameters {
		if p.Default != nil {
			values[name] = p.Default
		}
	}
	var wrong []string
	for _, name := range sortedKeys(set) {
		p, known := r.parameters[name]
		if !known {
			has := "it has none"
			if len(r.parameters) > 0 {
				has = "it has " + strings.Join(slices.Sorted(maps.Keys(r.parameters)), ", ")
			}
			wrong = append(wrong, fmt.Sprintf("the rule %s has no parameter %s; %s", r.ID, name, has))
			continue
		}
		if p.Default != nil && typeOf(p.Default) != typeOf(set[name]) {
			wrong = append(wrong, fmt.Sprintf("the parameter %s of the rule %s is a %s; it must be a %s", name, r.ID, typeOf(set[name]), typeOf(p.Default)))
			continue
		}
		if p.Schema != nil {
			fault, err := violates(ctx, left, set[name], p.Schema)
			if err != nil {
				return nil, nil, fmt.Errorf("checking the parameter %s of the rule %s: %w", name, r.ID, err)
			}
			if fault != "" {
				wrong = append(wrong, fmt.Sprintf("the parameter %s of the rule %s: %s", name, r.ID, fault))
				continue
			}
		}
		values[name] = set[name]
	}
	return values, wrong, nil
}

func typeOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any, []string:
		return "list"
	case map[string]any, map[string]string:
		return "mapping"
	}
	return "number"
}

// violates says how a value violates a JSON Schema, or nothing. A schema that a
// patient ctx has no patience with is an error, as one is that is no schema.
func violates(ctx context.Context, left *leftovers, value, schema any) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	against, err := ast.InterfaceToValue(schema)
	if err != nil {
		return "", err
	}
	localSchemas()
	match := topdown.GetBuiltin(ast.JSONMatchSchema.Name)
	return bounded(ctx, left, func() (string, error) {
		var answer *ast.Term
		operands := []*ast.Term{ast.StringTerm(string(text)), ast.NewTerm(against)}
		err := match(topdown.BuiltinContext{Context: ctx}, operands, func(t *ast.Term) error {
			answer = t
			return nil
		})
		if err != nil {
			return "", err
		}
		return schemaFaults(answer)
	})
}

// schemaFaults are the errors in an answer of json.match_schema, as a sentence.
func schemaFaults(answer *ast.Term) (string, error) {
	pair, ok := answer.Value.(*ast.Array)
	if !ok || pair.Len() != 2 {
		return "", fmt.Errorf("the schema gave %s", answer)
	}
	var faults []struct{ Error string }
	if err := ast.As(pair.Elem(1).Value, &faults); err != nil {
		return "", err
	}
	var texts []string
	for _, f := range faults {
		texts = append(texts, f.Error)
	}
	slices.Sort(texts)
	return strings.Join(texts, "; "), nil
}
