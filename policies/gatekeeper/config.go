package gatekeeper

import (
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// Process is a part of Gatekeeper that can be told to leave namespaces alone
// (https://open-policy-agent.github.io/gatekeeper/website/docs/exempt-namespaces).
type Process string

// The processes that judge objects: the webhook what changes, the audit what is
// there.
const (
	ProcessWebhook Process = "webhook"
	ProcessAudit   Process = "audit"
)

// configName is the only name under which Gatekeeper reads its Config, and
// configNamespace the namespace in which it is installed
// (https://open-policy-agent.github.io/gatekeeper/website/docs/install). Another
// one is told to its process, which nothing here sees.
const (
	configName      = "config"
	configNamespace = "gatekeeper-system"
)

// Config is the Config of Gatekeeper, as far as it exempts namespaces. The nil
// Config exempts none.
type Config struct {
	Object  *manifest.Object
	entries []exemption
}

type exemption struct {
	ExcludedNamespaces []string `json:"excludedNamespaces"`
	Processes          []string `json:"processes"`
}

func newConfig(o *manifest.Object) (*Config, *Fault) {
	c := &Config{Object: o}
	match := at(o.Fields(), "spec", "match")
	if match == nil {
		return c, nil
	}
	if err := strictly(match, &c.entries); err != nil {
		return nil, faultAt(o, "/spec/match", "spec.match: %s", err)
	}
	for _, e := range c.entries {
		for _, p := range e.Processes {
			if !slices.Contains([]string{"*", "audit", "webhook", "mutation-webhook", "sync"}, p) {
				return nil, faultAt(o, "/spec/match", "spec.match: the process %s is none of audit, webhook, mutation-webhook, sync and *", p)
			}
		}
		for _, glob := range e.ExcludedNamespaces {
			if strings.Contains(strings.TrimSuffix(strings.TrimPrefix(glob, "*"), "*"), "*") {
				return nil, faultAt(o, "/spec/match", "spec.match: %s has a * that is neither first nor last", glob)
			}
		}
	}
	return c, nil
}

// Exempts reports whether a process leaves an object in a namespace alone, and
// names the namespace. A Namespace is taken for its own; objects of the cluster
// are never exempted.
func (c *Config) Exempts(p Process, s Subject) (namespace string, exempted bool) {
	if c == nil {
		return "", false
	}
	namespace = s.Namespace
	if isNamespace(s.Fields) {
		namespace = text(s.Fields, "metadata", "name")
	}
	if namespace == "" {
		return "", false
	}
	return namespace, slices.ContainsFunc(c.entries, func(e exemption) bool {
		return (slices.Contains(e.Processes, string(p)) || slices.Contains(e.Processes, "*")) &&
			slices.ContainsFunc(e.ExcludedNamespaces, func(glob string) bool { return globs(glob, namespace) })
	})
}

// unsynced reports whether the Config keeps namespaces out of data.inventory.
func (c *Config) unsynced() bool {
	return slices.ContainsFunc(c.entries, func(e exemption) bool { return slices.Contains(e.Processes, "sync") })
}
