package dryrun

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/config"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
)

// Catalogue is the custom resource definitions of a cluster, as far as they say
// how its API server answers.
type Catalogue struct {
	// Version is that of the cluster, such as "1.36.3".
	Version string
	// Definitions are the objects, sorted by name.
	Definitions []map[string]any
}

// Forbidden says that the user of a context lacks a right.
type Forbidden struct {
	// User is whom the cluster takes the user for; empty if it does not say.
	User string
	// Missing is what the user may not do.
	Missing Right
	err     error
}

func (e *Forbidden) Error() string { return e.err.Error() }

// Unwrap returns what the cluster said.
func (e *Forbidden) Unwrap() error { return e.err }

// page is how many definitions are asked for at once; some have a megabyte.
const page = 50

// ReadCatalogue reads the definitions of the cluster that a context of a
// kubeconfig names. It needs the right to list them, without which it returns a
// *Forbidden, and changes nothing.
func ReadCatalogue(ctx context.Context, kubeconfig, name string) (Catalogue, error) {
	restConfig, version, err := clusters{kubeconfig: kubeconfig}.connect(ctx, config.Environment{Context: name})
	if err != nil {
		return Catalogue{}, err
	}
	d, err := dynamic.NewForConfig(restConfig)
	if err != nil {
		return Catalogue{}, fmt.Errorf("making a client for the cluster: %w", err)
	}
	catalogued := schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	c := Catalogue{Version: strings.TrimPrefix(version.GitVersion, "v")}
	for options := (metav1.ListOptions{Limit: page}); ; {
		list, err := d.Resource(catalogued).List(ctx, options)
		if apierrors.IsForbidden(err) {
			e := &Forbidden{Missing: Right{Verb: "list", Group: catalogued.Group, Resource: catalogued.Resource}, err: err}
			if asking, clientErr := kubernetes.NewForConfig(restConfig); clientErr == nil {
				e.User = userOf(ctx, asking)
			}
			return Catalogue{}, e
		}
		if err != nil {
			return Catalogue{}, fmt.Errorf("listing the definitions of the context %s: %w", name, err)
		}
		for i := range list.Items {
			o, err := bare(&list.Items[i])
			if err != nil {
				return Catalogue{}, err
			}
			c.Definitions = append(c.Definitions, o)
		}
		if options.Continue = list.GetContinue(); options.Continue == "" {
			break
		}
	}
	slices.SortFunc(c.Definitions, func(a, b map[string]any) int { return strings.Compare(nameOf(a), nameOf(b)) })
	return c, nil
}

func nameOf(o map[string]any) string {
	name, _ := child(o["metadata"], "name").(string)
	return name
}

// approval is the annotation without which no definition in a group of Kubernetes
// is accepted (https://github.com/kubernetes/enhancements/pull/1111).
const approval = "api-approved.kubernetes.io"

// bare is a definition without what does not say how objects are checked: status,
// labels and annotations, certificates, and descriptions, which are most of it.
func bare(o *unstructured.Unstructured) (map[string]any, error) {
	spec, ok := o.Object["spec"].(map[string]any)
	if !ok {
		return nil, errors.New("the cluster has a definition without a spec")
	}
	metadata := map[string]any{"name": o.GetName()}
	if value := o.GetAnnotations()[approval]; value != "" {
		metadata["annotations"] = map[string]any{approval: value}
	}
	if config, ok := child(child(spec["conversion"], "webhook"), "clientConfig").(map[string]any); ok {
		delete(config, "caBundle")
	}
	versions, _ := spec["versions"].([]any)
	for _, v := range versions {
		undescribed(child(child(v, "schema"), "openAPIV3Schema"))
	}
	return map[string]any{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": metadata, "spec": spec}, nil
}

// undescribed takes the descriptions out of a schema, and leaves properties of
// that name.
func undescribed(value any) {
	s, ok := value.(map[string]any)
	if !ok {
		return
	}
	delete(s, "description")
	for _, key := range slices.Sorted(maps.Keys(s)) {
		switch key {
		case "properties", "patternProperties", "definitions":
			named, _ := s[key].(map[string]any)
			for _, property := range named {
				undescribed(property)
			}
		case "items", "additionalProperties", "additionalItems", "not":
			undescribed(s[key])
		case "allOf", "anyOf", "oneOf":
			list, _ := s[key].([]any)
			for _, one := range list {
				undescribed(one)
			}
		}
	}
}
