package dryrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

const (
	// surplusPage is how many objects are asked for at once; of each, only the
	// metadata comes.
	surplusPage = 500
	// surplusLooked bounds how many objects of a cluster are looked at, surplusAsked
	// how many lists and further pages of lists are asked for, and surplusTold how
	// many objects are told.
	surplusLooked = 20_000
	surplusAsked  = 5_000
	surplusTold   = 100
	// surplusFailed bounds how many lists that fail are told one by one.
	surplusFailed = 10
)

// mark is what whoever applies an environment leaves on its objects.
type mark struct {
	// whose is who left it, for people, such as "Kustomization flux-system/apps".
	whose string
	// selector finds all objects that may carry it.
	selector string
}

// markOf is the mark of an object on the cluster; false where it has none. What
// Argo CD writes names the object, so that a copy of it on another one is no mark
// (https://fluxcd.io/flux/components/kustomize/kustomizations/#inventory,
// https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/,
// https://helm.sh/docs/chart_best_practices/labels/).
func (a applier) markOf(o *manifest.Object) (mark, bool) {
	labels, notes := o.Labels(), o.Annotations()
	for _, flux := range []struct{ kind, group string }{{"Kustomization", "kustomize.toolkit.fluxcd.io"}, {"HelmRelease", "helm.toolkit.fluxcd.io"}} {
		name, ns := labels[flux.group+"/name"], labels[flux.group+"/namespace"]
		if name != "" && ns != "" {
			return mark{flux.kind + " " + ns + "/" + name, flux.group + "/name=" + name + "," + flux.group + "/namespace=" + ns}, true
		}
	}
	id := strings.SplitN(notes["argocd.argoproj.io/tracking-id"], ":", 3)
	const instance = "app.kubernetes.io/instance"
	switch {
	case len(id) == 3 && strings.HasSuffix(id[1], "/"+o.ID().Kind) && strings.HasSuffix(id[2], "/"+o.ID().Name):
		return mark{"Application " + id[0], ""}, true
	case a.by == config.ArgoCD && id[0] == "" && labels[instance] != "":
		return mark{"Application " + labels[instance], instance + "=" + labels[instance]}, true
	}
	release, ns := notes["meta.helm.sh/release-name"], notes["meta.helm.sh/release-namespace"]
	if release != "" && labels["app.kubernetes.io/managed-by"] == "Helm" {
		return mark{"release " + ns + "/" + release, "app.kubernetes.io/managed-by=Helm"}, true
	}
	return mark{}, false
}

// listing is where objects of a kind are listed.
type listing struct {
	kind
	name string
	// namespace is empty for all of them.
	namespace string
}

// stray is an object of the cluster that base does not have, and whose mark it has.
type stray struct {
	*manifest.Object
	resource schema.GroupResource
	whose    string
}

// surplus looks for objects on the cluster that carry a mark which objects of base
// carry there, and that base does not have: what was taken out of the repository
// and stayed, and what somebody made in the name of whoever applies. Kinds of base
// are listed, and then usual ones.
func (s *session) surplus(ctx context.Context, marks map[mark]bool) []verdict.Finding {
	const what = "whether the cluster has more objects of this environment than base: "
	if len(marks) == 0 {
		s.note(verdict.Object{}, unverifiable, what+"no object of base carries there the mark of whoever applied it")
		return nil
	}
	base := s.inBase(s.in.Base)
	places, unseen := s.listings(ctx, base)
	l := lookout{objects: surplusLooked, asks: surplusAsked}
	var found []stray
	known := map[manifest.ID]bool{}
	more, beyond := s.further(ctx, base)
	for _, places := range [][]listing{places, more} {
		for at, o := range s.lists(ctx, places, selectors(marks), &l) {
			m, marked := s.client.applier.markOf(o)
			if marked && marks[m] && !known[o.ID()] && !base.explains(at.GroupResource(), o) {
				known[o.ID()] = true
				found = append(found, stray{o, at.GroupResource(), m.whose})
			}
		}
	}
	unseen = append(append(unseen, l.unseen()...), beyond)
	slices.SortFunc(found, func(a, b stray) int { return a.ID().Compare(b.ID()) })
	found, others := s.disown(ctx, found)
	unseen = append(unseen, others...)
	if more := len(found) - surplusTold; more > 0 {
		unseen = append(unseen, fmt.Sprintf("%d more are there, and are not told one by one", more))
		found = found[:surplusTold]
	}
	var out []verdict.Finding
	for _, o := range found {
		f := s.drifting(o.Object, "", "the cluster has it with the mark of the "+o.whose+", and base does not")
		if head := s.in.Head.Get(o.ID()); head != nil {
			f.Location = place(head.Origin().Position)
		}
		out = append(out, f)
	}
	if len(unseen) > 0 {
		s.note(verdict.Object{}, unverifiable, what+strings.Join(unseen, "; "))
	}
	return out
}

