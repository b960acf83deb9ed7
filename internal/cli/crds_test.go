package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/cli"
)

const (
	crdsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
	// pulled is a definition with all that pull leaves out.
	pulled = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
  labels: {team: core}
  annotations: {meta.helm.sh/release-name: widgets}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {caBundle: Y2VydA==, service: {name: widgets, namespace: shop}}}}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        description: A widget.
        type: object
        properties:
          spec:
            type: object
            properties:
              description: {type: string, description: What it is for.}
              size: {type: integer, maximum: 10, description: How large it is.}
`
	approved = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: knobs.test.k8s.io, annotations: {api-approved.kubernetes.io: "unapproved, a test"}}
spec:
  group: test.k8s.io
  scope: Cluster
  names: {kind: Knob, plural: knobs}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
`
)

// penstock runs a command in this process.
func penstock(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Main(t.Context(), args, cli.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	return stdout.String(), stderr.String(), code
}

// What is pulled from a cluster is what objects are tried against.
func TestCRDsPull(t *testing.T) {
	server := admin(t)
	repository := map[string]string{
		"prod/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
	}
	base, head := t.TempDir(), t.TempDir()
	lay(t, base, repository)
	lay(t, head, repository)
	lay(t, head, map[string]string{"prod/widget.yaml": "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a, namespace: shop}\nspec: {size: 11, colour: red}\n"})
	file := filepath.Join(base, ".penstock", "crds.yaml")
	pull := []string{"crds", "pull", "--context", "ci", "--kubeconfig", server.kubeconfig, "--output", file}

	out, _, code := penstock(t, "check", "-o", "json", "--base-dir", base, "--head-dir", head)
	if code != 0 || !strings.Contains(out, "list its file under crds in .penstock.yaml, or run penstock crds pull") {
		t.Errorf("without definitions: %d\n%s", code, out)
	}

	_, errs, code := penstock(t, pull...)
	_, rights, _ := strings.Cut(errs, "apply this:\n")
	if _, err := os.Stat(filepath.Dir(file)); code != 2 || !strings.Contains(errs, "customresourcedefinitions.apiextensions.k8s.io is forbidden") || err == nil {
		t.Fatalf("without rights: %d, %v\n%s", code, err, errs)
	}
	for document := range strings.SplitSeq(rights, "---\n") {
		server.apply(t, address(t, document), document)
	}
	if _, errs, code := penstock(t, pull...); code != 2 || !strings.Contains(errs, "has no custom resource definitions") {
		t.Errorf("of none: %d\n%s", code, errs)
	}

	server.apply(t, crdsPath+"widgets.example.com", pulled)
	server.apply(t, crdsPath+"knobs.test.k8s.io", approved)
	out, errs, code = penstock(t, pull...)
	if code != 0 || !strings.HasPrefix(out, file+": 2 definitions of a cluster with Kubernetes ") {
		t.Fatalf("%d %s%s", code, out, errs)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{"\nstatus:", "managedFields", "uid", "caBundle", "Y2VydA", "team", "helm", "A widget", "What it is for", "How large", "127.0.0.1"} {
		if strings.Contains(string(text), gone) {
			t.Errorf("%q is in\n%s", gone, text)
		}
	}
	order := []string{"# The 2 custom resource definitions of a cluster with Kubernetes ", "api-approved.kubernetes.io: unapproved, a test", "name: knobs.test.k8s.io", "\n---\n", "name: widgets.example.com", "description:\n", "maximum: 10"}
	at := 0
	for _, part := range order {
		next := strings.Index(string(text)[at:], part)
		if next < 0 {
			t.Fatalf("%q is not in its place in\n%s", part, text)
		}
		at += next
	}
	if again, _, code := penstock(t, append(pull, "--output", "-")...); code != 0 || again != string(text) {
		t.Errorf("the second time differs: %d\n%s", code, again)
	}

	out, errs, code = penstock(t, "check", "-o", "json", "--base-dir", base, "--head-dir", head)
	if code != 1 || !strings.Contains(out, "should be less than or equal to 10") || !strings.Contains(out, "unknown field spec.colour") {
		t.Errorf("with definitions: %d\n%s%s", code, out, errs)
	}
	// What head makes of the file counts once it is merged.
	lay(t, head, map[string]string{".penstock/crds.yaml": strings.ReplaceAll(string(text), "maximum: 10", "maximum: 100")})
	out, _, code = penstock(t, "check", "-o", "json", "--base-dir", base, "--head-dir", head)
	if code != 1 || !strings.Contains(out, "less than or equal to 10") || strings.Contains(out, "equal to 100") || !strings.Contains(out, "edits the definitions that objects are tried by") {
		t.Errorf("with other definitions in head: %d\n%s", code, out)
	}
}

func TestCRDsPullOfNothing(t *testing.T) {
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, []byte("apiVersion: v1\nkind: Config\ncontexts: [{name: ci, context: {cluster: live, user: ci}}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "--context is missing"},
		{[]string{"--context", "other", "--kubeconfig", kubeconfig}, "has no context other\nhint: known contexts: ci"},
		{[]string{"--context", "ci", "--kubeconfig", kubeconfig + "x"}, "reading the kubeconfig"},
	} {
		out := filepath.Join(t.TempDir(), "out.yaml")
		if _, errs, code := penstock(t, append([]string{"crds", "pull", "-o", out}, tt.args...)...); code != 2 || !strings.Contains(errs, tt.want) {
			t.Errorf("%v: %d %s", tt.args, code, errs)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%v writes a file", tt.args)
		}
	}
}

func lay(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
