package policies

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// inForce are the constraints that judge an environment.
type inForce struct {
	rules []rule
	// own describes those that the environment itself holds.
	own     []verdict.Rule
	entries []verdict.Entry
	// expander expands workloads as the environment does, and config says what
	// Gatekeeper leaves alone there.
	expander gatekeeper.Expander
	config   *gatekeeper.Config
}

// book holds objects of Gatekeeper by what they are asked for.
type book struct {
	templates   map[string]*gatekeeper.Template
	constraints map[string]*gatekeeper.Constraint
	expansions  map[string]*gatekeeper.Expansion
	config      *gatekeeper.Config
	// own are the constraints that the environment itself holds.
	own map[string]bool
}

// newBook puts the objects of an environment over those of the directories of
// policies: where both have one of the same name, the environment's is what
// judges there.
func newBook(directories, environment gatekeeper.Objects) book {
	b := book{map[string]*gatekeeper.Template{}, map[string]*gatekeeper.Constraint{}, map[string]*gatekeeper.Expansion{}, environment.Config, map[string]bool{}}
	if b.config == nil {
		b.config = directories.Config
	}
	for _, objects := range []gatekeeper.Objects{directories, environment} {
		for _, t := range objects.Templates {
			b.templates[t.Kind] = t
		}
		for _, c := range objects.Constraints {
			b.constraints[c.ID()] = c
		}
		for _, x := range objects.Expansions {
			b.expansions[x.Object.ID().Name] = x
		}
	}
	for _, c := range environment.Constraints {
		b.own[c.ID()] = true
	}
	return b
}

func (b book) expander() gatekeeper.Expander {
	out := gatekeeper.Expander{Workloads: true}
	for _, name := range slices.Sorted(maps.Keys(b.expansions)) {
		out.Templates = append(out.Templates, b.expansions[name])
	}
	return out
}

// withConstraints is the engine with the constraints that judge an environment.
func (e *Engine) withConstraints(ctx context.Context, in Input) (*Engine, inForce, error) {
	found, err := e.constraintsOf(ctx, in)
	if err != nil {
		return nil, inForce{}, err
	}
	next := *e
	next.rules = slices.Concat(e.rules, found.rules)
	slices.SortStableFunc(next.rules, func(a, b rule) int { return strings.Compare(a.ID, b.ID) })
	return &next, found, nil
}

// constraintRules describes the constraints of the directories of policies.
func (e *Engine) constraintRules() []verdict.Rule {
	b := newBook(e.gatekeeper, gatekeeper.Objects{})
	var out []verdict.Rule
	for _, c := range b.constraints {
		out = append(out, describeConstraint(c, b.templates[c.Kind]).Rule)
	}
	return out
}

// constraintsOf finds the constraints that judge an environment: those of the
// directories of policies, and those that the environment holds at base, as the
// Gatekeeper of its cluster would. What head changes of them is listed, as is
// every constraint that cannot be evaluated.
func (e *Engine) constraintsOf(ctx context.Context, in Input) (inForce, error) {
	ctx, cancel := patient(ctx, in.RuleTimeout)
	defer cancel()
	base, head := gatekeeper.Read(in.Base.All()), gatekeeper.Read(in.Head.All())
	now := newBook(e.gatekeeper, base)
	out := inForce{expander: now.expander(), config: now.config}
	next := newBook(e.gatekeeper, head)
	for _, id := range slices.Sorted(maps.Keys(now.constraints)) {
		c := now.constraints[id]
		if in.Environment.Severities[id] == "off" {
			continue
		}
		r, err := e.constraint(ctx, c, now)
		if now.own[id] {
			out.own = append(out.own, describeConstraint(c, now.templates[c.Kind]).Rule)
		}
		if err == nil {
			r.builtinErrors = e.builtinErrors[c.Object]
			if now.own[id] {
				r.builtinErrors = in.BuiltinErrors
			}
			out.rules = append(out.rules, r)
			continue
		}
		entry, err := unevaluated(in, c.Object, err)
		if err != nil {
			return inForce{}, err
		}
		switch {
		case entry.Reason == verdict.Unsupported && now.own[id]:
			// It is the cluster's, like any webhook that cannot be asked here.
			entry.Reason = verdict.Unverifiable
		case entry.Reason == verdict.Failed && now.own[id]:
			entry = mended(entry, e.works(ctx, next, id))
		}
		out.entries = append(out.entries, entry)
	}
	base.Ignored = slices.Concat(e.gatekeeper.Ignored, base.Ignored)
	out.entries = append(out.entries, faulty(in, base, head, e.refused)...)
	previews, err := e.previews(ctx, in, next)
	out.entries = append(out.entries, previews...)
	out.entries = append(out.entries, strangers(in, now)...)
	return out, err
}

// constraint makes the rule of a constraint. One that is enforced elsewhere only
// is a *blocked error of its own kind.
func (e *Engine) constraint(ctx context.Context, c *gatekeeper.Constraint, b book) (rule, error) {
	if c.Action == "" {
		return rule{}, &elsewhere{c.Points}
	}
	return e.templates.newConstraint(ctx, c, b.templates[c.Kind])
}

// elsewhere says that a constraint is not enforced before objects reach a cluster.
type elsewhere struct{ points []string }

func (e *elsewhere) Error() string {
	return fmt.Sprintf("it is enforced at %s only, not at %s", strings.Join(e.points, ", "), gatekeeper.Point)
}

// reason is Off where the constraint refuses nothing. One that the cluster asks
// when the change arrives may refuse it, and did not say so here.
func (e *elsewhere) reason() verdict.Reason {
	if slices.Contains(e.points, gatekeeper.Webhook) || slices.Contains(e.points, gatekeeper.AdmissionPolicy) {
		return verdict.Unverifiable
	}
	return verdict.Off
}

