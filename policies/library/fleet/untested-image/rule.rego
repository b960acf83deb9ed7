# METADATA
# scope: package
# title: Production runs what staging runs
# description: >-
#   An image that production would run, and that no environment before it runs, has been tried nowhere.
#   The image as a whole counts, with its tag and digest. Off by default, because it needs environments
#   that are promoted one after the other.
# related_resources:
# - ref: https://12factor.net/dev-prod-parity
# custom:
#   id: fleet/untested-image
#   severity: error
#   enabled: false
#   scope: fleet
#   remediation: Bring the image to an environment before production first, or name those environments in the parameter tested.
#   parameters:
#     production:
#       default: ["prod*", "*/prod*", "*-prod"]
#       description: Patterns of the environments that are production; * stands for anything.
#       schema: {type: array, items: {type: string}}
#     tested:
#       default: ["stag*", "*/stag*", "*-staging"]
#       description: Patterns of the environments in which images are tried before.
#       schema: {type: array, items: {type: string}}
#     ignored:
#       default: []
#       description: Patterns of images that are left alone.
#       schema: {type: array, items: {type: string}}
#   tags: [fleet, images, supply-chain]
package penstock.fleet.untested_image

import data.penstock.lib.fleet
import data.penstock.lib.images
import data.penstock.lib.parameters

violation contains v if {
	some name, environment in input.environments
	fleet.selected(name, parameters.list("production", []))
	some object in environment.objects
	some reference in images.references with input as object
	reference.image != ""
	not reference.image in tested
	not fleet.selected(reference.image, parameters.list("ignored", []))
	v := {
		"msg": sprintf("%s uses the image %q, which no environment before production runs", [reference.label, reference.image]),
		"at": reference.at,
		"container": reference.name,
		"environment": name,
	}
}

tested contains reference.image if {
	some name, environment in input.environments
	fleet.selected(name, parameters.list("tested", []))
	some object in environment.objects
	some reference in images.references with input as object
}
