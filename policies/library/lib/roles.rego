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

# grants says that a rule lets its subjects do something to a resource of an API
# group. A subresource is granted by a wildcard for it, too.
grants(rule, group, resource, verb) if {
	listed_or_wild(rule, "verbs", verb)
	listed_or_wild(rule, "apiGroups", group)
	covers(rule, resource)
}

covers(rule, resource) if listed_or_wild(rule, "resources", resource)

covers(rule, resource) if {
	[parent, _] := split(resource, "/")
	listed(rule, "resources", sprintf("%s/*", [parent]))
}

covers(rule, resource) if {
	[_, child] := split(resource, "/")
	listed(rule, "resources", sprintf("*/%s", [child]))
}

listed_or_wild(rule, field, item) if listed(rule, field, item)

listed_or_wild(rule, field, _) if wild(rule, field)

# listed says that a field of a rule has an item.
listed(rule, field, item) if item in rule[field]

listed(rule, field, item) if rule[field] == item

# narrow says that a rule is bound to names of objects.
narrow(rule) if {
	is_array(rule.resourceNames)
	count(rule.resourceNames) > 0
}
