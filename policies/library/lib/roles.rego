# METADATA
# scope: package
# title: Rules of roles
# description: What the rules of a Role or ClusterRole grant.
package penstock.lib.roles

# total says that a rule grants every verb on every resource of every API group.
total(rule) if {
	wild(rule, "apiGroups")
	wild(rule, "resources")
	wild(rule, "verbs")
}

# wild says that a field of a rule has a wildcard. A single string in place of a
# list is judged like the list.
wild(rule, field) if "*" in rule[field]

wild(rule, field) if rule[field] == "*"

# objects is what a rule is about, as text.
objects(rule) := text(rule, "resources") if {
	rule.resources
} else := text(rule, "nonResourceURLs")

# text is a field of a rule as text. The core API group has no name.
text(rule, field) := concat(", ", [word | some item in rule[field]; word := shown(item)]) if {
	is_array(rule[field])
} else := sprintf("%v", [rule[field]]) if {
	rule[field]
} else := "nothing"

shown(item) := "core" if {
	item == ""
} else := sprintf("%v", [item])
