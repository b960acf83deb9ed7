package policies_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// TestPodSecurityMutations judges 10,000 pods (with the race detector fewer, see
// raceDetector), each a restricted one with some fields changed at random, in one
// of the versions, every fourth in a workload as well: the rules and the evaluator
// of Kubernetes never disagree.
func TestPodSecurityMutations(t *testing.T) {
	p := newPodSecurity(t)
	minors := []int{0, 7, 8, 18, 19, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36}
	m := mutator{rand.New(rand.NewPCG(4, 10))}
	violations, clean := map[string]int{}, 0
	kinds := podKinds()
	pods := 10_000
	if raceDetector {
		pods = 1_000
	}
	for i, minor := range minors {
		var objects []*manifest.Object
		want := map[string][]string{}
		for n := i; n < pods; n += len(minors) {
			fields := m.pod()
			name := fmt.Sprintf("pod-%d", n)
			rules := p.forbidden(podOf(t, fields), minor)
			in := kinds[:1]
			if n%4 == 0 {
				in = append(in[:1:1], kinds[1+m.IntN(len(kinds)-1)])
			}
			for _, kind := range in {
				o := wrapped(t, kind, name, fields)
				objects = append(objects, o)
				want[o.ID().Kind+" "+name] = rules
			}
			for _, rule := range rules {
				violations[rule]++
			}
			if len(rules) == 0 {
				clean++
			}
		}
		got := p.violated(t, minor, objects, "")
		for _, o := range objects {
			key := o.ID().Kind + " " + o.ID().Name
			if !slices.Equal(got[key], want[key]) {
				t.Errorf("in 1.%d: violates %v, want %v: %s", minor, got[key], want[key], o.Fields())
			}
		}
	}
	// A check that hardly ever fails, or always, would not be tested.
	for check, rule := range p.rules {
		if n := violations[rule]; n < pods/200 || n > pods*9/10 {
			t.Errorf("the check %s failed for %d of %d pods", check, n, pods)
		}
	}
	if clean < pods/100 {
		t.Errorf("%d of %d pods violate nothing", clean, pods)
	}
	t.Logf("%d of %d pods violate nothing; the others %v", clean, pods, violations)
}

// mutator makes pods at random.
type mutator struct{ *rand.Rand }

// none is a field that is left out.
type none struct{}

type fields = map[string]any

// set gives a field one of some values, which may be null or none.
func (m mutator) set(f fields, key string, values ...any) {
	value := values[m.IntN(len(values))]
	if _, ok := value.(none); ok {
		delete(f, key)
		return
	}
	f[key] = value
}

// some are a few of the values, in their order.
func (m mutator) some(values ...any) []any {
	out := []any{}
	for _, v := range values {
		if m.IntN(len(values)) < 2 {
			out = append(out, v)
		}
	}
	return out
}

// pod is a pod that the restricted standard allows, with up to eleven changes.
func (m mutator) pod() fields {
	spec := fields{
		"containers":      []any{restricted("web")},
		"securityContext": fields{"runAsNonRoot": true, "seccompProfile": fields{"type": "RuntimeDefault"}},
	}
	pod := fields{"apiVersion": "v1", "kind": "Pod", "metadata": fields{}, "spec": spec}
	for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
		if m.IntN(3) == 0 {
			given, _ := spec[list].([]any)
			spec[list] = append(given, restricted("more-"+list))
		}
	}
	for range m.IntN(12) {
		switch m.IntN(6) {
		case 0:
			m.ofPod(pod, spec)
		case 1, 2:
			m.ofContext(spec, true)
		default:
			var containers []any
			for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
				given, _ := spec[list].([]any)
				containers = append(containers, given...)
			}
			container := containers[m.IntN(len(containers))].(fields)
			if m.IntN(3) == 0 {
				m.ofContainer(container)
			} else {
				m.ofContext(container, false)
			}
		}
	}
	return pod
}

func restricted(name string) fields {
	return fields{"name": name, "image": "example.com/web:1", "securityContext": fields{
		"allowPrivilegeEscalation": false, "capabilities": fields{"drop": []any{"ALL"}},
	}}
}

// ofPod changes what only a pod has.
func (m mutator) ofPod(pod, spec fields) {
	switch m.IntN(5) {
	case 0:
		m.set(spec, []string{"hostNetwork", "hostPID", "hostIPC"}[m.IntN(3)], true, false, nil)
	case 1:
		m.set(spec, "hostUsers", true, false, false, false, nil)
	case 2:
		m.set(spec, "os", fields{"name": "windows"}, fields{"name": "windows"}, fields{"name": "linux"}, fields{}, nil)
	case 3:
		m.set(pod["metadata"].(fields), "annotations", nil, m.annotations(), m.annotations(), m.annotations())
	default:
		m.set(spec, "volumes", nil, m.volumes(), m.volumes(), m.volumes())
	}
}

