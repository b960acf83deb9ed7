package dryrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Right is something that a user may do with the objects of one kind.
type Right struct {
	Verb, Group, Resource string
	// Namespace is empty for kinds without one.
	Namespace string
}

// Access is what the user of an environment's context may do on its cluster, as
// far as a dry-run of the environment needs it.
type Access struct {
	// Version is the minor version of the cluster, such as "1.36".
	Version string
	// User is whom the cluster takes the user for; empty if it does not say.
	User string
	// Needed are the rights that a dry-run needs.
	Needed Rights
	// Wide are those to list what the environment has in all namespaces: without
	// them, objects that base does not have are looked for in the namespaces of the
	// environment only. It is empty where no drift is asked for.
	Wide Rights
	// Grants are rights that a user does not need who has all that the roles of the
	// environment give
	// (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping).
	Grants Rights
	// Unserved are the kinds of the environment that the cluster does not serve,
	// such as "example.com/v1 Widget", sorted: what the user may do with them
	// cannot be asked.
	Unserved []string
}

// Rights are what a user was asked about, and what of it the user does not have,
// both sorted. A right to objects of some names only counts as missing: a change may
// bring others.
type Rights struct{ Asked, Missing []Right }

// Whole are all the rights asked for in the namespaces in which one is missing, so
// that a role of them can take the place of one that gave fewer.
func (r Rights) Whole() []Right {
	lacks := map[string]bool{}
	for _, m := range r.Missing {
		lacks[m.Namespace] = true
	}
	return slices.DeleteFunc(slices.Clone(r.Asked), func(a Right) bool { return !lacks[a.Namespace] })
}

// Inspect asks the cluster that the context of an environment names what a
// dry-run of its objects would need, and a comparison of the cluster with base where
// the environment asks for drift; kubeconfig is that of Options. It changes nothing there: the questions
// are dry-runs as well. A cluster that cannot be asked is an error.
func Inspect(ctx context.Context, kubeconfig string, env config.Environment, objects *manifest.Set) (Access, error) {
	t, err := clusters{kubeconfig: kubeconfig}.acquire(ctx, env)
	if err != nil {
		return Access{}, err
	}
	defer t.release(ctx)
	client, err := kubernetes.NewForConfig(t.config)
	if err != nil {
		return Access{}, fmt.Errorf("making a client for the cluster: %w", err)
	}
	a := Access{Version: t.version}
	var wanted wants
	by, err := newApplier(env)
	if err != nil {
		return Access{}, err
	}
	wanted, a.Unserved = t.kinds.wants(objects, by)
	if env.Drift {
		t.kinds.compares(objects, &wanted)
	}
	a.Needed.Asked, a.Wide.Asked, a.Grants.Asked = wanted.needed, wanted.wide, wanted.grants
	q := &questions{client: client, asked: map[Right]*answer{}}
	for _, r := range []*Rights{&a.Needed, &a.Wide, &a.Grants} {
		if r.Missing, err = q.missing(ctx, r.Asked); err != nil {
			return Access{}, fmt.Errorf("asking the cluster of the context %s for rights: %w", env.Context, err)
		}
	}
	a.User = userOf(ctx, client)
	return a, ctx.Err()
}

// question is a request that stores nothing; that it says so lets it through the guard.
func question() metav1.CreateOptions { return metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}} }

// wants are the rights that a dry-run of some objects needs.
type wants struct{ needed, wide, grants []Right }

// wants lists the rights that any change of the objects needs, each once and
// sorted, and the kinds that are not served.
func (k kinds) wants(objects *manifest.Set, by applier) (w wants, unserved []string) {
	for _, o := range objects.All() {
		known, err := k.find(o)
		if err != nil {
			unserved = append(unserved, o.APIVersion()+" "+o.ID().Kind)
			continue
		}
		r := Right{Group: known.Group, Resource: known.Resource}
		if known.namespaced {
			r.Namespace = homeOf(o)
		}
		for _, verb := range append(by.verbs(o, true), "delete") {
			w.needed = append(w.needed, r.to(verb))
		}
		if _, _, workload := template(o); workload {
			w.needed = append(w.needed, Right{Verb: "create", Resource: "pods", Namespace: r.Namespace})
		}
		if verb, role := escalation(o); verb != "" {
			w.grants = append(w.grants, Right{Verb: verb, Group: known.Group, Resource: role, Namespace: r.Namespace})
		}
	}
	w.needed, w.grants = inOrder(w.needed), inOrder(w.grants)
	slices.Sort(unserved)
	return w, slices.Compact(unserved)
}

