package config

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/layout"
)

// DefaultEnvironment receives what no name assigns to another environment.
const DefaultEnvironment = "default"

// Discover finds the environments that the layout of a tree shows, sorted by
// name. Paths that match one of the globs are left out, and so is a top-level
// directory "policies" that holds Rego. In this order:
//
//  1. overlays/<env>, environments/<env>, envs/<env>, env/<env> and
//     clusters/<env>, at any depth;
//  2. <anything>/<env>, where <env> is a customary name such as staging or
//     production;
//  3. charts with values-<env>.yaml, values.<env>.yaml, values/<env>.yaml or
//     environments/<env>/values.yaml;
//  4. all else that can be rendered: environment "default".
//
// Directories of the same name are one environment with several roots. In an
// environment directory, kustomizations that no other one of the environment
// builds on are roots, charts are, and so are manifests that no kustomization
// reads. Roots that define the same objects are alternatives and cannot be in
// one environment: all but the first become environments named by their path.
// Components, library charts and kustomizations that others build on are no
// roots. What Flux or Argo CD objects refer to is not followed.
func Discover(fsys fs.FS, exclude ...string) ([]Environment, error) {
	found, _, err := discover(fsys, exclude...)
	return found, err
}

// discover is Discover, with the layout that it has read.
func discover(fsys fs.FS, exclude ...string) ([]Environment, *layout.Tree, error) {
	if holdsRego(fsys, "policies") {
		exclude = append(slices.Clone(exclude), "policies")
	}
	tree, err := layout.Scan(fsys, exclude...)
	if err != nil {
		return nil, nil, fmt.Errorf("discovering environments: %w", err)
	}
	d := discovery{tree: tree, covered: map[string]bool{}, groups: map[string][]candidate{}, named: map[string]map[layout.ID]bool{}}
	d.kustomizations()
	d.charts()
	d.manifests()
	return d.environments(), tree, nil
}

// Uncovered returns the manifests and kustomizations of a tree that no root of
// the environments reads, sorted: patches that are no longer in use, components
// that nothing includes, and what discovery was told to leave out.
func Uncovered(fsys fs.FS, environments []Environment) ([]string, error) {
	tree, err := layout.Scan(fsys)
	if err != nil {
		return nil, fmt.Errorf("looking for manifests without environment: %w", err)
	}
	d := discovery{tree: tree, covered: map[string]bool{}}
	for _, env := range environments {
		for _, r := range env.Roots {
			switch r.Kind {
			case Kustomize:
				d.cover(r.Path)
			case Directory:
				for _, p := range tree.DirectoryFiles(r.Path) {
					d.covered[p] = true
				}
			}
		}
	}
	var out []string
	for p := range tree.Manifests {
		if !d.covered[p] {
			out = append(out, p)
		}
	}
	for _, k := range tree.Kustomizations {
		if !d.covered[k.File] {
			out = append(out, k.File)
		}
	}
	slices.Sort(out)
	return out, nil
}

// candidate is a root with the rule that found it.
type candidate struct {
	root Root
	rule string
	// ids are the objects that the root is known to define.
	ids map[layout.ID]bool
}

// discovery is the state of one Discover.
type discovery struct {
	tree *layout.Tree
	// covered are the files that a root reads.
	covered map[string]bool
	// groups are the roots by the name of their environment.
	groups map[string][]candidate
	// named are the kinds and names that each kustomization reads, once asked for.
	named map[string]map[layout.ID]bool
}

func (d *discovery) add(env string, c candidate) {
	d.groups[env] = append(d.groups[env], c)
}

// cover marks the files that a kustomization reads.
func (d *discovery) cover(dir string) {
	for reached := range d.tree.Reach(dir) {
		for _, p := range d.tree.Kustomizations[reached].Files {
			d.covered[p] = true
		}
	}
}

func (d *discovery) addKustomization(env, dir, rule string) {
	d.add(env, candidate{Root{Kind: Kustomize, Path: dir}, rule, d.tree.Objects(dir)})
	d.cover(dir)
}

// kustomizations finds the roots among the directories with a kustomization.
func (d *discovery) kustomizations() {
	users := map[string][]string{} // who builds on a directory
	for dir, k := range d.tree.Kustomizations {
		for _, used := range k.Dirs {
			users[used] = append(users[used], dir)
		}
	}
	places := map[string]place{}
	for dir, k := range d.tree.Kustomizations {
		p, ok := findPlace(dir)
		if ok && !k.Component && !(p.customary && aggregated(dir, users[dir])) {
			places[dir] = p
		}
	}
	dirs := slices.Sorted(maps.Keys(d.tree.Kustomizations))
	hidden := d.hidden(places)
	for _, dir := range dirs {
		if p, ok := places[dir]; ok && !hidden[dir] {
			d.addKustomization(p.env, dir, p.rule)
		}
	}
	for _, dir := range dirs {
		if _, named := places[dir]; !named && !d.tree.Kustomizations[dir].Component && len(users[dir]) == 0 {
			d.addKustomization(DefaultEnvironment, dir, "kustomization")
		}
	}
	// What is left is built on by others and by no root: a cycle, which
	// rendering has to report.
	for _, dir := range dirs {
		if k := d.tree.Kustomizations[dir]; !k.Component && !d.covered[k.File] && d.inCycle(dir) {
			d.addKustomization(DefaultEnvironment, dir, "kustomization")
		}
	}
}

