package dryrun

import (
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ownFinalizers are those that every cluster takes away by itself
// (https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/).
var ownFinalizers = []string{
	metav1.FinalizerDeleteDependents, metav1.FinalizerOrphanDependents, "kubernetes.io/pvc-protection", "kubernetes.io/pv-protection",
	"service.kubernetes.io/load-balancer-cleanup", "batch.kubernetes.io/job-tracking", "customresourcecleanup.apiextensions.k8s.io",
}

// finalizers are those of an object that somebody outside of Kubernetes has to
// take away, and the JSON Pointer to the first of them.
func finalizers(fields map[string]any) (names []string, path string) {
	given, _ := child(fields["metadata"], "finalizers").([]any)
	for n, f := range given {
		name, _ := f.(string)
		if name == "" || slices.Contains(ownFinalizers, name) {
			continue
		}
		if names == nil {
			path = fmt.Sprintf("/metadata/finalizers/%d", n)
		}
		names = append(names, name)
	}
	return names, path
}

// released says that finalizers are gone.
func released(names []string) string {
	if len(names) == 1 {
		return "the finalizer " + names[0] + " is taken away"
	}
	return "the finalizers " + strings.Join(names, ", ") + " are taken away"
}

// held is what holds up the deletion that a trial brings, as a finding: a server
// accepts such a deletion, and the object stays until its finalizers are gone.
func (s *session) held(t *trial) []verdict.Finding {
	goes := t.Operation == diff.Delete && s.deletes(t.ID())
	if t.OldObject == nil || t.absent || !goes && !t.replaced || len(t.head.problems) > 0 {
		return nil
	}
	p := problem{rule: ruleHeld}
	var names []string
	names, p.path = finalizers(t.OldObject.Fields())
	more := t.leaving
	if t.replaced {
		more, _ = finalizers(t.base.object)
	}
	more = slices.DeleteFunc(slices.Clone(more), func(name string) bool { return slices.Contains(names, name) })
	if names = append(names, more...); names != nil {
		p.msg = "the deletion waits until " + released(names)
		if t.replaced {
			p.msg = "the old object has to go first, and that waits until " + released(names)
		}
		if len(more) > 0 {
			p.msg += "; the cluster has " + strings.Join(more, ", ") + ", and base does not"
		}
		if goes && s.definitionGoes(t.OldObject) {
			p.msg += "; the definition of its kind goes with it, and what takes finalizers of that kind away must not go before both are gone"
		}
	} else if p.msg = s.heldInside(t.OldObject); p.msg == "" {
		p.msg = s.heldByUse(t.OldObject)
	}
	if p.msg == "" {
		return nil
	}
	return []verdict.Finding{s.finding(t, p, verdict.Warning, verdict.New)}
}

// definitionGoes reports whether the change deletes the definition of an object's
// kind as well.
func (s *session) definitionGoes(o *manifest.Object) bool {
	return slices.ContainsFunc(s.deltas, func(t *trial) bool {
		if t.Operation != diff.Delete || !isDefinition(t.OldObject) || !s.deletes(t.ID()) {
			return false
		}
		of := readDefinition(t.OldObject).kindOf()
		return of.Group == o.ID().Group && of.Kind == o.ID().Kind
	})
}

// heldInside says of a namespace or a definition which object, that the change
// leaves as it is, holds its deletion up; those that the change deletes have
// findings of their own.
func (s *session) heldInside(o *manifest.Object) string {
	// What names no namespace is in default, which no server deletes.
	inside := func(id manifest.ID) bool { return id.Namespace == o.ID().Name }
	switch {
	case isDefinition(o):
		of := readDefinition(o).kindOf()
		inside = func(id manifest.ID) bool { return id.Group == of.Group && id.Kind == of.Kind }
	case o.ID().Group != "" || o.ID().Kind != "Namespace":
		return ""
	}
	for _, other := range s.in.Base.All() {
		names, _ := finalizers(other.Fields())
		if names == nil || !inside(other.ID()) || s.deletes(other.ID()) {
			continue
		}
		return fmt.Sprintf("%s goes as well, and the deletion waits until %s there", other.ID(), released(names))
	}
	return ""
}

// heldByUse says of a claim or a volume what head still has that uses it: the
// controllers of storage protect those
// (https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection).
func (s *session) heldByUse(o *manifest.Object) string {
	switch o.ID().Group + "/" + o.ID().Kind {
	case "/PersistentVolumeClaim":
		for _, user := range s.in.Head.All() {
			volumes, _ := podSpec(user)["volumes"].([]any)
			if homeOf(user) == homeOf(o) && slices.ContainsFunc(volumes, func(v any) bool {
				return child(child(v, "persistentVolumeClaim"), "claimName") == o.ID().Name
			}) {
				return fmt.Sprintf("the deletion waits until no Pod uses the claim (kubernetes.io/pvc-protection), and those of %s still do", user.ID())
			}
		}
	case "/PersistentVolume":
		for _, user := range s.in.Head.All() {
			if user.ID().Group == "" && user.ID().Kind == "PersistentVolumeClaim" && child(user.Fields()["spec"], "volumeName") == o.ID().Name {
				return fmt.Sprintf("the deletion waits until no claim is bound to the volume (kubernetes.io/pv-protection), and %s still is", user.ID())
			}
		}
	}
	return ""
}
