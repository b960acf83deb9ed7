package policies

import (
	"cmp"
	"slices"

	"github.com/penstock-dev/penstock/internal/verdict"
)

// tally counts what rules were asked about, by the place of their ID among ids.
// Rules that share an ID are one.
type tally struct {
	ids     []string
	of      []int // by rule
	counts  []verdict.Coverage
	unseen  map[string]bool
	applied []bool // of the object at hand
	failed  []bool
	errored []bool
}

func newTally(rules []setting) *tally {
	t := &tally{of: make([]int, len(rules)), unseen: map[string]bool{}}
	for i, r := range rules {
		at := slices.Index(t.ids, r.ID)
		if at < 0 {
			at = len(t.ids)
			t.ids = append(t.ids, r.ID)
		}
		t.of[i] = at
	}
	n := len(t.ids)
	t.counts, t.applied, t.failed, t.errored = make([]verdict.Coverage, n), make([]bool, n), make([]bool, n), make([]bool, n)
	for i, id := range t.ids {
		t.counts[i].Rule = id
	}
	return t
}

// object counts one object: the rules that apply to it, and what they say of it
// at head. Of a kind that no rule looks at the name is kept.
func (t *tally) object(kind string, rules []int, j judgement) {
	if len(rules) == 0 {
		t.unseen[kind] = true
		return
	}
	clear(t.applied)
	clear(t.failed)
	clear(t.errored)
	for _, i := range rules {
		t.applied[t.of[i]] = true
	}
	for _, f := range j.findings {
		t.failed[t.of[f.index]] = true
	}
	for _, f := range j.faults {
		t.errored[t.of[f.index]] = true
	}
	for i, applied := range t.applied {
		if !applied {
			continue
		}
		c := &t.counts[i]
		c.Applied++
		switch {
		case t.errored[i]:
			c.Errored++
		case t.failed[i]:
			c.Failed++
		default:
			c.Passed++
		}
	}
}

// total adds up what workers counted, by ID, and lists the kinds that no rule
// looks at.
func total(tallies []*tally) (counts []verdict.Coverage, unseen []string) {
	kinds := map[string]bool{}
	for _, t := range tallies {
		for kind := range t.unseen {
			kinds[kind] = true
		}
		if counts == nil {
			counts = slices.Clone(t.counts)
			continue
		}
		for i, c := range t.counts {
			counts[i] = counts[i].Plus(c)
		}
	}
	slices.SortFunc(counts, func(a, b verdict.Coverage) int { return cmp.Compare(a.Rule, b.Rule) })
	for kind := range kinds {
		unseen = append(unseen, kind)
	}
	slices.Sort(unseen)
	return counts, unseen
}
