package config

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// oldestMinor is the first minor version of Kubernetes of which it is known what
// its API server serves, and the first that can be run for a dry-run. Whether
// there is a server for a later one is for the dry-run to say.
const oldestMinor = 30

var (
	environmentName = regexp.MustCompile(`^[a-z0-9_]([a-z0-9._/-]*[a-z0-9_])?$`)
	minorVersion    = regexp.MustCompile(`^1\.(0|[1-9][0-9]{0,2})$`)
	looseVersion    = regexp.MustCompile(`^v?(1\.(?:0|[1-9][0-9]{0,2}))(\.[0-9]+)?([-+].*)?$`)
)

// fault makes a Fault at the line of a value.
func (c *Config) fault(at, msg, hint string) Fault {
	return Fault{File: c.File, Line: c.lines[at], Msg: msg, Hint: hint}
}

// validate checks what the types cannot express and needs no repository. It
// brings paths into their shortest form.
func (c *Config) validate() []Fault {
	var faults []Fault
	add := func(at, hint, format string, args ...any) {
		faults = append(faults, c.fault(at, fmt.Sprintf(format, args...), hint))
	}
	if _, given := c.lines["version"]; !given {
		add("version", fmt.Sprintf("add the line `version: %d`", Version), "the version of the configuration is missing")
	} else if c.Version != Version {
		add("version", fmt.Sprintf("write `version: %d`, or use a Penstock that knows version %d", Version, c.Version),
			"unsupported version %d: this Penstock knows version %d", c.Version, Version)
	}
	checkVersion(c.KubernetesVersion, "kubernetesVersion", add)
	for i := range c.Policies.Paths {
		c.Policies.Paths[i] = checkPath(c.Policies.Paths[i], fmt.Sprintf("policies.paths[%d]", i), add)
	}
	if _, given := c.lines["waivers"]; given {
		c.Waivers = checkPath(c.Waivers, "waivers", add)
	}
	for i := range c.Policies.Bundles {
		checkBundle(&c.Policies.Bundles[i], fmt.Sprintf("policies.bundles[%d]", i), add)
	}
	for i, glob := range c.Discovery.Exclude {
		if _, err := path.Match(glob, ""); err != nil || glob == "" || path.IsAbs(glob) {
			add(fmt.Sprintf("discovery.exclude[%d]", i), "write a relative glob such as \"examples/**\"", "%q is not a glob", glob)
		}
	}
	checkDefinitions(c.CRDs, "crds", add)
	if c.DryRun.Kubeconfig != "" && c.DryRun.Mode != "cluster" {
		add("dryRun.kubeconfig", "set dryRun.mode: cluster, or remove dryRun.kubeconfig",
			"dryRun.kubeconfig has no effect in mode %q", c.DryRun.Mode)
	}
	names := map[string]int{}
	for i := range c.Environments {
		at := fmt.Sprintf("environments[%d]", i)
		c.checkEnvironment(&c.Environments[i], at, add)
		name := c.Environments[i].Name
		if first, dup := names[name]; dup && name != "" {
			add(at+".name", "merge the two, or rename one", "environment %q is configured twice, first in line %d",
				name, c.lines[fmt.Sprintf("environments[%d].name", first)])
			continue
		}
		names[name] = i
	}
	return faults
}

// reporter adds a fault at the line of a value.
type reporter func(at, hint, format string, args ...any)

func (c *Config) checkEnvironment(e *EnvironmentSpec, at string, add reporter) {
	switch {
	case e.Name == "":
		add(at, "add `name: …`", "%s has no name", at)
	case !environmentName.MatchString(e.Name):
		add(at+".name", "use lower-case letters, digits, dots, underscores, dashes and slashes", "%q cannot be the name of an environment", e.Name)
	}
	if _, given := c.lines[at+".kubernetesVersion"]; given {
		checkVersion(e.KubernetesVersion, at+".kubernetesVersion", add)
	}
	if e.Kubeconfig != "" && e.Context == "" {
		add(at+".kubeconfig", "add `context: …`: the current context of a kubeconfig may be any cluster", "%s.kubeconfig has no effect without a context", at)
	}
	if e.Drift && e.Context == "" {
		add(at+".drift", "add `context: …`, or remove drift", "%s.drift compares a cluster with base, and no context names one", at)
	}
	checkDefinitions(e.CRDs, at+".crds", add)
	for i, v := range e.APIVersions {
		if v == "" || strings.ContainsAny(v, " \t\n") || strings.Count(v, "/") > 2 {
			add(fmt.Sprintf("%s.apiVersions[%d]", at, i), "write group/version or group/version/Kind", "%q is not an API version", v)
		}
	}
	c.checkApplier(e, at, add)
	seen := map[string]bool{}
	for i := range e.Roots {
		r := &e.Roots[i]
		where := fmt.Sprintf("%s.roots[%d]", at, i)
		if r.Path == "" {
			add(where, "add `path: …`; the root of the repository is `.`", "%s has no path", where)
			continue
		}
		r.Path = checkPath(r.Path, where+".path", add)
		for j := range r.Values {
			r.Values[j] = checkPath(r.Values[j], fmt.Sprintf("%s.values[%d]", where, j), add)
		}
		if r.Kind != "" && r.Kind != Helm && (len(r.Values) > 0 || r.Release != "" || r.Namespace != "") {
			add(where, "remove values, release and namespace, or set kind: helm", "values, release and namespace are for charts, and %s is of kind %s", where, r.Kind)
		}
		key := rootKey(Root{Path: r.Path, Release: r.Release, Values: r.Values})
		if seen[key] {
			add(where, "remove one of the two", "root %q is given twice", r.Path)
		}
		seen[key] = true
	}
}

func checkVersion(version, at string, add reporter) {
	if m := minorVersion.FindStringSubmatch(version); m != nil {
		if minor, err := strconv.Atoi(m[1]); err != nil || minor < oldestMinor {
			add(at, fmt.Sprintf("write \"1.%d\" if it is near enough, and know that answers may differ", oldestMinor), "%s is %q; Kubernetes is known from 1.%d on", at, version, oldestMinor)
		}
		return
	}
	hint := fmt.Sprintf("write a minor version in quotes, such as %q", DefaultKubernetesVersion)
	if m := looseVersion.FindStringSubmatch(version); m != nil {
		hint = fmt.Sprintf("write the minor version alone: %q", m[1])
	}
	add(at, hint, "%s is %q, which is not a minor version of Kubernetes", at, version)
}

// checkDefinitions checks a list of files, directories and globs.
func checkDefinitions(paths []string, at string, add reporter) {
	for i := range paths {
		where := fmt.Sprintf("%s[%d]", at, i)
		paths[i] = checkPath(paths[i], where, add)
		if _, err := path.Match(paths[i], ""); err != nil || strings.Contains(paths[i], "**") {
			add(where, "name the directory: all that is below it is read", "%q is not a glob", paths[i])
		}
	}
}

// checkPath returns the shortest form of a path of the repository.
func checkPath(p, at string, add reporter) string {
	clean := path.Clean(p)
	if p == "" || !fs.ValidPath(clean) || strings.Contains(p, `\`) {
		add(at, "write a path relative to the root of the repository, with forward slashes",
			"%q does not lie in the repository", p)
	}
	return clean
}
