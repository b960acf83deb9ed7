package sarif

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// results are the findings, worst first, after what had to be evaluated and was
// not: GitHub shows no notifications, so that these have to be results as well.
func (r *rules) results(rep *report.Report) []result {
	findings := slices.DeleteFunc(slices.Clone(rep.Findings), func(f verdict.Finding) bool { return f.Baseline == verdict.Absent })
	slices.SortStableFunc(findings, func(a, b verdict.Finding) int {
		return cmp.Or(cmp.Compare(badness(a), badness(b)), cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Rule, b.Rule))
	})
	out := r.gaps(rep)
	for _, f := range findings {
		out = append(out, r.finding(rep, f))
	}
	return out
}

// badness orders findings: new ones first, then by level.
func badness(f verdict.Finding) int {
	rank := map[string]int{"error": 0, "warning": 1, "note": 2}[level(f.Level)]
	if f.Baseline != verdict.New {
		rank += 3
	}
	return rank
}

func (r *rules) finding(rep *report.Report, f verdict.Finding) result {
	text := plain(f.Message) + " — " + subject(f.Object, f.Environment)
	if f.Remediation != "" {
		text += "\n\nWhat to do: " + plain(f.Remediation)
	}
	properties := map[string]any{"stage": f.Stage}
	for key, value := range map[string]string{"environment": f.Environment, "operation": f.Operation, "container": f.Container, "path": f.Path} {
		if value != "" {
			properties[key] = value
		}
	}
	var suppressions []suppression
	if w := f.Waiver; w != nil {
		suppressions = []suppression{{"external", "accepted", fmt.Sprintf("%s — waived until %s by %s", plain(w.Reason), w.Expires, plain(w.Owner))}}
	}
	return result{
		RuleID: f.Rule, RuleIndex: r.index[f.Rule], Level: level(f.Level), Message: message{Text: text},
		Locations:           []location{place(rep, f.Location, f.Environment, f.Object)},
		PartialFingerprints: fingerprints(f.Fingerprint),
		BaselineState:       string(f.Baseline),
		Suppressions:        suppressions,
		Properties:          properties,
	}
}

// gaps are results for what leaves the verdict undecided. A verdict that is
// undecided for the run as a whole, such as for want of rules, is one as well.
func (r *rules) gaps(rep *report.Report) []result {
	out := []result{}
	add := func(text string, e verdict.Entry) {
		h := sha256.Sum256(fmt.Appendf(nil, "%q", []string{notEvaluated, e.Environment, string(e.Stage), string(e.Reason),
			e.Object.APIVersion, e.Object.Kind, e.Object.Namespace, e.Object.Name, verdict.Normalise(text)}))
		out = append(out, result{
			RuleID: notEvaluated, RuleIndex: r.index[notEvaluated], Level: "error", Message: message{Text: text},
			Locations:           []location{place(rep, e.Location, e.Environment, e.Object)},
			PartialFingerprints: fingerprints(hex.EncodeToString(h[:16])),
			BaselineState:       string(verdict.New),
		})
	}
	for _, e := range rep.NotEvaluated {
		if blocks(e) {
			add(entryText(e), e)
		}
	}
	if len(out) == 0 && !decided(rep) {
		add("The change could not be decided on: "+plain(strings.Join(rep.Verdict.Reasons, "; ")), verdict.Entry{})
	}
	return out
}

func decided(r *report.Report) bool {
	return r.Verdict.Outcome == verdict.Pass || r.Verdict.Outcome == verdict.Fail
}

// fingerprints gives the fingerprint under the name of Penstock's own kind and
// under the only one that GitHub looks at. Computed from the line, as GitHub's
// upload action otherwise does, two environments would share one alert.
func fingerprints(f string) map[string]string {
	return map[string]string{"penstock/v1": f, "primaryLocationLineHash": f + ":1"}
}

// place is a location. GitHub rejects results without a file, so that what has
// none is put at the first root of its environment, or else at the configuration.
func place(rep *report.Report, at *verdict.Location, environment string, o verdict.Object) location {
	file, line := config.FileName, 0
	if at != nil && at.File != "" {
		file, line = at.File, at.Line
	} else {
		for _, env := range rep.Environments {
			if env.Name == environment && len(env.Roots) > 0 {
				file = rootFile(env.Roots[0])
			}
		}
	}
	// URL.String puts "./" before a first segment with a colon.
	uri := (&url.URL{Path: file}).String()
	physical := &physicalLocation{ArtifactLocation: artifactLocation{URI: uri, URIBaseID: sourceRoot}}
	if line > 0 {
		physical.Region = &region{StartLine: line}
	}
	return location{PhysicalLocation: physical, LogicalLocations: logical(environment, o)}
}

// rootFile is the file that a root is known by.
func rootFile(r config.Root) string {
	switch r.Kind {
	case config.Kustomize:
		return path.Join(r.Path, "kustomization.yaml")
	case config.Helm:
		return path.Join(r.Path, "Chart.yaml")
	}
	if r.Path == "." {
		return config.FileName
	}
	return r.Path
}

func logical(environment string, o verdict.Object) []logicalLocation {
	var out []logicalLocation
	if environment != "" {
		out = append(out, logicalLocation{Name: environment, FullyQualifiedName: environment, Kind: "environment"})
	}
	if o != (verdict.Object{}) {
		parts := []string{environment, o.APIVersion, o.Kind, o.Namespace, o.Name}
		name := strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "/")
		out = append(out, logicalLocation{Name: cmp.Or(o.Name, o.Kind), FullyQualifiedName: name, Kind: "object"})
	}
	return out
}

// subject names an object and its environment for people.
func subject(o verdict.Object, environment string) string {
	var words []string
	if name := objectName(o); name != "" {
		words = append(words, name)
	}
	if environment == "" {
		words = append(words, "in the repository")
	} else {
		words = append(words, "in "+plain(environment))
	}
	return strings.Join(words, " ")
}

func objectName(o verdict.Object) string {
	name := o.Name
	if o.Namespace != "" {
		name = o.Namespace + "/" + name
	}
	return plain(strings.TrimSpace(o.Kind + " " + name))
}

// plain keeps text of the repository from making links, which messages of
// SARIF may have (section 3.11.6), and drops control characters.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	return strings.ReplaceAll(s, "](", "] (")
}
