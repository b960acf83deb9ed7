package config_test

import (
	"testing"
	"testing/fstest"

	"github.com/penstock-dev/penstock/internal/config"
)

const goodWaiver = `version: 1
waivers:
- rule: security/privileged
  environment: prod
  object: {kind: DaemonSet, namespace: logs, name: agent}
  path: /spec/template/spec/containers/0/
  reason: the agent reads the host's journal
  owner: team-logs
  expires: 2027-01-31
`

func TestLoadWaivers(t *testing.T) {
	waivers, err := config.Default().LoadWaivers(fstest.MapFS{config.WaiversFile: {Data: []byte(goodWaiver)}})
	if err != nil || len(waivers) != 1 {
		t.Fatalf("got %+v, %v", waivers, err)
	}
	w := waivers[0]
	if w.Location.Line != 3 || w.LastDay() != "2027-01-31" || w.Path != "/spec/template/spec/containers/0" || w.Namespace != "logs" {
		t.Errorf("got %+v", w)
	}
	if waivers, err := config.Default().LoadWaivers(fstest.MapFS{}); waivers != nil || err != nil {
		t.Errorf("without a file: got %v, %v", waivers, err)
	}
}

func TestWaiverFaults(t *testing.T) {
	c := config.Default()
	c.Waivers = "waivers.yaml"
	for _, tt := range []struct{ name, text, want string }{
		{"nothing in it", "version: 1\nwaivers:\n- {}\n", "waivers.yaml:3: waivers[0] has no rule\nwaivers.yaml:3: waivers[0] has no environment\nwaivers.yaml:3: waivers[0] has no object.kind\nwaivers.yaml:3: waivers[0] has no object.name\nwaivers.yaml:3: waivers[0] has no reason\nwaivers.yaml:3: waivers[0] has no owner\nwaivers.yaml:3: waivers[0] has no expires"},
		{"no version", "waivers: []\n", "waivers.yaml: the version of the waivers is 0, and not 1"},
		{"an unknown key", goodWaiver + "  until: x\n", "waivers.yaml:10: unknown key `until` in waivers[0]"},
		{"no day", "version: 1\nwaivers:\n- {rule: r, environment: e, object: {kind: k, name: n}, reason: r, owner: o, expires: 2027-02-30}\n", `waivers.yaml:3: "2027-02-30" is not a day`},
		{"no pattern", "version: 1\nwaivers:\n- {rule: r, environment: '[', object: {kind: k, name: n}, reason: r, owner: o, expires: 2027-02-03}\n", `waivers.yaml:3: "[" is not a pattern`},
		{"no pointer", "version: 1\nwaivers:\n- {rule: r, environment: e, path: spec.x, object: {kind: k, name: n}, reason: r, owner: o, expires: 2027-02-03}\n", `waivers.yaml:3: "spec.x" is no JSON Pointer into the object`},
		{"a pointer to nothing in particular", "version: 1\nwaivers:\n- {rule: r, environment: e, path: /, object: {kind: k, name: n}, reason: r, owner: o, expires: 2027-02-03}\n", `waivers.yaml:3: "/" is no JSON Pointer into the object`},
	} {
		_, err := c.LoadWaivers(fstest.MapFS{"waivers.yaml": {Data: []byte(tt.text)}})
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
	if _, err := c.LoadWaivers(fstest.MapFS{}); err == nil || err.Error() != ".penstock.yaml: the file of waivers waivers.yaml is not there" {
		t.Errorf("got %v", err)
	}
}

func FuzzWaivers(f *testing.F) {
	f.Add(goodWaiver)
	f.Add("version: 1\nwaivers: [{expires: 2027-01-01, object: &a {kind: x}}]")
	f.Fuzz(func(t *testing.T, text string) {
		waivers, err := config.Default().LoadWaivers(fstest.MapFS{config.WaiversFile: {Data: []byte(text)}})
		for _, w := range waivers {
			if err != nil || w.Rule == "" || w.Owner == "" || w.Reason == "" || w.Name == "" || w.Expires.IsZero() {
				t.Errorf("got %+v, %v", w, err)
			}
		}
	})
}
