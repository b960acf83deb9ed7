package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/config"
	"go.yaml.in/yaml/v3"
)

// clusters asks the cluster of each environment whether a dry-run could be tried
// on it. The questions change nothing there.
func (d *diagnosis) clusters(ctx context.Context, cfg *config.Config, envs []config.Environment, p *progress) {
	for i, env := range envs {
		p.line(fmt.Sprintf("asking %d of %d clusters", i+1, len(envs)))
		at := placeOf(config.FileName, 0)
		if env.Context == "" {
			d.add(examined{Status: statusProblem, Message: env.Name + " has no context, and the dry-run is to ask its cluster", Location: at, Hint: "add context: NAME to the environment; kubectl config get-contexts lists them"})
			continue
		}
		objects := d.rendered[env.Name]
		if objects == nil {
			d.notLooked("the cluster of %s: what it would be asked is not known, since %s does not render", env.Name, env.Name)
			continue
		}
		env.Drift = env.Drift || d.drift
		access, err := dryrun.Inspect(ctx, d.kubeconfig, env, objects)
		if err != nil {
			d.add(examined{Status: statusProblem, Message: fmt.Sprintf("the cluster of %s: %v", env.Name, err),
				Hint: cmp.Or(hintOf(err), "kubectl --context "+env.Context+" auth whoami asks the same cluster")})
			continue
		}
		d.version(env, access)
		d.rights(env, access)
	}
}

// version compares the cluster with the version that its environment is
// rendered and judged for.
func (d *diagnosis) version(env config.Environment, a dryrun.Access) {
	if a.Version == env.KubernetesVersion {
		d.ok("the cluster of %s answers as Kubernetes %s", env.Name, a.Version)
		return
	}
	d.add(examined{Status: statusWarning, Message: fmt.Sprintf("the cluster of %s is Kubernetes %s, and %s is rendered for %s: charts and rules go by the wrong version", env.Name, a.Version, env.Name, env.KubernetesVersion),
		Location: placeOf(config.FileName, 0), Hint: fmt.Sprintf("set kubernetesVersion: %q for the environment", a.Version)})
}

// rights says what the user of a context may not do, and what would let it.
func (d *diagnosis) rights(env config.Environment, a dryrun.Access) {
	user := cmp.Or(a.User, "the user of the context "+env.Context)
	const hint = "have an administrator of the cluster apply this; Kubernetes has no right to a dry-run alone, so that whoever has the kubeconfig can write then: use a user of its own"
	if lacks := a.Needed.Missing; len(lacks) > 0 {
		d.add(examined{Status: statusProblem, Message: fmt.Sprintf("the cluster of %s: %s lacks %d of the %d rights that a dry-run needs: %s", env.Name, user, len(lacks), len(a.Needed.Asked), few(dryrun.Spell(lacks))),
			Hint: hint, YAML: rbac(roleOf("penstock-dry-run", env), a.User, a.Needed.Whole())})
	} else {
		d.ok("the cluster of %s: %s has the %d rights that a dry-run needs", env.Name, user, len(a.Needed.Asked))
	}
	if lacks := a.Wide.Missing; len(lacks) > 0 {
		d.add(examined{Status: statusWarning, Message: fmt.Sprintf("the cluster of %s: what is left over of %s in other namespaces is not found, since %s may not %s everywhere", env.Name, env.Name, user, few(dryrun.Spell(lacks))),
			Hint: hint, YAML: rbac(roleOf("penstock-drift", env), a.User, a.Wide.Whole())})
	}
	if lacks := a.Grants.Missing; len(lacks) > 0 {
		d.add(examined{Status: statusWarning, Message: fmt.Sprintf("the cluster of %s: roles that give more than %s has are refused, since it lacks the right to grant: %s", env.Name, user, few(dryrun.Spell(lacks))),
			Hint: hint, YAML: rbac(roleOf("penstock-dry-run-grants", env), a.User, a.Grants.Whole())})
	}
	if len(a.Unserved) > 0 {
		d.notLooked("the rights on what the cluster of %s does not serve: %s", env.Name, few(a.Unserved))
	}
}

