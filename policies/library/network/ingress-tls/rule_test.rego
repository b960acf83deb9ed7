package penstock.network.ingress_tls_test

import data.penstock.lib.fixtures_test as fixtures
import data.penstock.network.ingress_tls as rule

ingress(spec) := {"kind": "Ingress", "metadata": {"name": "web"}, "spec": spec}

serving(host, tls) := ingress({"rules": [{"host": host}], "tls": tls})

test_allow[note] if {
	some note, body in {
		"host": serving("a.example.com", [{"hosts": ["a.example.com"], "secretName": "s"}]),
		"other case": serving("A.example.com", [{"hosts": ["a.Example.com"]}]),
		"second entry": serving("a.example.com", [{"hosts": ["b.example.com"]}, {"hosts": ["a.example.com"]}]),
		"second host": serving("a.example.com", [{"hosts": ["b.example.com", "a.example.com"]}]),
		"wildcard": serving("a.example.com", [{"hosts": ["*.example.com"]}]),
		"same wildcard": serving("*.example.com", [{"hosts": ["*.example.com"]}]),
		"no hosts": serving("a.example.com", [{"secretName": "s"}]),
		"hosts null": serving("a.example.com", [{"hosts": null}]),
		"rule for all hosts": ingress({"rules": [{"http": {}}], "tls": [{"hosts": ["a.example.com"]}]}),
		"default backend": ingress({"defaultBackend": {}, "tls": [{"secretName": "s"}]}),
	}
	rule.violation == set() with input as body
}

test_deny[note] if {
	some note, tls in {
		"null": null, "empty": [], "text": "yes", "entry null": [null], "another host": [{"hosts": ["b.example.com"]}],
		"parent": [{"hosts": ["example.com"]}], "wildcard of another level": [{"hosts": ["*.com"]}],
		"wildcard of a child": [{"hosts": ["*.a.example.com"]}], "suffix": [{"hosts": ["xa.example.com"]}],
	}
	body := serving("a.example.com", tls)
	violations := rule.violation with input as body
	fixtures.messages(violations) == {"Ingress \"web\" serves a.example.com without TLS"}
	fixtures.located(body, violations)
}

test_deny_each_host if {
	body := ingress({"rules": [{"host": "a.example.com"}, {"host": "b.example.com"}], "tls": [{"hosts": ["a.example.com"]}]})
	violations := rule.violation with input as body
	{v.path | some v in violations} == {["spec", "rules", 1, "host"]}
}

test_deny_a_wildcard_that_one_host_covers if {
	count(rule.violation) == 1 with input as serving("*.example.com", [{"hosts": ["a.example.com"]}])
}

test_deny_all_hosts[note] if {
	some note, case in {
		"rule without a host": [{"rules": [{"http": {}}]}, {"http": {}}],
		"empty host": [{"rules": [{"host": ""}]}, {"host": ""}],
		"host of another type": [{"rules": [{"host": 1}]}, {"host": 1}],
		"default backend": [{"defaultBackend": {}}, {"defaultBackend": {}}],
		"rules null": [{"rules": null}, {"rules": null}],
		"rules text": [{"rules": "a.example.com"}, {"rules": "a.example.com"}],
		"no spec": [null, {"name": "web"}],
	}
	body := ingress(case[0])
	violations := rule.violation with input as body
	{v.at | some v in violations} == {case[1]}
	every v in violations {
		endswith(v.msg, "serves all hosts without TLS")
	}
}

annotated(annotations, parameters) := {
	"kind": "Ingress",
	"metadata": {"name": "web", "annotations": annotations},
	"spec": {"rules": [{"host": "a.example.com"}]},
	"review": {"parameters": parameters},
}

test_certificate_elsewhere if {
	rule.violation == set() with input as annotated({"c/arn": "x"}, {"annotations": ["b/x", "c/arn"]})
	rule.violation == set() with input as annotated({"c/arn": "true"}, {"annotations": "c/arn"})
}

test_no_certificate_elsewhere[note] if {
	some note, case in {
		"empty": [{"c/arn": ""}, {"annotations": ["c/arn"]}], "false": [{"c/arn": "false"}, {"annotations": ["c/arn"]}],
		"null": [{"c/arn": null}, {"annotations": ["c/arn"]}], "other": [{"c/x": "y"}, {"annotations": ["c/arn"]}],
		"no annotations": [null, {"annotations": ["c/arn"]}], "undefined parameter": [{"c/arn": "x"}, {}],
		"null parameter": [{"c/arn": "x"}, {"annotations": null}],
	}
	count(rule.violation) == 1 with input as annotated(case[0], case[1])
}
