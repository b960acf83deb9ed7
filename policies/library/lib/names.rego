# METADATA
# scope: package
# title: Names
# description: Namespaces and names of objects, and the patterns that parameters give for them.
package penstock.lib.names

# namespace is that of the object or, where a release or a destination gives it,
# that of the review; empty where there is none.
namespace := input.metadata.namespace if {
	is_string(input.metadata.namespace)
	input.metadata.namespace != ""
} else := input.review.namespace if {
	is_string(input.review.namespace)
} else := ""

# qualified is namespace/name. An object without a namespace lands in the default
# one unless the deployer says otherwise.
qualified := sprintf("%s/%s", [effective, object_name])

effective := "default" if {
	namespace == ""
} else := namespace

default object_name := ""

object_name := input.metadata.name if is_string(input.metadata.name)

# any_match says that one of the patterns matches a name. A star stands for
# anything between slashes. What is no list of strings matches nothing.
any_match(patterns, name) if {
	is_array(patterns)
	some pattern in patterns
	is_string(pattern)
	glob.match(pattern, ["/"], name)
}