// lookout is how much of a cluster may still be looked at, and what could not be.
type lookout struct {
	objects, asks int
	// failed are lists that failed, and more is how many others did; over says that
	// something was left to look at.
	failed []string
	more   int
	over   bool
}

// errEnough ends all looking.
var errEnough = fmt.Errorf("only %d objects of a cluster are looked at, in at most %d lists and further pages of lists", surplusLooked, surplusAsked)

func (l *lookout) unseen() []string {
	out := l.failed
	if l.more > 0 {
		out = append(out, fmt.Sprintf("%d more lists failed", l.more))
	}
	if l.over {
		out = append(out, errEnough.Error())
	}
	return out
}

// lists gives the objects that selectors find in places, until enough are looked at.
func (s *session) lists(ctx context.Context, places []listing, selectors []string, l *lookout) iter.Seq2[listing, *manifest.Object] {
	return func(yield func(listing, *manifest.Object) bool) {
		for _, selector := range selectors {
			for _, at := range places {
				objects, err := s.list(ctx, at, selector, l)
				for _, o := range objects {
					if !yield(at, o) {
						return
					}
				}
				switch {
				case errors.Is(err, errEnough):
					l.over = true
					return
				case err != nil && len(l.failed) == surplusFailed:
					l.more++
				case err != nil:
					l.failed = append(l.failed, fmt.Sprintf("%s: %v", at, err))
				}
			}
		}
	}
}

