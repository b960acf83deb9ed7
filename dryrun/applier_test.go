package dryrun_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"golang.org/x/tools/txtar"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TestAnswersOfClientSideApply tries the changes of testdata as kubectl apply
// does without --server-side: the findings are the same, beside those examples
// in which it rightly answers otherwise.
func TestAnswersOfClientSideApply(t *testing.T) {
	otherwise := map[string]string{
		"custom":                   "a custom resource is checked by its schema, in other words",
		"definitions_given":        "as custom",
		"custom_rules":             "as custom",
		"ratcheted":                "as custom, and a list may hold twice what it held",
		"duplicate_port":           "a key that is there twice is accepted",
		"exported":                 "what the server owns is not looked at",
		"harmless_definitions":     "what an older version applied is converted for server-side apply only",
		"version_moved":            "as harmless_definitions",
		"strategies":               "a merge patch of a Deployment retains no keys of the other strategy (x-kubernetes-patch-strategy: retainKeys)",
		"hook":                     "annotations of Helm say nothing to kubectl",
		"quota_one_pod":            "as hook",
		"forced":                   "annotations of Flux and of Argo CD say nothing to kubectl",
		"rollback_selector_forced": "as forced",
		"deleted_around":           "as forced, of what they keep from being deleted",
		"rollback_claim_deleted":   "as deleted_around",
		"beside_deleted":           "as deleted_around",
		"beside_definition":        "what is the same is not sent, and what is there need not fit the schema",
	}
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded})
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := input(t, archive)
			in.Environment.AppliedBy = "kubectl"
			result, err := runner.Try(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			got, want := transcript(in, result), text(archive, "want.txt")
			if otherwise[name] == "" && got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			} else if otherwise[name] != "" && got == want {
				t.Error("the answers are the same")
			}
		})
	}
}

// Whoever keeps the whole object in an annotation cannot apply large ones.
func TestLargeObjects(t *testing.T) {
	const message = "metadata.annotations: Too long: may not be more than 262144 bytes"
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded})
	large := strings.Repeat("x", 270_000)
	for by, fails := range map[string]bool{
		"": false, "flux": false, "helm": false, "helm3": false, "kubectl-server-side": false,
		"kubectl": true, "argocd": true, "argocd ServerSideApply=true": false, "argocd Replace=true": false,
	} {
		for _, annotation := range []string{"", "ServerSideApply=true"} {
			in := input(t, txtar.Parse(fmt.Appendf(nil, `
-- applier.txt --
%s
-- base.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: large, namespace: shop, annotations: {argocd.argoproj.io/sync-options: '%[2]s'}}
data: {a: b}
-- head.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: large, namespace: shop, annotations: {argocd.argoproj.io/sync-options: '%[2]s'}}
data: {a: %[3]s}
`, by, annotation, large)))
			result, err := runner.Try(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			found := slices.ContainsFunc(result.Findings, func(f verdict.Finding) bool {
				return f.Level == verdict.Error && f.Rule == "dry-run/invalid" && strings.HasPrefix(f.Message, message) && strings.HasSuffix(f.Message, "server-side apply does without")
			})
			want := fails && (annotation == "" || by == "kubectl")
			if found != want || len(result.Findings) > 1 || found != (len(result.Findings) == 1) {
				t.Errorf("%q with %q: %s", by, annotation, transcript(in, result))
			}
		}
	}
}

const ownershipChange = `
-- base.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.com/web:1}]}
-- head.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: %d
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.com/web:2}]}
`

