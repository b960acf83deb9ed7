package dryrun

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	apiscorev1 "k8s.io/kubernetes/pkg/apis/core/v1"
)

// shares are what the objects of a side take, by namespace.
func (d side) shares(in map[string][]limit) map[string][]share {
	out := map[string][]share{}
	for home := range in {
		// The controllers of service accounts and of root certificates make these.
		out[home] = []share{
			{name: "ServiceAccount default", charges: []charge{counted(corev1.Resource("serviceaccounts"))}},
			{name: "ConfigMap kube-root-ca.crt", charges: []charge{counted(corev1.Resource("configmaps"))}},
		}
	}
	scalers := d.autoscalers()
	var claims []manifest.ID
	for _, o := range d.objects {
		if o.ID().Group == "" && o.ID().Kind == "PersistentVolumeClaim" {
			claims = append(claims, o.ID())
		}
	}
	for _, o := range d.objects {
		home := homeOf(o)
		if in[home] == nil {
			continue
		}
		r, ok := d.resource(o)
		if !ok {
			continue
		}
		name := o.ID().Kind + " " + cmp.Or(o.ID().Name, "without a name")
		out[home] = slices.DeleteFunc(out[home], func(s share) bool { return s.of == nil && s.name == name })
		sh := share{of: o, name: name}
		d.charge(&sh, r)
		if t, _, workload := template(o); workload {
			var more []string
			sh.pods, more = d.pods(o, scalers)
			// The claims of a StatefulSet are made before its Pods.
			d.chargeClaims(&sh, claims, more)
			if d.refuses(o) {
				d.chargeRefused(&sh)
			} else {
				sh.charges = append(sh.charges, d.podsOf(o, t, sh.pods, more))
			}
		}
		out[home] = append(out[home], sh)
	}
	return out
}

func counted(r schema.GroupResource) charge {
	return charge{resource: r, item: &metav1.PartialObjectMetadata{}, times: 1}
}

// resource is that of a namespaced object. Kinds of definitions that the change
// does not need are not on the server.
func (d side) resource(o *manifest.Object) (schema.GroupResource, bool) {
	if k, ok := d.s.kinds.byKind[schema.FromAPIVersionAndKind(o.APIVersion(), o.ID().Kind)]; ok {
		return k.GroupResource(), k.namespaced
	}
	for _, set := range []*manifest.Set{d.s.in.Head, d.s.in.Base, d.s.in.Definitions} {
		if set == nil {
			continue
		}
		for _, c := range set.All() {
			if !isDefinition(c) {
				continue
			}
			if found := readDefinition(c); found.group == o.ID().Group && found.kind == o.ID().Kind {
				return schema.GroupResource{Group: found.group, Resource: found.plural}, found.namespaced
			}
		}
	}
	return schema.GroupResource{}, false
}

// charge charges for an object itself.
func (d side) charge(sh *share, r schema.GroupResource) {
	fields := d.answer(sh.of)
	if fields == nil {
		fields = sh.of.Fields()
	}
	c := counted(r)
	var err error
	switch r {
	case corev1.Resource("services"):
		c.item, err = decoded(fields, &corev1.Service{})
	case corev1.Resource("persistentvolumeclaims"):
		c.item, err = d.claim(fields)
	case corev1.Resource("pods"):
		var pod *corev1.Pod
		pod, err = decoded(fields, &corev1.Pod{})
		apiscorev1.SetObjectDefaults_Pod(pod)
		c.item, sh.pods = pod, 1
		if d.s.client.applier.hook(sh.of, sh.of) {
			c.times, sh.pods = 0, 0
			c.unknown = append(c.unknown, "a Pod while it runs")
		}
		if d.refuses(sh.of) {
			c.times, sh.pods = 0, 0
			c.unknown = append(c.unknown, "it is refused, so that it is not there")
		}
	}
	if err != nil {
		c.unknown = append(c.unknown, "it cannot be read: "+err.Error())
	}
	sh.charges = append(sh.charges, c)
}

// chargeClaims charges for the claims that the controller of a StatefulSet makes,
// beside those that are rendered.
func (d side) chargeClaims(sh *share, rendered []manifest.ID, more []string) {
	if sh.of.ID().Kind != "StatefulSet" {
		return
	}
	spec := sh.of.Fields()["spec"]
	claims, _ := child(spec, "volumeClaimTemplates").([]any)
	first := number(child(spec, "ordinals"), "start", 0)
	for _, c := range claims {
		fields, _ := c.(map[string]any)
		claim, err := d.claim(fields)
		if err != nil {
			more = append(slices.Clip(more), "a claim of it cannot be read: "+err.Error())
		}
		n := sh.pods
		for _, id := range rendered {
			ordinal, found := strings.CutPrefix(id.Name, claim.Name+"-"+sh.of.ID().Name+"-")
			if i, err := strconv.ParseInt(ordinal, 10, 32); found && err == nil && id.Namespace == sh.of.ID().Namespace && i >= first && i < first+sh.pods {
				n--
			}
		}
		sh.charges = append(sh.charges, charge{corev1.Resource("persistentvolumeclaims"), claim, n, more})
	}
}

// claim is a claim with the class that it gets where it names none.
func (d side) claim(fields map[string]any) (*corev1.PersistentVolumeClaim, error) {
	claim, err := decoded(fields, &corev1.PersistentVolumeClaim{})
	if err != nil || claim.Spec.StorageClassName != nil {
		return claim, err
	}
	for _, o := range d.objects {
		if o.ID().Kind == "StorageClass" && o.Annotations()["storageclass.kubernetes.io/is-default-class"] == "true" {
			name := o.ID().Name
			claim.Spec.StorageClassName = &name
		}
	}
	return claim, nil
}
