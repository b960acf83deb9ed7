# METADATA
# scope: package
# title: Parameters
# description: >-
#   Parameters of rules. A parameter that is absent or of the wrong type is what the rule gives as
#   its fallback, so that a mistake in a configuration never switches a rule off.
package penstock.lib.parameters

# list is a parameter that is a list of strings. A single string is a list of one.
list(name, fallback) := input.review.parameters[name] if {
	is_array(input.review.parameters[name])
} else := [input.review.parameters[name]] if {
	is_string(input.review.parameters[name])
} else := fallback

# number is a parameter that is a number.
number(name, fallback) := input.review.parameters[name] if {
	is_number(input.review.parameters[name])
} else := fallback

# mapping is a parameter that is an object.
mapping(name, fallback) := input.review.parameters[name] if {
	is_object(input.review.parameters[name])
} else := fallback

# text is a parameter that is a string.
text(name, fallback) := input.review.parameters[name] if {
	is_string(input.review.parameters[name])
} else := fallback
