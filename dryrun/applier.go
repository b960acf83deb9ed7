package dryrun

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// method is how an object gets to the server.
type method int

const (
	// serverSide is an apply patch.
	serverSide method = iota
	// clientSide is a patch made of the annotation in which kubectl keeps what it
	// applied last (https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/).
	clientSide
	// threeWay is a patch made of the manifest of the last release
	// (https://helm.sh/docs/v3/faq/changes_since_helm2/).
	threeWay
	// replace puts the object in place of the old one, whatever else is in that.
	replace
)

// applier is who applies an environment in production, and how. The zero value
// stands for somebody who is not known: server-side apply that takes over what
// others own.
type applier struct {
	by      string
	options []string
	// manager owns the fields that are applied, of base and head alike, so that a
	// field which head leaves out is removed.
	manager string
	method  method
	// polite fails where it would take over the fields of others.
	polite bool
	// lenient accepts unknown fields, which the server then drops with a warning.
	lenient bool
}

// newApplier is whoever applies an environment. Somebody who is not known here is
// an error; the configuration refuses such.
//
// The managers are those of github.com/fluxcd/kustomize-controller (main.go),
// github.com/fluxcd/helm-controller, which forces conflicts, argo-cd
// (common.ArgoCDSSAManager), Helm 4 (pkg/kube) and kubectl (pkg/cmd/apply).
func newApplier(env config.Environment) (applier, error) {
	a := applier{by: env.AppliedBy, options: env.ApplyOptions}
	switch env.AppliedBy {
	case "":
	case config.Flux:
		// Of an object that says what root it is of, forRoot knows more.
		a.manager = kustomizeController
		if !slices.ContainsFunc(env.Roots, func(r config.Root) bool { return r.Kind != config.Helm }) && len(env.Roots) > 0 {
			a.manager = helmController
		}
	case config.ArgoCD:
		a.manager, a.method = "argocd-controller", clientSide
	case config.HelmCLI:
		a.manager, a.polite = "helm", !a.has(config.ForceConflicts)
	case config.Helm3:
		a.manager, a.method, a.lenient = "helm", threeWay, true
	case config.Kubectl:
		a.manager, a.method = "kubectl-client-side-apply", clientSide
	case config.KubectlServerSide:
		a.polite = !a.has(config.ForceConflicts)
	default:
		return a, fmt.Errorf("how %q applies objects is not known", env.AppliedBy)
	}
	a.manager = cmp.Or(a.manager, manager)
	return a, nil
}

// forRoot is who applies what was rendered of a root: of Flux, helm-controller
// installs charts, and kustomize-controller applies the rest.
func (a applier) forRoot(chart bool) applier {
	if a.by == config.Flux && chart {
		a.manager = helmController
	}
	return a
}

// charted reports whether an object is of a root that is a chart. What a
// kustomization makes of a chart is its own.
func charted(o *manifest.Object) bool {
	owners := o.Origin().Owners
	return len(owners) > 0 && owners[0].Kind == "Chart"
}

// kustomizes reports whether kustomize-controller applies an object, or may.
func (a applier) kustomizes(o *manifest.Object) bool {
	return a.maybe(config.Flux) && a.forRoot(charted(o)).manager != helmController
}

func (a applier) has(option string) bool { return slices.Contains(a.options, option) }

// maybe reports whether it is, or may be, somebody who applies.
func (a applier) maybe(by string) bool { return a.by == by || a.by == "" }

// of is how an object is applied: as its annotations tell Argo CD, beside the
// options of the Application; replacing goes before applying on the server
// (https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/).
func (a applier) of(fields map[string]any) applier {
	has, _ := child(fields["metadata"], "annotations").(map[string]any)
	given, _ := has["argocd.argoproj.io/sync-options"].(string)
	switch a.by {
	case config.ArgoCD:
		switch {
		case hasOption(given, config.Replace) || a.has(config.Replace) && !hasOption(given, "Replace=false"):
			a.method = replace
		case hasOption(given, "ServerSideApply=false"):
		case hasOption(given, config.ServerSideApply) || a.has(config.ServerSideApply):
			a.method = serverSide
		}
		a.lenient = hasOption(given, config.NoValidate) || a.has(config.NoValidate)
	case config.Kubectl:
		a.lenient = a.has(config.NoValidate)
	}
	return a
}

// forced reports whether whoever applies an object deletes the old one where that
// cannot be changed in place, as the object or the whole environment asks. Where
// it is not known who that is, old has to ask for it as well, so that no change
// makes a creation of its updates
// (https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/,
// https://fluxcd.io/flux/components/kustomize/kustomizations/#force).
func (a applier) forced(o, old *manifest.Object) bool {
	ofFlux := func(o *manifest.Object) bool { return fluxed(o, "force", "enabled") }
	ofArgo := func(o *manifest.Object) bool { return syncOption(o, config.Force) }
	switch {
	case a.has(config.Force):
		return true
	case a.by == config.Flux:
		return ofFlux(o) && a.kustomizes(o)
	case a.by == config.ArgoCD:
		return ofArgo(o)
	}
	return a.by == "" && old != nil && (ofFlux(o) && ofFlux(old) || ofArgo(o) && ofArgo(old))
}

