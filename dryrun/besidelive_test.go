package dryrun

import (
	"testing"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
)

// What a cluster is not asked about is none of the change any more, so that quotas
// ask for its Pods.
func TestBesideStays(t *testing.T) {
	o := objects(t, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}}")[0]
	s := &session{target: &target{live: true}, in: Input{Head: &manifest.Set{}, Base: &manifest.Set{}}}
	s.add(&trial{Delta: diff.Delta{Operation: diff.Update, Object: o, OldObject: o}, beside: "changes the LimitRange shop"})
	if !s.touches(o.ID()) || !s.changes(o.ID()) {
		t.Fatal("it is not tried at all")
	}
	s.partAway(rankOther)
	if len(s.deltas) != 0 || s.touches(o.ID()) || s.changes(o.ID()) {
		t.Errorf("%d deltas, touched %t, changed %t", len(s.deltas), s.touches(o.ID()), s.changes(o.ID()))
	}
}
