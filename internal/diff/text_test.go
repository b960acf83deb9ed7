package diff_test

import (
	"encoding/base64"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/redact"
)

var update = flag.Bool("update", false, "write the golden files")

// TestText compares each testdata/NAME.base.yaml and NAME.head.yaml and shows
// all that differs as in NAME.diff.
func TestText(t *testing.T) {
	bases, err := filepath.Glob("testdata/*.base.yaml")
	if err != nil || len(bases) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range bases {
		name := strings.TrimSuffix(filepath.Base(file), ".base.yaml")
		t.Run(name, func(t *testing.T) {
			base, head := set(t, read(t, file)), set(t, read(t, "testdata/"+name+".head.yaml"))
			var got strings.Builder
			for _, d := range diff.Compare(base, head) {
				text, err := d.Text(diff.TextOptions{Key: []byte("test")})
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&got, "=== %s %s\n%s", d.Operation, d.ID(), text)
			}
			golden := "testdata/" + name + ".diff"
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, golden); got.String() != want {
				t.Errorf("got\n%s\nwant\n%s\nrun go test with -update if that is right", got.String(), want)
			}
		})
	}
}

func read(t testing.TB, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// one returns the only delta between two manifests.
func one(t testing.TB, base, head string) diff.Delta {
	t.Helper()
	deltas := diff.Compare(set(t, base), set(t, head))
	if len(deltas) != 1 {
		t.Fatalf("got %d deltas, want 1", len(deltas))
	}
	return deltas[0]
}

func text(t testing.TB, d diff.Delta, opts diff.TextOptions) string {
	t.Helper()
	s, err := d.Text(opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTextWithoutKey(t *testing.T) {
	secret := "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: %s, user: admin}\n"
	got := text(t, one(t, fmt.Sprintf(secret, "hunter2"), fmt.Sprintf(secret, "hunter3")), diff.TextOptions{})
	want := "@@ stringData.password @@\n- ‹secret›\n+ ‹secret› (changed)\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTextMaxBytes(t *testing.T) {
	var values []string
	for i := range 100 {
		values = append(values, fmt.Sprintf("k%d: é%d", i, i))
	}
	d := one(t, "", fmt.Sprintf(configMap, "a", "{"+strings.Join(values, ", ")+"}"))
	whole := text(t, d, diff.TextOptions{})
	for limit := 64; limit < len(whole)+10; limit++ {
		got := text(t, d, diff.TextOptions{MaxBytes: limit})
		if len(got) > limit || !utf8.ValidString(got) {
			t.Fatalf("limit %d: %d bytes: %q", limit, len(got), got)
		}
		if limit >= len(whole) {
			if got != whole {
				t.Fatalf("limit %d: cut, though it fits", limit)
			}
			continue
		}
		shown, notice, _ := strings.Cut(got, "…")
		var left int
		if n, _ := fmt.Sscanf(notice, "%d more line", &left); n != 1 || strings.Count(shown, "\n")+left != strings.Count(whole, "\n") {
			t.Fatalf("limit %d: %q does not count what is left out", limit, got)
		}
	}
}

func TestTextColor(t *testing.T) {
	d := one(t, fmt.Sprintf(configMap, "a", "{x: v}"), fmt.Sprintf(configMap, "a", "{x: w}"))
	got := text(t, d, diff.TextOptions{Color: true})
	want := "\x1b[36m@@ data.x @@\x1b[0m\n\x1b[31m- v\x1b[0m\n\x1b[32m+ w\x1b[0m\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTextHostile shows that a manifest cannot write to the terminal of who
// reads the text, nor make it take long.
func TestTextHostile(t *testing.T) {
	long := strings.Repeat("a", 2_000_000)
	list := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "  - {name: n%d, value: v}\n", i)
		}
		return b.String()
	}
	object := func(spec string) string { return "apiVersion: a/v1\nkind: K\nmetadata: {name: a}\n" + spec }
	tests := []struct{ name, base, head, want string }{
		{"escape sequence", object(`spec: "\e[31m"`), object(`spec: "\e[32m\a"`), `- "\e[31m"`},
		{"escape sequence in lines", object(`spec: "a\n\e]0;x\a"`), object(`spec: "b\n\e]0;x\a"`), `  \x1b]0;x\x07`},
		{"escape sequence in a key", object(`spec: {"\e[2J": 1}`), object(`spec: {"\e[2J": 2}`), `@@ spec["\x1b[2J"] @@`},
		{"direction of text", object(`spec: "x\u202Ey\n"`), object(`spec: "y\u202Ey\n"`), `- x\u202ey`},
		{"long values", object("spec: " + long + "b" + long), object("spec: " + long + "c" + long), "+ …" + strings.Repeat("a", 60) + "c" + strings.Repeat("a", 60) + "…"},
		{"long list", object("spec:\n" + list(30_000)), object("spec:\n" + list(30_000) + "  - {name: x}\n"), "+ - name: x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := text(t, one(t, tt.base, tt.head), diff.TextOptions{})
			if !strings.Contains(got, tt.want) {
				t.Errorf("got\n%s\nwant a part\n%s", got, tt.want)
			}
			if strings.ContainsAny(got, "\x1b\a\u202e") {
				t.Errorf("got active characters: %q", got)
			}
		})
	}
}

