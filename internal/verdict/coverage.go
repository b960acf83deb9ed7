package verdict

// Coverage says how many objects a rule was asked about, counted in each
// environment by itself. Applied is the sum of the others.
type Coverage struct {
	Rule    string `json:"rule"`
	Applied int    `json:"applied"`
	Passed  int    `json:"passed"`
	// Failed are those with a finding that no waiver covers, Waived those of which
	// a waiver covers every finding.
	Failed  int `json:"failed"`
	Waived  int `json:"waived"`
	Errored int `json:"errored"`
}

// Plus adds the counts of the same rule.
func (c Coverage) Plus(other Coverage) Coverage {
	c.Applied += other.Applied
	c.Passed += other.Passed
	c.Failed += other.Failed
	c.Waived += other.Waived
	c.Errored += other.Errored
	return c
}

// Cover counts objects as waived of which a waiver covers every finding of the
// rule.
func Cover(counts []Coverage, findings []Finding) {
	type pair struct {
		environment string
		object      Object
	}
	open := map[string]map[pair]bool{}
	for _, f := range findings {
		if f.Baseline == Absent {
			continue
		}
		if open[f.Rule] == nil {
			open[f.Rule] = map[pair]bool{}
		}
		at := pair{f.Environment, f.Object}
		open[f.Rule][at] = open[f.Rule][at] || f.Waiver == nil
	}
	for i := range counts {
		for _, isOpen := range open[counts[i].Rule] {
			if !isOpen && counts[i].Failed > 0 {
				counts[i].Failed--
				counts[i].Waived++
			}
		}
	}
}
