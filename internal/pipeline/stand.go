package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/render"
)

// side is a configuration with its rules and waivers, by which all that stands at
// head is judged.
type side struct {
	opts    Options
	envs    []config.Pair
	waivers []verdict.Waiver
	// results are those of envs, without what only a check needs.
	results []outcome
}

// judgement is what one side says.
type judgement struct {
	environments []string
	rules        []verdict.Rule
	findings     []verdict.Finding
	// ledger is what blocks.
	ledger []verdict.Entry
}

func newSide(opts Options, waivedBy fs.FS) (*side, error) {
	s := &side{opts: opts}
	var err error
	if s.envs, _, err = environments(opts); err != nil {
		if _, unknown := errors.AsType[*UnknownEnvironment](err); unknown {
			return s, nil // the run is limited to one that is not on this side
		}
		return nil, err
	}
	s.results = make([]outcome, len(s.envs))
	s.waivers, err = opts.Config.LoadWaivers(waivedBy)
	return s, err
}

// judge judges an environment as it was rendered.
func (s *side) judge(ctx context.Context, i int, head render.Result) error {
	o, err := coverRendered(ctx, s.opts, s.envs[i], head)
	if err != nil {
		return err
	}
	kept := outcome{findings: o.findings, rules: o.rules}
	for _, e := range o.ledger {
		if !e.Evaluated() && e.Reason.Blocking() {
			kept.ledger = append(kept.ledger, e)
		}
	}
	s.results[i] = kept
	return nil
}

func (s *side) judgement() judgement {
	var j judgement
	var own []verdict.Rule
	for i, o := range s.results {
		if len(s.envs[i].Head.Roots) > 0 {
			j.environments = append(j.environments, s.envs[i].Name())
		}
		own = append(own, o.rules...)
		j.findings = append(j.findings, o.findings...)
		j.ledger = append(j.ledger, o.ledger...)
	}
	j.rules = policyRules(s.opts, own)
	sight := verdict.Sight{Now: s.opts.Now, Rules: j.rules, Environments: j.environments, All: s.opts.Environment == ""}
	j.findings = append(j.findings, verdict.Waive(j.findings, s.waivers, sight)...)
	fingerprint(j.findings)
	return j
}

// trial judges head by two sides, one environment after the other, so that each is
// rendered once and none is kept.
type trial struct {
	now, next *side
	mu        sync.Mutex
	secrets   []redact.Redactor
	// took is for how long now judged, spent for how long next did.
	took, spent time.Duration
	// found is about how many bytes the findings of next take.
	found int
}

// refusal is why next cannot be previewed.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// shared are an environment, and its places on both sides; -1 where it is not.
type shared struct {
	pair      config.Pair
	now, next int
}

// run judges. Its error is a *refusal where it is about next.
func (t *trial) run(ctx context.Context) error {
	byKey := map[string]*shared{}
	var pairs []config.Pair
	add := func(envs []config.Pair, place func(*shared, int)) error {
		for i, pair := range envs {
			key, err := settingsKey(pair.Head)
			if err != nil {
				return err
			}
			if byKey[key] == nil {
				byKey[key] = &shared{pair, -1, -1}
				pairs = append(pairs, pair)
			}
			place(byKey[key], i)
		}
		return nil
	}
	if err := errors.Join(
		add(t.now.envs, func(s *shared, i int) { s.now = i }),
		add(t.next.envs, func(s *shared, i int) { s.next = i }),
	); err != nil {
		return err
	}
	_, err := each(ctx, pairs, func(ctx context.Context, pair config.Pair) (outcome, error) {
		key, err := settingsKey(pair.Head)
		if err != nil {
			return outcome{}, err
		}
		return outcome{}, t.environment(ctx, byKey[key])
	})
	return err
}

// settingsKey tells renderings apart. What only judges read does not count.
func settingsKey(env config.Environment) (string, error) {
	settings := env
	settings.Labels, settings.Parameters, settings.Severities, settings.Context, settings.Found = nil, nil, nil, "", ""
	key, err := json.Marshal(settings)
	if err != nil {
		return "", fmt.Errorf("comparing the settings of %s: %w", env.Name, err)
	}
	return string(key), nil
}

func (t *trial) environment(ctx context.Context, s *shared) error {
	say(t.now.opts, "rendering %s", s.pair.Name())
	head, err := t.now.opts.Renderer.Render(ctx, t.now.opts.Change.Head, s.pair.Head)
	if err != nil {
		return err
	}
	secrets := redact.New(shortestSecret, head.Objects.All()...)
	t.mu.Lock()
	t.secrets = append(t.secrets, secrets)
	t.mu.Unlock()
	if s.now >= 0 {
		started := time.Now()
		if err := t.now.judge(ctx, s.now, head); err != nil {
			return err
		}
		t.mu.Lock()
		t.took += time.Since(started)
		t.mu.Unlock()
	}
	if s.next >= 0 {
		return t.judgeNext(ctx, s.next, head)
	}
	return nil
}

// judgeNext judges an environment by next, in the time and memory that are left.
func (t *trial) judgeNext(ctx context.Context, i int, head render.Result) error {
	t.mu.Lock()
	patience := max(previewPatience, previewFactor*t.took)
	left := patience - t.spent
	t.mu.Unlock()
	bounded, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	started := time.Now()
	err := t.next.judge(bounded, i, head)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && bounded.Err() != nil:
		return &refusal{impatient(patience)}
	case err != nil:
		return &refusal{fmt.Errorf("checking %s: %w", t.next.envs[i].Name(), err)}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spent += time.Since(started)
	for _, f := range t.next.results[i].findings {
		t.found += sizeOf(f)
	}
	if t.found > maxPreviewFindings {
		return &refusal{fmt.Errorf("what it finds takes more than %d MiB", maxPreviewFindings>>20)}
	}
	return nil
}

func impatient(patience time.Duration) error {
	return fmt.Errorf("it took longer than %s, and was stopped", patience.Round(time.Second))
}

// sizeOf is about how many bytes a finding takes.
func sizeOf(f verdict.Finding) int {
	const fixed = 512
	return fixed + len(f.Message) + len(f.Path) + len(f.Container) + len(f.Remediation)
}
