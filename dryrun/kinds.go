package dryrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

// kind is where the server serves objects of one kind in one version.
type kind struct {
	schema.GroupVersionResource
	namespaced bool
	// definition is the CustomResourceDefinition that the kind comes from; nil
	// for what the server knows by itself.
	definition *manifest.Object
}

// kinds are what a server serves.
type kinds struct {
	byKind map[schema.GroupVersionKind]kind
	// silent are the groups of which the server could not say what they hold,
	// with the reason: aggregated APIs whose server does not answer.
	silent map[string]error
	// broken are kinds whose definition is there and not in force.
	broken map[schema.GroupKind]*fault
}

// discover asks the server what it serves.
func discover(ctx context.Context, config *rest.Config) (kinds, error) {
	k := kinds{byKind: map[schema.GroupVersionKind]kind{}, silent: map[string]error{}, broken: map[schema.GroupKind]*fault{}}
	client, err := discovery.NewDiscoveryClientForConfig(within(ctx, config))
	if err != nil {
		return k, fmt.Errorf("making a client for the API server: %w", err)
	}
	_, lists, err := client.ServerGroupsAndResources()
	var partial *discovery.ErrGroupDiscoveryFailed
	switch {
	case errors.As(err, &partial):
		for gv, reason := range partial.Groups {
			k.silent[gv.Group] = reason
		}
	case err != nil:
		return k, fmt.Errorf("asking the API server what it serves: %w", err)
	}
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return k, fmt.Errorf("reading what the API server serves: %w", err)
		}
		for _, r := range list.APIResources {
			// Sub-resources, such as deployments/scale, are no objects of their own.
			if strings.Contains(r.Name, "/") || !slices.Contains(r.Verbs, "create") {
				continue
			}
			k.byKind[gv.WithKind(r.Kind)] = kind{GroupVersionResource: gv.WithResource(r.Name), namespaced: r.Namespaced}
		}
	}
	return k, nil
}

// within is a configuration whose requests end with ctx, for the discovery
// client, which takes no context.
func within(ctx context.Context, config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.Timeout = cmp.Or(config.Timeout, requestTimeout)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			bounded, cancel := context.WithCancel(r.Context())
			// The body of the answer is read later, so that only ctx cancels.
			context.AfterFunc(ctx, cancel)
			return next.RoundTrip(r.WithContext(bounded))
		})
	})
	return config
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// clone returns a copy that definitions can be added to.
func (k kinds) clone() kinds { return kinds{maps.Clone(k.byKind), k.silent, maps.Clone(k.broken)} }

// define adds the kinds of a definition in place of what an earlier version of
// it gave.
func (k kinds) define(o *manifest.Object) {
	d := readDefinition(o)
	k.forget(d)
	delete(k.broken, d.kindOf())
	for _, v := range d.served {
		gv := schema.GroupVersion{Group: d.group, Version: v}
		k.byKind[gv.WithKind(d.kind)] = kind{GroupVersionResource: gv.WithResource(d.plural), namespaced: d.namespaced, definition: o}
	}
}

// forget takes away what any version of a definition gave.
func (k kinds) forget(d definition) {
	maps.DeleteFunc(k.byKind, func(gvk schema.GroupVersionKind, known kind) bool {
		return known.definition != nil && gvk.Group == d.group && gvk.Kind == d.kind
	})
}

// definition is what a CustomResourceDefinition says of its kind.
type definition struct {
	group, kind, plural string
	namespaced          bool
	served              []string
}

func readDefinition(o *manifest.Object) definition {
	spec, _ := o.Fields()["spec"].(map[string]any)
	names, _ := spec["names"].(map[string]any)
	d := definition{namespaced: spec["scope"] == "Namespaced"}
	d.group, _ = spec["group"].(string)
	d.kind, _ = names["kind"].(string)
	d.plural, _ = names["plural"].(string)
	versions, _ := spec["versions"].([]any)
	for _, item := range versions {
		v, _ := item.(map[string]any)
		if name, ok := v["name"].(string); ok && v["served"] == true {
			d.served = append(d.served, name)
		}
	}
	return d
}

func (d definition) kindOf() schema.GroupKind { return schema.GroupKind{Group: d.group, Kind: d.kind} }

func isDefinition(o *manifest.Object) bool {
	return o.ID().Group == "apiextensions.k8s.io" && o.ID().Kind == "CustomResourceDefinition"
}

// own reports whether an API group is one of Kubernetes itself, now or once:
// what it does not hold is in no CustomResourceDefinition either.
func own(group string) bool {
	switch group {
	case "apiextensions.k8s.io", "apiregistration.k8s.io", "settings.k8s.io", "auditregistration.k8s.io":
		return true
	}
	return scheme.Scheme.IsGroupRegistered(group)
}

// find returns where objects of the kind of o are served. A kind that is served
// in other versions only, or that a group of Kubernetes itself does not hold, is
// a problem of the object; a kind that nobody defines is not known here.
func (k kinds) find(o *manifest.Object) (kind, error) {
	gvk := schema.FromAPIVersionAndKind(o.APIVersion(), o.ID().Kind)
	if known, ok := k.byKind[gvk]; ok {
		return known, nil
	}
	if why := k.broken[gvk.GroupKind()]; why != nil {
		return kind{}, why
	}
	if reason, ok := k.silent[gvk.Group]; ok {
		return kind{}, &fault{failed, fmt.Sprintf("the API server cannot say what the group %s holds: %v", gvk.Group, reason)}
	}
	var versions []string
	for other := range k.byKind {
		if other.Group == gvk.Group && other.Kind == gvk.Kind {
			versions = append(versions, other.GroupVersion().String())
		}
	}
	slices.Sort(versions)
	what := fmt.Sprintf("%s %s is not served", o.APIVersion(), gvk.Kind)
	switch {
	case len(versions) > 0:
		return kind{}, problems{{rule: ruleVersion, path: "/apiVersion", msg: what + "; served: " + strings.Join(versions, ", ")}}
	case own(gvk.Group):
		return kind{}, problems{{rule: ruleVersion, path: "/apiVersion", msg: what + ", and the group has no such kind in any version"}}
	}
	return kind{}, &fault{unknownKind, fmt.Sprintf("no CustomResourceDefinition of this environment defines %s %s — add the definition to a root of the environment, list its file under crds in .penstock.yaml, or run penstock crds pull", o.APIVersion(), gvk.Kind)}
}
