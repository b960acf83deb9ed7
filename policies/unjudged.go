package policies

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// gap is why constraints did not judge objects that they may be for.
type gap struct {
	// object is the kind or the namespace that it is about.
	object verdict.Object
	reason verdict.Reason
	why    string
}

// unlabelled is a namespace of which not all labels are known.
func unlabelled(namespace string) gap {
	return gap{namespaceObject(namespace), verdict.Unverifiable, "the namespace is not in this environment, and its labels are not known; constraints that ask for them did not judge its objects"}
}

// unscoped is a kind of which nobody knows whether its objects are in namespaces.
func unscoped(o *manifest.Object) gap {
	kind := verdict.Object{APIVersion: o.APIVersion(), Kind: o.ID().Kind}
	return gap{kind, verdict.UnknownKind, "the definition of the kind is not in this environment, so that it is not known whether objects that name no namespace are in one; constraints that depend on it did not judge them"}
}

// exempt is a namespace that Gatekeeper is told to leave alone.
func exempt(namespace, process, by string) gap {
	return gap{namespaceObject(namespace), verdict.Off, fmt.Sprintf("%s exempts the namespace from the %s of Gatekeeper; constraints did not judge its objects", by, process)}
}

// twin is an object that names its namespace, beside one that is put into the same
// one. Which of them a cluster has depends on who applies them, and when.
func twin(o *manifest.Object) gap {
	return gap{nameOf(o), verdict.Unverifiable, fmt.Sprintf("it is there twice, in the namespace %s and without one, which a cluster puts there; only the first is in the data.inventory of constraints", o.ID().Namespace)}
}

func namespaceObject(name string) verdict.Object {
	return verdict.Object{APIVersion: "v1", Kind: "Namespace", Name: name}
}

// unjudged counts the objects behind each gap for each constraint. It is safe for
// concurrent use.
type unjudged struct {
	mu     sync.Mutex
	counts map[gap]map[int]int
}

func (u *unjudged) add(g gap, rule int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.counts == nil {
		u.counts = map[gap]map[int]int{}
	}
	if u.counts[g] == nil {
		u.counts[g] = map[int]int{}
	}
	u.counts[g][rule]++
}

// noteTwins counts what the inventory of constraints cannot hold, for those that
// read it.
func (ev *evaluation) noteTwins() {
	if len(ev.constraints) == 0 {
		return
	}
	for _, o := range ev.scopes.twins(ev.in.Head) {
		for _, i := range ev.constraints {
			if ev.rules[i].constraint.template.reads.inventory {
				ev.unjudged.add(twin(o), i)
			}
		}
	}
}

// unjudgedEntries list, for each gap, the constraints that did not judge objects,
// and how many.
func (ev *evaluation) unjudgedEntries() []verdict.Entry {
	gaps := slices.SortedFunc(maps.Keys(ev.unjudged.counts), func(a, b gap) int {
		return cmp.Or(cmp.Compare(a.object.Kind, b.object.Kind), cmp.Compare(a.object.APIVersion, b.object.APIVersion), cmp.Compare(a.object.Name, b.object.Name), cmp.Compare(a.why, b.why))
	})
	var out []verdict.Entry
	for _, g := range gaps {
		var texts []string
		for _, i := range slices.Sorted(maps.Keys(ev.unjudged.counts[g])) {
			texts = append(texts, fmt.Sprintf("%s (%d)", ev.rules[i].ID, ev.unjudged.counts[g][i]))
		}
		out = append(out, verdict.Entry{
			Environment: ev.in.Environment.Name, Stage: verdict.StagePolicy, Reason: g.reason, Object: g.object,
			Detail: g.why + ": " + strings.Join(texts, ", "),
		})
	}
	return out
}
