package dryrun

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"github.com/penstock-dev/penstock/internal/manifest"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// partAway marks the deltas of a rank that a live cluster cannot answer for:
// nothing is stored there, so that what they live in, are made of or are checked
// against is not there, or not as the change has it. All of lower ranks have been
// tried by then.
func (s *session) partAway(r int) {
	if !s.live {
		return
	}
	var homes []*trial
	for _, t := range s.deltas {
		if s.rank(t.Current()) < r && (t.away != "" || t.stirs()) {
			homes = append(homes, t)
		}
	}
	for _, t := range s.deltas {
		// What is taken away needs no home.
		if s.rank(t.Current()) != r || t.Object == nil || encrypted(t.Object) {
			continue
		}
		if s.judgedAnew(t.Object) {
			t.away = "an admission policy may say otherwise of it than the cluster does, once it is as this change leaves it"
		}
		if s.undefined(t.Object) {
			t.away = "the cluster does not have the definition of its kind"
		}
		for _, h := range homes {
			if dependsOn(t.Object, h.Current()) {
				t.away = "it depends on the " + spoken(h.Current()) + ", which the cluster does not have as this change leaves it"
				break
			}
		}
	}
	// The cluster says nothing new of what it has as the change leaves it.
	s.deltas = slices.DeleteFunc(s.deltas, func(t *trial) bool {
		gone := t.beside != "" && s.rank(t.Current()) == r && t.away == ""
		if gone {
			delete(s.operations, t.ID())
		}
		return gone
	})
}

// stirs reports whether a live cluster would answer otherwise once it had a
// delta. One that already is as the change has it does not, and what the cluster
// did not say does.
func (t *trial) stirs() bool {
	return t.base.object == nil || t.head.object == nil || !reflect.DeepEqual(declared(t.base.object), declared(t.head.object))
}

func spoken(o *manifest.Object) string { return o.ID().Kind + " " + o.ID().Name }

// undefined reports whether head defines the kind of an object and the cluster
// does not serve it.
func (s *session) undefined(o *manifest.Object) bool {
	_, err := s.kinds.find(o)
	var f *fault
	if !errors.As(err, &f) || f.reason != unknownKind {
		return false
	}
	return slices.ContainsFunc(s.in.Head.All(), func(d *manifest.Object) bool { return isDefinition(d) && dependsOn(o, d) })
}

// dependsOn reports whether the server's answer about an object may depend on
// another one, of those that rank before it.
func dependsOn(o, home *manifest.Object) bool {
	inside := homeOf(home) == homeOf(o)
	spec := podSpec(o)
	claim := o.ID().Group == "" && o.ID().Kind == "PersistentVolumeClaim"
	switch home.ID().Group + "/" + home.ID().Kind {
	case "/Namespace":
		return home.ID().Name == o.ID().Namespace || spec != nil && home.ID().Name == homeOf(o)
	case "apiextensions.k8s.io/CustomResourceDefinition":
		return readDefinition(home).kindOf() == schema.GroupKind{Group: o.ID().Group, Kind: o.ID().Kind}
	case "/ServiceAccount":
		name, _ := spec["serviceAccountName"].(string)
		return inside && spec != nil && (name == home.ID().Name || name == "" && home.ID().Name == "default")
	case "/LimitRange":
		return inside && (spec != nil || claim)
	case "scheduling.k8s.io/PriorityClass", "node.k8s.io/RuntimeClass":
		return spec != nil
	case "storage.k8s.io/StorageClass":
		return claim
	}
	return false
}

// leaves reports whether there is anything for another server.
func (s *session) leaves() bool {
	return slices.ContainsFunc(s.deltas, func(t *trial) bool { return t.away != "" })
}

// sendAway tries on a server of another backend, of the version of the cluster,
// what the cluster cannot answer for, together with all that others depend on. A
// trial is the same whoever answers, so that those take the places of their own.
func (s *session) sendAway(ctx context.Context, b backend) {
	in := s.in
	in.Environment.KubernetesVersion = s.version
	in.Deltas, in.alone = nil, true
	var places []int
	for n, t := range s.deltas {
		if t.away != "" || s.rank(t.Current()) != rankOther {
			in.Deltas = append(in.Deltas, t.Delta)
			places = append(places, n)
		}
	}
	other, err := attempt(ctx, b, in)
	if err != nil {
		s.stay(err)
		return
	}
	s.aside = other.name
	for n, t := range other.deltas {
		own := s.deltas[places[n]]
		t.beside = own.beside
		switch t.away = own.away; {
		case t.away != "":
			s.deltas[places[n]] = t
		case own.fault == nil && t.fault != nil && isDefinition(t.Current()):
			// A dry-run accepts names that are never accepted later.
			own.fault = &fault{t.fault.reason, "on " + other.name + " " + t.fault.detail}
		}
	}
	for _, e := range other.notes {
		e.Detail = "of what was tried on " + other.name + ": " + e.Detail
		s.notes = append(s.notes, e)
	}
}

// stay says why what the cluster cannot answer for was not tried at all. A
// version that no embedded server has is nothing that another try would mend.
func (s *session) stay(err error) {
	f := faultOf(err)
	var version *apiserver.VersionError
	if errors.As(err, &version) {
		f = &fault{unverifiable, version.Error()}
	}
	for _, t := range s.deltas {
		if t.away != "" {
			t.fault = &fault{f.reason, t.away + ", and no other server tried it: " + f.detail}
		}
	}
}

// answerer names who answered, for people.
func (s *session) answerer() string {
	if s.aside == "" {
		return s.name
	}
	n := 0
	for _, t := range s.deltas {
		if t.away != "" {
			n++
		}
	}
	return fmt.Sprintf("%s; %d of %d objects on %s", s.name, n, len(s.deltas), s.aside)
}
