package dryrun

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// maxBeside bounds how many objects are tried that the change leaves as they are.
const maxBeside = 1000

// besides adds objects to the trials that the change leaves as they are, where it
// changes what they are checked against: whatever applies the environment goes on
// applying them, and their controllers go on making Pods
// (https://fluxcd.io/flux/components/kustomize/kustomizations/#interval). What loses
// an object that it names is for the rule change/deleted-in-use.
func (s *session) besides() {
	var bindings []*manifest.Object
	for _, o := range s.in.Head.All() {
		if isBinding(o) {
			bindings = append(bindings, o)
		}
	}
	var homes []home
	for _, t := range s.deltas {
		if h := (home{t, s.unsettles(t), s.renewed(t, bindings)}); h.direct || len(h.policies) > 0 {
			homes = append(homes, h)
		}
	}
	if len(homes) == 0 {
		return
	}
	resources := s.resourceNames()
	var found []*trial
	var left []*manifest.Object
	for _, o := range s.in.Head.All() {
		if s.in.Base.Get(o.ID()) == nil || rank(o) == rankPolicy || s.touches(o.ID()) {
			continue
		}
		names := s.resourcesOf(o, resources)
		t := &trial{Delta: diff.Delta{Operation: diff.Update, Object: o, OldObject: s.in.Base.Get(o.ID())}}
		var whys []string
		for _, h := range homes {
			if !(h.direct && s.unsettled(o, h.trial)) && !h.judges(o, names) {
				continue
			}
			whys = append(whys, does(h.trial))
			if isDefinition(h.Current()) && h.Operation == diff.Create {
				t.Operation, t.OldObject = diff.Create, nil // base had no kind for it
			}
		}
		t.beside = told(whys)
		switch {
		case t.beside == "":
		case len(found) == maxBeside, rank(o) != rankOther, len(names) == 0, encrypted(o):
			left = append(left, o)
		default:
			found = append(found, t)
		}
	}
	if len(left) > 0 {
		text := "the change leaves it as it is and has a say about it, and it was not tried: " + left[0].ID().String()
		if more := len(left) - 1; more > 0 {
			text += fmt.Sprintf(", and %d more", more)
		}
		s.note(verdict.Object{}, unverifiable, text)
	}
	for _, t := range found {
		s.add(t)
	}
}

// told is a list in words, of five at most.
func told(list []string) string {
	const most = 5
	if more := len(list) - most; more > 0 {
		list = append(slices.Clip(list[:most]), fmt.Sprintf("%d more like these", more))
	}
	return strings.Join(list, ", and ")
}

// does is what the change does to the object of a trial, in words.
func does(t *trial) string {
	what := "changes"
	switch t.Operation {
	case diff.Create:
		what = "adds"
	case diff.Delete:
		what = "deletes"
	}
	return what + " the " + spoken(t.Current())
}

// unsettles reports whether the server may refuse, for what a delta makes of its
// object, another one that stays as it is.
func (s *session) unsettles(t *trial) bool {
	if t.Operation == diff.Delete {
		return false
	}
	old := t.OldObject
	switch t.ID().Group + "/" + t.ID().Kind {
	case "/Namespace":
		is := levels(t.Object)
		return is[enforce] != nil && is[enforce] != "privileged" && !reflect.DeepEqual(levels(old), is)
	case "apiextensions.k8s.io/CustomResourceDefinition":
		if old == nil {
			old = s.in.Definitions.Get(t.ID())
		}
	case "/LimitRange":
	default:
		return false
	}
	return old == nil || !reflect.DeepEqual(old.Fields()["spec"], t.Object.Fields()["spec"])
}

// enforce is the label with the level that the Pods of a namespace have to keep
// (https://kubernetes.io/docs/concepts/security/pod-security-admission/).
const enforce = "pod-security.kubernetes.io/enforce"

// levels are the labels of a namespace that its Pods are refused by.
func levels(o *manifest.Object) map[string]any {
	out := map[string]any{}
	if o == nil {
		return out
	}
	labels, _ := child(o.Fields()["metadata"], "labels").(map[string]any)
	for _, key := range []string{enforce, enforce + "-version"} {
		if labels[key] != nil {
			out[key] = labels[key]
		}
	}
	return out
}

// unsettled reports whether the server may refuse an object that stays as it is,
// or its Pods, for what the change makes of another one.
func (s *session) unsettled(o *manifest.Object, home *trial) bool {
	return dependsOn(o, home.Object) && (s.makesPods(o) || isDefinition(home.Object) || o.ID().Kind == "PersistentVolumeClaim")
}

// makesPods reports whether Pods go on being made of an object: a Pod is there, and
// a Job has made its own, but for one that is made anew.
func (s *session) makesPods(o *manifest.Object) bool {
	_, _, makes := template(o)
	return makes && (o.ID().Kind != "Job" || s.client.applier.hook(o, o))
}

// besideFindings are those of an object that the change leaves as it is: what
// base has as well has nothing to do with the change, and neither have Pods that
// were refused before, for whatever reason.
func (s *session) besideFindings(t *trial) []verdict.Finding {
	found := slices.DeleteFunc(s.findings(t), func(f verdict.Finding) bool {
		return f.Baseline != verdict.New || f.Rule == rulePod && len(t.base.pod) > 0
	})
	for n := range found {
		found[n].Message += t.leaves()
	}
	return found
}

// leaves says why an object is looked at that the change leaves as it is; it is
// empty for what it changes.
func (t *trial) leaves() string {
	if t.beside == "" {
		return ""
	}
	return " — the change leaves it as it is, and " + t.beside
}

// bereft tells of what stays as it is while the change deletes the namespace that
// it is in, or the definition of its kind: one finding for all of it.
func (s *session) bereft(home *trial) []verdict.Finding {
	if home.Operation != diff.Delete || !s.deletes(home.ID()) || len(home.head.problems) > 0 {
		return nil
	}
	p := problem{rule: ruleRefused, path: "/metadata/namespace"}
	what := "the namespace " + home.ID().Name + ", and all that is in it"
	switch rank(home.OldObject) {
	case rankNamespace:
	case rankDefinition:
		p = problem{rule: ruleVersion, path: "/apiVersion"}
		what = home.ID().Name + ", the definition of its kind, and all objects of it"
	default:
		return nil
	}
	var left []*manifest.Object
	for _, o := range s.in.Head.All() {
		if i, err := s.item(o); err == nil && !i.namespaced && home.ID().Kind == "Namespace" {
			continue
		}
		if dependsOn(o, home.OldObject) && !s.touches(o.ID()) {
			left = append(left, o)
		}
	}
	if len(left) == 0 {
		return nil
	}
	p.msg = "the change deletes " + what + ", and leaves this as it is"
	if more := len(left) - 1; more > 0 {
		p.msg += fmt.Sprintf("; so it does %d more, %s among them", more, left[1].ID())
	}
	t := &trial{Delta: diff.Delta{Operation: diff.Update, Object: left[0], OldObject: left[0]}, beside: does(home)}
	return []verdict.Finding{s.finding(t, p, verdict.Error, verdict.New)}
}
