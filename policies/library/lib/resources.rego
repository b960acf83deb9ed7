# METADATA
# scope: package
# title: Resource requests and limits
# description: What a resources block of a container or a pod says.
package penstock.lib.resources

# requested says that a resources block requests a resource. The API server takes
# a limit as the request where there is none.
requested(resources, resource) if given(resources.requests[resource])

requested(resources, resource) if limited(resources, resource)

# limited says that a resources block limits a resource.
limited(resources, resource) if given(resources.limits[resource])

given(quantity) if not quantity in {null, "", "0", 0, false}

# nearest is the subtree of a container in which an entry of requests or of
# limits is missing: as much of it as there is.
nearest(container, field) := container.resources[field] if {
	is_object(container.resources[field])
} else := container.resources if {
	is_object(container.resources)
} else := container
