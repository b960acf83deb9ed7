# METADATA
# scope: package
# title: Resource requests and limits
# description: What the resources of a container, or of a pod, say.
package penstock.lib.resources

# requested says that a container or a pod requests a resource. The API server
# takes a limit as the request where there is none.
requested(holder, resource) if given(holder.resources.requests[resource])

requested(holder, resource) if limited(holder, resource)

# limited says that a container or a pod limits a resource.
limited(holder, resource) if given(holder.resources.limits[resource])

given(quantity) if not quantity in {null, "", "0", 0, false}

# nearest is the subtree of a container in which an entry of requests or of
# limits is missing: as much of it as there is.
nearest(container, field) := container.resources[field] if {
	is_object(container.resources[field])
} else := container.resources if {
	is_object(container.resources)
} else := container
