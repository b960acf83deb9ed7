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
	// took is for how long now was at work, spent for how long next was: not more
	// than the time that went by, however many environments they worked on.
	took, spent stopwatch
	// found is about how many bytes the findings of next take.
	found int
}

// stopwatch runs while somebody is at work. Whoever has it holds a lock.
type stopwatch struct {
	total   time.Duration
	at      int
	started time.Time
}

func (s *stopwatch) begin(now time.Time) {
	if s.at++; s.at == 1 {
		s.started = now
	}
}

func (s *stopwatch) end(now time.Time) {
	if s.at--; s.at == 0 {
		s.total += now.Sub(s.started)
	}
}

func (s *stopwatch) elapsed(now time.Time) time.Duration {
	if s.at > 0 {
		return s.total + now.Sub(s.started)
	}
	return s.total
}

// refusal is why next cannot be previewed.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// shared are an environment, and its places on both sides; -1 where it is not.
type shared struct {
	config.Pair
	now, next int
}

// run judges. Its error is a *refusal where it is about next. What only next has
// comes last, when it is known how long now takes for what it has.
func (t *trial) run(ctx context.Context) error {
	byKey := map[string]*shared{}
	var known, added []*shared
	add := func(envs []config.Pair, to *[]*shared, place func(*shared, int)) error {
		for i, pair := range envs {
			key, err := settingsKey(pair.Head)
			if err != nil {
				return err
			}
			if byKey[key] == nil {
				byKey[key] = &shared{pair, -1, -1}
				*to = append(*to, byKey[key])
			}
			place(byKey[key], i)
		}
		return nil
	}
	if err := errors.Join(
		add(t.now.envs, &known, func(s *shared, i int) { s.now = i }),
		add(t.next.envs, &added, func(s *shared, i int) { s.next = i }),
	); err != nil {
		return err
	}
	for _, envs := range [][]*shared{known, added} {
		if _, err := each(ctx, envs, func(ctx context.Context, s *shared) (outcome, error) {
			return outcome{}, t.environment(ctx, s)
		}); err != nil {
			return err
		}
	}
	return nil
}

// settingsKey tells renderings apart. What only judges and the dry-run read does
// not count.
func settingsKey(env config.Environment) (string, error) {
	settings := env
	settings.Labels, settings.Parameters, settings.Severities, settings.Context, settings.Drift, settings.Found = nil, nil, nil, "", false, ""
	key, err := json.Marshal(settings)
	if err != nil {
		return "", fmt.Errorf("comparing the settings of %s: %w", env.Name, err)
	}
	return string(key), nil
}

// environment renders an environment and judges it by the sides that have it. Of
// one that only next has, the rendering is bounded as well.
func (t *trial) environment(ctx context.Context, s *shared) error {
	say(t.now.opts, "rendering %s", s.Name())
	if s.now < 0 {
		return t.byNext(ctx, func(ctx context.Context) error {
			head, err := t.render(ctx, s.Head)
			if err != nil {
				return fmt.Errorf("rendering %s: %w", s.Name(), err)
			}
			return t.judgeNext(ctx, s.next, head)
		})
	}
	head, err := t.byNow(ctx, s)
	if err != nil || s.next < 0 {
		return err
	}
	return t.byNext(ctx, func(ctx context.Context) error { return t.judgeNext(ctx, s.next, head) })
}

func (t *trial) render(ctx context.Context, env config.Environment) (render.Result, error) {
	head, err := t.now.opts.Renderer.Render(ctx, t.now.opts.Change.Head, env)
	if err != nil {
		return head, err
	}
	secrets := redact.New(shortestSecret, head.Objects.All()...)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.secrets = append(t.secrets, secrets)
	return head, nil
}

// byNow renders an environment and judges it by now.
func (t *trial) byNow(ctx context.Context, s *shared) (render.Result, error) {
	t.mu.Lock()
	t.took.begin(time.Now())
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.took.end(time.Now())
	}()
	head, err := t.render(ctx, s.Head)
	if err != nil {
		return head, err
	}
	return head, t.now.judge(ctx, s.now, head)
}

// byNext does what is only for next, in the time that is left for it. The errors
// of work are refusals.
func (t *trial) byNext(ctx context.Context, work func(context.Context) error) error {
	t.mu.Lock()
	now := time.Now()
	patience := max(previewPatience, previewFactor*t.took.elapsed(now))
	left := patience - t.spent.elapsed(now)
	t.spent.begin(now)
	t.mu.Unlock()
	bounded, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	err := work(bounded)
	t.mu.Lock()
	t.spent.end(time.Now())
	t.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case bounded.Err() != nil:
		return &refusal{impatient(patience)}
	case err != nil:
		return &refusal{err}
	}
	return nil
}

// judgeNext judges an environment by next, in the memory that is left.
func (t *trial) judgeNext(ctx context.Context, i int, head render.Result) error {
	if err := t.next.judge(ctx, i, head); err != nil {
		return fmt.Errorf("checking %s: %w", t.next.envs[i].Name(), err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.next.results[i].findings {
		t.found += sizeOf(f)
	}
	if t.found > maxPreviewFindings {
		return fmt.Errorf("what it finds takes more than %d MiB", maxPreviewFindings>>20)
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
