package config

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Resolve returns the environments, sorted by name, with the defaults of the
// configuration merged into each: those that are configured, else those that
// are discovered in any of the trees (an environment that only the head has is
// new, one that only the base has goes away).
func (c *Config) Resolve(trees ...fs.FS) ([]Environment, error) {
	var envs []Environment
	if len(c.Environments) > 0 {
		for _, spec := range c.Environments {
			e, err := spec.resolve(trees)
			if err != nil {
				return nil, err
			}
			envs = append(envs, e)
		}
	} else {
		byName := map[string]Environment{}
		for _, tree := range trees {
			found, err := Discover(tree)
			if err != nil {
				return nil, err
			}
			for _, e := range found {
				byName[e.Name] = join(byName[e.Name], e)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(byName)) {
			envs = append(envs, byName[name])
		}
	}
	for i := range envs {
		envs[i] = c.complete(envs[i])
	}
	slices.SortFunc(envs, func(a, b Environment) int { return strings.Compare(a.Name, b.Name) })
	return envs, nil
}

// join adds the roots of b to a.
func join(a, b Environment) Environment {
	if a.Name == "" {
		return b
	}
	for _, r := range b.Roots {
		if !slices.ContainsFunc(a.Roots, func(known Root) bool { return known.Path == r.Path && slices.Equal(known.Values, r.Values) }) {
			a.Roots = append(slices.Clone(a.Roots), r)
		}
	}
	sortRoots(a.Roots)
	return a
}

func sortRoots(roots []Root) {
	slices.SortFunc(roots, func(a, b Root) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), slices.Compare(a.Values, b.Values))
	})
}

func (c *Config) complete(e Environment) Environment {
	e.KubernetesVersion = cmp.Or(e.KubernetesVersion, c.KubernetesVersion)
	severities := maps.Clone(c.Policies.Severities)
	if severities == nil {
		severities = map[string]string{}
	}
	maps.Copy(severities, e.Severities)
	e.Severities = severities
	parameters := map[string]map[string]any{}
	for _, layer := range []map[string]map[string]any{c.Policies.Parameters, e.Parameters} {
		for rule, values := range layer {
			merged := maps.Clone(parameters[rule])
			if merged == nil {
				merged = map[string]any{}
			}
			maps.Copy(merged, values)
			parameters[rule] = merged
		}
	}
	e.Parameters = parameters
	return e
}

func (s EnvironmentSpec) resolve(trees []fs.FS) (Environment, error) {
	e := Environment{
		Name: s.Name, KubernetesVersion: s.KubernetesVersion, APIVersions: s.APIVersions, Labels: s.Labels,
		Parameters: s.Parameters, Severities: s.Severities, Context: s.Context, Found: "configuration",
	}
	for _, spec := range s.Roots {
		r := Root{Path: path.Clean(spec.Path), Kind: RootKind(spec.Kind), Release: spec.Release, Namespace: spec.Namespace}
		for _, v := range spec.Values {
			r.Values = append(r.Values, path.Clean(v))
		}
		there := slices.ContainsFunc(trees, func(t fs.FS) bool { _, err := fs.Stat(t, r.Path); return err == nil })
		if !there {
			return e, &Error{File: FileName, Msg: fmt.Sprintf("environment %s: the root %s is neither in base nor in head", s.Name, r.Path), Hint: "correct the path"}
		}
		for _, t := range trees {
			if r.Kind == "" {
				r.Kind = kindOf(t, r.Path)
			}
		}
		r.Kind = cmp.Or(r.Kind, Directory)
		e.Roots = append(e.Roots, r)
	}
	return e, nil
}

// kindOf looks at what a directory holds; it is empty for one of plain manifests.
func kindOf(fsys fs.FS, dir string) RootKind {
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		if _, err := fs.Stat(fsys, path.Join(dir, name)); err == nil {
			return Kustomize
		}
	}
	if _, err := fs.Stat(fsys, path.Join(dir, "Chart.yaml")); err == nil {
		return Helm
	}
	return ""
}
