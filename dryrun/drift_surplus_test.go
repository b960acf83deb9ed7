package dryrun_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/config"
	"golang.org/x/tools/txtar"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const surplusChange = `
-- base.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {a: b}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: own, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: example.com/db:1}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
-- head.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {a: c}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: own, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: example.com/db:1}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: brought, namespace: shop}
`

// marker marks an object as that of an application.
type marker func(o *metav1.ObjectMeta, kind, whose string)

// marking are the marks of those who apply, and how they are told.
var marking = []struct {
	home, by, told string
	mark           marker
}{
	{"flux", config.Flux, "Kustomization flux-system/one", func(o *metav1.ObjectMeta, _, whose string) {
		o.Labels = map[string]string{"kustomize.toolkit.fluxcd.io/name": whose, "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
	}},
	{"chart", config.Flux, "HelmRelease apps/one", func(o *metav1.ObjectMeta, _, whose string) {
		o.Labels = map[string]string{"helm.toolkit.fluxcd.io/name": whose, "helm.toolkit.fluxcd.io/namespace": "apps", "app.kubernetes.io/managed-by": "Helm"}
	}},
	{"argo", config.ArgoCD, "Application tracked-one", func(o *metav1.ObjectMeta, kind, whose string) {
		// The label is that of the chart.
		o.Labels = map[string]string{"app.kubernetes.io/instance": "release"}
		o.Annotations = map[string]string{"argocd.argoproj.io/tracking-id": fmt.Sprintf("tracked-%s:/%s:%s/%s", whose, kind, o.Namespace, o.Name)}
	}},
	{"label", config.ArgoCD, "Application one", func(o *metav1.ObjectMeta, _, whose string) {
		o.Labels = map[string]string{"app.kubernetes.io/instance": whose}
	}},
	{"helm", config.HelmCLI, "release shop/one", func(o *metav1.ObjectMeta, _, whose string) {
		o.Labels = map[string]string{"app.kubernetes.io/managed-by": "Helm"}
		o.Annotations = map[string]string{"meta.helm.sh/release-name": whose, "meta.helm.sh/release-namespace": "shop"}
	}},
	{"nobody", config.Kubectl, "", func(o *metav1.ObjectMeta, _, whose string) {
		o.Labels = map[string]string{"app.kubernetes.io/instance": whose, "app.kubernetes.io/managed-by": "Helm"}
	}},
}

// Objects with the mark of whoever applies an environment that base does not have
// are told, and those that something else explains are not.
func TestDriftOfObjects(t *testing.T) {
	client, file := cluster(t)
	restConfig, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	restConfig.QPS, restConfig.WarningHandler = -1, rest.NoWarnings{}
	if client, err = kubernetes.NewForConfig(restConfig); err != nil {
		t.Fatal(err)
	}
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: file})
	for _, m := range marking {
		t.Run(m.home, func(t *testing.T) {
			in := input(t, txtar.Parse([]byte(strings.ReplaceAll(surplusChange, "shop", m.home))))
			in.Environment.Context, in.Environment.AppliedBy, in.Environment.Drift = "live", m.by, true
			inhabit(t, restConfig, in.Base)
			litter(t, client, m.home, m.mark)
			before := content(t, client)
			result, err := runner.Try(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			const none = "whether the cluster has more objects of this environment than base: no object of base carries there the mark of whoever applied it"
			told, note := surplusOf(result)
			var want []string
			wantNote := none
			if m.told != "" {
				wantNote = ofOtherKinds
				for _, o := range []string{"ConfigMap default/far-" + m.home, "ConfigMap " + m.home + "/brought head.yaml:24", "ConfigMap " + m.home + "/left", "Secret " + m.home + "/left"} {
					want = append(want, o+": the cluster has it with the mark of the "+m.told+", and base does not")
				}
				slices.Sort(want)
				slices.Sort(told)
			}
			if !slices.Equal(told, want) || note != wantNote {
				t.Errorf("got\n%s\n%s\nwant\n%s\n%s", strings.Join(told, "\n"), note, strings.Join(want, "\n"), wantNote)
			}
			if after := content(t, client); after != before {
				t.Errorf("the cluster was\n%s\nand is\n%s", before, after)
			}
		})
	}
	t.Run("few rights", func(t *testing.T) { testFewRights(t, client, file) })
}

// ofOtherKinds is what is said of kinds that base has no object of.
const ofOtherKinds = "whether the cluster has more objects of this environment than base: of kinds that base has no object of, only those of Kubernetes were looked at that are usual in repositories"

// surplusOf is what a result tells of objects that base does not have, and what of
// these is not known.
func surplusOf(r dryrun.Result) (told []string, note string) {
	for _, f := range r.Findings {
		if f.Rule != "dry-run/drift" || f.Path != "" || strings.HasPrefix(f.Message, "base has it") {
			continue
		}
		text := f.Object.Kind + " " + f.Object.Namespace + "/" + f.Object.Name
		if f.Location != nil {
			text += fmt.Sprintf(" %s:%d", f.Location.File, f.Location.Line)
		}
		told = append(told, text+": "+f.Message)
	}
	for _, e := range r.Entries {
		if strings.HasPrefix(e.Detail, "whether the cluster has more objects") {
			note += e.Detail
		}
	}
	return told, note
}

