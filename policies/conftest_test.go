package policies_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
)

// answers writes a result as lines: level rule message for findings, and
// "failed" with the detail for what was not evaluated.
func answers(result policies.Result) []string {
	var out []string
	for _, f := range result.Findings {
		out = append(out, fmt.Sprintf("%s %s %s", f.Level, f.Rule, f.Message))
	}
	for _, e := range result.Entries {
		if !e.Evaluated() {
			out = append(out, "failed")
		}
	}
	return out
}

const service = `apiVersion: v1
kind: Service
metadata: {name: hello-kubernetes}
spec:
  type: LoadBalancer
  ports:
  - {port: 80, targetPort: 8080}
  - {port: 9999, targetPort: 9999}
`

// judgeFiles evaluates the policies of a directory on objects that are created.
func judgeFiles(t *testing.T, files map[string]string, objects string) (policies.Result, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys["policy/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	engine, err := policies.Load(t.Context(), policies.Source{Name: "policy", FS: fsys, Dir: "policy"})
	if err != nil {
		return policies.Result{}, err
	}
	head := set(t, objects)
	return engine.Evaluate(t.Context(), policies.Input{Head: head, Deltas: diff.Compare(nil, head), Now: time.Unix(0, 0)})
}

// TestConftest holds what users of conftest rely on
// (https://www.conftest.dev). Where the answer differs on purpose, because
// conftest lets something pass in silence, the name says so.
func TestConftest(t *testing.T) {
	type files map[string]string
	for _, tt := range []struct {
		name    string
		files   files
		objects string
		want    []string
	}{
		{"deny, warn and violation of one package", files{"a.rego": `package main
deny contains "d" if true
warn contains "w" if true
violation contains {"msg": "v"} if true`}, service, []string{"error main/deny d", "error main/violation v", "warning main/warn w"}},
		{"Rego v0 without imports", files{"a.rego": `package main
deny[msg] { input.kind == "Service"; input.spec.type == "LoadBalancer"; msg = sprintf("%s is public", [input.metadata.name]) }
warn_old[msg] { input.apiVersion == "v1"; msg := "v1" }`}, service, []string{"error main/deny hello-kubernetes is public", "warning main/warn_old v1"}},
		{"Rego v0 with future keywords", files{"a.rego": `package main
import future.keywords.contains
import future.keywords.if
import future.keywords.in
deny contains msg if { some p in input.spec.ports; p.port > 9000; msg := "port" }`}, service, []string{"error main/deny port"}},
		{"both dialects side by side", files{"old.rego": "package main\ndeny[msg] { input.kind; msg := \"old\" }", "new.rego": "package main\nwarn contains \"new\" if input.kind"}, service, []string{"error main/deny old", "warning main/warn new"}},
		{"any package runs, without a flag", files{"a.rego": "package team.network\ndeny contains \"x\" if input.kind"}, service, []string{"error team/network/deny x"}},
		{"rules with suffixes, which are told apart by case", files{"a.rego": `package main
deny_A contains "A" if true
deny_a contains "a" if true
violation_b_2 contains {"msg": "b"} if true`}, service, []string{"error main/deny_A A", "error main/deny_a a", "error main/violation_b_2 b"}},
		{"names that only look like rules are helpers", files{"a.rego": `package main
denylist contains "no" if true
deny_ contains "no" if true
allow contains "no" if true
warning contains "no" if true
deny contains "yes" if count(denylist) == 1`}, service, []string{"error main/deny yes"}},
		{"several results of one rule, sorted, equal ones once", files{"a.rego": `package main
deny contains msg if { some p in input.spec.ports; msg := sprintf("port %d", [p.port]) }
deny contains "port 80" if true`}, service, []string{"error main/deny port 80", "error main/deny port 9999"}},
		{"one rule in several files", files{"a.rego": "package main\ndeny contains \"a\" if true", "sub/b.rego": "package main\ndeny contains \"b\" if true"}, service, []string{"error main/deny a", "error main/deny b"}},
		{"helpers in other packages", files{"a.rego": "package main\nimport data.kube\ndeny contains \"x\" if kube.is_service", "lib/kube.rego": "package kube\nis_service if input.kind == \"Service\""}, service, []string{"error main/deny x"}},
		{"documents of a stream are judged one by one", files{"a.rego": "package main\ndeny contains input.metadata.name if true"}, service + "--- # next\n" + strings.ReplaceAll(service, "hello-", "other-"), []string{"error main/deny hello-kubernetes", "error main/deny other-kubernetes"}},
		{"data files", files{"a.rego": "package main\nwarn contains msg if { input.spec.ports[_].port in data.services.ports; msg := \"listed\" }", "data/ports.yaml": "services: {ports: [9999]}"}, service, []string{"warning main/warn listed"}},
		{"keys beside msg are metadata", files{"a.rego": `package main
deny contains {"msg": "m", "path": "spec.type", "details": {"a": [1]}, "container": 3} if true`}, service, []string{"error main/deny m"}},
		{"print is silent", files{"a.rego": "package main\ndeny contains \"x\" if { print(\"hm\", input.kind); true }"}, service, []string{"error main/deny x"}},
		{"METADATA of the rule", files{"a.rego": `package main
# METADATA
# title: Public
# custom: {id: net/public, severity: LOW}
deny_public contains "p" if true
deny contains "d" if true`}, service, []string{"error main/deny d", "note net/public p"}},
		{"an array of messages", files{"a.rego": "package main\ndeny := [m | some p in input.spec.ports; m := format_int(p.port, 10)]"}, service, []string{"error main/deny 80", "error main/deny 9999"}},
		{"on purpose: deny := true is no pass", files{"a.rego": "package main\ndeny := true"}, service, []string{"failed"}},
		{"on purpose: deny := false is no pass either", files{"a.rego": "package main\ndefault deny := false\ndeny if input.kind == \"Pod\""}, service, []string{"failed"}},
		{"on purpose: a number is no message", files{"a.rego": "package main\ndeny contains 1"}, service, []string{"failed"}},
		{"on purpose: deny[msg] with if, which makes an object in Rego v1", files{"a.rego": "package main\ndeny[msg] if { input.kind == \"Service\"; msg := \"x\" }"}, service, []string{"failed"}},
		{"on purpose: deny.x is no set", files{"a.rego": "package main\ndeny.x contains \"y\" if true"}, service, []string{"failed"}},
		{"on purpose: an error of a built-in function is no pass", files{"a.rego": "package main\ndeny contains \"x\" if to_number(input.spec.type) > 1"}, service, []string{"failed"}},
		{"an error leaves other results of the package", files{"a.rego": "package main\ndeny contains \"x\" if to_number(input.spec.type) > 1\ndeny_b contains \"b\" if true"}, service, []string{"error main/deny_b b", "failed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			result, err := judgeFiles(t, tt.files, tt.objects)
			if err != nil {
				t.Fatal(err)
			}
			if got := answers(result); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q; entries %+v", got, tt.want, result.Entries)
			}
		})
	}
}