// What an autoscaler and a person have set on the cluster is named, with who
// owns it: as new where the change gives the field another value, and as an error
// where whoever applies it does not force conflicts.
func TestOwnership(t *testing.T) {
	client, file := cluster(t)
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: file})
	for _, test := range []struct {
		by       string
		replicas int
		want     string
	}{
		{"flux", 3, "warning new\nspec.replicas belongs to kube-controller-manager (which scales it, as autoscalers do), and applying the change takes it over\n"},
		{"flux", 2, "warning unchanged\nspec.replicas belongs to kube-controller-manager (which scales it, as autoscalers do), and applying the change takes it over\n"},
		{"flux", 5, ""},
		{"argocd", 3, "warning new\nspec.replicas belongs to kube-controller-manager (which scales it, as autoscalers do), and applying the change takes it over\n"},
		{"argocd Replace=true", 3, "warning new\nspec.replicas belongs to kube-controller-manager (which scales it, as autoscalers do), and applying the change takes it over\n"},
		{"kubectl-server-side", 3, "error new\nspec.replicas belongs to kube-controller-manager (which scales it, as autoscalers do): kubectl-server-side fails with a conflict\n"},
		{"kubectl-server-side ForceConflicts=true", 3, "warning new\nspec.replicas belongs to kube-controller-manager (which scales it, as autoscalers do), and applying the change takes it over\n"},
	} {
		t.Run(fmt.Sprint(test.by, test.replicas), func(t *testing.T) {
			in := input(t, txtar.Parse(fmt.Appendf(nil, "\n-- applier.txt --\n%s\n"+ownershipChange, test.by, test.replicas)))
			in.Environment.Context = "live"
			deployments := client.AppsV1().Deployments("shop")
			if err := deployments.Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
			data, err := json.Marshal(in.Base.All()[0].Fields())
			if err != nil {
				t.Fatal(err)
			}
			manager := map[string]string{"flux": "kustomize-controller", "argocd": "argocd-controller", "kubectl-server-side": "kubectl"}[strings.Fields(test.by)[0]]
			if _, err := deployments.Patch(t.Context(), "web", types.ApplyPatchType, data, metav1.PatchOptions{FieldManager: manager}); err != nil {
				t.Fatal(err)
			}
			scale := &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop"}, Spec: autoscalingv1.ScaleSpec{Replicas: 5}}
			if _, err := deployments.UpdateScale(t.Context(), "web", scale, metav1.UpdateOptions{FieldManager: "kube-controller-manager"}); err != nil {
				t.Fatal(err)
			}
			result, err := runner.Try(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, f := range result.Findings {
				fmt.Fprintf(&got, "%s %s\n%s\n", f.Level, f.Baseline, f.Message)
				if f.Rule != "dry-run/ownership-conflict" || f.Path != "/spec/replicas" || f.Location == nil || f.Location.Line != 5 {
					t.Errorf("got %+v at %+v", f, f.Location)
				}
			}
			if got.String() != test.want || len(result.Entries) != 1 || !result.Entries[0].Evaluated() {
				t.Errorf("got\n%s\nwant\n%s\nall:\n%s", got.String(), test.want, transcript(in, result))
			}
		})
	}
}

const rootsChange = `
-- chart.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: chart, namespace: shop}
data: {a: %[1]s, b: c}
-- kustomization.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: kustomization, namespace: shop}
data: {a: %[1]s, b: c}
`

// Where Flux applies a kustomization and a chart, each controller owns what it
// applies, and takes nothing from the other.
func TestOwnershipByRoot(t *testing.T) {
	client, file := cluster(t)
	side := func(value string) *manifest.Set {
		t.Helper()
		archive := txtar.Parse(fmt.Appendf(nil, rootsChange, value))
		chart, kustomization := set(t, archive, "chart.yaml").All()[0], set(t, archive, "kustomization.yaml").All()[0]
		all, err := manifest.NewSet(chart.WithOwners(manifest.Owner{Kind: "Chart", Path: "chart"}), kustomization.WithOwners(manifest.Owner{Kind: "Kustomization", Path: "apps"}))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	in := dryrun.Input{Base: side("one"), Head: side("two")}
	in.Environment = config.Environment{
		Name: "prod", Context: "live", KubernetesVersion: "1.36", AppliedBy: config.Flux,
		Roots: []config.Root{{Path: "apps", Kind: config.Kustomize}, {Path: "chart", Kind: config.Helm}},
	}
	in.Deltas = diff.Compare(in.Base, in.Head)
	for _, o := range in.Base.All() {
		data, err := json.Marshal(o.Fields())
		if err != nil {
			t.Fatal(err)
		}
		manager := map[string]string{"chart": "helm-controller", "kustomization": "kustomize-controller"}[o.ID().Name]
		if _, err := client.CoreV1().ConfigMaps("shop").Patch(t.Context(), o.ID().Name, types.ApplyPatchType, data, metav1.PatchOptions{FieldManager: manager}); err != nil {
			t.Fatal(err)
		}
	}
	result, err := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: file}).Try(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Findings) > 0 || len(result.Entries) != 2 {
		t.Errorf("got\n%s", transcript(in, result))
	}
}
