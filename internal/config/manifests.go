package config

import (
	"maps"
	"path"
	"slices"

	"github.com/penstock-dev/penstock/internal/layout"
)

// manifests finds the roots among the plain manifests: those that no
// kustomization reads.
func (d *discovery) manifests() {
	free := map[string]bool{}
	byPlace := map[string]place{} // by directory of the environment
	placed := map[string]map[string]bool{}
	read := d.readByKustomizations()
	for p := range d.tree.Manifests {
		if d.covered[p] || read[p] || d.leftOver(p) {
			continue
		}
		at, ok := findPlace(path.Dir(p))
		if !ok || at.ambiguous {
			free[p] = true
			continue
		}
		byPlace[at.dir] = at
		if placed[at.dir] == nil {
			placed[at.dir] = map[string]bool{}
		}
		placed[at.dir][p] = true
	}
	for _, dir := range slices.Sorted(maps.Keys(placed)) {
		for _, c := range d.directories(placed[dir], dir) {
			c.rule = byPlace[dir].rule
			d.add(byPlace[dir].env, c)
		}
	}
	for _, c := range d.directories(free, "") {
		c.rule = "manifests"
		d.add(DefaultEnvironment, c)
	}
}

// readByKustomizations are the files that any kustomization reads, also one
// that is no root, such as a component.
func (d *discovery) readByKustomizations() map[string]bool {
	read := map[string]bool{}
	for _, k := range d.tree.Kustomizations {
		for _, p := range k.Files {
			read[p] = true
		}
	}
	return read
}

// leftOver reports whether a manifest lies in or below the directory of a
// kustomization and is not meant to be applied by itself: it lies right beside
// the kustomization, which passes it over, or it names an object of that
// kustomization, as a patch does that is no longer in use.
func (d *discovery) leftOver(p string) bool {
	for dir := path.Dir(p); ; dir = path.Dir(dir) {
		if k := d.tree.Kustomizations[dir]; k != nil {
			return dir == path.Dir(p) || k.Component || d.names(dir, p)
		}
		if dir == "." {
			return false
		}
	}
}

// names reports whether a manifest has the kind and the name of an object of a
// kustomization.
func (d *discovery) names(kustomization, p string) bool {
	known, ok := d.named[kustomization]
	if !ok {
		known = d.namedIn(kustomization)
		d.named[kustomization] = known
	}
	return slices.ContainsFunc(d.tree.Manifests[p], func(id layout.ID) bool {
		return known[layout.ID{Kind: id.Kind, Name: id.Name}]
	})
}

// namedIn are the kinds and names in all files that a kustomization reads.
func (d *discovery) namedIn(kustomization string) map[layout.ID]bool {
	known := map[layout.ID]bool{}
	for reached := range d.tree.Reach(kustomization) {
		for _, file := range d.tree.Kustomizations[reached].Files {
			for _, id := range d.tree.Manifests[file] {
				known[layout.ID{Kind: id.Kind, Name: id.Name}] = true
			}
		}
	}
	return known
}

// directories finds the topmost directories that consist of the wanted files
// alone. A directory that holds other manifests as well, or what discovery
// passes over, or the same object in more than one directory below it, is not taken as a whole: its own files are
// roots one by one, and its subdirectories are looked at in turn. The top
// counts even if it only has subdirectories; any other directory must hold a
// wanted file itself.
func (d *discovery) directories(wanted map[string]bool, top string) []candidate {
	below := map[string][]string{} // the files of each directory as a root
	direct := map[string][]string{}
	for p := range d.tree.Manifests {
		dir := path.Dir(p)
		direct[dir] = append(direct[dir], p)
		for {
			below[dir] = append(below[dir], p)
			if dir == "." || d.tree.Kustomizations[dir] != nil || d.tree.Charts[dir] != nil {
				break
			}
			dir = path.Dir(dir)
		}
	}
	above := map[string]bool{} // directories above what is passed over
	for p := range d.tree.PassedOver {
		for dir := path.Dir(p); !above[dir]; dir = path.Dir(dir) {
			above[dir] = true
		}
	}
	var out []candidate
	taken := map[string]bool{}
	for _, dir := range d.tree.Dirs() {
		if d.isTaken(taken, dir) {
			continue
		}
		own := slices.DeleteFunc(slices.Sorted(slices.Values(direct[dir])), func(p string) bool { return !wanted[p] })
		if len(own) == 0 && (dir != top || len(below[dir]) == 0) {
			continue
		}
		if !above[dir] && d.whole(dir, below[dir], wanted) {
			taken[dir] = true
			out = append(out, d.plain(dir, below[dir]...))
			continue
		}
		for _, p := range own {
			out = append(out, d.plain(p, p))
		}
	}
	return out
}

func (d *discovery) whole(dir string, files []string, wanted map[string]bool) bool {
	if d.tree.Kustomizations[dir] != nil || d.tree.Charts[dir] != nil {
		return false
	}
	seen := map[layout.ID]string{}
	for _, p := range files {
		if !wanted[p] {
			return false
		}
		for _, id := range d.tree.Manifests[p] {
			if first, dup := seen[id]; dup && first != path.Dir(p) {
				return false
			}
			seen[id] = path.Dir(p)
		}
	}
	return true
}

// isTaken reports whether a directory is a part of a root above it.
func (d *discovery) isTaken(taken map[string]bool, dir string) bool {
	for {
		if taken[dir] {
			return true
		}
		if dir == "." || d.tree.Kustomizations[dir] != nil || d.tree.Charts[dir] != nil {
			return false
		}
		dir = path.Dir(dir)
	}
}

func (d *discovery) plain(root string, files ...string) candidate {
	ids := map[layout.ID]bool{}
	for _, p := range files {
		for _, id := range d.tree.Manifests[p] {
			ids[id] = true
		}
	}
	return candidate{root: Root{Kind: Directory, Path: root}, ids: ids}
}