// TestTextShowsEveryChange changes one value at random, and expects a text that
// is deterministic, says something, and keeps a Secret's values to itself.
func TestTextShowsEveryChange(t *testing.T) {
	for seed := range uint64(3000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		from := map[string]any{"spec": value(rnd, 0)}
		to := map[string]any{"spec": value(rnd, 0)}
		kind := []string{"Deployment", "Secret"}[seed%2]
		deltas := diff.Compare(setOf(t, kind, from), setOf(t, kind, to))
		if len(deltas) == 0 {
			continue
		}
		first := text(t, deltas[0], diff.TextOptions{Key: []byte("k")})
		if again := text(t, deltas[0], diff.TextOptions{Key: []byte("k")}); first != again {
			t.Fatalf("seed %d: two texts:\n%s\n%s", seed, first, again)
		}
		if !strings.Contains("\n"+first, "\n-") && !strings.Contains("\n"+first, "\n+") {
			t.Fatalf("seed %d: nothing shown of %v and %v:\n%s", seed, from, to, first)
		}
		if kind == "Secret" && strings.Contains(first, "hush") {
			t.Fatalf("seed %d: a secret is shown:\n%s", seed, first)
		}
	}
}

func setOf(t *testing.T, kind string, fields map[string]any) *manifest.Set {
	t.Helper()
	fields["apiVersion"], fields["kind"], fields["metadata"] = "v1", kind, map[string]any{"name": "a"}
	o, err := manifest.NewObject(manifest.Document{File: "random", Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	s, err := manifest.NewSet(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// value is random JSON data with few distinct members, so that two are similar.
func value(rnd *rand.Rand, depth int) any {
	n := rnd.IntN(9)
	if depth > 3 {
		n = rnd.IntN(6)
	}
	switch n {
	case 0:
		return nil
	case 1:
		return rnd.IntN(2) == 0
	case 2:
		return int64(rnd.IntN(2))
	case 3:
		return []float64{0, 0.5}[rnd.IntN(2)]
	case 4, 5:
		return []string{"", "hush", "hush\nhush", "hush\n", " hush", "1", "true"}[rnd.IntN(7)]
	case 6, 7:
		list := make([]any, rnd.IntN(4))
		for i := range list {
			list[i] = value(rnd, depth+1)
		}
		return list
	}
	m := map[string]any{}
	for range rnd.IntN(4) {
		m[[]string{"name", "key", "a", "b", ""}[rnd.IntN(5)]] = value(rnd, depth+1)
	}
	return m
}

func TestRedact(t *testing.T) {
	fields := map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
		"metadata": map[string]any{
			"name":   "db",
			"labels": map[string]any{"app": "db"},
			"annotations": map[string]any{
				"kubectl.kubernetes.io/last-applied-configuration": "hush",
				"example.com/copy": ` {"data": "hush"}`,
				"example.com/team": "shop",
			},
		},
		"data":       map[string]any{"a": base64.StdEncoding.EncodeToString([]byte("hush")), "b": "hush", "c": "hush"},
		"stringdata": "hush",
	}
	id := manifest.ID{Kind: "Secret", Name: "db"}
	for _, key := range []string{"", "key"} {
		got := fmt.Sprint(redact.Fields(fields, id, redact.Keyed([]byte(key))))
		for _, secret := range []string{"hush", "aHVzaA"} {
			if strings.Contains(got, secret) {
				t.Errorf("key %q: a secret is shown: %s", key, got)
			}
		}
		for _, plain := range []string{"Opaque", "app:db", "shop"} {
			if !strings.Contains(got, plain) {
				t.Errorf("key %q: %q is not shown: %s", key, plain, got)
			}
		}
	}
	data := redact.Fields(fields, id, redact.Keyed([]byte("key")))["data"].(map[string]any)
	if data["b"] != data["c"] || data["a"] == data["b"] {
		t.Errorf("equal values must have equal tokens, and only they: %v", data)
	}
	if other := redact.Fields(fields, id, redact.Keyed([]byte("other")))["data"].(map[string]any); other["b"] == data["b"] {
		t.Errorf("the token does not depend on the key: %v", other["b"])
	}
	if fields["stringdata"] != "hush" {
		t.Error("the original was changed")
	}
}

func TestRedactSOPS(t *testing.T) {
	fields := map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "db"},
		"data": map[string]any{"plain": "x", "list": []any{"ENC[AES256_GCM,data:abc=]", map[string]any{"deep": "ENC[AES256_GCM,data:def=]"}}},
		"sops": map[string]any{"mac": "ENC[AES256_GCM,data:mac=]", "version": "3.9.0"},
	}
	id := manifest.ID{Kind: "ConfigMap", Name: "db"}
	got := fmt.Sprint(redact.Fields(fields, id, redact.Keyed(nil)))
	if strings.Contains(got, "ENC[") || strings.Contains(got, "3.9.0") || !strings.Contains(got, "plain:x") {
		t.Errorf("got %s", got)
	}
	delete(fields, "sops")
	if got := fmt.Sprint(redact.Fields(fields, id, redact.Keyed(nil))); !strings.Contains(got, "ENC[") {
		t.Errorf("without sops nothing is hidden, got %s", got)
	}
}

// TestSecretsElsewhere expects a literal that a Secret has as well to be hidden
// in an env variable, its change to show, and names to stay.
func TestSecretsElsewhere(t *testing.T) {
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: hunter-two}\nspec:\n  containers:\n  - name: web\n    env:\n    - {name: PASSWORD, value: %s}\n"
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter-two, b: hunter-three}\n"
	d := one(t, fmt.Sprintf(pod, "hunter-two"), fmt.Sprintf(pod, "hunter-three"))
	was := one(t, "", secret).Object
	got := text(t, d, diff.TextOptions{Key: []byte("k"), Secrets: redact.New(6, was)})
	before, after, _ := strings.Cut(got, "\n+ ")
	if strings.Contains(got, "hunter") || strings.Count(got, "‹secret ") != 2 || strings.HasSuffix(before, after[:12]) {
		t.Errorf("got\n%s", got)
	}
	created := text(t, diff.Delta{Operation: diff.Create, Object: d.Object}, diff.TextOptions{Secrets: redact.New(6, was)})
	if strings.Contains(created, "hunter-three") || !strings.Contains(created, "name: hunter-two") {
		t.Errorf("got\n%s", created)
	}
}