func TestConftestLocation(t *testing.T) {
	result, err := judgeFiles(t, map[string]string{"a.rego": `package main
deny contains {"msg": "m", "_loc": {"file": "./src/app.yaml", "line": 7}} if true`}, service)
	if err != nil || len(result.Findings) != 1 || *result.Findings[0].Location != (verdict.Location{File: "src/app.yaml", Line: 7}) {
		t.Errorf("got %+v %v", result.Findings, err)
	}
}

// TestLoadErrors: what cannot be loaded names the place, and what to do.
func TestLoadErrors(t *testing.T) {
	type files map[string]string
	for _, tt := range []struct {
		name  string
		files files
		want  string
	}{
		{"syntax", files{"a.rego": "package main\n\ndeny contains {"}, "policy/a.rego:3: "},
		{"an unknown function", files{"a.rego": "package main\ndeny contains \"x\" if nope(1)"}, "policy/a.rego:2: undefined function nope"},
		{"an ID in two packages", files{"a.rego": "# METADATA\n# custom: {id: x/y}\npackage a\ndeny contains \"x\" if true", "b.rego": "# METADATA\n# custom: {id: x/y}\npackage b\ndeny contains \"x\" if true"}, "policy/b.rego:4: the rule ID x/y is there twice; the other one is at policy/a.rego:4"},
		{"a severity", files{"a.rego": "# METADATA\n# custom: {severity: fatal}\npackage a\ndeny contains \"x\" if true"}, `policy/a.rego:1: METADATA: the severity "fatal" is not known`},
		{"a misspelt match", files{"a.rego": "# METADATA\n# custom: {match: {kind: [Pod]}}\npackage a\ndeny contains \"x\" if true"}, `policy/a.rego:1: METADATA: custom.match: json: unknown field "kind"`},
		{"a match by kinds of all objects together", files{"a.rego": "package a\n\n# METADATA\n# custom: {scope: environment, match: {kinds: [Pod], operations: [CREATE], environments: [prod]}}\ndeny contains \"x\" if true"}, "policy/a.rego:3: METADATA: custom.match: kinds and operations cannot be for a rule of the scope environment"},
		{"an operation", files{"a.rego": "# METADATA\n# custom: {match: {operations: [create]}}\npackage a\ndeny contains \"x\" if true"}, `the operation "create"`},
		{"a pattern", files{"a.rego": "# METADATA\n# custom: {match: {kinds: ['[']}}\npackage a\ndeny contains \"x\" if true"}, `"[" is not a pattern`},
		{"a package of the library", files{"a.rego": "package penstock.security.privileged\ndeny contains \"x\" if true"}, "policy/a.rego:1: the package penstock.security.privileged belongs"},
		{"a rule in a test", files{"a_test.rego": "package main\ndeny contains \"x\" if true"}, "policy/a_test.rego:2: this file defines deny"},
		{"data in two files", files{"data/a.yaml": "x: {a: 1}", "data/b.json": `{"x": {"a": 2}}`}, "policy/data/b.json: data/x/a is set here and in policy/data/a.yaml"},
		{"data that is no YAML", files{"data/a.yaml": "x: 1\ny: ["}, "policy/data/a.yaml:"},
		{"data that is no JSON", files{"data/a.json": "{\n\"x\": }"}, "policy/data/a.json:2: "},
		{"two values in a data file", files{"data/a.json": "{} {}"}, "more than one value"},
		{"data of a reserved name", files{"data/a.yaml": "inventory: {}"}, "data.inventory is reserved"},
		{"data where a rule is", files{"data/a.yaml": "main: {deny: 1}", "a.rego": "package main\ndeny contains \"x\" if true"}, "policy/a.rego:2: "},
	} {
		_, err := judgeFiles(t, tt.files, service)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
			continue
		}
		if hint, ok := err.(interface{ UserHint() string }); !ok || hint.UserHint() == "" {
			t.Errorf("%s: there is no hint", tt.name)
		}
	}
	if _, err := policies.Load(t.Context(), policies.Source{Name: "gone", FS: fstest.MapFS{}, Dir: "gone"}); err == nil || !strings.Contains(err.Error(), "gone: the directory") {
		t.Errorf("a missing directory: got %v", err)
	}
}
