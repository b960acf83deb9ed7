# METADATA
# scope: package
# title: Probes
# description: Whether a probe of a container does anything.
package penstock.lib.probes

# acts says that a container has a probe with a handler; without one it is no probe.
acts(container, field) if {
	some handler in ["exec", "grpc", "httpGet", "tcpSocket"]
	is_object(container[field][handler])
}

# nearest is the probe where there is one, else the container that lacks it.
nearest(container, field) := container[field] if {
	is_object(container[field])
} else := container
