package config

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/layout"
	"github.com/penstock-dev/penstock/internal/manifest"
)

// Those who apply what an environment receives (Environment.AppliedBy). The
// empty string stands for somebody who is not known.
const (
	// Flux is kustomize-controller or, for charts, helm-controller.
	Flux = "flux"
	// ArgoCD is argocd-controller.
	ArgoCD = "argocd"
	// HelmCLI is Helm 4, which applies on the server.
	HelmCLI = "helm"
	// Helm3 is Helm 3, which merges three ways.
	Helm3 = "helm3"
	// Kubectl is kubectl apply.
	Kubectl = "kubectl"
	// KubectlServerSide is kubectl apply --server-side.
	KubectlServerSide = "kubectl-server-side"
)

// The options of those who apply (Environment.ApplyOptions). On single objects
// they are annotations of the same meaning.
const (
	// Force deletes and creates anew what cannot be changed in place
	// (spec.force of Flux, kubectl apply --force).
	Force = "Force=true"
	// ForceConflicts takes over the fields of other managers.
	ForceConflicts = "ForceConflicts=true"
	// NoPrune leaves what the repository no longer has.
	NoPrune = "Prune=false"
	// Replace puts objects in place of the old ones instead of merging.
	Replace = "Replace=true"
	// ServerSideApply applies on the server.
	ServerSideApply = "ServerSideApply=true"
	// NoValidate accepts fields that do not exist.
	NoValidate = "Validate=false"
)

// applyOptions are the options that each of those who apply knows.
func applyOptions(by string) []string {
	switch by {
	case Flux:
		return []string{Force, NoPrune}
	case ArgoCD:
		return []string{Force, NoPrune, Replace, ServerSideApply, NoValidate}
	case HelmCLI, KubectlServerSide:
		return []string{ForceConflicts}
	case Kubectl:
		return []string{Force, NoPrune, NoValidate}
	}
	return nil
}

func (c *Config) checkApplier(e *EnvironmentSpec, at string, add reporter) {
	known := applyOptions(e.AppliedBy)
	for i, option := range e.ApplyOptions {
		if slices.Contains(known, option) {
			continue
		}
		where := fmt.Sprintf("%s.applyOptions[%d]", at, i)
		switch {
		case e.AppliedBy == "":
			add(where, "add `appliedBy: …` beside applyOptions", "whose option %q is, is not said", option)
		case len(known) == 0:
			add(where, "remove it", "%s has no options here", e.AppliedBy)
		default:
			add(where, "known options of "+e.AppliedBy+": "+strings.Join(known, ", "), "%s has no option %q", e.AppliedBy, option)
		}
	}
}

// findAppliers says of the environments of a tree who applies them, where the
// configuration does not. What the first tree has keeps the answer of that, since
// it is the base of a change. files may be nil.
func findAppliers(tree fs.FS, files *layout.Tree, environments, first []Environment) error {
	known := map[string]*Environment{}
	for i := range first {
		known[first[i].Name] = &first[i]
	}
	var open []*Environment
	for i := range environments {
		env := &environments[i]
		if at := known[env.Name]; at != nil && at != env {
			env.AppliedBy, env.AppliedWhy, env.ApplyOptions = at.AppliedBy, at.AppliedWhy, at.ApplyOptions
		} else if env.AppliedBy == "" {
			open = append(open, env)
		}
	}
	if len(open) == 0 {
		return nil
	}
	found, err := findOwners(tree, files)
	if err != nil {
		return err
	}
	for _, env := range open {
		env.AppliedBy, env.AppliedWhy, env.ApplyOptions = found.of(*env)
	}
	return nil
}

// claim is an object of a controller that applies a directory.
type claim struct {
	by, file, path string
	options        []string
}

// owners are the objects of a tree that say who applies what.
type owners struct {
	claims []claim
	// flux and argo are files with such objects, whatever they apply.
	flux, argo string
}

// findOwners reads the objects of Flux and of Argo CD in a tree. What cannot be
// read says nothing here: rendering tells what is wrong with it.
func findOwners(tree fs.FS, files *layout.Tree) (owners, error) {
	var found owners
	if files == nil {
		var err error
		if files, err = layout.Scan(tree); err != nil {
			return found, fmt.Errorf("looking for who applies the environments: %w", err)
		}
	}
	for _, p := range files.Controllers {
		data, err := fs.ReadFile(tree, p)
		if err != nil {
			continue
		}
		docs, err := manifest.Decode(p, data)
		if err != nil {
			continue
		}
		for _, d := range docs {
			found.read(p, d.Fields)
		}
	}
	return found, nil
}

