package sarif

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// notEvaluated is the rule of results that stand for what had to be evaluated
// and was not.
const notEvaluated = "penstock/not-evaluated"

// The lengths that GitHub shows, in characters, and the tags of a rule that it
// accepts.
const (
	maxName        = 255
	maxDescription = 1024
	maxTags        = 20
)

// rules are the rules of a log, with the index of each.
type rules struct {
	descriptors []reportingDescriptor
	index       map[string]int
}

// newRules describes the rules that were loaded, and those that findings name
// without being loaded, such as the answers of the API server, sorted by ID.
func newRules(r *report.Report) *rules {
	byID := map[string]verdict.Rule{notEvaluated: {
		ID: notEvaluated, Level: verdict.Error, Title: "Everything that the change affects is evaluated",
		Description: "Something that had to be looked at was not, so that nobody knows whether the change may be merged.",
		Remediation: "The message says what was not evaluated and why.",
	}}
	for _, f := range r.Findings {
		byID[f.Rule] = verdict.Rule{ID: f.Rule, Level: f.Level, Title: f.Rule, Remediation: f.Remediation}
	}
	for _, rule := range r.Rules {
		byID[rule.ID] = rule
	}
	out := &rules{index: map[string]int{}}
	ids := make([]string, 0, len(byID))
	for id := range byID {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for i, id := range ids {
		out.index[id] = i
		out.descriptors = append(out.descriptors, describe(byID[id]))
	}
	return out
}

// describe fills every property that GitHub requires; none of them may be empty.
func describe(rule verdict.Rule) reportingDescriptor {
	title := cmp.Or(strings.TrimSpace(rule.Title), rule.ID)
	description := cmp.Or(strings.TrimSpace(rule.Description), title)
	help, markdown := description, "**"+title+"**\n\n"+description
	if rule.Remediation != "" {
		help += "\n\nWhat to do: " + rule.Remediation
		markdown += "\n\n**What to do:** " + rule.Remediation
	}
	if rule.Source != "" && rule.Source != "built-in" {
		help += "\n\nThe rule is in " + rule.Source + "."
		markdown += "\n\nThe rule is in `" + strings.ReplaceAll(rule.Source, "`", "'") + "`."
	}
	return reportingDescriptor{
		ID:                   rule.ID,
		Name:                 shorten(identifier(rule.ID), maxName),
		ShortDescription:     &message{Text: shorten(title, maxDescription)},
		FullDescription:      &message{Text: shorten(description, maxDescription)},
		DefaultConfiguration: &configuration{level(rule.Level)},
		HelpURI:              helpURI(rule.HelpURL),
		Help:                 &message{Text: help, Markdown: markdown},
		Properties:           ruleProperties(rule),
	}
}

// ruleProperties are those that GitHub sorts alerts by. A rule with the tag
// "security" needs a score to be shown as a matter of security: high for errors,
// medium for warnings, low for notes.
func ruleProperties(rule verdict.Rule) map[string]any {
	properties := map[string]any{
		"tags":      tags(rule.Tags),
		"precision": "high",
	}
	score := map[string]string{"error": "8.0", "warning": "5.0", "note": "2.0"}[level(rule.Level)]
	if slices.Contains(rule.Tags, "security") {
		properties["security-severity"] = score
	} else {
		properties["problem.severity"] = strings.Replace(level(rule.Level), "note", "recommendation", 1)
	}
	return properties
}

// tags are at most maxTags, each once.
func tags(all []string) []string {
	out := []string{}
	for _, tag := range all {
		if len(out) < maxTags && !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	return out
}

// level is a level that SARIF knows.
func level(l verdict.Level) string {
	switch l {
	case verdict.Error, verdict.Warning, verdict.Note:
		return string(l)
	}
	return string(verdict.Warning) // SARIF's own default
}

// helpURI leaves out what is no web address: the property must be an absolute URI.
func helpURI(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return u.String()
}

// identifier writes images/no-latest-tag as ImagesNoLatestTag, the form that
// SARIF asks for.
func identifier(id string) string {
	var b strings.Builder
	up := true
	for _, r := range id {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			up = true
		case up:
			b.WriteRune(unicode.ToUpper(r))
			up = false
		default:
			b.WriteRune(r)
		}
	}
	return cmp.Or(b.String(), "Rule")
}

// shorten cuts a text to a number of characters.
func shorten(s string, max int) string {
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	return string([]rune(s)[:max-1]) + "…"
}
