# METADATA
# scope: package
# title: Probes
# description: Whether a probe of a container does anything.
package penstock.lib.probes

# acts says that a probe has a handler; without one it is no probe.
acts(probe) if {
	some handler in ["exec", "grpc", "httpGet", "tcpSocket"]
	is_object(probe[handler])
}

# nearest is the probe where there is one, else the container that lacks it.
nearest(container, field) := container[field] if {
	is_object(container[field])
} else := container
