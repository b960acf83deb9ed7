# METADATA
# scope: package
# title: Quantities
# description: Quantities of resources as numbers.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
package penstock.lib.quantities

# number is a quantity as a number. It is undefined for what is no quantity.
number(value) := value if is_number(value)

number(value) := (to_number(groups[1]) * factors[groups[2]]) / divisors[groups[2]] if {
	is_string(value)
	some groups in regex.find_all_string_submatch_n(`^([0-9]+(?:\.[0-9]+)?(?:[eE][0-9]{1,2})?)([a-zA-Z]{0,2})$`, value, 1)
}

factors := {
	"": 1,
	"n": 1,
	"u": 1,
	"m": 1,
	"k": 1000,
	"M": 1000000,
	"G": 1000000000,
	"T": 1000000000000,
	"P": 1000000000000000,
	"E": 1000000000000000000,
	"Ki": 1024,
	"Mi": 1048576,
	"Gi": 1073741824,
	"Ti": 1099511627776,
	"Pi": 1125899906842624,
	"Ei": 1152921504606846976,
}

# Fractions are divided, because a product with 0.001 is not exact.
divisors := {unit: object.get({"n": 1000000000, "u": 1000000, "m": 1000}, unit, 1) | some unit, _ in factors}

# share is a number or a percentage of a whole, as rollouts and disruption budgets
# take them. It is undefined for anything else.
share(value, _) := value if is_number(value)

share(value, whole) := (to_number(trim_suffix(value, "%")) * whole) / 100 if {
	is_string(value)
	regex.match(`^[0-9]+%$`, value)
}
