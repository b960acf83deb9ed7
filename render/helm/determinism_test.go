package helm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

// randomFunctions are all that could differ from one render to the next.
const randomFunctions = `
-- chart/Chart.yaml --
{apiVersion: v2, name: web, version: 1.0.0}
-- chart/values.yaml --
map: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}
-- chart/charts/a/Chart.yaml --
{apiVersion: v2, name: a, version: 1.0.0}
-- chart/charts/a/crds/crd.yaml --
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: a}}
-- chart/charts/b/Chart.yaml --
{apiVersion: v2, name: b, version: 1.0.0}
-- chart/charts/b/crds/crd.yaml --
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: b}}
-- chart/charts/c/Chart.yaml --
{apiVersion: v2, name: c, version: 1.0.0}
-- chart/charts/c/crds/crd.yaml --
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: c}}
-- chart/templates/_entry.tpl --
{{- define "entry" }}
{{ .name }}: {{ .value | toString | b64enc }}
{{- end }}
-- chart/templates/all.yaml --
{{- $ca := genCA "ca" 365 }}
{{- $cert := genSignedCert "web" (list "10.0.0.1") (list "web.svc") 30 $ca }}
{{- $self := genSelfSignedCert "web" nil (list "web.svc") 30 }}
{{- $ec := genPrivateKey "ecdsa" }}
apiVersion: v1
kind: Secret
metadata: {name: all}
data:
{{- range $name, $value := dict
	"now" now "date" (date "2006-01-02 15:04:05 MST" "no date") "zone" (dateInZone "15:04 MST" now "Europe/Berlin")
	"html" (htmlDate "no date") "ago" (ago (toDate "2006-01-02" "1999-12-31")) "toDate" (toDate "2006-01-02 15:04" "2020-02-03 04:05")
	"round" (durationRound (toDate "2006-01-02" "1999-12-01"))
	"alphaNum" (randAlphaNum 20) "alpha" (randAlpha 20) "numeric" (randNumeric 20) "ascii" (randAscii 20)
	"bytes" (randBytes 20) "int" (randInt 0 1000000) "uuid" uuidv4 "shuffle" (shuffle "abcdefghijklmnopqrstuvwxyz")
	"bcrypt" (bcrypt "secret") "htpasswd" (htpasswd "user" "secret") "aes" (encryptAES "key" "text")
	"derived" (derivePassword 1 "long" "secret" "user" "site")
	"rsa" (genPrivateKey "rsa") "dsa" (genPrivateKey "dsa") "ecdsa" $ec "ed25519" (genPrivateKey "ed25519")
	"caCert" $ca.Cert "caKey" $ca.Key "cert" $cert.Cert "key" $cert.Key "selfCert" $self.Cert "selfKey" $self.Key
	"caEC" (genCAWithKey "ca" 365 $ec).Cert
	"keys" (keys .Values.map) "values" (values .Values.map) "map" .Values.map
}}
{{- include "entry" (dict "name" $name "value" $value) }}
{{- end }}
`

func renderRandom(t *testing.T) string {
	t.Helper()
	ms, err := Template(context.Background(), parse(randomFunctions), Options{Dir: "chart", IncludeCRDs: true})
	if err != nil {
		t.Fatal(err)
	}
	return render(ms)
}

// childVariable makes the test binary print a render and nothing else.
const childVariable = "PENSTOCK_TEST_RENDER"

// TestDeterminism renders the same input in this process and in others, with
// other processors, time zones and locales, at another time.
func TestDeterminism(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		fmt.Printf("RENDERED %x\n", sha256.Sum256([]byte(renderRandom(t))))
		return
	}
	first := renderRandom(t)
	if second := renderRandom(t); second != first {
		t.Fatalf("two renders differ:\n%s\n%s", first, second)
	}
	want := fmt.Sprintf("RENDERED %x", sha256.Sum256([]byte(first)))
	for _, env := range [][]string{{"GOMAXPROCS=1", "TZ=Asia/Tokyo"}, {"GOMAXPROCS=8", "LC_ALL=tr_TR.UTF-8"}} {
		t.Run(strings.Join(env, " "), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDeterminism$")
			cmd.Env = slices.Concat(os.Environ(), []string{childVariable + "=1"}, env)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if !bytes.Contains(out, []byte(want)) {
				t.Errorf("another process rendered something else:\n%s\nwant %s", out, want)
			}
		})
	}
}

