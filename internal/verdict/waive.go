package verdict

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Waiver lets findings of one rule stand without blocking, until a day. It is
// written by people, in a file that is read from the base of a change.
type Waiver struct {
	// Rule is the ID of the rule.
	Rule string
	// Environment, and Kind, Namespace and Name of the object, are patterns of
	// path.Match. Kind is "Kind" or "group/Kind"; an empty Namespace stands for
	// objects that have none.
	Environment, Kind, Namespace, Name string
	// Container and Path narrow the waiver to one container, or to the value at
	// a JSON Pointer and what lies in it; empty means all of the object.
	Container, Path string
	Reason, Owner   string
	// Expires is the first moment at which the waiver has no effect.
	Expires  time.Time
	Location Location
}

// Waived says why a finding does not block.
type Waived struct {
	Reason string `json:"reason"`
	Owner  string `json:"owner"`
	// Expires is the last day of the waiver, as 2027-01-31, or what ends it.
	Expires  string   `json:"expires"`
	Location Location `json:"location"`
}

// Date is the layout of days in waivers and METADATA.
const Date = "2006-01-02"

// LastDay is the last day on which the waiver has an effect.
func (w Waiver) LastDay() string { return w.Expires.Add(-time.Second).UTC().Format(Date) }

// The rules by which a run judges the waivers themselves.
const (
	waiverExpired  = "waiver/expired"
	waiverExpiring = "waiver/expiring"
	waiverUnused   = "waiver/unused"
	waiverRefused  = "waiver/refused"
)

// WaiverRules are the rules by which Waive judges the waivers themselves.
func WaiverRules() []Rule {
	rule := func(id, title, remediation string) Rule {
		return Rule{ID: id, Title: title, Level: Warning, Remediation: remediation, Tags: []string{"waiver"}, Source: "built-in", NotWaivable: true}
	}
	return []Rule{
		rule(waiverExpired, "A waiver has expired", "Mend what the waiver was for, or agree on a new date in the file of waivers."),
		rule(waiverExpiring, "A waiver expires within 30 days", "Mend what the waiver is for before it ends."),
		rule(waiverRefused, "A waiver is for a rule that cannot be waived", "Remove the waiver; the METADATA of the rule say that it is not waivable."),
		rule(waiverUnused, "A waiver covers nothing", "Remove the waiver, or correct its rule, environment or object."),
	}
}

// notice is how long before its end a waiver is warned of.
const notice = 30 * 24 * time.Hour

// Sight is what a run looked at, as far as waivers go.
type Sight struct {
	Now   time.Time
	Rules []Rule
	// Environments are those that were looked at whole; only there can be said
	// that a waiver covers nothing. All says that there are no others.
	Environments []string
	All          bool
}

// Waive marks the findings that a waiver covers, and returns findings on the
// waivers themselves: those that have expired and so have no effect, expire
// within 30 days, cover nothing, or are for a rule that cannot be waived.
// Findings that the change removes are left alone.
func Waive(findings []Finding, waivers []Waiver, s Sight) []Finding {
	var out []Finding
	for _, w := range waivers {
		refused := slices.ContainsFunc(s.Rules, func(r Rule) bool { return r.ID == w.Rule && r.NotWaivable })
		expired := !s.Now.Before(w.Expires)
		covered := map[string]int{}
		for i := range findings {
			f := &findings[i]
			if f.Baseline == Absent || !w.covers(*f) {
				continue
			}
			covered[f.Environment]++
			if !refused && !expired && f.Waiver == nil {
				f.Waiver = &Waived{w.Reason, w.Owner, w.LastDay(), w.Location}
			}
		}
		for _, env := range s.about(w, covered) {
			if rule, message := w.fault(s, refused, expired, covered[env]); rule != "" {
				location := w.Location
				out = append(out, Finding{Rule: rule, Level: Warning, Message: message, Stage: StagePolicy, Environment: env, Baseline: New, Location: &location})
			}
		}
	}
	return out
}

// about are the environments in which something can be said of a waiver. Of one
// with a pattern that covers something anywhere, nothing is said elsewhere.
func (s Sight) about(w Waiver, covered map[string]int) []string {
	matching := slices.DeleteFunc(slices.Clone(s.Environments), func(env string) bool { return !matches(w.Environment, env) })
	switch {
	case len(covered) > 0:
		return sortedKeys(covered)
	case len(matching) == 0 || strings.ContainsAny(w.Environment, "*?[") && !s.All:
		return nil
	}
	return matching[:1]
}

// fault is the rule that a waiver violates, and the message.
func (w Waiver) fault(s Sight, refused, expired bool, covered int) (rule, message string) {
	about := fmt.Sprintf("the waiver of %s for %s", w.Rule, w.object())
	switch {
	case refused:
		return waiverRefused, about + " has no effect: the rule cannot be waived"
	case expired:
		return waiverExpired, fmt.Sprintf("%s has no effect since %s (owner: %s)", about, w.Expires.UTC().Format(Date), w.Owner)
	case covered == 0:
		known := slices.IndexFunc(s.Rules, func(r Rule) bool { return r.ID == w.Rule })
		switch {
		case known < 0:
			return waiverUnused, about + " covers no finding: there is no such rule"
		case s.Rules[known].OnChange:
			return "", "" // it may be for a change to come
		}
		return waiverUnused, about + " covers no finding"
	case w.Expires.Sub(s.Now) <= notice:
		return waiverExpiring, fmt.Sprintf("%s ends on %s (owner: %s)", about, w.LastDay(), w.Owner)
	}
	return "", ""
}

func (w Waiver) object() string {
	text := w.Kind + " " + w.Name
	if w.Namespace != "" {
		text = w.Kind + " " + w.Namespace + "/" + w.Name
	}
	switch {
	case w.Container != "":
		text += ", container " + w.Container
	case w.Path != "":
		text += " at " + w.Path
	}
	return text
}

func (w Waiver) covers(f Finding) bool {
	group, _, grouped := strings.Cut(f.Object.APIVersion, "/")
	if !grouped {
		group = "core"
	}
	return f.Rule == w.Rule && matches(w.Environment, f.Environment) &&
		(matches(w.Kind, f.Object.Kind) || matches(w.Kind, group+"/"+f.Object.Kind)) &&
		(w.Namespace == f.Object.Namespace || matches(w.Namespace, f.Object.Namespace)) && matches(w.Name, f.Object.Name) &&
		(w.Container == "" || w.Container == f.Container) &&
		(w.Path == "" || w.Path == f.Path || strings.HasPrefix(f.Path, w.Path+"/"))
}

// matches reports whether a name matches a pattern, which was checked when it
// was read.
func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}