// litter puts marks on what base has, and objects beside it: more than fit on one
// page of a list among them.
func litter(t *testing.T, client *kubernetes.Clientset, home string, mark marker) {
	t.Helper()
	settings, err := client.CoreV1().ConfigMaps(home).Get(t.Context(), "settings", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	mark(&settings.ObjectMeta, "ConfigMap", "one")
	if _, err := client.CoreV1().ConfigMaps(home).Update(t.Context(), settings, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	make := func(namespace, name, whose string, with func(*corev1.ConfigMap)) {
		o := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
		if whose != "" {
			mark(&o.ObjectMeta, "ConfigMap", whose)
		}
		if with != nil {
			with(o)
		}
		if _, err := client.CoreV1().ConfigMaps(namespace).Create(t.Context(), o, metav1.CreateOptions{}); err != nil {
			t.Error(err)
		}
	}
	make(home, "left", "one", nil)
	make(home, "brought", "one", nil)
	make("default", "far-"+home, "one", nil)
	make(home, "other", "two", nil)
	make(home, "bare", "", nil)
	make(home, "owned", "one", func(o *corev1.ConfigMap) {
		o.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "settings", UID: settings.UID}}
	})
	make(home, "ignored", "one", func(o *corev1.ConfigMap) {
		metav1.SetMetaDataAnnotation(&o.ObjectMeta, "argocd.argoproj.io/compare-options", "IgnoreExtraneous")
	})
	make(home, "hook", "one", func(o *corev1.ConfigMap) {
		metav1.SetMetaDataAnnotation(&o.ObjectMeta, "helm.sh/hook", "pre-install")
	})
	make(home, "copied", "", func(o *corev1.ConfigMap) {
		// A controller copies the annotations of what it copies.
		o.Annotations = map[string]string{"argocd.argoproj.io/tracking-id": "tracked-one:/ConfigMap:" + home + "/settings"}
	})
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: home, Name: "left"}}
	mark(&secret.ObjectMeta, "Secret", "one")
	if _, err := client.CoreV1().Secrets(home).Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	// The controller of Services copies their labels, and names no owner.
	copied := &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Namespace: home, Name: "left"}} //nolint:staticcheck // clusters have them
	mark(&copied.ObjectMeta, "Service", "one")
	if _, err := client.CoreV1().Endpoints(home).Create(t.Context(), copied, metav1.CreateOptions{}); err != nil { //nolint:staticcheck // as above
		t.Fatal(err)
	}
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: home, Name: "data-db-0"}}
	claim.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	claim.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
	mark(&claim.ObjectMeta, "PersistentVolumeClaim", "one")
	if _, err := client.CoreV1().PersistentVolumeClaims(home).Create(t.Context(), claim, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if home != "argo" {
		return
	}
	var wait sync.WaitGroup
	for n := range 4 {
		wait.Go(func() {
			for i := range 130 {
				make(home, fmt.Sprintf("a-%d-%d", n, i), "", nil)
			}
		})
	}
	wait.Wait()
}

// content is what the cluster has, with its revisions.
func content(t *testing.T, client *kubernetes.Clientset) string {
	t.Helper()
	maps, err := client.CoreV1().ConfigMaps("").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := client.CoreV1().PersistentVolumeClaims("").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, m := range maps.Items {
		fmt.Fprintln(&b, m.Namespace, m.Name, m.ResourceVersion)
	}
	for _, c := range claims.Items {
		fmt.Fprintln(&b, c.Namespace, c.Name, c.ResourceVersion)
	}
	return b.String()
}

// What the user may not list is said, with what gives the right; where the user may
// list in namespaces only, these are looked at.
func testFewRights(t *testing.T, client *kubernetes.Clientset, file string) {
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "few"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{"", "apps"}, Resources: []string{"configmaps", "persistentvolumeclaims", "statefulsets"}, Verbs: []string{"get", "patch", "create"}},
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"list"}},
	}}
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "few"}, RoleRef: rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "few"},
		Subjects: []rbacv1.Subject{{Kind: "User", APIGroup: "rbac.authorization.k8s.io", Name: "few"}}}
	if _, err := client.RbacV1().Roles("flux").Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.RbacV1().RoleBindings("flux").Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	in := input(t, txtar.Parse([]byte(strings.ReplaceAll(surplusChange, "shop", "flux"))))
	in.Environment.Context, in.Environment.AppliedBy = "few", config.Flux
	result, err := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: as(t, file, "few", "few"), Drift: true}).Try(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	told, note := surplusOf(result)
	const wantNote = `whether the cluster has more objects of this environment than base: the user may not list all namespaces, so that only those of base were looked at; ` +
		`the user may not list persistentvolumeclaims in flux, list statefulsets.apps in flux — give the user a Role in flux with rules: [{apiGroups: [""], resources: [persistentvolumeclaims], verbs: [list]}, {apiGroups: ["apps"], resources: [statefulsets], verbs: [list]}]; ` +
		`of kinds that base has no object of, only those of Kubernetes were looked at that are usual in repositories, and 22 of them the user may not list in all namespaces, such as limitranges`
	if len(told) != 2 || note != wantNote {
		t.Errorf("got\n%s\n%s\nwant\n%s", strings.Join(told, "\n"), note, wantNote)
	}
}

// An environment that wants drift told is not passed over where no cluster is asked.
func TestDriftWithoutCluster(t *testing.T) {
	in := input(t, txtar.Parse([]byte(surplusChange)))
	in.Environment.Drift = true
	result, err := newRunner(t, dryrun.Options{Mode: dryrun.Embedded}).Try(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got := transcript(in, result); !strings.Contains(got, "not tried (unverifiable) \n  - whether the cluster has drifted from base: no cluster is asked — --dry-run=cluster asks it\n") {
		t.Errorf("got\n%s", got)
	}
}
