# Objects that the tests of rules share.
package penstock.lib.fixtures_test

# deployment has a pod spec.
deployment(pod) := {
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"template": {"spec": pod}},
}

# container is a Deployment with one container, called web.
container(fields) := deployment({"containers": [object.union({"name": "web"}, fields)]})

# secured is a Deployment with one container that has a security context.
secured(context) := container({"securityContext": context})

# wrapped has the same pod spec in every kind that has one.
wrapped(pod) := {
	"Pod": {"apiVersion": "v1", "kind": "Pod", "spec": pod},
	"Deployment": template("apps/v1", "Deployment", pod),
	"StatefulSet": template("apps/v1", "StatefulSet", pod),
	"DaemonSet": template("apps/v1", "DaemonSet", pod),
	"ReplicaSet": template("apps/v1", "ReplicaSet", pod),
	"ReplicationController": template("v1", "ReplicationController", pod),
	"Job": template("batch/v1", "Job", pod),
	"CronJob": {
		"apiVersion": "batch/v1",
		"kind": "CronJob",
		"spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}},
	},
	"PodTemplate": {"apiVersion": "v1", "kind": "PodTemplate", "template": {"spec": pod}},
	"Rollout": template("argoproj.io/v1alpha1", "Rollout", pod),
}

template(version, kind, pod) := {
	"apiVersion": version,
	"kind": kind,
	"spec": {"template": {"spec": pod}},
}

# with_parameters is an object under review with parameters of the rule.
with_parameters(body, parameters) := object.union(body, {"review": {"parameters": parameters}})

# at_version is an object under review in an environment of a Kubernetes version.
at_version(body, version) := object.union(body, {"review": {"environment": {"kubernetesVersion": version}}})

# annotated are objects of every shape whose pods have annotations, and a container
# called web.
annotated(annotations) := [
	{"apiVersion": "v1", "kind": "Pod", "metadata": {"annotations": annotations}, "spec": web},
	{"apiVersion": "v1", "kind": "PodTemplate", "template": {"metadata": {"annotations": annotations}, "spec": web}},
	{"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"metadata": {"annotations": annotations}, "spec": web}}},
	{"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"metadata": {"annotations": annotations}, "spec": web}}}}},
]

web := {"containers": [{"name": "web"}]}

# messages are those of violations.
messages(violations) := {v.msg | some v in violations}

# located says that each violation's subtree is what its path leads to, or that the
# path leads on from it to something missing.
located(object, violations) if {
	every v in violations {
		some n in numbers.range(0, count(v.path))
		at_path(object, array.slice(v.path, 0, n)) == v.at
	}
}

at_path(body, path) := object.get({"body": body}, array.concat(["body"], path), "missing")

# odd are objects whose pods have values of the wrong type in every place that rules
# read. No rule may fail on them.
odd := {sprintf("%s %d", [kind, i]): object |
	some i, pod in odd_pods
	some kind, object in wrapped(pod)
	kind in {"Pod", "Deployment"}
}

odd_pods := array.concat(
	[null, "pod", 1, [], {}, {"containers": null}, {"containers": "web"}, {"containers": {"web": {"name": "web"}}}, {"containers": ["web", null, 1, []]}, {"volumes": "v", "containers": []}, {"volumes": [null, "v", 1, {"hostPath": "x"}, {"name": 1, "hostPath": {"path": 1}}, {"image": {"reference": 1}}]}, {"securityContext": "s", "containers": [{}]}],
	[{"containers": [{field: value}], "initContainers": [{field: value}], "ephemeralContainers": [{field: value}]} |
		some field in ["name", "image", "securityContext", "resources", "env", "livenessProbe", "readinessProbe", "volumeMounts", "restartPolicy"]
		some value in [null, "text", 1, true, [], [null, "text", 1], {}, {"capabilities": "ALL"}, {"capabilities": {"add": null, "drop": "ALL"}}, {"requests": "lots", "limits": null}, {"httpGet": null}, [{"name": 1, "value": {}}], [{"name": "TOKEN", "value": null}]]
	],
)

# inventory has objects where rules find them: below their namespace, API version,
# kind and name.
inventory(objects) := object.union_n(array.concat([{"namespace": {}, "cluster": {}}], [entry |
	some o in objects
	entry := filed(o)
]))

filed(o) := {"namespace": {o.metadata.namespace: {o.apiVersion: {o.kind: {o.metadata.name: o}}}}} if {
	o.metadata.namespace
} else := {"cluster": {o.apiVersion: {o.kind: {o.metadata.name: o}}}}

# named is an object in the namespace shop.
named(version, kind, name, fields) := object.union(
	{"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}},
	fields,
)

# odd_values are what manifests have where something else is meant.
odd_values := [null, "text", 1, true, [], [null, "text", 1, {}, []], {}, {"a": null}, {"a": "text"}, {"a": 1}]

# odd_specs are objects of a kind with values of the wrong type in the fields of
# their specs, and in place of the specs.
odd_specs(version, kind, fields) := array.concat(
	[named(version, kind, "odd", {"spec": value}) | some value in odd_values],
	[named(version, kind, "odd", {"spec": {field: value}}) | some field in fields; some value in odd_values],
)

# changed is an object under review that had other fields before.
changed(version, kind, before, after) := named(version, kind, "web", object.union(after, {"review": {
	"operation": "UPDATE",
	"oldObject": named(version, kind, "web", before),
}}))
