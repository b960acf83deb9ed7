package gatekeeper_test

import (
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/policies/gatekeeper"
)

// read takes the objects of Gatekeeper out of YAML.
func read(t *testing.T, text string) gatekeeper.Objects {
	t.Helper()
	objects, err := manifest.Read("gk.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return gatekeeper.Read(objects)
}

func constraint(match string) string {
	return "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sFoo\nmetadata: {name: foo}\nspec:\n  match: " + match + "\n"
}

func fields(t *testing.T, text string) map[string]any {
	t.Helper()
	documents, err := manifest.Decode("object.yaml", []byte(text))
	if err != nil || len(documents) != 1 {
		t.Fatalf("%q: %v", text, err)
	}
	return documents[0].Fields
}

const (
	pod       = "{apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web, tier: front}}}"
	generated = "{apiVersion: v1, kind: Pod, metadata: {name: web-pod, namespace: shop}}"
	nameless  = "{apiVersion: v1, kind: Pod, metadata: {generateName: web-, namespace: shop}}"
	deploy    = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: kube-system}}"
	namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}}}"
	role      = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: admin}}"
)

// TestMatch has every field of match with both answers. Namespace shop has the
// label team: a, where it is known; kube-system is not known.
func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		name, match, object string
		want                gatekeeper.Answer
	}{
		{"nothing", "{}", pod, gatekeeper.Yes},

		{"kinds: group and kind", "{kinds: [{apiGroups: [apps], kinds: [Deployment]}]}", deploy, gatekeeper.Yes},
		{"kinds: another group", "{kinds: [{apiGroups: [extensions], kinds: [Deployment]}]}", deploy, gatekeeper.No},
		{"kinds: another kind", "{kinds: [{apiGroups: [apps], kinds: [StatefulSet]}]}", deploy, gatekeeper.No},
		{"kinds: the core group", `{kinds: [{apiGroups: [""], kinds: [Pod]}]}`, pod, gatekeeper.Yes},
		{"kinds: the core group is not any", `{kinds: [{apiGroups: [""], kinds: [Deployment]}]}`, deploy, gatekeeper.No},
		{"kinds: any group", `{kinds: [{apiGroups: ["*"], kinds: [Deployment]}]}`, deploy, gatekeeper.Yes},
		{"kinds: any kind", `{kinds: [{apiGroups: [apps], kinds: ["*"]}]}`, deploy, gatekeeper.Yes},
		{"kinds: any kind of another group", `{kinds: [{apiGroups: [batch], kinds: ["*"]}]}`, deploy, gatekeeper.No},
		{"kinds: no groups stand for all", "{kinds: [{kinds: [Deployment]}]}", deploy, gatekeeper.Yes},
		{"kinds: no kinds stand for all", "{kinds: [{apiGroups: [apps]}]}", deploy, gatekeeper.Yes},
		{"kinds: one of several", `{kinds: [{apiGroups: [batch], kinds: [Job]}, {apiGroups: [""], kinds: [Service, Pod]}]}`, pod, gatekeeper.Yes},
		{"kinds: group and kind of different members", `{kinds: [{apiGroups: [apps], kinds: [Job]}, {apiGroups: [batch], kinds: [Deployment]}]}`, deploy, gatekeeper.No},
		{"kinds: a group is not a pattern", `{kinds: [{apiGroups: ["ap*"], kinds: [Deployment]}]}`, deploy, gatekeeper.No},

		{"scope: any", `{scope: "*"}`, role, gatekeeper.Yes},
		{"scope: cluster", "{scope: Cluster}", role, gatekeeper.Yes},
		{"scope: cluster, a namespaced object", "{scope: Cluster}", pod, gatekeeper.No},
		{"scope: cluster, a Namespace", "{scope: Cluster}", namespace, gatekeeper.Yes},
		{"scope: namespaced", "{scope: Namespaced}", pod, gatekeeper.Yes},
		{"scope: namespaced, an object of the cluster", "{scope: Namespaced}", role, gatekeeper.No},
		{"scope: namespaced, a Namespace", "{scope: Namespaced}", namespace, gatekeeper.No},

		{"namespaces: named", "{namespaces: [other, shop]}", pod, gatekeeper.Yes},
		{"namespaces: not named", "{namespaces: [other]}", pod, gatekeeper.No},
		{"namespaces: a prefix", `{namespaces: ["kube-*"]}`, deploy, gatekeeper.Yes},
		{"namespaces: a prefix of another", `{namespaces: ["kube-*"]}`, pod, gatekeeper.No},
		{"namespaces: a suffix", `{namespaces: ["*-system"]}`, deploy, gatekeeper.Yes},
		{"namespaces: a suffix of another", `{namespaces: ["*-system"]}`, pod, gatekeeper.No},
		{"namespaces: within", `{namespaces: ["*e-s*"]}`, deploy, gatekeeper.Yes},
		{"namespaces: not within", `{namespaces: ["*e-s*"]}`, pod, gatekeeper.No},
		{"namespaces: any", `{namespaces: ["*"]}`, pod, gatekeeper.Yes},
		{"namespaces: a prefix without a star", "{namespaces: [kube]}", deploy, gatekeeper.No},
		{"namespaces: the Namespace itself", "{namespaces: [shop]}", namespace, gatekeeper.Yes},
		{"namespaces: another Namespace", "{namespaces: [other]}", namespace, gatekeeper.No},
		{"namespaces: an object of the cluster is not ruled out", "{namespaces: [other]}", role, gatekeeper.Yes},

		{"excludedNamespaces: named", "{excludedNamespaces: [shop]}", pod, gatekeeper.No},
		{"excludedNamespaces: not named", "{excludedNamespaces: [other]}", pod, gatekeeper.Yes},
		{"excludedNamespaces: a prefix", `{excludedNamespaces: ["kube-*"]}`, deploy, gatekeeper.No},
		{"excludedNamespaces: a suffix", `{excludedNamespaces: ["*-system"]}`, deploy, gatekeeper.No},
		{"excludedNamespaces: wins over namespaces", `{namespaces: ["*"], excludedNamespaces: [shop]}`, pod, gatekeeper.No},
		{"excludedNamespaces: the Namespace itself", "{excludedNamespaces: [shop]}", namespace, gatekeeper.No},
		{"excludedNamespaces: an object of the cluster", `{excludedNamespaces: ["*"]}`, role, gatekeeper.Yes},

		{"labelSelector: empty", "{labelSelector: {}}", pod, gatekeeper.Yes},
		{"labelSelector: labels", "{labelSelector: {matchLabels: {app: web}}}", pod, gatekeeper.Yes},
		{"labelSelector: one label of two", "{labelSelector: {matchLabels: {app: web, tier: back}}}", pod, gatekeeper.No},
		{"labelSelector: In", "{labelSelector: {matchExpressions: [{key: app, operator: In, values: [api, web]}]}}", pod, gatekeeper.Yes},
		{"labelSelector: In, another", "{labelSelector: {matchExpressions: [{key: app, operator: In, values: [api]}]}}", pod, gatekeeper.No},
		{"labelSelector: In, absent", "{labelSelector: {matchExpressions: [{key: x, operator: In, values: [api]}]}}", pod, gatekeeper.No},
		{"labelSelector: NotIn", "{labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: [api]}]}}", pod, gatekeeper.Yes},
		{"labelSelector: NotIn, in", "{labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}", pod, gatekeeper.No},
		{"labelSelector: NotIn, absent", "{labelSelector: {matchExpressions: [{key: x, operator: NotIn, values: [web]}]}}", pod, gatekeeper.Yes},
		{"labelSelector: Exists", "{labelSelector: {matchExpressions: [{key: tier, operator: Exists}]}}", pod, gatekeeper.Yes},
		{"labelSelector: Exists, absent", "{labelSelector: {matchExpressions: [{key: x, operator: Exists}]}}", pod, gatekeeper.No},
		{"labelSelector: DoesNotExist", "{labelSelector: {matchExpressions: [{key: x, operator: DoesNotExist}]}}", pod, gatekeeper.Yes},
		{"labelSelector: DoesNotExist, there", "{labelSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}", pod, gatekeeper.No},
		{"labelSelector: both parts", "{labelSelector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: DoesNotExist}]}}", pod, gatekeeper.No},

		{"namespaceSelector: labels of the namespace", "{namespaceSelector: {matchLabels: {team: a}}}", pod, gatekeeper.Yes},
		{"namespaceSelector: other labels", "{namespaceSelector: {matchLabels: {team: b}}}", pod, gatekeeper.No},
		{"namespaceSelector: the object's own labels do not count", "{namespaceSelector: {matchLabels: {app: web}}}", pod, gatekeeper.No},
		{"namespaceSelector: the Namespace itself", "{namespaceSelector: {matchLabels: {team: a}}}", namespace, gatekeeper.Yes},
		{"namespaceSelector: another Namespace", "{namespaceSelector: {matchLabels: {team: b}}}", namespace, gatekeeper.No},
		{"namespaceSelector: an object of the cluster", "{namespaceSelector: {matchLabels: {team: b}}}", role, gatekeeper.Yes},
		{"namespaceSelector: an unknown namespace", "{namespaceSelector: {matchLabels: {team: b}}}", deploy, gatekeeper.Unknown},
		{"namespaceSelector: an unknown namespace, absence", "{namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}", deploy, gatekeeper.Unknown},
		{"namespaceSelector: unknown, but the kind is ruled out", "{kinds: [{kinds: [Pod]}], namespaceSelector: {matchLabels: {team: b}}}", deploy, gatekeeper.No},
		{"namespaceSelector: the name of an unknown namespace", "{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [kube-system]}]}}", deploy, gatekeeper.Yes},
		{"namespaceSelector: the name rules an unknown namespace out", "{namespaceSelector: {matchLabels: {team: b}, matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}]}}", deploy, gatekeeper.No},
		{"namespaceSelector: the name of a known namespace", "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}", pod, gatekeeper.Yes},
		{"namespaceSelector: the name of the Namespace itself", "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}", namespace, gatekeeper.Yes},

		{"name: equal", "{name: web-1}", pod, gatekeeper.Yes},
		{"name: another", "{name: web}", pod, gatekeeper.No},
		{"name: a prefix", `{name: "web-*"}`, pod, gatekeeper.Yes},
		{"name: another prefix", `{name: "api-*"}`, pod, gatekeeper.No},
		{"name: a suffix", `{name: "*-1"}`, pod, gatekeeper.Yes},
		{"name: another suffix", `{name: "*-2"}`, pod, gatekeeper.No},
		{"name: generateName has the prefix", `{name: "web*"}`, nameless, gatekeeper.Yes},
		{"name: generateName has another", `{name: "api*"}`, nameless, gatekeeper.No},
		{"name: generateName is no name", "{name: web-}", nameless, gatekeeper.No},

		{"source: all, original", "{source: All}", pod, gatekeeper.Yes},
		{"source: all, generated", "{source: All}", generated, gatekeeper.Yes},
		{"source: original", "{source: Original}", pod, gatekeeper.Yes},
		{"source: original, generated", "{source: Original}", generated, gatekeeper.No},
		{"source: generated", "{source: Generated}", generated, gatekeeper.Yes},
		{"source: generated, original", "{source: Generated}", pod, gatekeeper.No},

		{"all fields must match", `{kinds: [{kinds: [Pod]}], namespaces: [shop], name: "api-*"}`, pod, gatekeeper.No},
	} {
		found := read(t, constraint(tt.match))
		if len(found.Constraints) != 1 {
			t.Errorf("%s: %v", tt.name, found.Faults)
			continue
		}
		object := fields(t, tt.object)
		meta, _ := object["metadata"].(map[string]any)
		ns, _ := meta["namespace"].(string)
		subject := gatekeeper.Subject{Fields: object, Namespace: ns, Generated: tt.object == generated}
		if ns == "shop" {
			subject.Labels, subject.Known = map[string]string{"team": "a"}, true
		}
		if got := found.Constraints[0].Match.Applies(subject); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestConstraintFaults: what is not known of a constraint is never guessed.
func TestConstraintFaults(t *testing.T) {
	for _, tt := range []struct{ name, spec, want string }{
		{"a misspelt field of match", "match: {excludeNamespaces: [x]}", `spec.match: the field "excludeNamespaces" is not known`},
		{"a misspelt field of kinds", "match: {kinds: [{apiGroup: [x]}]}", `the field "apiGroup" is not known`},
		{"labels without matchLabels", "match: {labelSelector: {app: web}}", `the field "app" is not known`},
		{"a list that is none", "match: {namespaces: shop}", "namespaces must not be a string"},
		{"a star within a name", "match: {name: 'a*b'}", "a*b has a * that is neither first nor last"},
		{"a scope", "match: {scope: cluster}", "the scope cluster is none of"},
		{"a source", "match: {source: generated}", "the source generated is none of"},
		{"an operator", "match: {labelSelector: {matchExpressions: [{key: a, operator: Is, values: [b]}]}}", `labelSelector: the operator "Is" is none of`},
		{"an operator without values", "match: {namespaceSelector: {matchExpressions: [{key: a, operator: In}]}}", "namespaceSelector: the operator In has 0 values"},
		{"an operator with values", "match: {labelSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}", "the operator Exists has 1 values"},
		{"an expression without a key", "match: {labelSelector: {matchExpressions: [{operator: Exists}]}}", "an expression has no key"},
		{"an action", "enforcementAction: block", "the enforcementAction block is none of"},
		{"a field of spec", "action: deny", `spec: the field "action" is not known`},
		{"scoped without points", "enforcementAction: scoped", "name no enforcement point"},
		{"a scoped action", "{enforcementAction: scoped, scopedEnforcementActions: [{action: block, enforcementPoints: [{name: '*'}]}]}", `the scoped action "block" is none of`},
		{"an enforcement point", "{enforcementAction: scoped, scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: gator}]}]}", `there is no enforcement point "gator"`},
	} {
		found := read(t, "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sFoo\nmetadata: {name: foo}\nspec:\n  "+tt.spec+"\n")
		if len(found.Faults) != 1 || !strings.Contains(found.Faults[0].Msg, tt.want) || found.Faults[0].Place.Line < 4 {
			t.Errorf("%s: got %v %v", tt.name, found.Faults, found.Constraints)
		}
	}
}

// TestActions: the enforcement point is that of tools that look at objects
// before they reach a cluster.
func TestActions(t *testing.T) {
	scoped := func(actions string) string {
		return "{enforcementAction: scoped, scopedEnforcementActions: [" + actions + "]}"
	}
	for _, tt := range []struct {
		name, spec string
		want       gatekeeper.Action
		points     string
	}{
		{"nothing", "{}", gatekeeper.Deny, ""},
		{"deny", "enforcementAction: deny", gatekeeper.Deny, ""},
		{"warn", "enforcementAction: warn", gatekeeper.Warn, ""},
		{"dryrun", "enforcementAction: dryrun", gatekeeper.DryRun, ""},
		{"gator", scoped("{action: warn, enforcementPoints: [{name: gator.gatekeeper.sh}]}"), gatekeeper.Warn, ""},
		{"all points", scoped(`{action: dryrun, enforcementPoints: [{name: "*"}]}`), gatekeeper.DryRun, ""},
		{"gator beside the webhook", scoped("{action: warn, enforcementPoints: [{name: validation.gatekeeper.sh}]}, {action: deny, enforcementPoints: [{name: gator.gatekeeper.sh}]}"), gatekeeper.Deny, ""},
		{"the strictest of two", scoped(`{action: warn, enforcementPoints: [{name: "*"}]}, {action: deny, enforcementPoints: [{name: gator.gatekeeper.sh}]}`), gatekeeper.Deny, ""},
		{"the webhook and the audit only", scoped("{action: deny, enforcementPoints: [{name: validation.gatekeeper.sh}, {name: audit.gatekeeper.sh}]}"), "", "audit.gatekeeper.sh validation.gatekeeper.sh"},
		{"scoped actions without scoped have no effect", "{enforcementAction: warn, scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: '*'}]}]}", gatekeeper.Warn, ""},
	} {
		found := read(t, "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sFoo\nmetadata: {name: foo}\nspec:\n  "+tt.spec+"\n")
		if len(found.Constraints) != 1 {
			t.Errorf("%s: %v", tt.name, found.Faults)
			continue
		}
		c := found.Constraints[0]
		if c.Action != tt.want || strings.Join(c.Points, " ") != tt.points {
			t.Errorf("%s: got %q at %q", tt.name, c.Action, c.Points)
		}
	}
}
