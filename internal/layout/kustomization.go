package layout

import (
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Kustomization is what a kustomization file refers to.
type Kustomization struct {
	// File is the path of the file.
	File string
	// Component says that it only works as a part of another one.
	Component bool
	// Dirs are the kustomizations it builds on, by directory, sorted.
	Dirs []string
	// Files are the files it reads, sorted.
	Files []string
	// Charts are the chart directories it inflates, sorted.
	Charts []string

	outline kustomizationFile
}

// kustomizationFile lists the fields that refer to files. References that
// are not in the tree, such as URLs, are not followed.
type kustomizationFile struct {
	Kind       string `yaml:"kind"`
	Namespace  string `yaml:"namespace"`
	NamePrefix string `yaml:"namePrefix"`
	NameSuffix string `yaml:"nameSuffix"`

	Resources      []string    `yaml:"resources"`
	Bases          []string    `yaml:"bases"`
	Components     []string    `yaml:"components"`
	CRDs           []string    `yaml:"crds"`
	Configurations []string    `yaml:"configurations"`
	Generators     []string    `yaml:"generators"`
	Transformers   []string    `yaml:"transformers"`
	Validators     []string    `yaml:"validators"`
	Strategic      []string    `yaml:"patchesStrategicMerge"`
	Patches        []fileRef   `yaml:"patches"`
	JSON6902       []fileRef   `yaml:"patchesJson6902"`
	Replacements   []fileRef   `yaml:"replacements"`
	OpenAPI        fileRef     `yaml:"openapi"`
	ConfigMaps     []generator `yaml:"configMapGenerator"`
	Secrets        []generator `yaml:"secretGenerator"`
	HelmGlobals    struct {
		ChartHome string `yaml:"chartHome"`
	} `yaml:"helmGlobals"`
	HelmCharts []struct {
		Name       string   `yaml:"name"`
		ValuesFile string   `yaml:"valuesFile"`
		Additional []string `yaml:"additionalValuesFiles"`
	} `yaml:"helmCharts"`
}

type fileRef struct {
	Path string `yaml:"path"`
}

type generator struct {
	Files []string `yaml:"files"`
	Envs  []string `yaml:"envs"`
	Env   string   `yaml:"env"`
}

// parseKustomization reads what it can: a file that is no YAML refers to
// nothing, and the error shows when it is built.
func parseKustomization(file string, data []byte) *Kustomization {
	k := &Kustomization{File: file, outline: decodeKustomization(data)}
	k.Component = k.outline.Kind == "Component"
	return k
}

func decodeKustomization(data []byte) (f kustomizationFile) {
	// The YAML library panics on some hostile input.
	defer func() {
		if recover() != nil {
			f = kustomizationFile{}
		}
	}()
	// Fields of a wrong type are left out and the others are read.
	_ = yaml.Unmarshal(data, &f)
	return f
}

// references returns every path that the file names, as written.
func (f *kustomizationFile) references() []string {
	refs := slices.Concat(f.built(), f.CRDs, f.Configurations, f.Generators, f.Transformers, f.Validators, f.Strategic)
	for _, r := range slices.Concat(f.Patches, f.JSON6902, f.Replacements, []fileRef{f.OpenAPI}) {
		refs = append(refs, r.Path)
	}
	for _, g := range slices.Concat(f.ConfigMaps, f.Secrets) {
		for _, file := range slices.Concat(g.Files, g.Envs, []string{g.Env}) {
			if _, p, named := strings.Cut(file, "="); named {
				file = p
			}
			refs = append(refs, file)
		}
	}
	for _, c := range f.HelmCharts {
		refs = append(append(refs, c.ValuesFile), c.Additional...)
	}
	return refs
}

// built returns the references whose objects become part of the result.
func (f *kustomizationFile) built() []string {
	return slices.Concat(f.Resources, f.Bases, f.Components)
}

// resolve finds the references of all kustomizations in the tree.
func (t *Tree) resolve() {
	for dir, k := range t.Kustomizations {
		dirs, files, charts := map[string]bool{}, map[string]bool{k.File: true}, map[string]bool{}
		for _, ref := range k.outline.references() {
			if p, ok := inTree(dir, ref); ok && t.files[p] {
				files[p] = true
			} else if ok && t.Kustomizations[p] != nil && p != dir {
				dirs[p] = true
			}
		}
		home := k.outline.HelmGlobals.ChartHome
		if home == "" {
			home = "charts"
		}
		for _, c := range k.outline.HelmCharts {
			if p, ok := inTree(dir, home+"/"+c.Name); ok && t.Charts[p] != nil {
				charts[p] = true
			}
		}
		k.Dirs, k.Files, k.Charts = sortedKeys(dirs), sortedKeys(files), sortedKeys(charts)
	}
}

// inTree resolves a relative reference; it is false for one that leaves the tree.
func inTree(dir, ref string) (string, bool) {
	if ref == "" || path.IsAbs(ref) || strings.ContainsAny(ref, "\n?") {
		return "", false
	}
	p := path.Join(dir, ref)
	return p, p != ".." && !strings.HasPrefix(p, "../")
}

// Reach returns the directories of all kustomizations that one builds on,
// itself included.
func (t *Tree) Reach(dir string) map[string]bool {
	reached := map[string]bool{}
	open := []string{dir}
	for len(open) > 0 {
		d := open[len(open)-1]
		open = open[:len(open)-1]
		if k := t.Kustomizations[d]; k != nil && !reached[d] {
			reached[d] = true
			open = append(open, k.Dirs...)
		}
	}
	return reached
}

// Objects returns the identities of what a kustomization builds, as far as the
// outlines of the files show them. Namespaces and name affixes are applied, in
// the order of the layers; patches, generators and charts are not.
func (t *Tree) Objects(dir string) map[ID]bool {
	return t.objects(dir, map[string]map[ID]bool{})
}

// objects keeps what each directory builds, so that each is built once and
// cycles end: a directory that is still being built counts as empty.
func (t *Tree) objects(dir string, known map[string]map[ID]bool) map[ID]bool {
	if ids, ok := known[dir]; ok {
		return ids
	}
	ids := map[ID]bool{}
	k := t.Kustomizations[dir]
	if k == nil {
		return ids
	}
	known[dir] = nil
	for _, ref := range k.outline.built() {
		p, ok := inTree(dir, ref)
		if !ok {
			continue
		}
		for _, id := range t.Manifests[p] {
			ids[id] = true
		}
		maps.Copy(ids, t.objects(p, known))
	}
	known[dir] = k.outline.rename(ids)
	return known[dir]
}

// rename applies the namespace and the name affixes.
func (f *kustomizationFile) rename(ids map[ID]bool) map[ID]bool {
	if f.Namespace == "" && f.NamePrefix == "" && f.NameSuffix == "" {
		return ids
	}
	changed := map[ID]bool{}
	for id := range ids {
		id.Name = f.NamePrefix + id.Name + f.NameSuffix
		if f.Namespace != "" {
			id.Namespace = f.Namespace
		}
		changed[id] = true
	}
	return changed
}
