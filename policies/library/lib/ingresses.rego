# METADATA
# scope: package
# title: Ingresses
# description: What the Ingress under review serves, and where it leads.
package penstock.lib.ingresses

import data.penstock.lib.names

# backends are the Services that the Ingress leads to. An action is no Service but
# a word of the AWS load balancer controller
# (https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/#actions).
backends := array.concat(of_paths, of_default)

of_paths := [backend |
	some path in paths
	service := path.value.backend.service
	is_string(service.name)
	backend := {"service": service, "action": action(service), "path": array.concat(path.path, ["backend", "service"])}
]

of_default := [backend |
	service := input.spec.defaultBackend.service
	is_string(service.name)
	backend := {"service": service, "action": action(service), "path": ["spec", "defaultBackend", "service"]}
]

# paths are those of all rules: the host, the path as text, the subtree and its path.
paths := [found |
	some i, rule in input.spec.rules
	some j, path in rule.http.paths
	is_object(path)
	found := {"host": host(rule), "text": text(path), "value": path, "path": ["spec", "rules", i, "http", "paths", j]}
]

action(service) if {
	service.port.name == "use-annotation"
} else := false

host(rule) := lower(rule.host) if {
	is_string(rule.host)
} else := ""

text(path) := path.path if {
	is_string(path.path)
} else := "/"

# class is what chooses the controller: two Ingresses of different classes do not
# meet.
class(ingress) := ingress.spec.ingressClassName if {
	is_string(ingress.spec.ingressClassName)
} else := ingress.metadata.annotations["kubernetes.io/ingress.class"] if {
	is_string(ingress.metadata.annotations["kubernetes.io/ingress.class"])
} else := ""

# others are the other Ingresses of the environment.
others := [ingress |
	some namespace, kinds in data.inventory.namespace
	some name, ingress in kinds["networking.k8s.io/v1"].Ingress
	[namespace, name] != [names.namespace, names.object_name]
]