// compares adds the rights that comparing a cluster with the objects takes: to read
// each of them, and to list their kinds, in all their namespaces and elsewhere.
func (k kinds) compares(objects *manifest.Set, w *wants) {
	var listed []Right
	var homes []string
	for _, o := range objects.All() {
		known, err := k.find(o)
		if err != nil {
			continue // no object of it is looked at
		}
		r := Right{Verb: "list", Group: known.Group, Resource: known.Resource}
		if !known.namespaced {
			w.needed = append(w.needed, r, r.to("get"))
			continue
		}
		listed, homes = append(listed, r), append(homes, homeOf(o))
		r.Namespace = homeOf(o)
		w.needed = append(w.needed, r.to("get"))
	}
	w.wide = inOrder(listed)
	slices.Sort(homes)
	for _, home := range slices.Compact(homes) {
		for _, r := range w.wide {
			r.Namespace = home
			w.needed = append(w.needed, r)
		}
	}
	w.needed = inOrder(w.needed)
}

// verbs are the rights to its own kind that applying an object takes; anew says
// that it may not be there. Those to look at what the cluster has are none of
// them: without these, only the effects stay unknown.
func (a applier) verbs(o *manifest.Object, anew bool) []string {
	var out []string
	by := a.of(o.Fields())
	if o.ID().Name != "" {
		out = append(out, "patch")
		if by.method != serverSide {
			out = append(out, "get")
		}
		if by.method == replace {
			out = append(out, "update")
		}
	}
	// An apply of what is not there is a creation as well. What the old object asks
	// for is not looked at: one right too many is no fault.
	if anew || by.forced(o, o) || by.method != serverSide {
		out = append(out, "create")
	}
	return out
}

func (r Right) to(verb string) Right {
	r.Verb = verb
	return r
}

func inOrder(rights []Right) []Right {
	slices.SortFunc(rights, Right.compare)
	return slices.Compact(rights)
}

// compare orders by kind, then namespace, then verb.
func (r Right) compare(other Right) int {
	return cmp.Or(strings.Compare(r.Group, other.Group), strings.Compare(r.Resource, other.Resource),
		strings.Compare(r.Namespace, other.Namespace), strings.Compare(r.Verb, other.Verb))
}

// escalation is the verb, and the resource that it is for, with which a user may
// write a role, or a binding to one, that gives more than the user has.
func escalation(o *manifest.Object) (verb, resource string) {
	if o.ID().Group != "rbac.authorization.k8s.io" {
		return "", ""
	}
	switch o.ID().Kind {
	case "Role":
		return "escalate", "roles"
	case "ClusterRole":
		return "escalate", "clusterroles"
	case "RoleBinding", "ClusterRoleBinding":
		if child(o.Fields()["roleRef"], "kind") == "Role" {
			return "bind", "roles"
		}
		return "bind", "clusterroles"
	}
	return "", ""
}

// questions asks for rights, each once.
type questions struct {
	client kubernetes.Interface

	mu    sync.Mutex // guards asked
	asked map[Right]*answer
}

type answer struct {
	once    sync.Once
	allowed bool
	err     error
}

// missing are the rights that the user does not have. A right in all namespaces
// is asked for first: those who may write mostly have it, and it answers for each
// of them.
func (q *questions) missing(ctx context.Context, rights []Right) ([]Right, error) {
	lacks, errs := make([]bool, len(rights)), make([]error, len(rights))
	atOnce(indexes(len(rights)), func(n int) {
		r := rights[n]
		allowed, err := q.allowed(ctx, Right{Verb: r.Verb, Group: r.Group, Resource: r.Resource})
		if err == nil && !allowed && r.Namespace != "" {
			allowed, err = q.allowed(ctx, r)
		}
		lacks[n], errs[n] = !allowed, err
	})
	var out []Right
	for n, r := range rights {
		if errs[n] != nil {
			return nil, errs[n] // of which there may be many
		}
		if lacks[n] {
			out = append(out, r)
		}
	}
	return out, nil
}

// allowed asks whether the user has a right; without a namespace, whether in all
// of them.
func (q *questions) allowed(ctx context.Context, r Right) (bool, error) {
	q.mu.Lock()
	a := q.asked[r]
	if a == nil {
		a = &answer{}
		q.asked[r] = a
	}
	q.mu.Unlock()
	a.once.Do(func() {
		review, err := q.client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
				Verb: r.Verb, Group: r.Group, Resource: r.Resource, Namespace: r.Namespace,
			}},
		}, question())
		switch {
		case err != nil:
			a.err = err
		case review.Status.EvaluationError != "" && !review.Status.Allowed && !review.Status.Denied:
			a.err = errors.New(review.Status.EvaluationError)
		default:
			a.allowed = review.Status.Allowed
		}
	})
	return a.allowed, a.err
}
