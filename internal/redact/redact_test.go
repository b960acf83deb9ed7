package redact_test

import (
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/redact"
)

func secret(t testing.TB, fields map[string]any) *manifest.Object {
	t.Helper()
	for k, v := range map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "s"}} {
		fields[k] = v
	}
	o, err := manifest.NewObject(manifest.Document{Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestReplace(t *testing.T) {
	o := secret(t, map[string]any{
		"data":       map[string]any{"a": "aHVudGVyMg==", "short": "eA=="},
		"stringData": map[string]any{"b": "correct\nhorse", "pin": int64(4711), "on": true},
	})
	for text, want := range map[string]string{
		"hunter2 is the password":      "[hidden] is the password",
		`Invalid value: "hunter2"`:     `Invalid value: "[hidden]"`,
		"aHVudGVyMg== as it stands":    "[hidden] as it stands",
		"Y29ycmVjdApob3JzZQ== encoded": "[hidden] encoded",
		`quoted: correct\nhorse`:       "quoted: [hidden]",
		"expected string, got 4711":    "expected string, got [hidden]",
		"expected string, got true":    "expected string, got [hidden]",
		"x marks the spot":             "[hidden] marks the spot",
		"an axis keeps its x-factor":   "an axis keeps its [hidden]-factor",
		"nothing to hide":              "nothing to hide",
	} {
		if got := redact.New(1, o, nil).Replace(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := redact.Union(redact.New(6, o), redact.Redactor{}).Replace("hunter2"); got != "[hidden]" {
		t.Errorf("a union hides %q", got)
	}
	if got := redact.New(6, o).Replace("x 4711 hunter2"); got != "x 4711 [hidden]" {
		t.Errorf("short values are looked for: %q", got)
	}
}

// TestReplaceLines: whoever quotes one line of a file quotes a secret. Lines that
// stand in every file of their kind do not tell one.
func TestReplaceLines(t *testing.T) {
	o := secret(t, map[string]any{"stringData": map[string]any{
		"file": "kind: Config\nuser: alice\n  token: c2VjcmV0LXRva2Vu\nPASSWORD=\"correct-horse-battery\"\n-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----\n",
	}})
	for text, want := range map[string]string{
		"it has the token c2VjcmV0LXRva2Vu":      "it has the token [hidden]",
		"+     token: c2VjcmV0LXRva2Vu":          "+     [hidden]",
		"the password is correct-horse-battery.": "the password is [hidden].",
		"MIIBszCCAVmgAwIBAgIU":                   "[hidden]",
		"-----BEGIN CERTIFICATE-----":            "-----BEGIN CERTIFICATE-----",
		"kind: Config":                           "kind: Config",
		"user: alice":                            "user: alice",
	} {
		if got := redact.New(1, o).Replace(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestReplaceManifest: of a manifest in a Secret, what any manifest has stays, and
// what may be a secret is hidden, also where it has been copied to.
func TestReplaceManifest(t *testing.T) {
	o := secret(t, map[string]any{"stringData": map[string]any{
		"app.yaml": `apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 30
      priorityClassName: business-critical
      containers:
      - imagePullPolicy: IfNotPresent
        securityContext:
        env:
        - {name: A, value: xyz}
        - name: DATABASE_PASSWORD
          value: correct-horse-battery
        - name: INTERNAL_LICENCE
      hostname: only-the-secret-has-it
`,
		"list.txt": "kind: Tr0ub4dor&3x\nterminationGracePeriodSeconds: 4711\nhunter2hunter2hunter2\nhunter3hunter3hunter3:\nGREETING=correct-horse-staple\ncacheBackend: redis-of-the-shop\nflagOfTheMap: yes-it-is-on\n",
	}})
	deployment, err := manifest.NewObject(manifest.Document{Fields: map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": "web"}, "spec": map[string]any{
		"priorityClassName": "business-critical", "terminationGracePeriodSeconds": int64(30), "containers": []any{map[string]any{
			"imagePullPolicy": "IfNotPresent", "securityContext": map[string]any{}, "env": []any{map[string]any{"name": "DATABASE_PASSWORD", "value": "correct-horse-battery"}},
		}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	settings, err := manifest.NewObject(manifest.Document{Fields: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "c"}, "data": map[string]any{"flagOfTheMap": "yes-it-is-on"}}})
	if err != nil {
		t.Fatal(err)
	}
	custom, err := manifest.NewObject(manifest.Document{Fields: map[string]any{"apiVersion": "example.com/v1", "kind": "Release", "metadata": map[string]any{"name": "r"}, "spec": map[string]any{"cacheBackend": "redis-of-the-shop"}}})
	if err != nil {
		t.Fatal(err)
	}
	r := redact.New(6, o, deployment, settings, custom)
	for _, text := range []string{
		"apiVersion: apps/v1", "kind: Deployment", "terminationGracePeriodSeconds: 30", "priorityClassName: business-critical", "business-critical",
		"- imagePullPolicy: IfNotPresent", "securityContext:", "- name: DATABASE_PASSWORD",
	} {
		if got := r.Replace(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	for _, text := range []string{
		"correct-horse-battery", "value: correct-horse-battery", "hostname: only-the-secret-has-it", "only-the-secret-has-it", "- name: INTERNAL_LICENCE",
		"kind: Tr0ub4dor&3x", "terminationGracePeriodSeconds: 4711", "hunter2hunter2hunter2", "hunter3hunter3hunter3:", "correct-horse-staple",
		"cacheBackend: redis-of-the-shop", "redis-of-the-shop", "flagOfTheMap: yes-it-is-on",
	} {
		if got := r.Replace(text); !strings.Contains(got, "[hidden]") || strings.Contains(got, strings.Trim(text[strings.Index(text, ": ")+1:], " ")) {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	// Nothing is known of objects that are not there.
	if got := redact.New(6, o).Replace("securityContext: in kind: Deployment"); got != "[hidden] in kind: Deployment" {
		t.Errorf("got %q", got)
	}
}

func TestCredentials(t *testing.T) {
	for text, want := range map[string]string{
		"fetching https://me:s3cret@example.com/x.git: no":     "fetching https://[hidden]@example.com/x.git: no",
		"https://ghs_abc@github.com/o/r":                       "https://[hidden]@github.com/o/r",
		"ssh://git@example.com/x":                              "ssh://[hidden]@example.com/x",
		"git@github.com:o/r.git":                               "git@github.com:o/r.git",
		"https://example.com/a?b=c&token=abc&d=e":              "https://example.com/a?b=c&token=[hidden]&d=e",
		"https://example.com/a?X-Amz-Signature=ab12":           "https://example.com/a?X-Amz-Signature=[hidden]",
		"Authorization: Bearer abc.def":                        "Authorization: Bearer [hidden]",
		"authorization: abcdef":                                "authorization: [hidden]",
		"token ghp_0123456789abcdefghij is bad":                "token ghp_[hidden] is bad",
		"github_pat_11ABCDEFG0123456789_abc":                   "github_pat_[hidden]",
		"ghs_12345_eyJhbGciOiJ.eyJpc3MiOjEy.c2ln":              "ghs_[hidden]",
		"eyJhbGciOiJSUzI1.eyJpc3MiOiJrdWJl.c2lnbmF0dXJl rest":  "eyJ[hidden] rest",
		"image registry.example.com/a@sha256:0123 at 10:00":    "image registry.example.com/a@sha256:0123 at 10:00",
		"http://example.com/path/user@host is no userinfo":     "http://example.com/path/user@host is no userinfo",
		"basic authentication is off; ghost_stories is a name": "basic authentication is off; ghost_stories is a name",
	} {
		if got := redact.Credentials(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// What is hidden stays hidden, and nothing is hidden twice.
func FuzzCredentials(f *testing.F) {
	f.Add("https://me:s3cret@example.com/?token=a Authorization: Basic eA== Bearer 0123456789abcdef -----BEGIN PRIVATE KEY-----\\nMII\\n-----END PRIVATE KEY----- ghp_0123456789abcdefghij")
	f.Fuzz(func(t *testing.T, text string) {
		once := redact.Credentials(text)
		if twice := redact.Credentials(once); twice != once {
			t.Errorf("%q becomes %q, and that %q", text, once, twice)
		}
	})
}
