package dryrun

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/verdict"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/client-go/kubernetes"
)

// Verbs are rights to one kind in one namespace.
type Verbs struct {
	// Right is without a verb.
	Right
	Verbs []string
}

// Together puts rights that differ in their verb only into one, of sorted rights.
func Together(rights []Right) []Verbs {
	var out []Verbs
	for _, r := range rights {
		verb := r.Verb
		r.Verb = ""
		if n := len(out); n > 0 && out[n-1].Right == r {
			out[n-1].Verbs = append(out[n-1].Verbs, verb)
			continue
		}
		out = append(out, Verbs{r, []string{verb}})
	}
	return out
}

// Spell is sorted rights in words, those to one kind in one namespace together.
func Spell(rights []Right) []string {
	var out []string
	for _, r := range Together(rights) {
		text := strings.Join(r.Verbs, ", ") + " " + strings.TrimSuffix(r.Resource+"."+r.Group, ".")
		if r.Namespace != "" {
			text += " in " + r.Namespace
		}
		out = append(out, text)
	}
	return out
}

// rules are the rules that give sorted rights, as YAML on one line for each
// namespace, to add to a role there.
func rules(rights []Right) string {
	by := map[string][]string{}
	var namespaces []string
	for _, v := range Together(rights) {
		if by[v.Namespace] == nil {
			namespaces = append(namespaces, v.Namespace)
		}
		by[v.Namespace] = append(by[v.Namespace], fmt.Sprintf("{apiGroups: [%q], resources: [%s], verbs: [%s]}", v.Group, v.Resource, strings.Join(v.Verbs, ", ")))
	}
	slices.Sort(namespaces)
	var out []string
	for _, ns := range namespaces {
		role := "a Role in " + ns
		if ns == "" {
			role = "a ClusterRole"
		}
		out = append(out, role+" with rules: ["+strings.Join(by[ns], ", ")+"]")
	}
	return strings.Join(out, ", and ")
}

// asking is what a session asked a live cluster about the rights of its user.
type asking struct {
	questions *questions
	// needed and lacking are the rights that were asked for, and those of them that
	// the user does not have.
	needed, lacking []Right
}

// needs are the rights that trying a delta takes.
func (s *session) needs(t *trial) []Right {
	i, err := s.item(t.Current())
	if err != nil {
		return nil // nothing is sent
	}
	r := Right{Group: i.Group, Resource: i.Resource, Namespace: i.namespace}
	if t.Operation == diff.Delete {
		return []Right{r.to("delete")}
	}
	var out []Right
	for _, verb := range s.client.applier.verbs(t.Object, t.Operation == diff.Create || s.hook(t)) {
		out = append(out, r.to(verb))
	}
	if _, _, workload := template(t.Object); workload {
		out = append(out, Right{Verb: "create", Resource: "pods", Namespace: i.namespace})
	}
	return out
}

// askRights asks a live cluster, before anything of a rank is tried, whether the
// user may try it. What may not be tried is not; tellLacking says why. If the
// cluster does not say, each object shows it.
func (s *session) askRights(ctx context.Context, r int) {
	if !s.live || s.asking == nil {
		return
	}
	needs := map[*trial][]Right{}
	var all []Right
	for _, t := range s.deltas {
		if s.rank(t.Current()) == r && t.away == "" && !encrypted(t.Current()) {
			needs[t] = s.needs(t)
			all = append(all, needs[t]...)
		}
	}
	all = inOrder(all)
	lacking, err := s.asking.questions.missing(ctx, all)
	if err != nil {
		return
	}
	s.asking.needed = append(s.asking.needed, all...)
	s.asking.lacking = append(s.asking.lacking, lacking...)
	for t, needed := range needs {
		own := slices.DeleteFunc(inOrder(needed), func(n Right) bool { return !slices.Contains(lacking, n) })
		if len(own) > 0 {
			t.fault = &fault{blocked, "the user of the dry-run may not " + strings.Join(Spell(own), ", ")}
		}
	}
}

// tellLacking says once which rights are missing, whose they are, and what gives
// them.
func (s *session) tellLacking(ctx context.Context) {
	if s.asking == nil || len(s.asking.lacking) == 0 {
		return
	}
	needed, lacking := inOrder(s.asking.needed), inOrder(s.asking.lacking)
	user := userOf(ctx, s.asking.questions.client)
	if user == "" {
		user = "the user"
	}
	s.note(verdict.Object{}, failed, fmt.Sprintf("%s lacks %d of the %d rights that a dry-run of this change needs on the %s: %s — a dry-run is authorized as the write that it tries; give the user %s; penstock doctor --dry-run=cluster prints the roles for all of the environment",
		user, len(lacking), len(needed), s.name, strings.Join(Spell(lacking), ", "), rules(lacking)))
}

// userOf is whom a cluster takes the user for; it is empty where the cluster does
// not say, as before 1.28.
func userOf(ctx context.Context, client kubernetes.Interface) string {
	review, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, question())
	if err != nil {
		return ""
	}
	return review.Status.UserInfo.Username
}