// works reports whether a constraint would run with the objects of a book.
func (e *Engine) works(ctx context.Context, b book, id string) bool {
	c, there := b.constraints[id]
	if !there {
		return true // it is gone
	}
	_, err := e.constraint(ctx, c, b)
	return !isBroken(err)
}

func isBroken(err error) bool {
	_, broken := errors.AsType[*Error](err)
	return broken
}

// mended takes the blocking off what is broken at base and works at head: else
// no change could mend it.
func mended(entry verdict.Entry, works bool) verdict.Entry {
	if works {
		entry.Reason = verdict.Unverifiable
		entry.Detail += "; this change mends it"
	}
	return entry
}

// unevaluated is the entry of a constraint that does not run; the error is one
// that is neither the constraint's nor its template's.
func unevaluated(in Input, o *manifest.Object, err error) (verdict.Entry, error) {
	entry := verdict.Entry{Environment: in.Environment.Name, Stage: verdict.StagePolicy, Object: nameOf(o), Location: locate(o, "")}
	var blocked *blocked
	var elsewhere *elsewhere
	var broken *Error
	switch {
	case errors.As(err, &blocked):
		entry.Reason, entry.Detail = verdict.Unsupported, "the constraint judges nothing: "+err.Error()
	case errors.As(err, &elsewhere):
		entry.Reason, entry.Detail = elsewhere.reason(), "the constraint judges nothing: "+err.Error()
	case errors.As(err, &broken):
		entry.Reason, entry.Detail = verdict.Failed, "the constraint judges nothing: "+broken.Error()
	default:
		return entry, err
	}
	return entry, nil
}

// faulty are the entries of objects that Gatekeeper would not read, and of those
// that it would act on and Penstock does not, and of the tests among them. What is
// at fault at base only has been mended.
func faulty(in Input, base, head gatekeeper.Objects, tests []gatekeeper.Ignored) []verdict.Entry {
	var out []verdict.Entry
	note := func(o *manifest.Object, reason verdict.Reason, detail string, at *verdict.Location) {
		out = append(out, verdict.Entry{Environment: in.Environment.Name, Stage: verdict.StagePolicy, Object: nameOf(o), Reason: reason, Detail: detail, Location: at})
	}
	for _, f := range head.Faults {
		e := asError(f)
		note(f.Object, verdict.Failed, "Gatekeeper would refuse it: "+e.Error(), &verdict.Location{File: e.File, Line: e.Line})
	}
	for _, i := range base.Ignored {
		note(i.Object, verdict.Unverifiable, i.Why, locate(i.Object, ""))
	}
	for _, i := range tests {
		note(i.Object, verdict.Off, i.Why, locate(i.Object, ""))
	}
	return out
}

// previews are the entries of the objects of Gatekeeper that the change makes,
// changes or deletes: what base has is in force until it is merged. What would
// not work then is at fault now.
func (e *Engine) previews(ctx context.Context, in Input, next book) ([]verdict.Entry, error) {
	var out []verdict.Entry
	for _, d := range in.Deltas {
		o := d.Current()
		id := o.ID()
		if !gatekeeper.Owns(id.Group, id.Kind) {
			continue
		}
		entry := verdict.Entry{Environment: in.Environment.Name, Stage: verdict.StagePolicy, Object: nameOf(o), Location: locate(o, ""), Reason: verdict.Off}
		switch d.Operation {
		case diff.Create:
			entry.Detail = "it comes with this change, and is in force once this is merged"
		case diff.Delete:
			entry.Detail = "it goes with this change, and is in force until this is merged"
		default:
			entry.Detail = "it is in force as base has it, until this change is merged"
		}
		if d.Operation != diff.Delete {
			err := e.tryOut(ctx, o, next)
			if err != nil && !isBroken(err) {
				return nil, err
			}
			if broken, ok := errors.AsType[*Error](err); ok {
				entry.Reason, entry.Detail = verdict.Failed, "it does not work as this change has it: "+broken.Error()
			}
		}
		out = append(out, entry)
	}
	return out, nil
}

// tryOut makes of an object of the head what it would be when it is in force.
// What cannot be evaluated here is not wrong.
func (e *Engine) tryOut(ctx context.Context, o *manifest.Object, next book) error {
	id := o.ID()
	for _, t := range next.templates {
		if t.Object == o && t.Rego != nil {
			compiled, err := e.templates.get(ctx, t.Rego)
			if err != nil {
				return err
			}
			return compiled.err
		}
	}
	for _, c := range next.constraints {
		if c.Object != o {
			continue
		}
		_, err := e.constraint(ctx, c, next)
		var blocked *blocked
		var elsewhere *elsewhere
		if errors.As(err, &blocked) || errors.As(err, &elsewhere) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	return nil
}

// strangers are severities of constraints that the environment does not have.
// They may be set for all environments, and the constraint be in another one.
func strangers(in Input, now book) []verdict.Entry {
	if in.Base.Len()+in.Head.Len() == 0 {
		return nil // an environment without objects has no constraints to miss
	}
	var out []verdict.Entry
	for _, id := range slices.Sorted(maps.Keys(in.Environment.Severities)) {
		if _, there := now.constraints[id]; !there && strings.HasPrefix(id, gatekeeper.RulePrefix) {
			out = append(out, verdict.Entry{Environment: in.Environment.Name, Stage: verdict.StagePolicy, Reason: verdict.Off,
				Detail: fmt.Sprintf("a severity is set for the constraint %s, which this environment does not have at base", id)})
		}
	}
	return out
}
