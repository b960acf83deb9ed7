package policies_test

import (
	"slices"
	"testing"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
)

func TestIdle(t *testing.T) {
	envs := []config.Environment{
		{Name: "dev", Labels: map[string]string{"tier": "test", "region": "eu"}},
		{Name: "prod", Labels: map[string]string{"tier": "production"}},
	}
	objects := map[string]*manifest.Set{
		"dev":  set(t, "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: shop}\n"),
		"prod": set(t, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n"),
	}
	off := []config.Environment{{Name: "dev", Severities: map[string]string{"team/rule": "off"}}, {Name: "prod", Severities: map[string]string{"team/rule": "off"}}}
	for _, test := range []struct {
		name, match string
		enabled     string
		envs        []config.Environment
		objects     map[string]*manifest.Set
		want        []string
	}{
		{name: "no match", match: "{}"},
		{name: "a pattern", match: `{environments: ["pr*"]}`},
		{name: "a kind", match: `{kinds: [batch/Job]}`},
		{name: "a deletion", match: `{kinds: [Job], operations: [DELETE]}`},
		{name: "another name", match: `{environments: [prd]}`, want: []string{"misses: no environment is named prd"}},
		{name: "one name of two", match: `{environments: [prod, stagng]}`, want: []string{"misses: no environment is named stagng"}},
		{name: "another label", match: `{environmentLabels: {teir: "*"}}`, want: []string{"misses: no environment has the label teir: *"}},
		{name: "another value", match: `{environmentLabels: {tier: prod}}`, want: []string{"misses: no environment has the label tier: prod"}},
		{name: "labels of two", match: `{environmentLabels: {tier: production, region: eu}}`, want: []string{"misses: no environment has the labels region: eu, tier: production"}},
		{name: "a name and a label", match: `{environments: [dev], environmentLabels: {tier: production}}`, want: []string{"misses: no environment that is named dev has the labels tier: production"}},
		{name: "another kind", match: `{kinds: [Ingress, Service]}`, want: []string{"no environment has objects of Ingress, Service"}},
		{name: "another namespace", match: `{namespaces: [db]}`, want: []string{"no environment has objects of any kind in the namespaces db"}},
		{name: "a kind elsewhere", match: `{kinds: [Job], environments: [prod]}`, want: []string{"no environment has objects of Job"}},
		{name: "nothing is known of one", match: `{kinds: [Ingress]}`, objects: map[string]*manifest.Set{"dev": objects["dev"]}},
		{name: "disabled", match: `{environments: [prd]}`, enabled: "false"},
		{name: "off", match: `{environments: [prd]}`, envs: off},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.enabled == "" {
				test.enabled = "true"
			}
			if test.envs == nil {
				test.envs = envs
			}
			if test.objects == nil {
				test.objects = objects
			}
			engine, err := load(t, "# METADATA\n# scope: package\n# custom:\n#   id: team/rule\n#   enabled: "+test.enabled+"\n#   match: "+test.match+
				"\npackage team.rule\n\ndeny contains \"no\" if false\nwarn contains \"no\" if false\n")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, idle := range engine.Idle(test.envs, test.objects) {
				if idle.Rule.ID != "team/rule" || idle.File == "" || idle.Line == 0 {
					t.Errorf("%+v says not where it is", idle)
				}
				why := idle.Why
				if idle.Misses {
					why = "misses: " + why
				}
				got = append(got, why)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
