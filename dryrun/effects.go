package dryrun

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/verdict"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
)

// effects are what applying an update does beside changing the object, by what
// the server has of it before and would have after. Where it said neither, as
// for what it refuses, there are none but that the object has to be replaced.
func (t *trial) effects() []verdict.Effect {
	if t.Operation == diff.Update && t.unapplied {
		return []verdict.Effect{verdict.NoOp}
	}
	if t.Operation != diff.Update || t.fault != nil {
		return nil
	}
	immutable := slices.ContainsFunc(t.head.problems, func(p problem) bool { return p.rule == ruleImmutable })
	before, after := t.base.object, t.head.object
	switch {
	case immutable:
		return []verdict.Effect{verdict.Replace}
	case after == nil:
		return nil
	case t.replaced && before != nil && runs(t, before) && runs(t, after):
		return []verdict.Effect{verdict.Replace, verdict.Restart}
	case t.replaced:
		return []verdict.Effect{verdict.Replace}
	case before == nil:
		return nil
	case restarts(t, before, after):
		return []verdict.Effect{verdict.Restart}
	case t.same():
		return []verdict.Effect{verdict.NoOp}
	}
	return nil
}

// same reports whether the server has the same object before and after, beside
// what it keeps of its own about every object.
func (t *trial) same() bool {
	return t.base.object != nil && t.head.object != nil && reflect.DeepEqual(declared(t.base.object), declared(t.head.object))
}

// declared is an object without what the server and the controllers keep of
// their own in it.
func declared(object map[string]any) map[string]any {
	object = maps.Clone(object)
	delete(object, "status")
	meta, _ := object["metadata"].(map[string]any)
	meta = maps.Clone(meta)
	for _, key := range []string{"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"} {
		delete(meta, key)
	}
	if has, _ := meta["annotations"].(map[string]any); has[lastApplied] != nil {
		if has = maps.Clone(has); len(has) == 1 {
			delete(meta, "annotations")
		} else {
			delete(has, lastApplied)
			meta["annotations"] = has
		}
	}
	object["metadata"] = meta
	return object
}

// restarts reports whether running Pods are replaced, or containers started
// anew: the controllers of these kinds do so when the pod template differs, unless
// they are told to wait
// (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#updating-a-deployment,
// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies,
// https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/).
// ReplicaSets and Jobs leave the Pods that they have alone.
func restarts(t *trial, before, after map[string]any) bool {
	if !runs(t, before) || !runs(t, after) {
		return false
	}
	if t.ID().Kind == "Pod" {
		return !reflect.DeepEqual(images(before), images(after))
	}
	spec := after["spec"]
	strategy := child(spec, "updateStrategy")
	if child(spec, "paused") == true || child(strategy, "type") == "OnDelete" {
		return false
	}
	// A StatefulSet updates those of its Pods that the partition does not hold back.
	if held, ok := child(child(strategy, "rollingUpdate"), "partition").(int64); ok && held >= replicas(after) {
		return false
	}
	was, is := child(child(before, "spec"), "template"), child(spec, "template")
	return !reflect.DeepEqual(was, is) && !(t.ID().Kind == "Deployment" && samePods(was, is))
}

// samePods reports whether two pod templates are the same to the controller of
// Deployments, which compares what they mean: 2Gi is 2147483648. Those of
// StatefulSets and DaemonSets compare what is written, and restart for that
// (k8s.io/kubernetes/pkg/controller/deployment/util.EqualIgnoreHash,
// k8s.io/kubernetes/pkg/controller/history.EqualRevision,
// k8s.io/kubernetes/pkg/controller/daemon.Match). What is written in fields that
// are not known here counts as different.
func samePods(was, is any) bool {
	var templates [2]corev1.PodTemplateSpec
	for n, given := range []any{was, is} {
		fields, _ := given.(map[string]any)
		if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(fields, &templates[n], true); err != nil {
			return false
		}
		delete(templates[n].Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	}
	return apiequality.Semantic.DeepEqual(templates[0], templates[1])
}

// runs reports whether an object is one whose Pods run on until they are
// replaced, and has any.
func runs(t *trial, object map[string]any) bool {
	switch t.ID().Group + "/" + t.ID().Kind {
	case "apps/Deployment", "apps/StatefulSet":
		return replicas(object) > 0
	case "apps/DaemonSet", "/Pod":
		return true
	}
	return false
}

func replicas(object map[string]any) int64 {
	n, _ := child(child(object, "spec"), "replicas").(int64)
	return n
}

// images are those of a Pod by container: all that can change of it while it
// runs and makes the kubelet start a container anew.
func images(pod map[string]any) map[any]any {
	out := map[any]any{}
	containers, _ := child(child(pod, "spec"), "containers").([]any)
	for _, c := range containers {
		out[child(c, "name")] = child(c, "image")
	}
	return out
}

// lookUp keeps what a live cluster has of an object. Where it does not say, as to
// somebody who may not read it, the effects stay unknown.
func (s *session) lookUp(ctx context.Context, t *trial, i item) {
	found, err := s.client.get(ctx, i)
	var none *absence
	switch {
	case err == nil:
		t.base.object = found
	case errors.As(err, &none):
		t.absent = true
	}
}
