# METADATA
# scope: package
# title: Replicas of workloads
# description: How many pods a workload has, by its own count or by what scales it.
package penstock.lib.replicas

import data.penstock.lib.inventory
import data.penstock.lib.names

# least is the smallest number of replicas that the object may run with, and how
# to say it.
least := {"count": hpa_minimum, "text": sprintf("a HorizontalPodAutoscaler with minReplicas %v", [hpa_minimum])} if {
	hpa_minimum
} else := {"count": keda_minimum, "text": sprintf("a ScaledObject with minReplicaCount %v", [keda_minimum])} if {
	keda_minimum
} else := {"count": declared(input), "text": sprintf("%v replica%s", [declared(input), plural(declared(input))])}

# nearest is the count where it is given, else the subtree that lacks it.
nearest := input.spec.replicas if {
	true
} else := input.spec if {
	is_object(input.spec)
} else := input.metadata

# declared is spec.replicas of a workload, which the API server sets to 1 where it
# is missing.
declared(workload) := workload.spec.replicas if {
	workload.spec.replicas != null
} else := 1

# most is the largest number of replicas that a workload may run with.
most(workload) := max(counts) if {
	counts := array.concat(
		[bound(hpa.spec, "maxReplicas", 1) | some hpa in inventory.autoscalers(workload.kind, workload.metadata.name)],
		[bound(scaled.spec, "maxReplicaCount", 100) | some scaled in scaled_objects(workload.kind, workload.metadata.name)],
	)
	count(counts) > 0
} else := declared(workload)

hpa_minimum := min([bound(hpa.spec, "minReplicas", 1) | some hpa in autoscalers]) if {
	autoscalers := inventory.autoscalers(input.kind, names.object_name)
	count(autoscalers) > 0
}

keda_minimum := min([bound(scaled.spec, "minReplicaCount", 0) | some scaled in targets]) if {
	targets := scaled_objects(input.kind, names.object_name)
	count(targets) > 0
}

# scaled_objects are those of KEDA, which makes a HorizontalPodAutoscaler of each,
# from 0 to 100 replicas unless told otherwise
# (https://keda.sh/docs/latest/reference/scaledobject-spec/).
scaled_objects(kind, name) := [scaled |
	some scaled in inventory.neighbours("ScaledObject")
	scaled.spec.scaleTargetRef.name == name
	object.get(scaled.spec.scaleTargetRef, "kind", "Deployment") == kind
]

bound(spec, field, fallback) := spec[field] if {
	is_number(spec[field])
} else := fallback

plural(1) := ""

plural(count) := "s" if count != 1
