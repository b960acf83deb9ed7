package dryrun

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// rooted is an object of a kustomization, of a chart that this inflates, of a chart
// that is a root, or of a root that it does not say.
func rooted(t *testing.T, text, root string) *manifest.Object {
	t.Helper()
	o := set(t, text).All()[0]
	kustomization, chart := manifest.Owner{Kind: "Kustomization", Path: "apps"}, manifest.Owner{Kind: "Chart", Path: "charts/web"}
	switch root {
	case "kustomization":
		return o.WithOwners(kustomization)
	case "inflated":
		return o.WithOwners(kustomization, chart)
	case "chart":
		return o.WithOwners(chart)
	}
	return o
}

// Flux applies the objects of a chart that is a root as helm-controller, and the
// others as kustomize-controller, whose annotations count for these alone; so do
// those of Helm for the first.
func TestAppliedByRoot(t *testing.T) {
	kustomize, helm := config.Root{Path: "apps", Kind: config.Kustomize}, config.Root{Path: "charts/web", Kind: config.Helm}
	for _, test := range []struct {
		by    string
		roots []config.Root
		root  string
		want  string
	}{
		{config.Flux, []config.Root{kustomize, helm}, "kustomization", kustomizeController},
		{config.Flux, []config.Root{kustomize, helm}, "inflated", kustomizeController},
		{config.Flux, []config.Root{kustomize, helm}, "chart", helmController},
		{config.Flux, []config.Root{kustomize, helm}, "", kustomizeController},
		{config.Flux, []config.Root{kustomize}, "kustomization", kustomizeController},
		{config.Flux, []config.Root{helm}, "chart", helmController},
		{config.Flux, []config.Root{helm}, "", helmController},
		{config.ArgoCD, []config.Root{kustomize, helm}, "chart", "argocd-controller"},
		{config.HelmCLI, []config.Root{helm}, "chart", "helm"},
		{"", []config.Root{kustomize, helm}, "chart", manager},
	} {
		env := config.Environment{AppliedBy: test.by, Roots: test.roots}
		s, err := newSession(&target{config: &rest.Config{}, kinds: kinds{byKind: map[schema.GroupVersionKind]kind{{Version: "v1", Kind: "Secret"}: {namespaced: true}}}}, Input{Environment: env})
		if err != nil {
			t.Fatal(err)
		}
		object := func(notes string) *manifest.Object {
			return rooted(t, "{apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {"+notes+"}}, stringData: {a: b}}", test.root)
		}
		i, err := s.item(object(""))
		if err != nil {
			t.Fatal(err)
		}
		by := s.client.by(i)
		if by.manager != test.want {
			t.Errorf("%+v: applied by %s", test, by.manager)
		}
		if moved := by.sent(i.fields)["stringData"] == nil; moved != (test.want == kustomizeController) {
			t.Errorf("%+v: stringData is written into data: %t", test, moved)
		}
		if test.by != config.Flux {
			continue
		}
		a, kustomized := s.client.applier, test.want == kustomizeController
		for name, got := range map[string]bool{
			"force":       a.forced(object("kustomize.toolkit.fluxcd.io/force: enabled"), nil),
			"prune":       a.keeps(object("kustomize.toolkit.fluxcd.io/prune: disabled")),
			"ssa":         a.passesOver(object("kustomize.toolkit.fluxcd.io/ssa: Ignore"), diff.Update, true) != nil,
			"reconcile":   a.passesOver(object("kustomize.toolkit.fluxcd.io/reconcile: disabled"), diff.Update, true) != nil,
			"not present": a.passesOver(object("kustomize.toolkit.fluxcd.io/ssa: IfNotPresent"), diff.Update, true) != nil,
			"not Helm's":  !a.keeps(object("helm.sh/resource-policy: keep")),
			"no hook":     !a.hook(object("helm.sh/hook: pre-install"), object("")),
		} {
			if got != kustomized {
				t.Errorf("%+v, %s: %t", test, name, got)
			}
		}
	}
}

// What is created is sent as what is applied.
func TestCreatedAsSent(t *testing.T) {
	var query, body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		query, body = r.Method+" "+r.URL.Query().Get("fieldManager"), string(data)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(data)
	}))
	defer server.Close()
	for root, want := range map[string]string{
		"kustomization": `POST kustomize-controller {"data":{"a":"Yg=="}}`,
		"chart":         `POST helm-controller {"stringData":{"a":"b"}}`,
	} {
		c, err := newClient(&rest.Config{Host: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		if c.applier, err = newApplier(config.Environment{AppliedBy: config.Flux, Roots: []config.Root{{Kind: config.Kustomize}, {Kind: config.Helm}}}); err != nil {
			t.Fatal(err)
		}
		o := rooted(t, "{apiVersion: v1, kind: Secret, metadata: {generateName: a-, namespace: shop}, stringData: {a: b}}", root)
		i := item{kind: kind{GroupVersionResource: schema.GroupVersionResource{Version: "v1", Resource: "secrets"}, namespaced: true}, namespace: "shop", fields: o.Fields(), chart: charted(o)}
		if _, err := c.send(t.Context(), i, how{}); err != nil {
			t.Fatal(err)
		}
		var sent map[string]any
		if err := json.Unmarshal([]byte(body), &sent); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"apiVersion", "kind", "metadata"} {
			delete(sent, key)
		}
		left, err := json.Marshal(sent)
		if got := query + " " + string(left); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", root, got, err, want)
		}
	}
}
