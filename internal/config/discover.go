package config

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// Discover finds the environments of a repository by its layout. Found of each
// names the rule:
//
//   - overlays/<env>, environments|envs|clusters/<env>: a directory of that place;
//   - <env>: a directory with a usual name of an environment, such as apps/staging;
//   - values-<env>.yaml, values/<env>.yaml: a chart with values for each environment;
//   - manifests: whatever else holds manifests, each directory by itself.
//
// Directories of one name are roots of one environment. Nothing that holds
// manifests is left out, but for bases and components, which others build upon.
func Discover(fsys fs.FS) ([]Environment, error) {
	s := survey{fsys: fsys, kustomizations: map[string]bool{}, used: map[string]bool{}, charts: map[string]bool{}, plain: map[string]bool{}, values: map[string][]string{}}
	if err := fs.WalkDir(fsys, ".", s.visit); err != nil {
		return nil, fmt.Errorf("looking for environments: %w", err)
	}
	found := map[string]Environment{}
	add := func(name, rule string, r Root) {
		e := Environment{Name: name, Found: rule, Roots: []Root{r}}
		if productionPattern.MatchString(name) {
			e.Labels = map[string]string{"tier": "production"}
		}
		found[name] = join(found[name], e)
	}
	for _, r := range s.roots() {
		name, rule := nameOf(r.Path)
		add(name, rule, r)
	}
	for _, dir := range slices.Sorted(maps.Keys(s.charts)) {
		s.chart(dir, add)
	}
	var envs []Environment
	for _, name := range slices.Sorted(maps.Keys(found)) {
		envs = append(envs, found[name])
	}
	return envs, nil
}

var (
	productionPattern = regexp.MustCompile(`(^|[-_./])(prod|production|live)($|[-_./])`)
	usualPattern      = regexp.MustCompile(`^(dev|develop|development|test|testing|qa|uat|int|integration|stage|staging|preprod|pre-prod|prod|production|live|sandbox|preview|demo)([-_].+)?$`)
	manifestPattern   = regexp.MustCompile(`(?m)^["']?apiVersion["']?\s*:|^\s*"apiVersion"\s*:`)
	kindPattern       = regexp.MustCompile(`(?m)^["']?kind["']?\s*:|^\s*"kind"\s*:`)
	valuesPattern     = regexp.MustCompile(`^values[-._](.+)\.ya?ml$`)
)

// survey is what one walk over a tree sees.
type survey struct {
	fsys fs.FS
	// kustomizations are the directories with a kustomization file; used are
	// those that another one builds upon, and components.
	kustomizations, used map[string]bool
	charts               map[string]bool
	// plain are the directories with manifests.
	plain map[string]bool
	// values are the YAML files by directory that may be values of a chart.
	values map[string][]string
}

func (s *survey) visit(p string, e fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	if e.IsDir() {
		if p != "." && skipped(e.Name()) {
			return fs.SkipDir
		}
		if p != "." && s.charts[path.Dir(p)] && slices.Contains([]string{"templates", "charts", "crds"}, e.Name()) {
			return fs.SkipDir
		}
		if _, err := fs.Stat(s.fsys, path.Join(p, "Chart.yaml")); err == nil {
			s.charts[p] = true
		}
		return nil
	}
	if ext := path.Ext(p); ext != ".yaml" && ext != ".yml" && ext != ".json" && e.Name() != "Kustomization" {
		return nil
	}
	dir := path.Dir(p)
	s.values[dir] = append(s.values[dir], p)
	data, err := fs.ReadFile(s.fsys, p)
	if err != nil {
		return nil // a link out of the tree; whoever renders it says so
	}
	switch e.Name() {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		s.kustomization(dir, p, data)
	default:
		if manifestPattern.Match(data) && kindPattern.Match(data) && !strings.HasPrefix(e.Name(), ".") {
			s.plain[dir] = true
		}
	}
	return nil
}

// skipped are directories that hold no manifests of an environment.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || name == "node_modules" || name == "vendor" || name == "testdata"
}

// kustomization notes what a kustomization builds upon.
func (s *survey) kustomization(dir, file string, data []byte) {
	s.kustomizations[dir] = true
	docs, err := manifest.Decode(file, data)
	if err != nil {
		return // rendering it says what is wrong
	}
	for _, doc := range docs {
		if doc.Fields["kind"] == "Component" {
			s.used[dir] = true
		}
		for _, field := range []string{"resources", "bases", "components"} {
			list, _ := doc.Fields[field].([]any)
			for _, item := range list {
				if entry, ok := item.(string); ok {
					s.used[path.Join(dir, entry)] = true
				}
			}
		}
	}
}

// roots are the kustomizations that nothing builds upon, and the top-most
// directories of plain manifests that no kustomization reads.
func (s *survey) roots() []Root {
	var roots []Root
	for _, dir := range slices.Sorted(maps.Keys(s.kustomizations)) {
		if !s.used[dir] {
			roots = append(roots, Root{Kind: Kustomize, Path: dir})
		}
	}
	var taken []string
	for _, dir := range slices.Sorted(maps.Keys(s.plain)) {
		if s.belowKustomization(dir) || slices.ContainsFunc(taken, func(t string) bool { return t == dir || strings.HasPrefix(dir, t+"/") }) {
			continue
		}
		taken = append(taken, dir)
		roots = append(roots, Root{Kind: Directory, Path: dir})
	}
	return roots
}

// belowKustomization reports whether a kustomization in dir or above it may
// read the files of dir.
func (s *survey) belowKustomization(dir string) bool {
	for ; ; dir = path.Dir(dir) {
		if s.kustomizations[dir] || s.used[dir] {
			return true
		}
		if dir == "." {
			return false
		}
	}
}

// nameOf finds the environment that a path belongs to, and by which rule.
func nameOf(dir string) (name, rule string) {
	parts := strings.Split(dir, "/")
	for i := 0; i+1 < len(parts); i++ {
		switch parts[i] {
		case "overlays", "environments", "envs", "clusters":
			return parts[i+1], parts[i] + "/<env>"
		}
	}
	for _, part := range slices.Backward(parts) {
		if usualPattern.MatchString(part) {
			return part, "<env>"
		}
	}
	if dir == "." {
		return "default", "manifests"
	}
	return dir, "manifests"
}

// chart adds a root for each values file that is made for an environment.
func (s *survey) chart(dir string, add func(name, rule string, r Root)) {
	made := false
	for _, file := range s.values[dir] {
		if m := valuesPattern.FindStringSubmatch(path.Base(file)); m != nil {
			add(m[1], "values-<env>.yaml", Root{Kind: Helm, Path: dir, Values: []string{file}})
			made = true
		}
	}
	for _, file := range s.values[path.Join(dir, "values")] {
		name := strings.TrimSuffix(path.Base(file), path.Ext(file))
		add(name, "values/<env>.yaml", Root{Kind: Helm, Path: dir, Values: []string{file}})
		made = true
	}
	if made {
		return
	}
	if data, err := fs.ReadFile(s.fsys, path.Join(dir, "Chart.yaml")); err == nil && bytes.Contains(data, []byte("type: library")) {
		return // a library chart renders nothing by itself
	}
	name, rule := nameOf(dir)
	add(name, rule, Root{Kind: Helm, Path: dir})
}