// TestConcurrency renders in parallel; the race detector sees what is shared.
func TestConcurrency(t *testing.T) {
	fsys := parse(`
-- chart/Chart.yaml --
{apiVersion: v2, name: web, version: 1.0.0}
-- chart/values.schema.json --
{"type": "object"}
-- chart/charts/sub/Chart.yaml --
{apiVersion: v2, name: sub, version: 1.0.0}
-- chart/templates/a.yaml --
{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: {{ randAlpha 16 }}, b: {{ tpl "{{ uuidv4 }}" . }}, c: {{ genPrivateKey "ecdsa" | b64enc }}}}
`)
	opts := Options{Dir: "chart", Inline: map[string]any{"sub": map[string]any{"a": 1}}}
	want := random(t, fsys, opts)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if got := random(t, fsys, opts); !maps.Equal(got, want) {
				t.Errorf("a render in parallel gives %v, want %v", got, want)
			}
		})
	}
	group.Wait()
}

// random is the data of all objects of a chart.
func random(t *testing.T, fsys fstest.MapFS, opts Options) map[string]string {
	t.Helper()
	ms, err := Template(context.Background(), fsys, opts)
	if err != nil {
		t.Error(err)
	}
	out := map[string]string{}
	for _, m := range ms {
		data, _ := m.Document.Fields["data"].(map[string]any)
		for name, value := range data {
			out[name] = fmt.Sprint(value)
		}
	}
	return out
}

// TestPlaceholdersStay checks what a placeholder depends on: not on other
// templates, nor on the directory of the chart, but on the release.
func TestPlaceholdersStay(t *testing.T) {
	const chart = `
-- DIR/Chart.yaml --
{apiVersion: v2, name: web, version: 1.0.0}
-- DIR/templates/a.yaml --
{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a1: {{ randAlpha 16 }}, a2: {{ randAlpha 16 }}}}
-- DIR/templates/b.yaml --
{apiVersion: v1, kind: Secret, metadata: {name: b}, data: {b1: {{ randAlpha 16 }}}}
`
	const more = `
-- DIR/templates/aa.yaml --
{apiVersion: v1, kind: Secret, metadata: {name: aa}, data: {aa1: {{ randAlpha 16 }}}}
-- DIR/templates/0.yaml --
{apiVersion: v1, kind: Secret, metadata: {name: zero}, data: {sum: {{ include (print $.Template.BasePath "/a.yaml") . | sha256sum }}}}
`
	in := func(dir, text string) fstest.MapFS { return parse(strings.ReplaceAll(text, "DIR", dir)) }
	before := random(t, in("chart", chart), Options{Dir: "chart", ReleaseName: "web"})
	if before["a1"] == before["a2"] || before["a1"] == before["b1"] {
		t.Errorf("calls give the same: %v", before)
	}
	after := random(t, in("moved/to", chart+more), Options{Dir: "moved/to", ReleaseName: "web"})
	for _, name := range []string{"a1", "a2", "b1"} {
		if before[name] != after[name] {
			t.Errorf("%s was %s and is %s after other templates came and the chart moved", name, before[name], after[name])
		}
	}
	other := random(t, in("chart", chart), Options{Dir: "chart", ReleaseName: "other"})
	if other["a1"] == before["a1"] {
		t.Error("two releases have the same placeholder")
	}
}

// TestNow lets a caller set the time.
func TestNow(t *testing.T) {
	fsys := parse(`
-- chart/Chart.yaml --
{apiVersion: v2, name: web, version: 1.0.0}
-- chart/templates/a.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {now: "{{ now | date "2006-01-02" }}", none: "{{ date "2006-01-02" "" }}"}}
`)
	now := time.Date(2026, 5, 4, 23, 30, 0, 0, time.FixedZone("", -3600))
	got := random(t, fsys, Options{Dir: "chart", Now: now})
	if got["now"] != "2026-05-05" || got["none"] != "2026-05-05" {
		t.Errorf("the time is %v", got)
	}
	if got := random(t, fsys, Options{Dir: "chart"}); got["now"] != "2000-01-01" {
		t.Errorf("the time of a render without one is %v", got)
	}
}
