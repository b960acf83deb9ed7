package config

import (
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/layout"
)

// place is the environment that a path names.
type place struct {
	env, dir, rule string
	// customary says that only the name of the directory shows the environment,
	// and not the name of its parent as well.
	customary bool
	// ambiguous says that the name is as often that of something else.
	ambiguous bool
}

// findPlace looks for the outermost directory of a path that names an
// environment.
func findPlace(dir string) (place, bool) {
	parent := ""
	for at, segments := "", strings.Split(dir, "/"); len(segments) > 0; segments = segments[1:] {
		name := segments[0]
		at = path.Join(at, name)
		switch {
		case holdsEnvironments(parent) && !isShared(name):
			return place{env: cleanName(name), dir: at, rule: parent + "/<env>"}, true
		case isCustomary(name) && !isDocumentation(parent):
			return place{env: cleanName(name), dir: at, rule: path.Join(parent, "<env>"), customary: true,
				ambiguous: strings.HasPrefix(strings.ToLower(name), "test")}, true
		}
		parent = name
	}
	return place{}, false
}

func holdsEnvironments(name string) bool {
	switch strings.ToLower(name) {
	case "overlays", "environments", "envs", "env", "clusters":
		return true
	}
	return false
}

// isShared reports whether a directory beside those of environments holds what
// they have in common.
func isShared(name string) bool {
	switch strings.ToLower(strings.Trim(name, "_")) {
	case "base", "bases", "common", "shared", "component", "components", "module", "modules", "template", "templates", "lib", "global", "all":
		return true
	}
	return false
}

func isDocumentation(name string) bool { return name == "docs" || name == "doc" }

// isCustomary reports whether a name is one that teams give to environments,
// with or without a number: dev, qa, staging, prod-2.
func isCustomary(name string) bool {
	switch strings.TrimRight(strings.ToLower(name), "-_.0123456789") {
	case "dev", "develop", "development", "test", "testing", "qa", "int", "integration", "uat", "sit", "stg", "stage", "staging",
		"preprod", "pre-prod", "preproduction", "pre-production", "canary", "sandbox", "perf", "prd", "prod", "production", "live", "dr":
		return true
	}
	return false
}

// isProduction reports whether a segment of a name says so: prod-eu, eu/prod1.
func isProduction(name string) bool {
	segments := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("-_./", r) })
	for i, s := range segments {
		switch strings.TrimRight(s, "0123456789") {
		case "prod", "prd", "production", "live":
			if i == 0 || segments[i-1] != "pre" && segments[i-1] != "non" {
				return true
			}
		}
	}
	return false
}

// cleanName makes the name of an environment from that of a directory.
func cleanName(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', strings.ContainsRune("._-/", r):
			return r
		}
		return '-'
	}, strings.ToLower(name))
	clean = strings.Trim(clean, ".-/")
	if clean == "" {
		return "root"
	}
	return clean
}

// values is a values file of one environment.
type values struct {
	env, file, rule string
}

// chartValues tells the values files of environments from those that all have
// in common, which come before them. Other values files, such as examples and
// the chart's own values.yaml, are left out.
func chartValues(c *layout.Chart) (common []string, perEnv []values) {
	for _, file := range c.Values {
		v, ok := valuesOf(file)
		v.file = path.Join(c.Dir, file)
		switch {
		case !ok:
		case isShared(v.env) || v.env == "default" || v.env == "defaults":
			common = append(common, v.file)
		default:
			perEnv = append(perEnv, v)
		}
	}
	return common, perEnv
}

func valuesOf(file string) (values, bool) {
	dir, name := path.Split(file)
	stem := strings.TrimSuffix(name, path.Ext(name))
	var env, rule string
	switch {
	case dir == "values/" && stem != "values":
		env, rule = stem, "values/<env>.yaml"
		env = strings.TrimPrefix(strings.TrimPrefix(env, "values-"), "values.")
	case dir == "" && strings.HasPrefix(stem, "values-"):
		env, rule = stem[len("values-"):], "values-<env>.yaml"
	case dir == "" && strings.HasPrefix(stem, "values."):
		env, rule = stem[len("values."):], "values.<env>.yaml"
	case dir != "" && dir != "values/" && stem == "values":
		env, rule = path.Base(dir), path.Dir(path.Clean(dir))+"/<env>/values.yaml"
	default:
		return values{}, false
	}
	words := strings.FieldsFunc(strings.ToLower(env), func(r rune) bool { return strings.ContainsRune("-_.", r) })
	for _, noEnvironment := range []string{"example", "examples", "sample", "template", "schema"} {
		if slices.Contains(words, noEnvironment) {
			return values{}, false
		}
	}
	return values{env: cleanName(env), rule: rule}, env != ""
}
