# METADATA
# scope: package
# title: Image references
# description: >-
#   The images that a workload pulls, and the parts of their names as the OCI distribution
#   specification has them.
# related_resources:
# - ref: https://pkg.go.dev/github.com/distribution/reference
package penstock.lib.images

import data.penstock.lib.workloads

# references are the images of all containers and of image volumes. An entry has
# the image as text (empty if there is none), what messages call its owner, the
# subtree at fault, and its path. Only containers have a name.
references := array.concat(of_containers, of_volumes)

of_containers := [reference |
	some entry in workloads.containers
	image := field(entry.container, "image")
	reference := {
		"image": image.text,
		"at": image.at,
		"label": entry.label,
		"name": entry.name,
		"path": array.concat(entry.path, ["image"]),
	}
]

of_volumes := [reference |
	some i, volume in workloads.pod.volumes
	is_object(volume.image)
	image := field(volume.image, "reference")
	reference := {
		"image": image.text,
		"at": image.at,
		"label": sprintf("volume %q", [object.get(volume, "name", "")]),
		"name": "",
		"path": array.concat(workloads.pod_path, ["volumes", i, "image", "reference"]),
	}
]

field(parent, key) := {"text": trim_space(parent[key]), "at": parent[key]} if {
	is_string(parent[key])
} else := {"text": "", "at": parent}

# pinned says that an image is named by its content.
pinned(image) if regex.match(`@sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$`, image)

# tag is the tag of an image, empty if it has none. A colon before the last slash
# belongs to the port of the registry.
tag(image) := after if {
	last := regex.replace(split(image, "@")[0], `^.*/`, "")
	[_, after] := split(last, ":")
} else := ""

# from says that an image comes from a registry, or from a path in one. Images
# without a registry come from docker.io, and those without a path from its library.
from(image, registry) if {
	is_string(registry)
	startswith(full(image), sprintf("%s/", [trim_suffix(registry, "/")]))
}

from_any(image, registries) if {
	some registry in registries
	from(image, registry)
}

# full is the repository of an image with its registry, and a slash at the end.
full(image) := sprintf("%s/", [repository(image)]) if {
	hosted(image)
} else := sprintf("docker.io/%s/", [repository(image)]) if {
	contains(image, "/")
} else := sprintf("docker.io/library/%s/", [repository(image)]) if {
	image != ""
} else := ""

# The first part is a registry if it has a dot or a port, or is localhost.
hosted(image) if regex.match(`^([^/]*[.:][^/]*|localhost)/`, image)

# repository is an image without its tag and digest.
repository(image) := regex.replace(split(image, "@")[0], `:[^/:]*$`, "")