func selectors(marks map[mark]bool) []string {
	var out []string
	for m := range marks {
		out = append(out, m.selector)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// inBase is what base has, as the cluster names it.
type inBase struct {
	kinds map[schema.GroupResource]listing
	// has are the objects by their resource.
	has map[schema.GroupResource]map[manifest.ID]bool
	// made are the starts of names that the server or a controller completes.
	made map[schema.GroupResource][]manifest.ID
	// homes are the namespaces, sorted.
	homes []string
}

func (s *session) inBase(all *manifest.Set) inBase {
	b := inBase{map[schema.GroupResource]listing{}, map[schema.GroupResource]map[manifest.ID]bool{}, map[schema.GroupResource][]manifest.ID{}, nil}
	homes := map[string]bool{}
	claims := schema.GroupResource{Resource: "persistentvolumeclaims"}
	for _, o := range all.All() {
		i, err := s.item(o)
		if err != nil {
			continue // said where it is compared
		}
		r := i.GroupResource()
		if _, known := b.kinds[r]; !known {
			b.kinds[r], b.has[r] = listing{i.kind, o.ID().Kind, ""}, map[manifest.ID]bool{}
		}
		if i.namespaced {
			homes[i.namespace] = true
		}
		b.has[r][manifest.ID{Namespace: i.namespace, Name: i.name}] = true
		if start, ok := child(o.Fields()["metadata"], "generateName").(string); ok && i.generated() {
			b.made[r] = append(b.made[r], manifest.ID{Namespace: i.namespace, Name: start})
		}
		templates, _ := child(o.Fields()["spec"], "volumeClaimTemplates").([]any)
		for _, t := range templates {
			name, _ := child(child(t, "metadata"), "name").(string)
			b.made[claims] = append(b.made[claims], manifest.ID{Namespace: i.namespace, Name: name + "-" + i.name + "-"})
		}
	}
	b.homes = slices.Sorted(maps.Keys(homes))
	return b
}

// explains reports whether base has an object, or something that brings it: its
// owner, a hook, a workload whose controller makes it. What its annotations say is
// no part of the application is none
// (https://argo-cd.readthedocs.io/en/stable/user-guide/compare-options/).
func (b inBase) explains(r schema.GroupResource, o *manifest.Object) bool {
	notes, owners := o.Annotations(), child(o.Fields()["metadata"], "ownerReferences")
	switch {
	case b.has[r][manifest.ID{Namespace: o.ID().Namespace, Name: o.ID().Name}]:
		return true
	case owners != nil, notes["helm.sh/hook"] != "", notes["argocd.argoproj.io/hook"] != "":
		return true
	case hasOption(notes["argocd.argoproj.io/compare-options"], "IgnoreExtraneous"):
		return true
	}
	return slices.ContainsFunc(b.made[r], func(start manifest.ID) bool {
		rest, found := strings.CutPrefix(o.ID().Name, start.Name)
		if !found || start.Namespace != o.ID().Namespace {
			return false
		}
		_, err := strconv.ParseUint(rest, 10, 31)
		return err == nil || child(o.Fields()["metadata"], "generateName") == start.Name
	})
}

// listings are where the objects of base's kinds are listed: everywhere if the user
// may, else in the namespaces of base; and what the user may not list.
func (s *session) listings(ctx context.Context, b inBase) (places []listing, unseen []string) {
	var lacking []Right
	narrow := false
	for _, k := range b.kinds {
		r := Right{Verb: "list", Group: k.Group, Resource: k.Resource}
		// Where the cluster does not say, the list itself shows it.
		if allowed, err := s.asking.questions.allowed(ctx, r); allowed || err != nil {
			places = append(places, k)
			continue
		}
		if !k.namespaced {
			lacking = append(lacking, r)
			continue
		}
		narrow = true
		for _, r.Namespace = range b.homes {
			if allowed, err := s.asking.questions.allowed(ctx, r); err == nil && !allowed {
				lacking = append(lacking, r)
				continue
			}
			places = append(places, listing{k.kind, k.name, r.Namespace})
		}
	}
	slices.SortFunc(places, func(a, b listing) int { return strings.Compare(a.String(), b.String()) })
	if narrow {
		unseen = append(unseen, "the user may not list all namespaces, so that only those of base were looked at")
	}
	if len(lacking) > 0 {
		lacking = inOrder(lacking)
		unseen = append(unseen, "the user may not "+strings.Join(Spell(lacking), ", ")+" — give the user "+rules(lacking))
	}
	return places, unseen
}

func (at listing) String() string {
	r := Right{Verb: "list", Group: at.Group, Resource: at.Resource, Namespace: at.namespace}
	return Spell([]Right{r})[0]
}

// list returns the metadata of the objects of a kind that a selector finds, as far
// as is left of what may be looked at: a server may give pages without end, and
// empty ones among them. What was found before an error is returned with it.
func (s *session) list(ctx context.Context, at listing, selector string, l *lookout) ([]*manifest.Object, error) {
	root := dynamic.LegacyAPIPathResolverFunc(at.GroupVersion().WithKind(at.name))
	var out []*manifest.Object
	for next := ""; ; {
		if l.asks == 0 {
			return out, errEnough
		}
		l.asks--
		var data []byte
		err := s.client.bounds.ask(ctx, func() (err error) {
			data, err = s.client.plain.Get().AbsPath(root, at.Group, at.Version).NamespaceIfScoped(at.namespace, at.namespace != "").Resource(at.Resource).
				Param("limit", strconv.Itoa(surplusPage)).Param("labelSelector", selector).Param("continue", next).
				SetHeader("Accept", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json").Do(ctx).Raw()
			return err
		})
		if err != nil {
			return out, s.client.read(err, nil)
		}
		var page struct {
			Metadata metav1.ListMeta `json:"metadata"`
			Items    []struct {
				Metadata map[string]any `json:"metadata"`
			} `json:"items"`
		}
		if err := json.Unmarshal(data, &page); err != nil {
			return out, fmt.Errorf("reading a list of the API server: %w", err)
		}
		for _, item := range page.Items {
			if l.objects == 0 {
				return out, errEnough
			}
			l.objects--
			o, err := manifest.NewObject(manifest.Document{Fields: map[string]any{"apiVersion": at.GroupVersion().String(), "kind": at.name, "metadata": item.Metadata}})
			if err != nil {
				return out, fmt.Errorf("reading a list of the API server: %w", err)
			}
			out = append(out, o)
		}
		if next = page.Metadata.Continue; next == "" {
			return out, nil
		}
	}
}