// The objects that give rights, as far as they are written here
// (https://kubernetes.io/docs/reference/access-authn-authz/rbac/).
type (
	rbacObject struct {
		APIVersion string        `yaml:"apiVersion"`
		Kind       string        `yaml:"kind"`
		Metadata   rbacMeta      `yaml:"metadata,flow"`
		Rules      []rbacRule    `yaml:"rules,omitempty"`
		RoleRef    *rbacRoleRef  `yaml:"roleRef,omitempty,flow"`
		Subjects   []rbacSubject `yaml:"subjects,omitempty,flow"`
	}
	rbacMeta struct {
		Name      string `yaml:"name"`
		Namespace string `yaml:"namespace,omitempty"`
	}
	rbacRule struct {
		APIGroups []string `yaml:"apiGroups,flow"`
		Resources []string `yaml:"resources,flow"`
		Verbs     []string `yaml:"verbs,flow"`
	}
	rbacRoleRef struct {
		APIGroup string `yaml:"apiGroup"`
		Kind     string `yaml:"kind"`
		Name     string `yaml:"name"`
	}
	rbacSubject struct {
		APIGroup  string `yaml:"apiGroup,omitempty"`
		Kind      string `yaml:"kind"`
		Name      string `yaml:"name"`
		Namespace string `yaml:"namespace,omitempty"`
	}
)

// roleOf is the name of a role for an environment, so that those of several on one
// cluster are apart. The two characters that it cannot have are colons in it
// (k8s.io/apimachinery/pkg/api/validation/path.IsValidPathSegmentName).
func roleOf(name string, env config.Environment) string {
	return name + "-" + strings.NewReplacer("/", ":", "%", ":").Replace(env.Name)
}

const rbacGroup = "rbac.authorization.k8s.io"

// rbac is a role and its binding for each namespace in which rights are missing,
// and for what has no namespace: these rights and no others.
func rbac(name, user string, rights []dryrun.Right) string {
	byNamespace := map[string][]rbacRule{}
	var namespaces []string
	for _, v := range dryrun.Together(rights) {
		rules, known := byNamespace[v.Namespace]
		if !known {
			namespaces = append(namespaces, v.Namespace)
		}
		like := slices.IndexFunc(rules, func(r rbacRule) bool { return r.APIGroups[0] == v.Group && slices.Equal(r.Verbs, v.Verbs) })
		if like < 0 {
			rules = append(rules, rbacRule{[]string{v.Group}, []string{v.Resource}, v.Verbs})
		} else {
			rules[like].Resources = append(rules[like].Resources, v.Resource)
		}
		byNamespace[v.Namespace] = rules
	}
	slices.Sort(namespaces)
	var documents []string
	for _, namespace := range namespaces {
		kind, meta := "Role", rbacMeta{name, namespace}
		if namespace == "" {
			kind = "ClusterRole"
		}
		for _, o := range []rbacObject{
			{APIVersion: rbacGroup + "/v1", Kind: kind, Metadata: meta, Rules: byNamespace[namespace]},
			{APIVersion: rbacGroup + "/v1", Kind: kind + "Binding", Metadata: meta, RoleRef: &rbacRoleRef{rbacGroup, kind, name}, Subjects: []rbacSubject{subject(user)}},
		} {
			text, err := yaml.Marshal(o)
			if err != nil {
				text = []byte(err.Error()) // of texts and lists: there is none
			}
			documents = append(documents, string(text))
		}
	}
	return strings.Join(documents, "---\n")
}

// subject is a user as a binding names it; service accounts are of a kind of
// their own.
func subject(user string) rbacSubject {
	if account, ok := strings.CutPrefix(user, "system:serviceaccount:"); ok {
		if namespace, name, ok := strings.Cut(account, ":"); ok {
			return rbacSubject{Kind: "ServiceAccount", Name: name, Namespace: namespace}
		}
	}
	return rbacSubject{APIGroup: rbacGroup, Kind: "User", Name: cmp.Or(user, "NAME-OF-THE-USER")}
}