// applies reports whether objects of a kind tell a controller to apply others.
func applies(group, kind string) bool {
	switch group + "/" + kind {
	case "kustomize.toolkit.fluxcd.io/Kustomization", "helm.toolkit.fluxcd.io/HelmRelease", "argoproj.io/Application", "argoproj.io/ApplicationSet":
		return true
	}
	return false
}

func (o *owners) read(file string, fields map[string]any) {
	apiVersion, _ := fields["apiVersion"].(string)
	group, _, _ := strings.Cut(apiVersion, "/")
	kind, _ := fields["kind"].(string)
	if !applies(group, kind) {
		return
	}
	spec, _ := fields["spec"].(map[string]any)
	if group != "argoproj.io" {
		o.flux = cmp.Or(o.flux, file)
		if at, ok := spec["path"].(string); ok && kind == "Kustomization" {
			c := claim{by: Flux, file: file, path: cleanPath(at)}
			if spec["force"] == true {
				c.options = append(c.options, Force)
			}
			if spec["prune"] == false {
				c.options = append(c.options, NoPrune)
			}
			o.claims = append(o.claims, c)
		}
		return
	}
	o.argo = cmp.Or(o.argo, file)
	if kind == "ApplicationSet" {
		template, _ := spec["template"].(map[string]any)
		spec, _ = template["spec"].(map[string]any)
	}
	policy, _ := spec["syncPolicy"].(map[string]any)
	given, _ := policy["syncOptions"].([]any)
	var options []string
	for _, option := range given {
		if text, ok := option.(string); ok && slices.Contains(applyOptions(ArgoCD), text) {
			options = append(options, text)
		}
	}
	sources, _ := spec["sources"].([]any)
	for _, source := range append(sources, spec["source"]) {
		fields, _ := source.(map[string]any)
		if at, ok := fields["path"].(string); ok {
			o.claims = append(o.claims, claim{ArgoCD, file, cleanPath(at), options})
		}
	}
}

func cleanPath(p string) string { return strings.TrimPrefix(path.Clean("/"+p), "/") }

// of says who applies an environment: whoever names one of its roots or a
// directory above it, the nearest first; else, as far as only one of them is
// there, Flux or Argo CD, unless objects of Argo CD apply in different ways; else Helm for charts. why is the file that says so.
func (o owners) of(env Environment) (by, why string, options []string) {
	for _, r := range env.Roots {
		best := claim{}
		for _, c := range o.claims {
			near := c.path == r.Path || c.path != "" && layout.Within(r.Path, c.path)
			if near && (best.by == "" || len(c.path) > len(best.path)) {
				best = c
			}
		}
		if best.by != "" {
			return best.by, best.file, slices.Clone(best.options)
		}
	}
	charts := len(env.Roots) > 0 && !slices.ContainsFunc(env.Roots, func(r Root) bool { return r.Kind != Helm })
	switch {
	case o.argo != "" && o.flux != "":
		return "", "", nil
	case o.argo != "":
		if !o.alike() {
			return "", "", nil
		}
		return ArgoCD, o.argo, o.common(ArgoCD)
	case o.flux != "":
		return Flux, o.flux, o.common(Flux)
	case charts:
		return HelmCLI, "its roots, which are charts", nil
	}
	return "", "", nil
}

// alike reports whether all claims of Argo CD apply in the same way: what is
// applied on the server may not fit into an annotation.
func (o owners) alike() bool {
	var first *claim
	for n, c := range o.claims {
		switch {
		case c.by != ArgoCD:
		case first == nil:
			first = &o.claims[n]
		default:
			for _, option := range []string{Replace, ServerSideApply} {
				if slices.Contains(c.options, option) != slices.Contains(first.options, option) {
					return false
				}
			}
		}
	}
	return true
}

// common are the options that all claims of a controller have.
func (o owners) common(by string) []string {
	var out []string
	first := true
	for _, c := range o.claims {
		switch {
		case c.by != by:
		case first:
			out, first = slices.Clone(c.options), false
		default:
			out = slices.DeleteFunc(out, func(option string) bool { return !slices.Contains(c.options, option) })
		}
	}
	return out
}
