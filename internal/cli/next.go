package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/pipeline"
)

// next loads the configuration and the rules of head, for a preview. Nobody has
// reviewed them: what they would have fetched is fetched only from where base
// fetches already, and for a fork not at all.
func (o *sourceOptions) next(ctx context.Context, c *change.Change, cfg *config.Config) (*config.Config, pipeline.Judge, error) {
	head := cfg
	if o.config == "" {
		var err error
		if head, err = config.Load(c.Head, config.FileName); err != nil {
			return nil, nil, err
		}
	}
	for _, b := range head.Policies.Bundles {
		if b.File == "" && !slices.Contains(cfg.Policies.Bundles, b) && (o.fork || !fetched(cfg, b)) {
			return nil, nil, &pipeline.Unpreviewed{Detail: fmt.Sprintf(
				"the change adds the bundle %s, which is not fetched before somebody has reviewed it, so that what the change makes of the rules is not previewed", b.Name())}
		}
	}
	engine, err := loadRules(ctx, o.loader, c.Head, head, !o.fork)
	if err != nil {
		return nil, nil, err
	}
	return head, engine, nil
}

// fetched reports whether a configuration has a bundle from the same place, in
// another version.
func fetched(cfg *config.Config, b config.BundleSpec) bool {
	return slices.ContainsFunc(cfg.Policies.Bundles, func(known config.BundleSpec) bool { return known.URL == b.URL && known.OCI == b.OCI && b.File == "" })
}
