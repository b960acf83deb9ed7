package dryrun

import (
	"maps"
	"reflect"
	"strconv"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// template returns the pod template of a workload and the JSON Pointer to it,
// or false for other kinds.
func template(o *manifest.Object) (map[string]any, string, bool) {
	path := ""
	switch o.ID().Group + "/" + o.ID().Kind {
	case "apps/Deployment", "apps/ReplicaSet", "apps/StatefulSet", "apps/DaemonSet", "batch/Job", "/ReplicationController":
		path = "/spec/template"
	case "batch/CronJob":
		path = "/spec/jobTemplate/spec/template"
	default:
		return nil, "", false
	}
	var value any = o.Fields()
	for _, step := range strings.Split(path, "/")[1:] {
		value = child(value, step)
	}
	t, ok := value.(map[string]any)
	return t, path, ok
}

// sameTemplate reports whether the Pods of two workloads are the same.
func sameTemplate(a, b *manifest.Object) bool {
	one, _, _ := template(a)
	other, _, _ := template(b)
	return reflect.DeepEqual(podOf(a, one), podOf(b, other))
}

// podSpec is the spec of the Pods that an object stands for: its own where it
// is a Pod, or that of its template.
func podSpec(o *manifest.Object) map[string]any {
	from := o.Fields()
	if o.ID().Group != "" || o.ID().Kind != "Pod" {
		from, _, _ = template(o)
	}
	spec, _ := from["spec"].(map[string]any)
	return spec
}

// podOf makes the Pod that the controller of a workload would make, as far as
// admission and validation look at it.
func podOf(o *manifest.Object, t map[string]any) map[string]any {
	meta := map[string]any{"generateName": o.ID().Name + "-"}
	from, _ := t["metadata"].(map[string]any)
	for _, key := range []string{"labels", "annotations", "finalizers"} {
		if v, ok := from[key]; ok {
			meta[key] = v
		}
	}
	spec, _ := t["spec"].(map[string]any)
	if o.ID().Kind == "StatefulSet" {
		spec = claimed(o, spec)
	}
	return map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
}

// claimed is the spec of a Pod with the volumes that a StatefulSet's controller
// adds for its claims; they replace volumes of the same name.
func claimed(o *manifest.Object, spec map[string]any) map[string]any {
	claims, _ := child(o.Fields()["spec"], "volumeClaimTemplates").([]any)
	if len(claims) == 0 {
		return spec
	}
	var volumes []any
	taken := map[any]bool{}
	for _, c := range claims {
		name := child(child(c, "metadata"), "name")
		taken[name] = true
		text, _ := name.(string)
		volumes = append(volumes, map[string]any{"name": name, "persistentVolumeClaim": map[string]any{"claimName": text + "-" + o.ID().Name + "-0"}})
	}
	listed, _ := spec["volumes"].([]any)
	for _, v := range listed {
		if !taken[child(v, "name")] {
			volumes = append(volumes, v)
		}
	}
	next := maps.Clone(spec)
	next["volumes"] = volumes
	return next
}

// containerPath is the pointer to the container that a message names, below a
// pod spec at a pointer; without one, that of the spec's parent.
func containerPath(spec map[string]any, at, msg string) string {
	for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
		members, _ := spec[list].([]any)
		for i, c := range members {
			if name, ok := child(c, "name").(string); ok && strings.Contains(msg, `container "`+name+`"`) {
				return manifest.JoinPointer(at, "spec", list, strconv.Itoa(i))
			}
		}
	}
	return at
}

// containerOf is the name of the container that a pointer leads into.
func containerOf(fields map[string]any, path string) string {
	steps := strings.Split(strings.TrimPrefix(path, "/"), "/")
	var value any = fields
	for i, step := range steps {
		value = child(value, step)
		if i == 0 {
			continue
		}
		switch steps[i-1] {
		case "containers", "initContainers", "ephemeralContainers":
			name, _ := child(value, "name").(string)
			return name
		}
	}
	return ""
}
