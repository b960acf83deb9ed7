package dryrun

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// usual are the kinds of Kubernetes that repositories have objects of, by resource
// and group. Of other kinds, controllers make objects that carry copies of marks,
// without an owner: the Endpoints of a Service, the HelmChart of a HelmRelease.
var usual = strings.Fields(`configmaps limitranges namespaces persistentvolumeclaims resourcequotas secrets serviceaccounts services
	daemonsets.apps deployments.apps statefulsets.apps horizontalpodautoscalers.autoscaling cronjobs.batch jobs.batch
	ingresses.networking.k8s.io networkpolicies.networking.k8s.io poddisruptionbudgets.policy
	clusterrolebindings.rbac.authorization.k8s.io clusterroles.rbac.authorization.k8s.io rolebindings.rbac.authorization.k8s.io roles.rbac.authorization.k8s.io
	priorityclasses.scheduling.k8s.io storageclasses.storage.k8s.io
	validatingadmissionpolicies.admissionregistration.k8s.io validatingadmissionpolicybindings.admissionregistration.k8s.io`)

// further are where usual kinds are listed that base has no object of, as far as the
// user may list them in all namespaces; and what is not looked at.
func (s *session) further(ctx context.Context, b inBase) (places []listing, unseen string) {
	const what = "of kinds that base has no object of, "
	served := map[schema.GroupResource]listing{}
	for gvk, k := range s.kinds.byKind {
		r := k.GroupResource()
		_, known := b.kinds[r]
		// The first in order is a stable one, if there is any.
		if old, twice := served[r]; !known && slices.Contains(usual, r.String()) && (!twice || k.Version < old.Version) {
			served[r] = listing{k, gvk.Kind, ""}
		}
	}
	var rights []Right
	for _, at := range served {
		rights = append(rights, Right{Verb: "list", Group: at.Group, Resource: at.Resource})
	}
	lacking, err := s.asking.questions.missing(ctx, inOrder(rights))
	if err != nil {
		return nil, what + "none was looked at: " + err.Error()
	}
	for r, at := range served {
		if !slices.Contains(lacking, Right{Verb: "list", Group: r.Group, Resource: r.Resource}) {
			places = append(places, at)
		}
	}
	slices.SortFunc(places, func(a, b listing) int { return strings.Compare(a.String(), b.String()) })
	unseen = what + "only those of Kubernetes were looked at that are usual in repositories"
	if n := len(lacking); n > 0 {
		unseen = fmt.Sprintf("%s, and %d of them the user may not list in all namespaces, such as %s", unseen, n, strings.TrimPrefix(Spell(lacking)[0], "list "))
	}
	return places, unseen
}
