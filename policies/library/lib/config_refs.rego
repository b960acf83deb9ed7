# METADATA
# scope: package
# title: References to configuration
# description: Where the pods of the object under review read ConfigMaps and Secrets.
package penstock.lib.config_refs

import data.penstock.lib.workloads

# references are all of them: the kind and the name of what is read, its key where
# one is named, what messages call the reader, the subtree at fault and its path.
# What is marked optional may be missing, and is left out.
references := array.concat(array.concat(of_variables, of_imports), array.concat(of_volumes, of_items))

of_variables := [reference |
	some entry in workloads.containers
	some i, variable in entry.container.env
	some field, kind in {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}
	source := variable.valueFrom[field]
	needed(source)
	reference := {
		"kind": kind, "name": source.name, "key": text(source, "key"), "at": source, "container": entry.name,
		"label": entry.label, "path": array.concat(entry.path, ["env", i, "valueFrom", field]),
	}
]

of_imports := [reference |
	some entry in workloads.containers
	some i, item in entry.container.envFrom
	some field, kind in {"configMapRef": "ConfigMap", "secretRef": "Secret"}
	source := item[field]
	needed(source)
	reference := {
		"kind": kind, "name": source.name, "key": "", "at": source, "container": entry.name,
		"label": entry.label, "path": array.concat(entry.path, ["envFrom", i, field]),
	}
]

# A volume without items has every key.
of_volumes := [reference |
	some volume in volumes
	reference := {
		"kind": volume.kind, "name": volume.name, "key": "", "at": volume.source, "container": "",
		"label": volume.label, "path": volume.path,
	}
]

of_items := [reference |
	some volume in volumes
	some i, item in volume.source.items
	is_string(item.key)
	reference := {
		"kind": volume.kind, "name": volume.name, "key": item.key, "at": item.key, "container": "",
		"label": volume.label, "path": array.concat(volume.path, ["items", i, "key"]),
	}
]

volumes := array.concat(plain_volumes, projected_volumes)

plain_volumes := [found |
	some i, volume in workloads.pod.volumes
	some field, where in {"configMap": ["ConfigMap", "name"], "secret": ["Secret", "secretName"]}
	source := volume[field]
	is_object(source)
	is_string(source[where[1]])
	not source.optional == true
	found := {
		"name": source[where[1]], "source": source, "kind": where[0], "label": label(volume),
		"path": array.concat(workloads.pod_path, ["volumes", i, field]),
	}
]

projected_volumes := [found |
	some i, volume in workloads.pod.volumes
	some j, part in volume.projected.sources
	some field, kind in {"configMap": "ConfigMap", "secret": "Secret"}
	source := part[field]
	needed(source)
	found := {
		"name": source.name, "source": source, "kind": kind, "label": label(volume),
		"path": array.concat(workloads.pod_path, ["volumes", i, "projected", "sources", j, field]),
	}
]

label(volume) := sprintf("volume %q", [text(volume, "name")])

needed(source) if {
	is_string(source.name)
	not source.optional == true
}

text(parent, field) := parent[field] if {
	is_string(parent[field])
} else := ""
