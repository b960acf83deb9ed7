package pipeline

import (
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// generators are the kinds whose controllers make further objects of them, by
// API group. What they make is not rendered, and so was not looked at.
func generators() map[string][]string {
	return map[string][]string{
		"kustomize.toolkit.fluxcd.io":  {"Kustomization"},
		"helm.toolkit.fluxcd.io":       {"HelmRelease"},
		"source.extensions.fluxcd.io":  {"ArtifactGenerator"},
		"fluxcd.controlplane.io":       {"FluxInstance", "ResourceSet"},
		"argoproj.io":                  {"Application", "ApplicationSet"},
		"helm.cattle.io":               {"HelmChart", "HelmChartConfig"},
		"kapp.k14s.io":                 {"App"},
		"addons.cluster.x-k8s.io":      {"ClusterResourceSet", "HelmChartProxy"},
		"apps.open-cluster-management": {"Subscription"},
	}
}

// unfollowed lists the objects of a set that stand for others.
func unfollowed(set *manifest.Set) []verdict.Entry {
	var entries []verdict.Entry
	known := generators()
	for _, o := range set.All() {
		for _, kind := range known[o.ID().Group] {
			if kind == o.ID().Kind {
				entries = append(entries, verdict.Entry{
					Object: Name(o), Stage: verdict.StageRender, Reason: verdict.Unsupported, Location: location(o.Origin().Position),
					Detail: "the objects that its controller makes of it are not rendered",
				})
			}
		}
	}
	return entries
}
