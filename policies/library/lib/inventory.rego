# METADATA
# scope: package
# title: The rendered environment
# description: >-
#   Objects of the rendered head beside the one under review, and how one object selects another.
package penstock.lib.inventory

import data.penstock.lib.names

# neighbours are the objects of a kind in the namespace of the object under
# review, in any API version. Objects that are rendered without a namespace are
# filed with the cluster-scoped ones.
neighbours(kind) := [object |
	some version
	some object in data.inventory.namespace[names.namespace][version][kind]
] if {
	names.namespace != ""
} else := [object |
	some version
	some object in data.inventory.cluster[version][kind]
]

# selects says that a label selector matches labels
# (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/).
# An empty selector matches everything, null nothing.
selects(selector, labels) if {
	is_object(selector)
	count({key | some key, value in selector.matchLabels; not has(labels, key, value)}) == 0
	count({i | some i, expression in selector.matchExpressions; not satisfied(expression, labels)}) == 0
}

has(labels, key, value) if labels[key] == value

satisfied(expression, labels) if {
	expression.operator == "In"
	listed(expression, labels)
}

satisfied(expression, labels) if {
	expression.operator == "NotIn"
	not listed(expression, labels)
}

satisfied(expression, labels) if {
	expression.operator == "Exists"
	_ = labels[expression.key]
}

satisfied(expression, labels) if {
	expression.operator == "DoesNotExist"
	not expression.key in object.keys(labels)
}

listed(expression, labels) if labels[expression.key] in expression.values

# autoscalers are the HorizontalPodAutoscalers that set the replicas of a workload.
autoscalers(kind, name) := [hpa |
	some hpa in neighbours("HorizontalPodAutoscaler")
	hpa.spec.scaleTargetRef.kind == kind
	hpa.spec.scaleTargetRef.name == name
]
