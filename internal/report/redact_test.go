package report_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/report"
)

// plain are the texts of a report that Redact leaves alone: words that Penstock
// gives, and the names and places without which nobody finds what is meant.
func plain() []string {
	return []string{
		"Schema", "Tool.Name", "Tool.Version", "Tool.Kubernetes", "Only", "Gate", "Verdict.Outcome",
		"Change.Base", "Change.Head", "Change.BaseCommit", "Change.HeadCommit",
		"Environments.Name", "Environments.Found", "Environments.KubernetesVersion", "Environments.Labels", "Environments.Files", "Environments.DryRun", "Environments.Outcome",
		"Environments.Roots.Kind", "Environments.Roots.Path", "Environments.Roots.Values", "Environments.Roots.Release", "Environments.Roots.Namespace",
		"Environments.Deltas.Operation", "Environments.Deltas.RenamedFrom", "Environments.Deltas.RenamedTo", "Environments.Deltas.Effects",
		"Environments.Rollback.State", "Environments.Rollback.Reason",
		"Findings.Rule", "Findings.Level", "Findings.Stage", "Findings.Environment", "Findings.Operation", "Findings.Container", "Findings.Path", "Findings.Baseline",
		"Findings.EffectiveOn", "Findings.Waiver.Expires", "Findings.Fingerprint",
		"NotEvaluated.Environment", "NotEvaluated.Stage", "NotEvaluated.Reason",
		"Rules.ID", "Rules.Level", "Rules.Tags", "Rules.Source", "Rules.HelpURL",
		"Coverage.Rule", "UnseenKinds", "Preview.RulesAdded", "Preview.RulesRemoved", "Preview.EnvironmentsAdded", "Preview.EnvironmentsRemoved", "Unowned", "Timing.Stages.Stage",
	}
}

// TestRedactReachesEveryText: a text that is added to the report is hidden, or
// listed above on purpose.
func TestRedactReachesEveryText(t *testing.T) {
	r := &report.Report{}
	fill(reflect.ValueOf(r).Elem())
	report.Redact(r, func(text string) string { return strings.ReplaceAll(text, "secret", "hidden") })
	left := map[string]bool{}
	collect(reflect.ValueOf(r).Elem(), "", left)
	for name := range left {
		for _, list := range []string{"Preview.Added.", "Preview.Removed."} {
			if rest, ok := strings.CutPrefix(name, list); ok {
				name = "Findings." + rest // the same findings, and as little of them
			}
		}
		object := strings.Contains(name, ".Object.") || strings.Contains(name, ".Location.")
		if !object && !slices.Contains(plain(), name) {
			t.Errorf("the text %s goes out as it is", name)
		}
	}
	for _, name := range plain() {
		if !left[name] {
			t.Errorf("the report has no text %s that goes out as it is", name)
		}
	}
}

// fill sets every text of a value to the same one, and gives every list an item.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("secret")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		if v.Type().Elem().Kind() == reflect.String {
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), reflect.ValueOf("secret").Convert(v.Type().Elem()))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Type.PkgPath() != "time" {
				fill(v.Field(i))
			}
		}
	}
}

// collect names the texts that are still the same, by the names of their fields.
func collect(v reflect.Value, at string, left map[string]bool) {
	switch v.Kind() {
	case reflect.String:
		if v.String() == "secret" {
			left[at] = true
		}
	case reflect.Pointer:
		if !v.IsNil() {
			collect(v.Elem(), at, left)
		}
	case reflect.Slice:
		for i := range v.Len() {
			collect(v.Index(i), at, left)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			collect(v.MapIndex(key), at, left)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if field.IsExported() && field.Type.PkgPath() != "time" {
				collect(v.Field(i), strings.TrimPrefix(at+"."+field.Name, "."), left)
			}
		}
	}
}
