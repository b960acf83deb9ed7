package dryrun_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/config"
	"golang.org/x/tools/txtar"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
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
			if a.Version != "1.36" || a.User != test.user || a.Asked != 16 {
				t.Errorf("version %q, user %q, %d rights asked for", a.Version, a.User, a.Asked)
			}
			if got := spelled(a.Missing); !slices.Equal(got, test.missing) {
				t.Errorf("missing\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.missing, "\n"))
			}
			if got := spelled(a.Grants); !slices.Equal(got, test.grants) {
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
			if tried := result.Entries[0].Evaluated(); tried != (len(a.Missing) == 0) {
				t.Errorf("tried: %v, missing: %v\n%s", tried, spelled(a.Missing), transcript(in, result))
			}
		})
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
