# METADATA
# scope: package
# title: Patterns of names
# description: >-
#   How rules that look at many environments choose names: by patterns in which * stands for any text.
package penstock.lib.fleet

# selected says that a name matches one of the patterns.
selected(name, patterns) if {
	some pattern in patterns
	glob.match(pattern, [], name)
}
