package config

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"

	"github.com/penstock-dev/penstock/internal/jsonschema"
)

// FileName is where a repository keeps its configuration.
const FileName = ".penstock.yaml"

// Version is the version of the configuration that this package reads.
const Version = 1

// DefaultKubernetesVersion is what an environment gets that names no version:
// the newest one that the embedded API server speaks.
const DefaultKubernetesVersion = "1.36"

// maxFileSize bounds the configuration file. Real ones have a few kilobytes.
const maxFileSize = 1 << 20

// Config is the configuration of a repository.
type Config struct {
	// Version of the configuration format. It is 1.
	Version int `yaml:"version" required:"true" default:"1"`
	// Kubernetes minor version of the environments that name none, as a quoted string.
	KubernetesVersion string `yaml:"kubernetesVersion" pattern:"^1\\.[0-9]+$" default:"\"1.36\""`
	// How environments are discovered that are not configured.
	Discovery Discovery `yaml:"discovery"`
	// The environments that the repository deploys to.
	Environments []EnvironmentSpec `yaml:"environments"`
	// The rules that judge the change.
	Policies Policies `yaml:"policies"`
	// The file of waivers, from the root of the repository. By default it is ".penstock-waivers.yaml", if that is there.
	Waivers string `yaml:"waivers"`
	// Files with the custom resource definitions that clusters have and no root renders: files, directories, or globs, from the root of the repository. By default it is ".penstock/crds.yaml", which penstock crds pull writes, if that is there.
	CRDs []string `yaml:"crds"`
	// The server-side dry-run.
	DryRun DryRun `yaml:"dryRun"`
	// Whether everything that was not evaluated blocks, also unknown kinds, sources that need the network and encrypted secrets.
	Strict bool `yaml:"strict" default:"false"`
	// Which findings block: "new" ones only, or "all", so that findings that base already has block too.
	Gate string `yaml:"gate" enum:"new,all" default:"new"`

	// Found says that a configuration file was there.
	Found bool `yaml:"-"`
	// File is the configuration file, whether it was there or not.
	File string `yaml:"-"`

	lines map[string]int // lines of the values, by path such as "environments[0].name"
}

// Discovery says how environments are found in the layout of the repository.
type Discovery struct {
	// Whether to look for environments. By default it is done unless an environment with roots is configured. Configured environments keep their roots; discovered ones of the same name add none.
	Enabled *bool `yaml:"enabled"`
	// Globs of paths that discovery leaves out, with everything below them; ** stands for any number of directories.
	Exclude []string `yaml:"exclude"`
}

// EnvironmentSpec configures one environment.
type EnvironmentSpec struct {
	// Name of the environment, such as "production" or "eu/prod-1".
	Name string `yaml:"name" required:"true" pattern:"^[a-z0-9_]([a-z0-9._/-]*[a-z0-9_])?$"`
	// Where the rendering starts. Without roots, the settings here apply to the discovered environment of this name.
	Roots []RootSpec `yaml:"roots"`
	// Kubernetes minor version of the cluster, as a quoted string.
	KubernetesVersion string `yaml:"kubernetesVersion" pattern:"^1\\.[0-9]+$"`
	// API versions that charts find in .Capabilities.APIVersions beside the built-in ones.
	APIVersions []string `yaml:"apiVersions"`
	// Labels that rules match on. With "tier: production" the rules for production apply.
	Labels map[string]string `yaml:"labels"`
	// Parameters of rules, by rule ID. They win over policies.parameters, key by key.
	Parameters map[string]map[string]any `yaml:"parameters"`
	// Levels of rules, by rule ID. They win over policies.severities.
	Severities map[string]string `yaml:"severities" enum:"error,warning,note,off"`
	// Files with custom resource definitions of this environment, beside those of all; they win.
	CRDs []string `yaml:"crds"`
	// Who applies what is rendered. By default the objects of Flux and of Argo CD in the repository say it, or the roots do when they are charts.
	AppliedBy string `yaml:"appliedBy" enum:"flux,argocd,helm,helm3,kubectl,kubectl-server-side"`
	// Options of whoever applies, for all objects: Force=true, ForceConflicts=true, Prune=false, Replace=true, ServerSideApply=true, Validate=false.
	ApplyOptions []string `yaml:"applyOptions"`
	// Kubeconfig context for a dry-run on a live cluster.
	Context string `yaml:"context"`
	// Kubeconfig file that has the context. It wins over dryRun.kubeconfig.
	Kubeconfig string `yaml:"kubeconfig"`
	// Whether a dry-run of a change of the environment on its live cluster also tells what the cluster has otherwise than base, as --drift does for all environments.
	Drift bool `yaml:"drift" default:"false"`
}

// RootSpec configures where a rendering starts.
type RootSpec struct {
	// Path of the directory (or of one manifest file), relative to the root of the repository.
	Path string `yaml:"path" required:"true"`
	// How it is rendered. By default, what the directory holds decides: a kustomization file, Chart.yaml, or else plain manifests.
	Kind RootKind `yaml:"kind" enum:"kustomize,helm,directory"`
	// Values files of a chart, relative to the root of the repository; the last one wins.
	Values []string `yaml:"values"`
	// Release name of a chart. By default it is the name of the chart's directory.
	Release string `yaml:"release"`
	// Release namespace of a chart. By default it is "default".
	Namespace string `yaml:"namespace"`
}

