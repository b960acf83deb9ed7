package dryrun_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/config"
	"golang.org/x/tools/txtar"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const environmentOfFewRights = `
-- head.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: other}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: a, namespace: shop}
spec: {jobTemplate: {spec: {template: {spec: {containers: []}}}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: a, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: a, namespace: shop}
`

// Each right is asked for in the namespaces that the environment has objects in,
// and asking leaves nothing behind.
func TestInspect(t *testing.T) {
	client, file := cluster(t)
	letIn(t, client)
	before := everything(t, client)
	head := input(t, txtar.Parse([]byte(environmentOfFewRights))).Head
	for _, test := range []struct {
		context, user   string
		missing, grants []string
	}{
		{context: "live", user: "penstock"},
		{
			context: "ci", user: "ci",
			missing: []string{
				"create configmaps in other", "delete configmaps in other", "patch configmaps in other",
				"create namespaces in ", "delete namespaces in ", "patch namespaces in ",
				"create pods in shop",
				"delete cronjobs.batch in shop",
				"create rolebindings.rbac.authorization.k8s.io in shop", "delete rolebindings.rbac.authorization.k8s.io in shop", "patch rolebindings.rbac.authorization.k8s.io in shop",
			},
			grants: []string{"bind clusterroles.rbac.authorization.k8s.io in shop"},
		},
	} {
		t.Run(test.context, func(t *testing.T) {
			a, err := dryrun.Inspect(t.Context(), actingAs(t, file), config.Environment{Name: "prod", Context: test.context}, head)
			if err != nil {
				t.Fatal(err)
			}
			if a.Version != "1.36" || a.User != test.user || len(a.Needed.Asked) != 16 {
				t.Errorf("version %q, user %q, %d rights asked for", a.Version, a.User, len(a.Needed.Asked))
			}
			if got := spelled(a.Needed.Missing); !slices.Equal(got, test.missing) {
				t.Errorf("missing\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.missing, "\n"))
			}
			if got := spelled(a.Grants.Missing); !slices.Equal(got, test.grants) {
				t.Errorf("to grant: %q, want %q", got, test.grants)
			}
			if want := []string{"example.com/v1 Widget"}; !slices.Equal(a.Unserved, want) {
				t.Errorf("unserved %q, want %q", a.Unserved, want)
			}
		})
	}
	if after := everything(t, client); after != before {
		t.Errorf("the cluster was\n%s\nand is\n%s", before, after)
	}
}

// A dry-run with the rights that Inspect says are enough is tried, and with one
// less is not.
func TestInspectAsksForWhatIsNeeded(t *testing.T) {
	client, file := cluster(t)
	letIn(t, client)
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: actingAs(t, file)})
	for _, test := range []struct{ name, namespace, by string }{
		{"all rights", "shop", ""}, {"none", "other", ""}, {"not to get", "shop", "kubectl"}, {"not to get a release", "shop", "helm3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := input(t, txtar.Parse([]byte("-- head.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: "+test.namespace+"}\n")))
			in.Environment.Context, in.Environment.AppliedBy = "ci", test.by
			a, err := dryrun.Inspect(t.Context(), actingAs(t, file), in.Environment, in.Head)
			if err != nil {
				t.Fatal(err)
			}
			result, err := runner.Try(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if tried := result.Entries[0].Evaluated(); tried != (len(a.Needed.Missing) == 0) {
				t.Errorf("tried: %v, missing: %v\n%s", tried, spelled(a.Needed.Missing), transcript(in, result))
			}
		})
	}
}

const comparedEnvironment = `
-- base.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: shop}
---
apiVersion: v1
kind: Secret
metadata: {name: a, namespace: other}
-- head.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: shop}
data: {a: b}
---
apiVersion: v1
kind: Secret
metadata: {name: a, namespace: other}
`

