package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/penstock-dev/penstock/"

// layers is the table of docs/architecture.md: a package imports only packages
// of lower layers, and never a neighbour on its own.
func layers() map[string]int {
	return map[string]int{
		"internal": 0, "internal/manifest": 0, "internal/verdict": 0, "internal/child": 0, "internal/layout": 0, "internal/jsonschema": 0, "examples": 0,
		"checks/githubtest": 0, "checks/githubtest/prune": 0,
		"internal/change": 1, "internal/config": 1, "internal/redact": 1, "internal/diff": 2,
		"render/kustomize": 2, "render/helm": 2,
		"render/flux": 3, "render/argo": 3, "dryrun/apiserver": 3, "policies/gatekeeper": 3,
		"policies/bundle": 3, "policies/registry": 3,
		"render": 4, "policies": 4, "dryrun": 4,
		"internal/report":   5,
		"internal/pipeline": 6, "internal/report/text": 6, "internal/report/json": 6, "internal/report/sarif": 6,
		"internal/report/junit": 6, "internal/report/markdown": 6, "internal/report/github": 6, "internal/audit": 6,
		"checks":          7, // the summary of a check run is Markdown
		"internal/server": 8, "internal/cli": 8,
		"cmd/penstock": 9, "checks/githubtest/serve": 9, "hack/samedata": 9, "hack/picture": 9,
	}
}

// owners are the packages that alone may import a heavy library.
func owners() map[string][]string {
	return map[string][]string{
		"sigs.k8s.io/kustomize/":                {"render/kustomize"},
		"helm.sh/helm/":                         {"render/helm"},
		"github.com/open-policy-agent/opa/":     {"policies", "policies/bundle"},
		"oras.land/oras-go/":                    {"policies/registry"},
		"k8s.io/client-go/":                     {"dryrun", "dryrun/apiserver"},
		"k8s.io/kubernetes/":                    {"dryrun", "dryrun/apiserver"},
		"go.etcd.io/":                           {"dryrun/apiserver"},
		"github.com/google/go-github/":          {"checks", "internal/server"},
		"github.com/spf13/cobra":                {"internal/cli"},
		"github.com/homeport/dyff/":             {"internal/diff"},
		"database/sql":                          {"internal/audit", "internal/server"},
		"github.com/bradleyfalzon/ghinstallati": {"internal/server"},
	}
}

func TestLayers(t *testing.T) {
	table := layers()
	root := ".."
	seen := 0
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if name := e.Name(); p != root && (strings.HasPrefix(name, ".") || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(rel))
		layer, known := table[pkg]
		if !known {
			t.Errorf("%s: the package %s is not in the layer table", rel, pkg)
			return nil
		}
		seen++
		file, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range file.Imports {
			target, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			if own, ok := strings.CutPrefix(target, module); ok {
				if below, known := table[own]; !known || below >= layer {
					t.Errorf("%s: %s (layer %d) imports %s (layer %d)", rel, pkg, layer, own, below)
				}
			}
			for library, allowed := range owners() {
				if strings.HasPrefix(target, library) && !slices.Contains(allowed, pkg) {
					t.Errorf("%s: %s imports %s, which belongs to %v", rel, pkg, target, allowed)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 20 {
		t.Errorf("only %d files were looked at in %s", seen, wd(t))
	}
}

func wd(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
