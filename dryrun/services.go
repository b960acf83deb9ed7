package dryrun

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
)

// claim is an address or a port of nodes that a Service asks for.
type claim struct {
	// what is the address or the number, the same however it is written.
	what, path, msg string
	// port is the number; 0 is an address.
	port int64
}

// collide finds the Services of the change that take what another one has. A
// dry-run allocates nothing, so that the server does not notice: two new ones may
// each have it. Ports of nodes are one number for all protocols
// (k8s.io/kubernetes/pkg/registry/core/service/storage/alloc.go).
func (s *session) collide() {
	var before, after map[manifest.ID]problems
	// Most Services take what they get, and then there is nothing to compare.
	if slices.ContainsFunc(s.deltas, func(t *trial) bool { return t.Object != nil && len(claimsOf(t.Object)) > 0 }) {
		before, after = collisions(s.in.Base, s.in.Base), collisions(s.in.Head, s.in.Base)
	}
	for _, t := range s.deltas {
		if t.Operation == diff.Delete || t.away != "" || t.fault != nil && !strings.HasPrefix(t.fault.detail, otherAddress) {
			continue
		}
		t.base.problems = append(t.base.problems, before[t.ID()]...)
		for _, p := range after[t.ID()] {
			said := slices.IndexFunc(t.head.problems, func(q problem) bool {
				return strings.Contains(q.msg, "already allocated") && strings.HasPrefix(p.path, q.path)
			})
			if said >= 0 {
				t.head.problems[said] = p
				continue
			}
			// It is wrong whatever else is known of it.
			t.fault, t.head.problems = nil, append(t.head.problems, p)
		}
		if t.fault == nil && len(t.head.problems) == 0 {
			why := outside(t.Current(), s.in.Base.Get(t.ID()))
			if why == nil && !s.live {
				why = families(t.Current(), s.in.Base.Get(t.ID()))
			}
			if why != nil {
				t.entries = append(t.entries, s.entryOf(t.Current(), why.reason, why.detail))
			}
		}
	}
}

func isService(o *manifest.Object) bool {
	return o.ID().Group == "" && o.ID().Kind == "Service"
}

// outside is why it is not known whether a Service gets a port of nodes that
// clusters do not give unless they are told to: a dry-run does not look at the
// range, and which one the cluster has nobody tells
// (https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport).
func outside(o, old *manifest.Object) *fault {
	var held []claim
	if old != nil {
		held = claimsOf(old)
	}
	for _, c := range claimsOf(o) {
		if c.port == 0 || c.port >= 30000 && c.port <= 32767 || strings.HasSuffix(c.path, "/healthCheckNodePort") {
			continue
		}
		if !slices.ContainsFunc(held, func(h claim) bool { return h.what == c.what }) {
			return &fault{unverifiable, fmt.Sprintf("%s is %d, and clusters give the ports 30000-32767 unless they have another range, which is not known here — compare it with --service-node-port-range of the cluster's kube-apiserver", fieldPath(c.path), c.port)}
		}
	}
	return nil
}

// families is why it is not known whether a Service gets addresses of the families
// that it asks for: the embedded server has both, and a cluster may not
// (https://kubernetes.io/docs/concepts/services-networking/dual-stack/#services).
func families(o, old *manifest.Object) *fault {
	if !isService(o) {
		return nil
	}
	asks := func(o *manifest.Object) string {
		spec := o.Fields()["spec"]
		of, _ := child(spec, "ipFamilies").([]any)
		switch {
		case child(spec, "ipFamilyPolicy") == "RequireDualStack":
			return "both families"
		case slices.Contains(of, any("IPv6")):
			return "IPv6"
		}
		return ""
	}
	now := asks(o)
	if now == "" || old != nil && now == asks(old) {
		return nil
	}
	return &fault{unverifiable, "it asks for addresses of " + now + ", and whether the cluster has them for Services is not known here"}
}

// collisions are the problems of the Services of a set that ask for what another
// one has: the one that has it in base already, or else the first by name.
func collisions(set, base *manifest.Set) map[manifest.ID]problems {
	out := map[manifest.ID]problems{}
	holders := map[string]manifest.ID{}
	var services []*manifest.Object
	for _, o := range set.All() {
		if isService(o) {
			services = append(services, o)
		}
	}
	for _, first := range []bool{true, false} {
		for _, o := range services {
			var held []claim
			if old := base.Get(o.ID()); old != nil {
				held = claimsOf(old)
			}
			for _, c := range claimsOf(o) {
				if slices.ContainsFunc(held, func(h claim) bool { return h.what == c.what }) != first {
					continue
				}
				if holder, taken := holders[c.what]; taken && holder != o.ID() {
					out[o.ID()] = append(out[o.ID()], problem{rule: ruleInvalid, path: c.path, msg: fmt.Sprintf("%s, by the Service %s/%s", c.msg, holder.Namespace, holder.Name)})
					continue
				}
				holders[c.what] = o.ID()
			}
		}
	}
	return out
}

// claimsOf are what a Service asks for, with what a server says where it is taken;
// there are none of other objects.
func claimsOf(o *manifest.Object) []claim {
	if !isService(o) {
		return nil
	}
	spec, _ := o.Fields()["spec"].(map[string]any)
	var out []claim
	address := func(value any, path string) {
		text, _ := value.(string)
		if ip, err := netip.ParseAddr(text); err == nil {
			out = append(out, claim{ip.String(), path, fmt.Sprintf("%s: Invalid value: %q: provided IP is already allocated", fieldPath(path), text), 0})
		}
	}
	port := func(value any, path string) {
		if n, ok := value.(int64); ok && n > 0 {
			out = append(out, claim{fmt.Sprintf("port %d", n), path, fmt.Sprintf("%s: Invalid value: %d: provided port is already allocated", fieldPath(path), n), n})
		}
	}
	kind, _ := spec["type"].(string)
	if kind != "ExternalName" {
		address(spec["clusterIP"], "/spec/clusterIP")
		others, _ := spec["clusterIPs"].([]any)
		for n, ip := range others {
			if n > 0 || spec["clusterIP"] == nil {
				address(ip, fmt.Sprintf("/spec/clusterIPs/%d", n))
			}
		}
	}
	if kind == "NodePort" || kind == "LoadBalancer" {
		ports, _ := spec["ports"].([]any)
		for n, p := range ports {
			port(child(p, "nodePort"), fmt.Sprintf("/spec/ports/%d/nodePort", n))
		}
		port(spec["healthCheckNodePort"], "/spec/healthCheckNodePort")
	}
	return out
}
