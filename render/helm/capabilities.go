package helm

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
)

const (
	// helmVersion is what .Capabilities.HelmVersion says: the version of the
	// library. Which Go compiled it and from which commit is left out, so that
	// every build renders the same.
	helmVersion = "v4.2.4"
	// newestKubernetes is the version of a chart that is rendered without one.
	newestKubernetes = "1.36"
)

// builtIn is what the discovery of a kube-apiserver with default settings
// tells: every group version with its kinds, and after an @ the minor version
// that introduced it when that is later than 1.33
// (https://github.com/kubernetes/kubernetes/tree/v1.36.3/api/discovery).
//
// `helm template` assumes all that the linked client-go knows, which has no
// kinds, but has alpha, beta and removed versions such as policy/v1beta1; a
// chart that prefers those if they are there then renders what no cluster of
// this version takes. An install asks the cluster, and so do controllers, which
// is what counts here.
const builtIn = `
v1 Binding ComponentStatus ConfigMap Endpoints Event Eviction LimitRange Namespace Node NodeProxyOptions PersistentVolume PersistentVolumeClaim Pod PodAttachOptions PodExecOptions PodPortForwardOptions PodProxyOptions PodTemplate ReplicationController ResourceQuota Scale Secret Service ServiceAccount ServiceProxyOptions TokenRequest
admissionregistration.k8s.io/v1 MutatingAdmissionPolicy@36 MutatingAdmissionPolicyBinding@36 MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration
apiextensions.k8s.io/v1 CustomResourceDefinition
apiregistration.k8s.io/v1 APIService
apps/v1 ControllerRevision DaemonSet Deployment ReplicaSet Scale StatefulSet
authentication.k8s.io/v1 SelfSubjectReview TokenReview
authorization.k8s.io/v1 LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview
autoscaling/v1 HorizontalPodAutoscaler
autoscaling/v2 HorizontalPodAutoscaler
batch/v1 CronJob Job
certificates.k8s.io/v1 CertificateSigningRequest
coordination.k8s.io/v1 Lease
discovery.k8s.io/v1 EndpointSlice
events.k8s.io/v1 Event
flowcontrol.apiserver.k8s.io/v1 FlowSchema PriorityLevelConfiguration
flowcontrol.apiserver.k8s.io/v1beta3@-31 FlowSchema PriorityLevelConfiguration
networking.k8s.io/v1 IPAddress@33 Ingress IngressClass NetworkPolicy ServiceCIDR@33
node.k8s.io/v1 RuntimeClass
policy/v1 PodDisruptionBudget
rbac.authorization.k8s.io/v1 ClusterRole ClusterRoleBinding Role RoleBinding
resource.k8s.io/v1@34 DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice
scheduling.k8s.io/v1 PriorityClass
storage.k8s.io/v1 CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass@34
`

// capabilities are those of a cluster of the environment's version. A chart
// whose kubeVersion does not admit that version is an *Error.
func capabilities(c *chart.Chart, opts Options) (*common.Capabilities, error) {
	at := manifest.Position{File: path.Join(opts.Dir, "Chart.yaml")}
	text := cmp.Or(opts.KubernetesVersion, newestKubernetes)
	full := text + strings.Repeat(".0", max(0, 2-strings.Count(text, ".")))
	version, err := common.ParseKubeVersion(full)
	if err != nil {
		return nil, &Error{Position: at, Msg: fmt.Sprintf("%q is not a Kubernetes version", text), Hint: "write it like " + newestKubernetes, Err: err}
	}
	if want := c.Metadata.KubeVersion; want != "" && !chartutil.IsCompatibleRange(want, version.String()) {
		return nil, &Error{
			Position: at,
			Msg:      fmt.Sprintf("the chart %s wants Kubernetes %s, and the environment has %s", c.Name(), want, version.Version),
			Hint:     "set kubernetesVersion of the environment, or take a chart for its version",
		}
	}
	minor, err := strconv.Atoi(version.Minor)
	if err != nil {
		return nil, fmt.Errorf("reading the minor version of %s: %w", version.Version, err)
	}
	caps := &common.Capabilities{KubeVersion: *version, APIVersions: apiVersions(minor, opts.APIVersions)}
	caps.HelmVersion.Version = helmVersion
	caps.HelmVersion.KubeClientVersion = "v" + newestKubernetes
	return caps, nil
}

// apiVersions are the built-in ones of a minor version and others, sorted.
func apiVersions(minor int, others []string) common.VersionSet {
	var set common.VersionSet
	for line := range strings.Lines(builtIn) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		group, ok := served(words[0], minor)
		if !ok {
			continue
		}
		set = append(set, group)
		for _, word := range words[1:] {
			if kind, ok := served(word, minor); ok {
				set = append(set, group+"/"+kind)
			}
		}
	}
	for _, other := range others {
		set = append(set, other)
		// A cluster that has the kind has its group version.
		if strings.Count(other, "/") == 2 {
			set = append(set, path.Dir(other))
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

func served(word string, minor int) (string, bool) {
	name, since, found := strings.Cut(word, "@")
	if !found {
		return name, true
	}
	n, err := strconv.Atoi(since)
	if n < 0 {
		return name, err == nil && minor <= -n
	}
	return name, err == nil && n <= minor
}
