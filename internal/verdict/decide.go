package verdict

import (
	"cmp"
	"fmt"
	"slices"
)

// Outcome is the answer to "may this be merged?".
type Outcome string

// Pass: everything was looked at and nothing blocks. Fail: a finding blocks.
// Undecided: something that had to be looked at was not.
const (
	Pass      Outcome = "pass"
	Fail      Outcome = "fail"
	Undecided Outcome = "undecided"
)

// Outcomes are all that there are, best first.
func Outcomes() []Outcome { return []Outcome{Pass, Undecided, Fail} }

// Verdict is an outcome and the reasons for it, as sentences.
type Verdict struct {
	Outcome Outcome  `json:"outcome"`
	Reasons []string `json:"reasons"`
}

// Gate says which findings may block.
type Gate string

// GateNew lets only findings that come with the change block; GateAll lets
// those block that base already has, too.
const (
	GateNew Gate = "new"
	GateAll Gate = "all"
)

// Case is all that a verdict is made of.
type Case struct {
	Findings []Finding
	Ledger   []Entry
	// Manifests says whether the repository holds any manifest at all.
	Manifests bool
	// Environments is how many environments were found, Affected how many of
	// them the change touches.
	Environments int
	Affected     int
	// Rules is how many policy rules were loaded.
	Rules int
	// Gate is GateNew unless set.
	Gate Gate
	// Strict makes every entry that was not evaluated block, whatever its reason.
	Strict bool
}

// Decide makes one verdict. A blocking finding means Fail, whatever else was
// not looked at, since it alone is enough to refuse the change. Without one,
// anything that had to be looked at and was not means Undecided.
func Decide(c Case) Verdict {
	if reasons := failures(c); len(reasons) > 0 {
		return Verdict{Fail, reasons}
	}
	if reasons := gaps(c); len(reasons) > 0 {
		return Verdict{Undecided, reasons}
	}
	return Verdict{Pass, []string{passReason(c)}}
}

// Of is the part of a case that is about one environment, which the change
// affects or not: Decide on it says what the environment alone comes to. What is
// about the repository as a whole is left out.
func (c Case) Of(env string, affected bool) Case {
	c.Findings = slices.DeleteFunc(slices.Clone(c.Findings), func(f Finding) bool { return f.Environment != env })
	c.Ledger = slices.DeleteFunc(slices.Clone(c.Ledger), func(e Entry) bool { return e.Environment != env })
	c.Environments, c.Affected = 1, 0
	if affected {
		c.Affected = 1
	}
	return c
}

func passReason(c Case) string {
	switch {
	case c.Environments == 0:
		return "the repository holds no manifests, before or after the change"
	case c.Affected == 0:
		return "the change affects no environment"
	}
	return "every affected environment was evaluated, and nothing blocks"
}

// Blocks reports whether a finding refuses the change.
func Blocks(f Finding, gate Gate) bool {
	if f.Level != Error || f.Baseline == Absent || f.Waiver != nil {
		return false
	}
	return f.Baseline == New || gate == GateAll
}

func failures(c Case) []string {
	count := map[string]int{}
	for _, f := range c.Findings {
		if Blocks(f, c.Gate) {
			count[f.Environment]++
		}
	}
	var reasons []string
	for _, env := range sortedKeys(count) {
		reasons = append(reasons, fmt.Sprintf("%s: %s", env, plural(count[env], "blocking finding")))
	}
	return reasons
}

// gaps lists what had to be looked at and was not.
func gaps(c Case) []string {
	var reasons []string
	if c.Environments == 0 && c.Manifests {
		reasons = append(reasons, "the repository has manifests, and no environment was found for them")
	}
	if c.Rules == 0 && c.Affected > 0 {
		reasons = append(reasons, "no policy rule was loaded")
	}
	type key struct {
		env    string
		stage  Stage
		reason Reason
	}
	count := map[key]int{}
	evaluated := map[string]bool{}
	for _, e := range c.Ledger {
		if e.Evaluated() {
			evaluated[e.Environment] = true
			continue
		}
		if e.blocks() || c.Strict && e.Reason != Off {
			count[key{e.Environment, e.Stage, e.Reason}]++
		}
	}
	for _, k := range sortedKeysFunc(count, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.env, b.env), cmp.Compare(a.stage, b.stage), cmp.Compare(a.reason, b.reason))
	}) {
		where := k.env
		if where == "" {
			where = "repository"
		}
		reasons = append(reasons, fmt.Sprintf("%s: %s: %s not evaluated (%s)", where, k.stage, plural(count[k], "item"), k.reason))
	}
	if c.Affected > 0 && len(evaluated) == 0 && len(reasons) == 0 {
		reasons = append(reasons, "nothing was evaluated")
	}
	return reasons
}

// blocks reports whether an entry that was not evaluated leaves the verdict
// undecided. A root that did not render as a whole always does, since nothing
// of it was looked at; single objects only for blocking reasons.
func (e Entry) blocks() bool {
	if e.Object == (Object{}) && (e.Stage == StageRender || e.Stage == StageDiscover) {
		return e.Reason != Off
	}
	return e.Reason.Blocking()
}

// Blocking reports whether something that was not evaluated for this reason
// leaves the verdict undecided even when the configuration is not strict.
func (r Reason) Blocking() bool {
	switch r {
	case "", UnknownKind, NeedsNetwork, Encrypted, Unverifiable, Off:
		return false
	}
	// Reasons that this version does not know block like a failure.
	return true
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func sortedKeys[V any](m map[string]V) []string {
	return sortedKeysFunc(m, cmp.Compare[string])
}

func sortedKeysFunc[K comparable, V any](m map[K]V, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}
