package config

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/layout"
)

// foundByConfiguration is Environment.Found of configured environments.
const foundByConfiguration = "configuration"

// Resolve returns the environments of the given trees (base and head, in any
// order) as one list, sorted by name: the configured ones, and those that
// discovery finds, with the defaults of the configuration filled in. The roots
// of an environment are those of all trees; where two trees differ in the kind
// of a root, the first tree wins. To render, use ResolveChange: a directory can
// be a root in one tree and a part of another root in the other.
//
// Roots, values files and policy directories that are in none of the trees, and
// configured environments without roots that discovery does not find, are a
// *Error.
func (c *Config) Resolve(trees ...fs.FS) ([]Environment, error) {
	sides, err := c.resolveEach(trees)
	if err != nil {
		return nil, err
	}
	byName := map[string]*Environment{}
	var names []string
	for _, side := range sides {
		for _, env := range side {
			have := byName[env.Name]
			if have == nil {
				byName[env.Name] = &env
				names = append(names, env.Name)
				continue
			}
			for _, r := range env.Roots {
				if !slices.ContainsFunc(have.Roots, func(h Root) bool { return rootKey(h) == rootKey(r) }) {
					have.Roots = append(have.Roots, r)
				}
			}
		}
	}
	slices.Sort(names)
	out := make([]Environment, len(names))
	for i, name := range names {
		out[i] = *byName[name]
		slices.SortStableFunc(out[i].Roots, compareRoots)
	}
	return out, nil
}

// Pair is one environment as base and as head show it. The two sides have the
// same name; a side that does not have the environment has no roots.
type Pair struct {
	Base, Head Environment
}

// Name is the name of both sides.
func (p Pair) Name() string { return p.Head.Name }

// Settings is the environment with the roots of both sides, as Resolve returns
// it: for what does not depend on a side.
func (p Pair) Settings() Environment {
	env := p.Base
	if len(env.Roots) == 0 {
		env = p.Head
	}
	env.Roots = slices.Clone(p.Base.Roots)
	for _, r := range p.Head.Roots {
		if !slices.ContainsFunc(env.Roots, func(h Root) bool { return rootKey(h) == rootKey(r) }) {
			env.Roots = append(env.Roots, r)
		}
	}
	slices.SortStableFunc(env.Roots, compareRoots)
	return env
}

// ResolveChange is Resolve with the two sides apart, so that each is rendered
// from the roots that it has. Environments are sorted by name.
func (c *Config) ResolveChange(base, head fs.FS) ([]Pair, error) {
	sides, err := c.resolveEach([]fs.FS{base, head})
	if err != nil {
		return nil, err
	}
	pairs := map[string]*Pair{}
	for _, env := range sides[0] {
		absent := env
		absent.Roots = nil
		pairs[env.Name] = &Pair{Base: env, Head: absent}
	}
	for _, env := range sides[1] {
		if p := pairs[env.Name]; p != nil {
			p.Head = env
			continue
		}
		absent := env
		absent.Roots = nil
		pairs[env.Name] = &Pair{Base: absent, Head: env}
	}
	out := make([]Pair, 0, len(pairs))
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		out = append(out, *pairs[name])
	}
	return out, nil
}

// resolveEach resolves every tree by itself and then looks for what none has.
func (c *Config) resolveEach(trees []fs.FS) ([][]Environment, error) {
	sides := make([][]Environment, len(trees))
	for i, tree := range trees {
		var discovered []Environment
		var files *layout.Tree
		if c.discovers() {
			var err error
			if discovered, files, err = discover(tree, c.excluded()...); err != nil {
				return nil, err
			}
		}
		sides[i] = c.merge(tree, discovered)
		if err := findAppliers(tree, files, sides[i], sides[0]); err != nil {
			return nil, err
		}
	}
	if faults := c.unresolved(trees, sides); len(faults) > 0 {
		return nil, newError(faults)
	}
	return sides, nil
}

// discovers reports whether discovery is on: as configured, or else if no
// configured environment has roots.
func (c *Config) discovers() bool {
	if c.Discovery.Enabled != nil {
		return *c.Discovery.Enabled
	}
	return !slices.ContainsFunc(c.Environments, func(e EnvironmentSpec) bool { return len(e.Roots) > 0 })
}

// excluded are the globs that discovery leaves out: configured ones and the
// directories of the rules. Rules that lie in the root exclude nothing.
func (c *Config) excluded() []string {
	out := slices.Clone(c.Discovery.Exclude)
	for _, p := range c.Policies.Paths {
		if p != "." {
			out = append(out, p)
		}
	}
	return out
}

// merge puts the configured environments over the discovered ones of a tree.
// Roots that are configured are taken out of the discovered environments.
func (c *Config) merge(tree fs.FS, discovered []Environment) []Environment {
	byName := map[string]Environment{}
	claimed := map[string]bool{}
	for _, spec := range c.Environments {
		for _, r := range spec.Roots {
			claimed[r.Path] = true
		}
	}
	for _, env := range discovered {
		env.Roots = slices.DeleteFunc(env.Roots, func(r Root) bool { return claimed[r.Path] })
		if len(env.Roots) > 0 {
			byName[env.Name] = env
		}
	}
	for _, spec := range c.Environments {
		env, found := byName[spec.Name]
		switch {
		case len(spec.Roots) > 0:
			env = Environment{Roots: detect(tree, spec.Roots), Found: foundByConfiguration}
			found = len(env.Roots) > 0
		}
		if found {
			byName[spec.Name] = spec.apply(env)
		}
	}
	out := make([]Environment, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		out = append(out, c.defaults(byName[name]))
	}
	return out
}

