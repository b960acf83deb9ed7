// Package config knows what is checked and how: the strict, versioned
// .penstock.yaml of a repository, and the environments it names or, without
// one, those that the layout of the repository shows. It does not render.
package config

// RootKind is the way a root is rendered.
type RootKind string

// The kinds of roots.
const (
	// Kustomize is a directory with a kustomization file.
	Kustomize RootKind = "kustomize"
	// Helm is a chart directory with values.
	Helm RootKind = "helm"
	// Directory is a directory of plain YAML and JSON manifests with all below
	// it, or one manifest file. Directories below it that have a kustomization or
	// a chart are not part of it; layout.Tree.DirectoryFiles lists what is.
	Directory RootKind = "directory"
)

// Root is where the rendering of an environment starts. Paths are
// slash-separated and relative to the root of the repository.
type Root struct {
	Kind RootKind `json:"kind"`
	Path string   `json:"path"`

	// The rest is for Helm only.

	// Values are values files in the order of helm -f: the last one wins. The
	// values.yaml of the chart comes before them and is not listed.
	Values []string `json:"values,omitempty"`
	// Release is the release name; empty means the name of the chart's directory.
	Release string `json:"release,omitempty"`
	// Namespace is the release namespace; empty means "default".
	Namespace string `json:"namespace,omitempty"`
}

// Environment is what one cluster, or one tenant of it, receives.
type Environment struct {
	Name  string `json:"name"`
	Roots []Root `json:"roots"`
	// KubernetesVersion is the minor version, such as "1.35"; never empty once
	// the configuration is resolved.
	KubernetesVersion string `json:"kubernetesVersion"`
	// APIVersions are offered to charts (.Capabilities.APIVersions) beside the
	// built-in ones of the Kubernetes version.
	APIVersions []string `json:"apiVersions,omitempty"`
	// Labels describe the environment, such as {"tier": "production"}; rules match on them.
	Labels map[string]string `json:"labels,omitempty"`
	// Parameters are given to rules, by rule ID.
	Parameters map[string]map[string]any `json:"parameters,omitempty"`
	// Severities override the level of rules in this environment, by rule ID:
	// "error", "warning", "note" or "off".
	Severities map[string]string `json:"severities,omitempty"`
	// AppliedBy is who applies what is rendered, one of those that this package
	// names; empty if that is not known. AppliedWhy is what says so:
	// "configuration", or a file of the repository.
	AppliedBy  string `json:"appliedBy,omitempty"`
	AppliedWhy string `json:"appliedWhy,omitempty"`
	// ApplyOptions are those of whoever applies.
	ApplyOptions []string `json:"applyOptions,omitempty"`
	// Context is the kubeconfig context for --dry-run=cluster.
	Context string `json:"context,omitempty"`
	// Kubeconfig is the file that has the context; empty looks where kubectl looks.
	Kubeconfig string `json:"-"`
	// Drift has the cluster compared with base as well, whenever a change of the
	// environment is tried there; where nothing changes, nothing is asked.
	Drift bool `json:"drift,omitempty"`
	// Found says how the environment was found: "configuration", or the rule
	// of discovery, such as "overlays/<env>".
	Found string `json:"found"`
}