func (m mutator) annotations() fields {
	f := fields{}
	m.set(f, "seccomp.security.alpha.kubernetes.io/pod", none{}, "unconfined", "runtime/default", "docker/default", "localhost/x", "localhost", "")
	for _, prefix := range []string{"container.seccomp.security.alpha.kubernetes.io/", "container.apparmor.security.beta.kubernetes.io/"} {
		for _, container := range []string{"web", "more-containers", "more-initContainers", "more-ephemeralContainers", "absent", ""} {
			m.set(f, prefix+container, none{}, none{}, none{}, "unconfined", "runtime/default", "docker/default", "localhost/x", "localhost", "")
		}
	}
	return f
}

func (m mutator) volumes() []any {
	types := []string{
		"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret", "hostPath", "hostPath", "hostPath",
		"gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd", "flexVolume", "cinder", "cephfs", "flocker",
		"fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk", "portworxVolume", "scaleIO", "storageos",
	}
	list := []any{}
	for i := range 1 + m.IntN(3) {
		volume := fields{"name": fmt.Sprintf("volume-%d", i)}
		for range m.IntN(3) {
			m.set(volume, types[m.IntN(len(types))], fields{}, fields{}, nil)
		}
		list = append(list, volume)
	}
	return list
}

// ofContext changes the security context of a pod or of a container.
func (m mutator) ofContext(owner fields, pod bool) {
	context, ok := owner["securityContext"].(fields)
	if !ok || m.IntN(20) == 0 {
		context = fields{}
		m.set(owner, "securityContext", context, context, context, nil, none{})
	}
	profile := []any{fields{"type": "Unconfined"}, fields{"type": "RuntimeDefault"}, fields{"type": "Localhost", "localhostProfile": "x"}, fields{"type": "x"}, fields{"type": nil}, fields{}, nil, none{}}
	choice := m.IntN(10)
	switch {
	case choice == 0:
		m.set(context, "runAsNonRoot", true, false, nil, none{})
	case choice == 1:
		m.set(context, "runAsUser", 0, 0, 1, 1000, nil, none{})
	case choice == 2:
		m.set(context, "seccompProfile", profile...)
	case choice == 3:
		m.set(context, "appArmorProfile", profile...)
	case choice == 4:
		options := fields{}
		m.set(options, "type", "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t", "container_engine_t", "spc_t", nil, none{})
		m.set(options, "user", none{}, none{}, none{}, none{}, "", "root", nil)
		m.set(options, "role", none{}, none{}, none{}, none{}, "", "sysadm_r", nil)
		m.set(options, "level", none{}, "s0")
		m.set(context, "seLinuxOptions", options, options, options, nil)
	case choice == 5:
		m.set(context, "windowsOptions", fields{"hostProcess": true}, fields{"hostProcess": false}, fields{"hostProcess": nil}, fields{}, nil)
	case pod:
		m.set(context, "sysctls", nil, m.sysctls(), m.sysctls(), m.sysctls())
	case choice == 6:
		m.set(context, "privileged", true, true, false, nil)
	case choice == 7:
		m.set(context, "allowPrivilegeEscalation", true, false, nil, none{})
	case choice == 8:
		m.set(context, "procMount", "Unmasked", "Unmasked", "Unmasked", "Default", "default", "", nil)
	default:
		m.set(context, "capabilities", nil, none{}, m.capabilities(), m.capabilities(), m.capabilities())
	}
}

func (m mutator) capabilities() fields {
	names := []any{
		"ALL", "all", "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
		"SETPCAP", "SETUID", "SYS_CHROOT", "SYS_ADMIN", "NET_ADMIN", "NET_RAW", "CAP_CHOWN", "", nil,
	}
	f := fields{}
	m.set(f, "add", nil, none{}, []any{}, []any{"NET_BIND_SERVICE"}, m.some(names[2:15]...), m.some(names...))
	m.set(f, "drop", nil, none{}, []any{}, []any{"ALL"}, []any{"KILL", "ALL"}, m.some(names...))
	return f
}

func (m mutator) sysctls() []any {
	list := []any{}
	for _, name := range m.some(
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
		"net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
		"net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
		"net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat", "kernel.msgmax", "", nil,
	) {
		list = append(list, fields{"name": name, "value": "1"})
	}
	return list
}

// ofContainer changes what only a container has.
func (m mutator) ofContainer(container fields) {
	if m.IntN(2) == 0 {
		port := fields{"containerPort": 80}
		m.set(port, "hostPort", 80, 8080, 0, nil, none{})
		m.set(container, "ports", []any{port}, []any{fields{"containerPort": 81}, port}, []any{}, nil)
		return
	}
	handler := fields{}
	action := fields{"port": 80}
	m.set(action, "host", "127.0.0.1", "example.com", "", nil, none{})
	m.set(handler, []string{"httpGet", "tcpSocket"}[m.IntN(2)], action, action, nil)
	m.set(handler, "exec", none{}, fields{"command": []any{"true"}})
	if m.IntN(2) == 0 {
		m.set(container, []string{"livenessProbe", "readinessProbe", "startupProbe"}[m.IntN(3)], handler, handler, handler, nil)
		return
	}
	m.set(container, "lifecycle", fields{[]string{"postStart", "preStop"}[m.IntN(2)]: handler}, fields{"postStart": nil, "preStop": handler}, nil)
}