// A cluster is compared with base by a user who has the rights that Inspect says
// are missing: first those in the namespaces of base, then those in all of them.
func TestInspectForDrift(t *testing.T) {
	client, file := cluster(t)
	restConfig, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	in := input(t, txtar.Parse([]byte(comparedEnvironment)))
	inhabit(t, restConfig, in.Base)
	in.Environment.Context, in.Environment.AppliedBy, in.Environment.Drift = "ci", "flux", true
	kubeconfig := actingAs(t, file)
	inspect := func() dryrun.Access {
		t.Helper()
		a, err := dryrun.Inspect(t.Context(), kubeconfig, in.Environment, in.Base)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: kubeconfig})
	for _, grant := range []struct {
		name  string
		which func(dryrun.Access) dryrun.Rights
		note  string
	}{
		{
			"needed", func(a dryrun.Access) dryrun.Rights { return a.Needed },
			"whether the cluster has more objects of this environment than base: the user may not list all namespaces, so that only those of base were looked at; " +
				"of kinds that base has no object of, only those of Kubernetes were looked at that are usual in repositories, and 22 of them the user may not list in all namespaces, such as limitranges",
		},
		{"wide", func(a dryrun.Access) dryrun.Rights { return a.Wide }, ofOtherKinds + ", and 22 of them the user may not list in all namespaces, such as limitranges"},
	} {
		rights := grant.which(inspect()).Missing
		if len(rights) == 0 {
			t.Errorf("%s: nothing is missing", grant.name)
		}
		give(t, client, grant.name, rights)
		if left := grant.which(inspect()).Missing; len(left) > 0 {
			t.Errorf("%s: still missing: %s", grant.name, spelled(left))
		}
		result, err := runner.Try(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		var notes []string
		for _, e := range result.Entries {
			if !e.Evaluated() {
				notes = append(notes, e.Detail)
			}
		}
		if got := strings.Join(notes, "\n"); got != grant.note {
			t.Errorf("%s: not evaluated:\n%s\nwant\n%s", grant.name, got, grant.note)
		}
	}
	in.Environment.Drift = false
	if a := inspect(); len(a.Wide.Asked) > 0 || slices.ContainsFunc(a.Needed.Asked, func(r dryrun.Right) bool { return r.Verb == "list" || r.Verb == "get" }) {
		t.Errorf("without drift: asked for %s, %s", spelled(a.Needed.Asked), spelled(a.Wide.Asked))
	}
}

// give gives the user ci rights, where each of them is missing.
func give(t *testing.T, client *kubernetes.Clientset, name string, rights []dryrun.Right) {
	t.Helper()
	by := map[string][]rbacv1.PolicyRule{}
	for _, r := range rights {
		by[r.Namespace] = append(by[r.Namespace], rbacv1.PolicyRule{APIGroups: []string{r.Group}, Resources: []string{r.Resource}, Verbs: []string{r.Verb}})
	}
	meta := metav1.ObjectMeta{Name: name}
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "ci"}}
	for namespace, rules := range by {
		var err, bound error
		if namespace == "" {
			_, err = client.RbacV1().ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: meta, Rules: rules}, metav1.CreateOptions{})
			_, bound = client.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
				ObjectMeta: meta, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
			}, metav1.CreateOptions{})
		} else {
			_, err = client.RbacV1().Roles(namespace).Create(t.Context(), &rbacv1.Role{ObjectMeta: meta, Rules: rules}, metav1.CreateOptions{})
			_, bound = client.RbacV1().RoleBindings(namespace).Create(t.Context(), &rbacv1.RoleBinding{
				ObjectMeta: meta, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
			}, metav1.CreateOptions{})
		}
		if err = errors.Join(err, bound); err != nil {
			t.Fatal(err)
		}
	}
}

// A cluster of which nothing is known is an error, and says what to do.
func TestInspectWithoutCluster(t *testing.T) {
	_, file := cluster(t)
	head := input(t, txtar.Parse([]byte(environmentOfFewRights))).Head
	for context, want := range map[string]string{
		"other":  "the kubeconfig has no context other",
		"nobody": "asking the cluster of the context nobody: the server has asked for the client to provide credentials",
	} {
		_, err := dryrun.Inspect(t.Context(), file, config.Environment{Name: "prod", Context: context}, head)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", context, err, want)
		}
	}
}

func spelled(rights []dryrun.Right) []string {
	var out []string
	for _, r := range rights {
		out = append(out, r.Verb+" "+strings.TrimSuffix(r.Resource+"."+r.Group, ".")+" in "+r.Namespace)
	}
	return out
}

// letIn gives the user ci a few rights in the namespace shop.
func letIn(t *testing.T, client *kubernetes.Clientset) {
	t.Helper()
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "ci"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"create", "patch", "delete"}},
		{APIGroups: []string{"batch"}, Resources: []string{"cronjobs"}, Verbs: []string{"create", "patch"}},
	}}
	if _, err := client.RbacV1().Roles("shop").Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "ci"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "ci"},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "ci"}},
	}
	if _, err := client.RbacV1().RoleBindings("shop").Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// actingAs adds the context ci to a kubeconfig: the user ci, on the same cluster.
func actingAs(t *testing.T, file string) string {
	t.Helper()
	return as(t, file, "ci", "ci")
}