// apply puts the settings of a configured environment on its roots.
func (s EnvironmentSpec) apply(env Environment) Environment {
	env.Name = s.Name
	env.KubernetesVersion = s.KubernetesVersion
	env.APIVersions = s.APIVersions
	env.Context = s.Context
	env.Kubeconfig = s.Kubeconfig
	env.Drift = s.Drift
	env.Parameters = s.Parameters
	env.Severities = s.Severities
	if s.AppliedBy != "" {
		env.AppliedBy, env.AppliedWhy, env.ApplyOptions = s.AppliedBy, foundByConfiguration, s.ApplyOptions
	}
	labels := maps.Clone(env.Labels)
	if labels == nil && len(s.Labels) > 0 {
		labels = map[string]string{}
	}
	maps.Copy(labels, s.Labels)
	env.Labels = labels
	return env
}

// defaults fills in what the environment does not say for itself.
func (c *Config) defaults(env Environment) Environment {
	env.KubernetesVersion = cmp.Or(env.KubernetesVersion, c.KubernetesVersion)
	env.Kubeconfig = cmp.Or(env.Kubeconfig, c.DryRun.Kubeconfig)
	if len(c.Policies.Severities) > 0 {
		severities := maps.Clone(c.Policies.Severities)
		maps.Copy(severities, env.Severities)
		env.Severities = severities
	}
	if len(c.Policies.Parameters) > 0 {
		parameters := map[string]map[string]any{}
		for rule, values := range c.Policies.Parameters {
			parameters[rule] = maps.Clone(values)
		}
		for rule, values := range env.Parameters {
			if parameters[rule] == nil {
				parameters[rule] = map[string]any{}
			}
			maps.Copy(parameters[rule], values)
		}
		env.Parameters = parameters
	}
	return env
}

// detect returns the roots that a tree has, with their kinds.
func detect(tree fs.FS, specs []RootSpec) []Root {
	var roots []Root
	for _, s := range specs {
		if _, err := fs.Stat(tree, s.Path); err != nil {
			continue
		}
		r := Root{Kind: s.Kind, Path: s.Path, Values: s.Values, Release: s.Release, Namespace: s.Namespace}
		if r.Kind == "" {
			r.Kind = kindOf(tree, s.Path)
		}
		roots = append(roots, r)
	}
	return roots
}

func kindOf(tree fs.FS, dir string) RootKind {
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		if _, err := fs.Stat(tree, path.Join(dir, name)); err == nil {
			return Kustomize
		}
	}
	if _, err := fs.Stat(tree, path.Join(dir, "Chart.yaml")); err == nil {
		return Helm
	}
	return Directory
}

// unresolved finds what the configuration names and no tree has.
func (c *Config) unresolved(trees []fs.FS, sides [][]Environment) []Fault {
	var faults []Fault
	require := func(p, at, what string) {
		for _, tree := range trees {
			if _, err := fs.Stat(tree, p); err == nil {
				return
			}
		}
		faults = append(faults, c.fault(at, fmt.Sprintf("%s %q is not in the repository", what, p), "correct the path or remove it"))
	}
	for i, p := range c.Policies.Paths {
		require(p, fmt.Sprintf("policies.paths[%d]", i), "policy directory")
	}
	for i, spec := range c.Environments {
		at := fmt.Sprintf("environments[%d]", i)
		for j, r := range spec.Roots {
			require(r.Path, fmt.Sprintf("%s.roots[%d].path", at, j), "root")
			for k, v := range r.Values {
				require(v, fmt.Sprintf("%s.roots[%d].values[%d]", at, j, k), "values file")
			}
		}
		if f, ok := c.undiscovered(spec, at, sides); ok {
			faults = append(faults, f)
		}
	}
	return faults
}

// undiscovered is the fault of an environment without roots of its own that
// discovery finds in no tree.
func (c *Config) undiscovered(spec EnvironmentSpec, at string, sides [][]Environment) (Fault, bool) {
	if len(spec.Roots) > 0 {
		return Fault{}, false
	}
	if !c.discovers() {
		return c.fault(at+".name", fmt.Sprintf("environment %q has no roots, and discovery is off", spec.Name),
			"add roots, or set discovery.enabled: true"), true
	}
	var names []string
	for _, side := range sides {
		for _, env := range side {
			if env.Name == spec.Name {
				return Fault{}, false
			}
			names = append(names, env.Name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	hint := "add roots"
	if near := nearest(spec.Name, names); near != "" {
		hint += ", or did you mean " + near + "?"
	} else if len(names) > 0 {
		hint += ", or use the name of an environment that is found: " + strings.Join(names, ", ")
	}
	return c.fault(at+".name", fmt.Sprintf("environment %q has no roots, and discovery finds none of this name", spec.Name), hint), true
}

// rootKey tells the roots of one environment apart.
func rootKey(r Root) string {
	return strings.Join(append([]string{r.Path, r.Release}, r.Values...), "\x00")
}

func compareRoots(a, b Root) int { return strings.Compare(rootKey(a), rootKey(b)) }
