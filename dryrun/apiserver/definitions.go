package apiserver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
)

const (
	customResources = root + "apiextensions.k8s.io/customresourcedefinitions/"
	apiServices     = root + "apiregistration.k8s.io/apiservices/"
	// automanaged is the label of a registration that the server itself makes.
	automanaged = "kube-aggregator.kubernetes.io/automanaged"
)

// served is a version of a custom resource.
type served struct {
	groupVersion, plural, kind string
	// found says that clients can find it: it is served, and its definition is
	// established.
	found bool
}

// added are the custom resources that are stored and not in the baseline. Their
// definitions are JSON in the store.
func (k *keeper) added(entries []entry) ([]served, error) {
	var found []served
	for _, e := range entries {
		name, ok := strings.CutPrefix(e.key, customResources)
		if _, kept := k.baseline[e.key]; !ok || kept {
			continue
		}
		var definition struct {
			Spec struct {
				Group    string
				Names    struct{ Plural, Kind string }
				Versions []struct {
					Name   string
					Served bool
				}
			}
			Status struct {
				Conditions []struct{ Type, Status string }
			}
		}
		if err := json.Unmarshal(e.value, &definition); err != nil {
			return nil, fmt.Errorf("reading the definition of %s: %w", name, err)
		}
		names := definition.Spec.Names
		established := slices.Contains(definition.Status.Conditions, struct{ Type, Status string }{"Established", "True"})
		for _, v := range definition.Spec.Versions {
			found = append(found, served{definition.Spec.Group + "/" + v.Name, names.Plural, names.Kind, v.Served && established})
		}
	}
	return found, nil
}

// forget waits until custom resources whose definitions were deleted are neither
// served nor listed nor registered any more.
func (k *keeper) forget(ctx context.Context, gone []served) error {
	if len(gone) == 0 {
		return nil
	}
	err := wait(ctx, func(ctx context.Context) (bool, error) {
		for _, s := range gone {
			err := k.client.Discovery().RESTClient().Get().AbsPath("/apis", s.groupVersion, s.plural).Param("limit", "1").Do(ctx).Error()
			if !apierrors.IsNotFound(err) {
				return false, nil
			}
		}
		registered, err := k.registered(ctx)
		if registered || err != nil {
			return false, err
		}
		published, err := k.published(gone)
		if published || err != nil {
			return false, err
		}
		return k.unlisted(gone)
	})
	if err != nil {
		return fmt.Errorf("waiting until custom resources are not served any more: %w", err)
	}
	return nil
}

// registered reports whether the server has registered more than at first.
func (k *keeper) registered(ctx context.Context) (bool, error) {
	entries, err := k.read(ctx, apiServices)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(entries, func(e entry) bool {
		_, kept := k.baseline[e.key]
		return !kept && bytes.Contains(e.value, []byte(automanaged))
	}), nil
}

// published reports whether there is a schema of a version that only the
// resources had.
func (k *keeper) published(gone []served) (bool, error) {
	paths, err := k.client.Discovery().OpenAPIV3().Paths()
	if err != nil {
		return false, fmt.Errorf("listing the schemas: %w", err)
	}
	return slices.ContainsFunc(gone, func(s served) bool {
		group, version, _ := strings.Cut(s.groupVersion, "/")
		_, kept := k.baseline[apiServices+version+"."+group]
		_, ok := paths["apis/"+s.groupVersion]
		return ok && !kept
	}), nil
}

// unlisted reports whether clients find none of the resources.
func (k *keeper) unlisted(gone []served) (bool, error) {
	_, lists, err := k.client.Discovery().ServerGroupsAndResources()
	onItsWayOut := discovery.IsGroupDiscoveryFailedError(err)
	if err != nil && !onItsWayOut {
		return false, fmt.Errorf("listing what is served: %w", err)
	}
	return !onItsWayOut && !slices.ContainsFunc(lists, func(l *metav1.APIResourceList) bool {
		return slices.ContainsFunc(l.APIResources, func(r metav1.APIResource) bool {
			return slices.ContainsFunc(gone, func(s served) bool { return s.groupVersion == l.GroupVersion && s.plural == r.Name })
		})
	}), nil
}