// hidden are the kustomizations that another one of the same environment
// builds on. Of those that build on each other, the first stays.
func (d *discovery) hidden(places map[string]place) map[string]bool {
	hidden := map[string]bool{}
	for _, dir := range slices.Sorted(maps.Keys(places)) {
		if hidden[dir] {
			continue
		}
		for used := range d.tree.Reach(dir) {
			if p, named := places[used]; named && used != dir && p.env == places[dir].env {
				hidden[used] = true
			}
		}
	}
	return hidden
}

func (d *discovery) inCycle(dir string) bool {
	for _, used := range d.tree.Kustomizations[dir].Dirs {
		if d.tree.Reach(used)[dir] {
			return true
		}
	}
	return false
}

// aggregated reports whether a kustomization in a directory above builds on
// dir: then its name is that of a part, such as an application called "test".
func aggregated(dir string, users []string) bool {
	return slices.ContainsFunc(users, func(user string) bool { return layout.Within(dir, user) })
}

// charts finds the roots among the charts.
func (d *discovery) charts() {
	inflated := map[string]bool{}
	for _, k := range d.tree.Kustomizations {
		for _, dir := range k.Charts {
			inflated[dir] = true
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(d.tree.Charts)) {
		chart := d.tree.Charts[dir]
		if chart.Library || inflated[dir] {
			continue
		}
		common, perEnv := chartValues(chart)
		for _, v := range perEnv {
			root := Root{Kind: Helm, Path: dir, Values: append(slices.Clone(common), v.file)}
			d.add(v.env, candidate{root: root, rule: v.rule})
		}
		if len(perEnv) > 0 {
			continue
		}
		root := Root{Kind: Helm, Path: dir, Values: common}
		if p, ok := findPlace(dir); ok && !p.ambiguous {
			d.add(p.env, candidate{root: root, rule: p.rule})
		} else {
			d.add(DefaultEnvironment, candidate{root: root, rule: "chart"})
		}
	}
}

// environments makes environments of the groups, sorted by name.
func (d *discovery) environments() []Environment {
	byName := map[string]Environment{}
	for _, env := range slices.Sorted(maps.Keys(d.groups)) {
		together, apart := separate(d.groups[env])
		byName[env] = newEnvironment(env, together)
		for _, c := range apart {
			name := cleanName(c.root.Path)
			for n := 2; ; n++ {
				if _, taken := byName[name]; !taken && d.groups[name] == nil {
					break
				}
				name = fmt.Sprintf("%s-%d", cleanName(c.root.Path), n)
			}
			byName[name] = newEnvironment(name, []candidate{c})
		}
	}
	out := make([]Environment, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		out = append(out, byName[name])
	}
	return out
}

// separate splits off the roots that define an object which an earlier root
// defines as well, because no environment can have an object twice; roots nearer
// to the top come first.
func separate(roots []candidate) (together, apart []candidate) {
	slices.SortStableFunc(roots, func(a, b candidate) int {
		if n := depth(a.root.Path) - depth(b.root.Path); n != 0 {
			return n
		}
		return compareRoots(a.root, b.root)
	})
	seen := map[layout.ID]bool{}
	for _, c := range roots {
		clash := false
		for id := range c.ids {
			clash = clash || seen[id]
		}
		if clash {
			apart = append(apart, c)
			continue
		}
		maps.Copy(seen, c.ids)
		together = append(together, c)
	}
	return together, apart
}

func depth(p string) int {
	if p == "." {
		return 0
	}
	return 1 + strings.Count(p, "/")
}

func newEnvironment(name string, roots []candidate) Environment {
	env := Environment{Name: name}
	var rules []string
	production := isProduction(name)
	for _, c := range roots {
		env.Roots = append(env.Roots, c.root)
		if !slices.Contains(rules, c.rule) {
			rules = append(rules, c.rule)
		}
		production = production || name != DefaultEnvironment && isProduction(path.Base(c.root.Path))
	}
	slices.SortStableFunc(env.Roots, compareRoots)
	env.Found = strings.Join(rules, ", ")
	if production {
		env.Labels = map[string]string{"tier": "production"}
	}
	return env
}
