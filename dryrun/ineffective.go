package dryrun

import (
	"fmt"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// listIneffective lists what an environment has that would have a say about the
// change in production, and has none in the dry-run.
func (s *session) listIneffective() {
	seen := map[manifest.ID]bool{}
	for _, set := range []*manifest.Set{s.in.Head, s.in.Base} {
		for _, o := range set.All() {
			if o.ID().Group != admissionGroup && !isDefinition(o) {
				continue // all but a few, in most environments
			}
			why := s.ineffective(o)
			if why == "" || seen[o.ID()] {
				continue
			}
			seen[o.ID()] = true
			s.notes = append(s.notes, s.entryOf(o, verdict.Unverifiable, why))
		}
	}
}

// ineffective says why an object is not in force on the server; it is empty for
// those that are, and for all that have no say.
func (s *session) ineffective(o *manifest.Object) string {
	if isDefinition(o) && !s.live && child(child(o.Fields()["spec"], "conversion"), "strategy") == "Webhook" && s.wants(o) {
		return "its conversion webhook cannot be called in the dry-run: versions are taken to have the same fields"
	}
	switch o.ID().Group + "/" + o.ID().Kind {
	case "admissionregistration.k8s.io/ValidatingWebhookConfiguration", "admissionregistration.k8s.io/MutatingWebhookConfiguration":
		if !s.live {
			return "its webhooks cannot be called in the dry-run: what they would refuse or change is not known"
		}
	case "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding", "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding":
		if why := s.policies.lacking[o.ID()]; why != "" && !s.live {
			return why
		}
	case "admissionregistration.k8s.io/ValidatingAdmissionPolicy", "admissionregistration.k8s.io/MutatingAdmissionPolicy":
		var why []string
		for _, d := range s.policies.spared[o.ID()] {
			if s.live {
				break
			}
			why = append(why, "what it makes of "+d.plural+"."+d.group+" is not known in the dry-run: they are left as they are written")
		}
		// CEL takes spaces, lines and brackets before a field.
		if said := fmt.Sprint(o.Fields()["spec"]); s.policies.needed[o.ID()] && (strings.Contains(said, "userInfo") || strings.Contains(said, "authorizer")) {
			why = append(why, "it looks at who asks, and whoever applies the change, or makes Pods of it, is another user than that of the dry-run: it may say otherwise of them")
		}
		return strings.Join(why, "; ")
	}
	return ""
}

// wants reports whether the change has objects of the kind of a definition.
func (s *session) wants(o *manifest.Object) bool {
	d := readDefinition(o)
	for c := range s.changed() {
		if c.ID().Group == d.group && c.ID().Kind == d.kind || c.ID() == o.ID() {
			return true
		}
	}
	return false
}
