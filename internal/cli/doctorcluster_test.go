package cli_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"github.com/penstock-dev/penstock/internal/cli"
	"go.yaml.in/yaml/v3"
)

// fewRights is a repository with an environment on the cluster of the context
// ci, with what a user without rights may not do, and one on no cluster.
var fewRights = map[string]string{
	".penstock.yaml": `version: 1
dryRun: {mode: cluster, kubeconfig: KUBECONFIG}
environments:
- {name: nowhere, context: gone, kubernetesVersion: "1.35", roots: [{path: prod}]}
- {name: prod, context: ci, kubernetesVersion: "1.35", roots: [{path: prod}]}
`,
	"prod/all.yaml": `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: example.com/web:1}]}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web, namespace: shop}
rules: []
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: a, namespace: shop}
`,
}

// What doctor says is missing on a cluster is enough, once it is applied.
func TestDoctorOnACluster(t *testing.T) {
	server := admin(t)
	server.apply(t, "/api/v1/namespaces/shop", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
	dir := t.TempDir()
	for name, text := range fewRights {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "KUBECONFIG", server.kubeconfig)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	checks := onCluster(t, dir)
	for _, want := range []struct{ status, message, hint string }{
		{"problem", "the cluster of nowhere: the kubeconfig has no context gone", "known contexts: ci"},
		{"warning", "the cluster of prod is Kubernetes 1.36, and prod is rendered for 1.35: charts and rules go by the wrong version", `set kubernetesVersion: "1.36"`},
		{"problem", "the cluster of prod: ci lacks 10 of the 10 rights that a dry-run needs: create, delete, patch namespaces, create pods in shop, create, delete, patch deployments.apps in shop, create, delete, patch roles.rbac.authorization.k8s.io in shop", "have an administrator"},
		{"warning", "the cluster of prod: roles that give more than ci has are refused, since it lacks the right to grant: escalate roles.rbac.authorization.k8s.io in shop", "have an administrator"},
		{"not-looked-at", "the rights on what the cluster of prod does not serve: example.com/v1 Widget", ""},
	} {
		found := false
		for _, c := range checks {
			found = found || c.Status == want.status && c.Message == want.message && strings.HasPrefix(c.Hint, want.hint)
		}
		if !found {
			t.Errorf("%q is not said in %+v", want.message, checks)
		}
	}
	for _, c := range checks {
		server.applyAll(t, c.YAML)
	}
	const want = "the cluster of prod: ci has the 10 rights that a dry-run needs"
	met := false
	for _, c := range onCluster(t, dir) {
		met = met || c.Status == "ok" && c.Message == want
		if c.YAML != "" {
			t.Errorf("still missing: %s\n%s", c.Message, c.YAML)
		}
	}
	if !met {
		t.Errorf("%q is not said", want)
	}
	for _, want := range []doctored{
		{Status: "problem", Message: "the cluster of prod: ci lacks 6 of the 16 rights that a dry-run needs: get, list namespaces, get, list deployments.apps in shop, get, list roles.rbac.authorization.k8s.io in shop"},
		{Status: "warning", Message: "the cluster of prod: what is left over of prod in other namespaces is not found, since ci may not list deployments.apps, list roles.rbac.authorization.k8s.io everywhere"},
	} {
		found := false
		for _, c := range onCluster(t, dir, "--drift") {
			if found = c.Status == want.Status && c.Message == want.Message && c.YAML != ""; found {
				server.applyAll(t, c.YAML)
				break
			}
		}
		if !found {
			t.Errorf("%q is not said in %+v", want.Message, onCluster(t, dir, "--drift"))
		}
	}
	for _, c := range onCluster(t, dir, "--drift") {
		if c.YAML != "" {
			t.Errorf("still missing: %s\n%s", c.Message, c.YAML)
		}
	}
}

// What drift takes is not looked at where no cluster is asked.
func TestDoctorOnDriftWithoutACluster(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "map.yaml"), []byte(liveMap), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code := cli.Main(t.Context(), []string{"doctor", "--repo", dir, "--drift", "--dry-run=off"}, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	if want := "--drift compares a cluster with base, and --dry-run=off asks none"; code != 2 || !strings.Contains(errs.String(), want) {
		t.Errorf("code %d: %s%s", code, out.String(), errs.String())
	}
}

type doctored struct{ Area, Status, Message, Hint, YAML string }

// onCluster runs doctor and returns what it says of the dry-run.
func onCluster(t *testing.T, dir string, args ...string) []doctored {
	t.Helper()
	var out, errs bytes.Buffer
	code := cli.Main(t.Context(), append([]string{"doctor", "--repo", dir, "-o", "json"}, args...), cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	var document struct{ Checks []doctored }
	if err := json.Unmarshal(out.Bytes(), &document); err != nil || code != 1 {
		t.Fatalf("code %d, %v: %s%s", code, err, out.String(), errs.String())
	}
	var checks []doctored
	for _, c := range document.Checks {
		if c.Area == "dry-run" {
			checks = append(checks, c)
		}
	}
	return checks
}

// address is where an API server has an object that gives rights.
func address(t *testing.T, document string) string {
	t.Helper()
	var o struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   struct{ Name, Namespace string }
	}
	if err := yaml.Unmarshal([]byte(document), &o); err != nil {
		t.Fatal(err)
	}
	at := "/apis/" + o.APIVersion + "/"
	if o.Metadata.Namespace != "" {
		at += "namespaces/" + o.Metadata.Namespace + "/"
	}
	return at + strings.ToLower(o.Kind) + "s/" + o.Metadata.Name
}

// cluster is an API server that stands for a live one, and its administrator.
type cluster struct {
	host, token, kubeconfig string
	client                  *http.Client
}

// admin starts a cluster; its kubeconfig lets in as the user ci alone.
func admin(t *testing.T) cluster {
	t.Helper()
	s, err := apiserver.Start(t.Context(), apiserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	config, err := s.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(config.CAData)
	c := cluster{config.Host, config.BearerToken, filepath.Join(t.TempDir(), "kubeconfig"), &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}}
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: live, cluster: {server: %q, certificate-authority-data: %s}}]
users: [{name: ci, user: {token: %q, as: ci}}]
contexts: [{name: ci, context: {cluster: live, user: ci}}]
`, config.Host, base64.StdEncoding.EncodeToString(config.CAData), config.BearerToken)
	if err := os.WriteFile(c.kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// applyAll applies objects that give rights.
func (c cluster) applyAll(t *testing.T, documents string) {
	t.Helper()
	for document := range strings.SplitSeq(documents, "---\n") {
		if document != "" {
			c.apply(t, address(t, document), document)
		}
	}
}

func (c cluster) apply(t *testing.T, at, document string) {
	t.Helper()
	host := c.host
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, host+at+"?fieldManager=test", strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/apply-patch+yaml")
	r.Header.Set("Authorization", "Bearer "+c.token)
	answer, err := c.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if closeErr := answer.Body.Close(); err != nil || closeErr != nil || answer.StatusCode >= 300 {
		t.Fatalf("applying %s: %d %v %s", at, answer.StatusCode, err, body)
	}
}
