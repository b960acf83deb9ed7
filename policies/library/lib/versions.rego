# METADATA
# scope: package
# title: Kubernetes versions
# description: Versions as [major, minor], which Rego compares element by element, as numbers.
package penstock.lib.versions

# environment is the Kubernetes version of the environment. An unreadable
# version counts as newer than any: what may be gone is reported as gone.
default environment := [1, 9999]

environment := parse(input.review.environment.kubernetesVersion)

# parse reads versions such as 1.35, v1.35.2 and v1.35.2-eks-1. It is undefined
# for anything else.
parse(version) := [to_number(groups[1]), to_number(groups[2])] if {
	is_string(version)
	some groups in regex.find_all_string_submatch_n(`^v?(\d+)\.(\d+)`, version, 1)
}

# release reads the version in the tag of an image as a list of numbers, whatever
# flavour comes after it. A tag with one number, such as a build, is no version.
release(tag) := [to_number(part) | some part in split(groups[1], ".")] if {
	is_string(tag)
	some groups in regex.find_all_string_submatch_n(`^v?(\d{1,6}(?:\.\d{1,6}){1,3})(-[a-z][a-z0-9.]*)?$`, tag, 1)
}
