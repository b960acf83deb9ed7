package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/cli"
)

const (
	liveConfig = `version: 1
environments:
- {name: prod, context: ci, kubernetesVersion: "1.36", roots: [{path: prod}]}
`
	liveMap = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data:
  level: "1"
  other: "1"
`
)

// A check on a cluster tells missing rights once and what has drifted, for people.
func TestCheckOnACluster(t *testing.T) {
	server := admin(t)
	const home, at = "/api/v1/namespaces/shop", "/api/v1/namespaces/shop/configmaps/settings"
	server.apply(t, home, "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
	server.apply(t, at, strings.Replace(liveMap, `level: "1"`, `level: "9"`, 1))
	base, head := t.TempDir(), t.TempDir()
	for dir, text := range map[string]string{base: liveMap, head: strings.Replace(liveMap, `other: "1"`, `other: "2"`, 1)} {
		for name, text := range map[string]string{".penstock.yaml": liveConfig, "prod/map.yaml": text} {
			file := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(kubeconfig string, want int) string {
		t.Helper()
		var out, errs bytes.Buffer
		code := cli.Main(t.Context(), []string{"check", "--base-dir", base, "--head-dir", head, "--dry-run=cluster", "--drift", "--kubeconfig", kubeconfig, "-o", "text", "-v"},
			cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
		if code != want {
			t.Errorf("code %d, want %d: %s", code, want, errs.String())
		}
		return strings.Join(strings.Fields(out.String()), " ")
	}
	got := check(server.kubeconfig, 2)
	for _, want := range []string{
		"ci lacks 1 of the 1 rights that a dry-run of this change needs on the cluster ci 1.36: patch configmaps in shop",
		`a Role in shop with rules: [{apiGroups: [""], resources: [configmaps], verbs: [patch]}]`,
		"whether 1 of 1 objects of base have drifted on the cluster",
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%q is not said once in\n%s", want, got)
		}
	}
	text, err := os.ReadFile(server.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	everything := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(everything, bytes.ReplaceAll(text, []byte(", as: ci"), nil), 0o600); err != nil {
		t.Fatal(err)
	}
	got = check(everything, 0)
	want := regexp.MustCompile(`warning prod/map\.yaml:5 \(existing\) data\.level: the cluster has another value than base; written by test at 20\S+ dry-run/drift `)
	if !want.MatchString(got) {
		t.Errorf("no drift in\n%s", got)
	}
	if strings.Contains(got, `"9"`) {
		t.Errorf("what somebody wrote on the cluster is told in\n%s", got)
	}
}