// keeps reports whether whoever applies an object leaves it when the repository
// no longer has it
// (https://fluxcd.io/flux/components/kustomize/kustomizations/#prune,
// https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource).
func (a applier) keeps(o *manifest.Object) bool {
	// kustomize-controller knows none of Helm's.
	ofHelm := o.Annotations()["helm.sh/resource-policy"] == "keep" && (a.by != config.Flux || !a.kustomizes(o))
	return a.has(config.NoPrune) || ofHelm ||
		a.kustomizes(o) && fluxed(o, "prune", "disabled") ||
		a.maybe(config.ArgoCD) && syncOption(o, config.NoPrune)
}

// passesOver says why whoever applies a delta leaves the server as it is, though
// the repository changes; it is nil for all that is applied, and for what somebody
// who is not known may apply: else head could switch its own dry-run off. there
// says that the old object is on the server
// (https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources,
// https://argo-cd.readthedocs.io/en/stable/user-guide/resource_hooks/).
func (a applier) passesOver(o *manifest.Object, op diff.Operation, there bool) *fault {
	if op == diff.Delete {
		return nil
	}
	off := func(setting, what string) *fault {
		return &fault{verdict.Off, setting + " keeps it from being " + what + ", so that it was not tried"}
	}
	switch kustomized := a.by == config.Flux && a.kustomizes(o); {
	case kustomized && fluxed(o, "ssa", "Ignore"):
		return off(fluxGroup+"ssa: Ignore", "applied")
	case kustomized && fluxed(o, "reconcile", "disabled"):
		return off(fluxGroup+"reconcile: disabled", "applied")
	case kustomized && there && fluxed(o, "ssa", "IfNotPresent"):
		return off(fluxGroup+"ssa: IfNotPresent", "changed where it is there already")
	case a.by == config.ArgoCD && o.Annotations()["argocd.argoproj.io/hook"] == "Skip":
		return off("argocd.argoproj.io/hook: Skip", "applied")
	}
	return nil
}

// The managers of Flux: of what it builds, and of what it installs as a chart.
const (
	kustomizeController = "kustomize-controller"
	helmController      = "helm-controller"
)

// hook reports whether whoever applies an object deletes the one before: hooks of
// Helm, and of Argo CD, which knows those of Helm too, whose default is
// before-hook-creation (https://helm.sh/docs/topics/charts_hooks/,
// https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-hooks). Where it
// is not known who that is, or Flux, which may or may not take it out of a chart,
// old has to be one as well, so that no change makes a creation of its updates.
func (a applier) hook(o, old *manifest.Object) bool {
	ofHelm := func(o *manifest.Object) bool { return o.Annotations()["helm.sh/hook"] != "" }
	ofArgo := func(o *manifest.Object) bool { return o.Annotations()["argocd.argoproj.io/hook"] != "" }
	switch {
	case a.by == config.ArgoCD:
		return ofHelm(o) || ofArgo(o)
	case a.by == config.HelmCLI, a.by == config.Helm3, a.forRoot(charted(o)).manager == helmController:
		return ofHelm(o)
	case old == nil:
		return false
	case a.by == config.Flux:
		return ofHelm(o) && ofHelm(old)
	case a.by == "":
		return ofHelm(o) && ofHelm(old) || ofArgo(o) && ofArgo(old)
	}
	return false
}

// hook reports whether the object of a trial is a hook for whoever applies it.
func (s *session) hook(t *trial) bool { return s.client.applier.hook(t.Current(), t.OldObject) }

// fluxGroup starts the annotations and labels that kustomize-controller reads.
const fluxGroup = "kustomize.toolkit.fluxcd.io/"

// fluxed reports whether an object has a setting of kustomize-controller, as an
// annotation or as a label.
func fluxed(o *manifest.Object, setting, value string) bool {
	label, _ := child(child(o.Fields()["metadata"], "labels"), fluxGroup+setting).(string)
	return strings.EqualFold(o.Annotations()[fluxGroup+setting], value) || strings.EqualFold(label, value)
}

// passedOver is passesOver for a delta, by what is on the server.
func (s *session) passedOver(ctx context.Context, t *trial, i item) *fault {
	a, there := s.client.applier, t.Operation == diff.Update && !t.absent
	if !s.live || a.passesOver(t.Current(), t.Operation, true) == nil {
		return a.passesOver(t.Current(), t.Operation, there)
	}
	if i.name != "" {
		s.lookUp(ctx, t, i)
	}
	return a.passesOver(t.Current(), t.Operation, t.base.object != nil)
}

// hasOption reports whether options of Argo CD, as an annotation gives them,
// have one.
func hasOption(given, option string) bool {
	for one := range strings.SplitSeq(given, ",") {
		if strings.TrimSpace(one) == option {
			return true
		}
	}
	return false
}
