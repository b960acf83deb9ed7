package penstock.governance.name_syntax_test

import data.penstock.governance.name_syntax as rule
import data.penstock.lib.fixtures_test as fixtures

object(kind, name) := {"kind": kind, "metadata": {"name": name}}

test_allow[note] if {
	some note, body in {
		"plain": object("Service", "web-1"), "dots": object("ConfigMap", "web.v1"), "digit": object("Namespace", "1st"), "none": object("Pod", ""),
		"number": object("Pod", 1), "variable": object("ConfigMap", "${NAME}"),
	}
	rule.violation == set() with input as body
}

test_deny[note] if {
	some note, case in {
		"capital": ["ConfigMap", "Web", "small letters, digits, dashes and dots, at most 253"],
		"underscore": ["Secret", "web_1", "small letters, digits, dashes and dots, at most 253"],
		"dot": ["Service", "web.v1", "small letters, digits and dashes, at most 63"],
		"long": ["CronJob", "a12345678901234567890123456789012345678901234567890123", "small letters, digits, dashes and dots, at most 52"],
		"dash": ["Namespace", "shop-", "small letters, digits and dashes, at most 63"],
	}
	body := object(case[0], case[1])
	violations := rule.violation with input as body
	fixtures.messages(violations) == {sprintf("%s %q cannot have that name: %s", case)}
	fixtures.located(body, violations)
}

test_odd_types if {
	every value in fixtures.odd_values {
		is_set(rule.violation) with input as object("Service", value)
		is_set(rule.violation) with input as {"kind": value, "metadata": value}
	}
}
