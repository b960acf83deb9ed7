package gatekeeper

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// Action is what Gatekeeper does with a violation.
type Action string

// The actions, strictest first.
const (
	Deny   Action = "deny"
	Warn   Action = "warn"
	DryRun Action = "dryrun"
)

func actions() []Action { return []Action{Deny, Warn, DryRun} }

// The enforcement points
// (https://open-policy-agent.github.io/gatekeeper/website/docs/enforcement-points).
const (
	// Point is that of a tool that looks at objects before they reach a cluster.
	Point = "gator.gatekeeper.sh"
	// Webhook and AdmissionPolicy are asked when they reach it.
	Webhook         = "validation.gatekeeper.sh"
	AdmissionPolicy = "vap.k8s.io"

	audit = "audit.gatekeeper.sh"
)

// Constraint is a constraint: an instance of a template.
type Constraint struct {
	Object *manifest.Object
	Kind   string
	Name   string
	Match  Match
	// Action is empty when the constraint is enforced at other points only,
	// which are Points.
	Action Action
	Points []string
	// Parameters are spec.parameters, without defaults; nil when there are none.
	Parameters any
}

// ID is the rule ID of the constraint.
func (c *Constraint) ID() string { return RulePrefix + strings.ToLower(c.Kind) + "/" + c.Name }

// RulePrefix begins the rule IDs of constraints.
const RulePrefix = "gatekeeper/"

// constraintSpec is the part of a constraint that is not its parameters.
type constraintSpec struct {
	Match                    json.RawMessage `json:"match"`
	Parameters               json.RawMessage `json:"parameters"`
	EnforcementAction        string          `json:"enforcementAction"`
	ScopedEnforcementActions []scopedAction  `json:"scopedEnforcementActions"`
}

type scopedAction struct {
	Action            Action `json:"action"`
	EnforcementPoints []struct {
		Name string `json:"name"`
	} `json:"enforcementPoints"`
}

func newConstraint(o *manifest.Object) (*Constraint, *Fault) {
	c := &Constraint{Object: o, Kind: o.ID().Kind, Name: o.ID().Name}
	var spec constraintSpec
	raw := at(o.Fields(), "spec")
	if raw == nil {
		raw = map[string]any{}
	}
	if err := strictly(raw, &spec); err != nil {
		return nil, faultAt(o, "/spec", "spec: %s", err)
	}
	c.Parameters = at(o.Fields(), "spec", "parameters")
	if match := at(o.Fields(), "spec", "match"); match != nil {
		if err := strictly(match, &c.Match); err != nil {
			return nil, faultAt(o, "/spec/match", "spec.match: %s", err)
		}
		if err := c.Match.check(); err != nil {
			return nil, faultAt(o, "/spec/match", "spec.match: %s", err)
		}
	}
	return c, c.enforcement(spec)
}

// enforcement takes the action that applies before objects reach a cluster.
func (c *Constraint) enforcement(spec constraintSpec) *Fault {
	switch action := Action(spec.EnforcementAction); {
	case action == "":
		c.Action = Deny
		return nil
	case slices.Contains(actions(), action):
		c.Action = action
		return nil
	case action != "scoped":
		return faultAt(c.Object, "/spec/enforcementAction", "the enforcementAction %s is none of deny, warn, dryrun and scoped", action)
	}
	const pointer = "/spec/scopedEnforcementActions"
	best := len(actions())
	for _, scoped := range spec.ScopedEnforcementActions {
		rank := slices.Index(actions(), scoped.Action)
		if rank < 0 {
			return faultAt(c.Object, pointer, "the scoped action %q is none of deny, warn and dryrun", scoped.Action)
		}
		for _, p := range scoped.EnforcementPoints {
			switch p.Name {
			case Point, "*":
				best = min(best, rank)
			case Webhook, audit, AdmissionPolicy:
				c.Points = append(c.Points, p.Name)
			default:
				return faultAt(c.Object, pointer, "there is no enforcement point %q", p.Name)
			}
		}
	}
	if best < len(actions()) {
		c.Action, c.Points = actions()[best], nil
		return nil
	}
	if len(c.Points) == 0 {
		return faultAt(c.Object, "/spec/enforcementAction", "the enforcementAction is scoped, and scopedEnforcementActions name no enforcement point")
	}
	slices.Sort(c.Points)
	c.Points = slices.Compact(c.Points)
	return nil
}

// strictly decodes JSON data and refuses fields that it does not know: what
// they mean, and so to what the constraint applies, is not known either.
func strictly(value, into any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("reading a value: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return fmt.Errorf("%s must not be a %s", wrong.Field, wrong.Value)
		}
		field, unknown := strings.CutPrefix(err.Error(), "json: unknown field ")
		if unknown {
			return fmt.Errorf("the field %s is not known", field)
		}
		return err
	}
	return nil
}
