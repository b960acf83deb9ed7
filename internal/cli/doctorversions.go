package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/config"
)

// versions says who answers as the versions of the environments, where checks ask
// embedded servers.
func (d *diagnosis) versions(ctx context.Context, mode string, assets dryrun.Assets, envs []config.Environment) {
	if mode != dryrun.Embedded {
		return
	}
	named := map[string][]string{}
	for _, env := range envs {
		named[env.KubernetesVersion] = append(named[env.KubernetesVersion], env.Name)
	}
	for _, version := range slices.Sorted(maps.Keys(named)) {
		switch who, err := dryrun.Answers(ctx, assets, version); {
		case err != nil:
			d.add(examined{Status: statusProblem, Message: fmt.Sprintf("nobody answers for %s: %v", few(named[version]), err), Hint: hintOf(err), Location: placeOf(config.FileName, 0)})
		case who != "embedded "+version:
			d.ok("%s answers for %s", who, few(named[version]))
		}
	}
}