// Policies are the rules that judge the change.
type Policies struct {
	// Directories of the repository that hold Rego rules, or ConstraintTemplates and constraints of Gatekeeper. By default it is "policies", if that directory holds Rego files.
	Paths []string `yaml:"paths"`
	// Bundles of rules from elsewhere, each pinned by its digest.
	Bundles []BundleSpec `yaml:"bundles"`
	// Whether the built-in rules are evaluated.
	Builtin bool `yaml:"builtin" default:"true"`
	// Whether rules of the repository that name no scope see all objects of an environment together, as with conftest --combine.
	Combine bool `yaml:"combine" default:"false"`
	// What becomes of a rule or constraint of the repository in which a built-in function fails: "error" leaves the object undecided, "warning" is a finding, "ignore" is nothing.
	BuiltinErrors string `yaml:"builtinErrors" enum:"error,warning,ignore" default:"error"`
	// Levels of rules, by rule ID.
	Severities map[string]string `yaml:"severities" enum:"error,warning,note,off"`
	// Parameters of rules, by rule ID.
	Parameters map[string]map[string]any `yaml:"parameters"`
}

// DryRun configures the server-side dry-run.
type DryRun struct {
	// Who answers: no one, the embedded API server, or the cluster that each environment's context names.
	Mode string `yaml:"mode" enum:"off,embedded,cluster" default:"embedded"`
	// Kubeconfig file for mode "cluster". By default KUBECONFIG and the home directory are looked at, as kubectl does.
	Kubeconfig string `yaml:"kubeconfig"`
}

// Default returns the configuration of a repository that has none.
func Default() *Config {
	return &Config{
		Version:           Version,
		KubernetesVersion: DefaultKubernetesVersion,
		Policies:          Policies{Builtin: true},
		DryRun:            DryRun{Mode: "embedded"},
		Gate:              "new",
		File:              FileName,
	}
}

// Load reads the configuration file of a repository; an empty name stands for
// FileName. If the file of that name is not there, the result is that of
// Default, with Found false; a missing file of any other name is an error, since
// somebody asked for it. All faults in the file are reported at once, as a
// *Error; whether the paths are there is for Resolve to say.
func Load(fsys fs.FS, file string) (*Config, error) {
	if file == "" {
		file = FileName
	}
	data, err := readFile(fsys, file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := missing(fsys, file); err != nil {
			return nil, err
		}
		c := Default()
		c.Policies.Paths = defaultPolicies(fsys)
		return c, nil
	case err != nil:
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	c, err := parse(file, data)
	if err != nil {
		return nil, err
	}
	if c.Policies.Paths == nil {
		c.Policies.Paths = defaultPolicies(fsys)
	}
	return c, nil
}

// parse reads a configuration without looking at the repository.
func parse(file string, data []byte) (*Config, error) {
	c := Default()
	c.File, c.Found = file, true
	c.Version = 0
	d := decoder{file: file, lines: map[string]int{}}
	d.decode(data, c)
	c.lines = d.lines
	if len(d.faults) == 0 {
		d.faults = c.validate()
	}
	if len(d.faults) > 0 {
		return nil, newError(d.faults)
	}
	return c, nil
}

func readFile(fsys fs.FS, file string) ([]byte, error) {
	info, err := fs.Stat(fsys, file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFileSize {
		return nil, fmt.Errorf("%s has %d bytes; at most %d are read", file, info.Size(), maxFileSize)
	}
	return fs.ReadFile(fsys, file)
}

// missing decides whether the absence of the file is an error. A configuration
// under a name that is almost right must not be passed over in silence.
func missing(fsys fs.FS, file string) error {
	if file != FileName {
		return newError([]Fault{{File: file, Msg: "there is no such configuration file",
			Hint: "give a file of the base revision, with its path from the root of the repository"}})
	}
	for _, other := range []string{".penstock.yml", "penstock.yaml", "penstock.yml"} {
		if _, err := fs.Stat(fsys, other); err == nil {
			return newError([]Fault{{File: other, Msg: "the configuration has to be named " + FileName,
				Hint: "git mv " + other + " " + FileName}})
		}
	}
	return nil
}

// PolicyDirs are the directories of rules in a tree: those that are configured,
// which may be none, or else the default. The tree may be another one than that
// of the configuration file.
func (c *Config) PolicyDirs(tree fs.FS) []string {
	if c.Policies.Paths != nil {
		return c.Policies.Paths
	}
	return defaultPolicies(tree)
}

// defaultPolicies is the directory "policies", if it holds Rego anywhere.
func defaultPolicies(fsys fs.FS) []string {
	if holdsRego(fsys, "policies") {
		return []string{"policies"}
	}
	return nil
}

func holdsRego(fsys fs.FS, dir string) bool {
	found := false
	_ = fs.WalkDir(fsys, dir, func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && path.Ext(p) == ".rego" {
			found = true
			return fs.SkipAll
		}
		return nil // what cannot be read holds no rule
	})
	return found
}

//go:embed config.go environment.go bundle.go waivers.go
var source embed.FS

// SchemaID is the $id of the JSON Schema of the configuration.
const SchemaID = "https://penstock.dev/schemas/config-v1.json"

// Schema returns the JSON Schema of the configuration, for editors. It is
// made from the types of this package and their comments.
func Schema() ([]byte, error) {
	docs, err := jsonschema.ReadDocs(source, ".")
	if err != nil {
		return nil, err
	}
	return jsonschema.Generate(reflect.TypeFor[Config](), jsonschema.Options{
		ID:          SchemaID,
		Title:       "Penstock configuration",
		Description: "The file " + FileName + " in the root of a repository.",
		Tag:         "yaml",
		Closed:      true,
		Optional:    true,
		Docs:        docs,
	})
}
