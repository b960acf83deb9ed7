package apiserver

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	resourcev1 "k8s.io/api/resource/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"
)

// follower is a cache of kube-apiserver that follows a part of the store.
type follower struct {
	object   reflect.Type
	resource schema.GroupVersionResource
	// path is where the store has the resource, if not under its own name.
	path string
}

func follow[T any](version schema.GroupVersion, resource string) follower {
	return follower{object: reflect.TypeFor[T](), resource: version.WithResource(resource)}
}

func (f follower) at(path string) follower {
	f.path = path
	return f
}

// followers are the caches by which admission, authorization and allocation
// decide: all that the server has, beside those of definitions and of the custom
// resources that are parameters of policies. Which of them it has depends on the
// version that it answers as.
func followers() []follower {
	core, admission, rbac, net := corev1.SchemeGroupVersion, admissionv1.SchemeGroupVersion, rbacv1.SchemeGroupVersion, networkingv1.SchemeGroupVersion
	return []follower{
		follow[*corev1.Namespace](core, "namespaces"),
		follow[*corev1.LimitRange](core, "limitranges"),
		follow[*corev1.ResourceQuota](core, "resourcequotas"),
		follow[*corev1.ServiceAccount](core, "serviceaccounts"),
		follow[*corev1.Secret](core, "secrets"),
		follow[*corev1.ConfigMap](core, "configmaps"),
		follow[*corev1.Pod](core, "pods"),
		follow[*corev1.Node](core, "nodes").at("minions"),
		follow[*corev1.Service](core, "services").at("services/specs"),
		follow[*discoveryv1.EndpointSlice](discoveryv1.SchemeGroupVersion, "endpointslices"),
		follow[*networkingv1.ServiceCIDR](net, "servicecidrs"),
		follow[*networkingv1.IPAddress](net, "ipaddresses"),
		follow[*networkingv1.IngressClass](net, "ingressclasses"),
		follow[*flowcontrolv1.FlowSchema](flowcontrolv1.SchemeGroupVersion, "flowschemas"),
		follow[*flowcontrolv1.PriorityLevelConfiguration](flowcontrolv1.SchemeGroupVersion, "prioritylevelconfigurations"),
		follow[*nodev1.RuntimeClass](nodev1.SchemeGroupVersion, "runtimeclasses"),
		follow[*schedulingv1.PriorityClass](schedulingv1.SchemeGroupVersion, "priorityclasses"),
		follow[*storagev1.StorageClass](storagev1.SchemeGroupVersion, "storageclasses"),
		follow[*resourcev1.ResourceClaim](resourcev1.SchemeGroupVersion, "resourceclaims"),
		follow[*resourcev1.DeviceClass](resourcev1.SchemeGroupVersion, "deviceclasses"),
		follow[*rbacv1.Role](rbac, "roles"),
		follow[*rbacv1.RoleBinding](rbac, "rolebindings"),
		follow[*rbacv1.ClusterRole](rbac, "clusterroles"),
		follow[*rbacv1.ClusterRoleBinding](rbac, "clusterrolebindings"),
		follow[*admissionv1.ValidatingWebhookConfiguration](admission, "validatingwebhookconfigurations"),
		follow[*admissionv1.MutatingWebhookConfiguration](admission, "mutatingwebhookconfigurations"),
		follow[*admissionv1.ValidatingAdmissionPolicy](admission, validatingPolicies),
		follow[*admissionv1.ValidatingAdmissionPolicyBinding](admission, validatingBindings),
		follow[*admissionv1.MutatingAdmissionPolicy](admission, mutatingPolicies),
		follow[*admissionv1.MutatingAdmissionPolicyBinding](admission, mutatingBindings),
	}
}

// fence waits until admission goes by what is stored now.
func (k *keeper) fence(ctx context.Context) error {
	entries, err := k.read(ctx, root)
	if err != nil {
		return err
	}
	k.note(entries)
	if err := k.follow(ctx); err != nil {
		return err
	}
	if err := k.limits.renew(k.client, k.caches); err != nil {
		return fmt.Errorf("renewing the limits: %w", err)
	}
	return k.compile(ctx)
}

// follow waits until every cache holds what is stored, and fails if the server has
// one that is not known here. The store is read anew for each look, since the
// server itself may write to it.
func (k *keeper) follow(ctx context.Context) error {
	running := k.caches.WaitForCacheSync(ctx.Done())
	for _, f := range followers() {
		if !running[f.object] {
			continue
		}
		delete(running, f.object)
		informer, err := k.caches.ForResource(f.resource)
		if err != nil {
			return fmt.Errorf("finding the cache of %s: %w", f.resource.Resource, err)
		}
		path := f.path
		if path == "" {
			path = f.resource.Resource
		}
		store := informer.Informer().GetStore()
		err = wait(ctx, func(ctx context.Context) (bool, error) {
			prefix := root + path + "/"
			entries, err := k.read(ctx, prefix)
			if err != nil {
				return false, err
			}
			return holds(store, prefix, entries)
		})
		if err != nil {
			return fmt.Errorf("waiting for the cache of %s: %w", f.resource.Resource, err)
		}
	}
	if len(running) > 0 {
		return fmt.Errorf("the server has a cache of %v, which nothing waits for", slices.Collect(maps.Keys(running)))
	}
	return nil
}

// holds reports whether a cache holds exactly the entries, each with its revision.
func holds(store cache.Store, prefix string, entries []entry) (bool, error) {
	stored := make(map[string]string, len(entries))
	for _, e := range entries {
		stored[strings.TrimPrefix(e.key, prefix)] = strconv.FormatInt(e.revision, 10)
	}
	objects := store.List()
	for _, object := range objects {
		accessor, err := meta.Accessor(object)
		if err != nil {
			return false, err
		}
		key, err := cache.MetaNamespaceKeyFunc(object)
		if err != nil {
			return false, err
		}
		if stored[key] != accessor.GetResourceVersion() {
			return false, nil
		}
	}
	return len(objects) == len(stored), nil
}
