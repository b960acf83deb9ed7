package helm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/penstock-dev/penstock/internal/change"
	"helm.sh/helm/v4/pkg/chart/common"
)

// pack makes a chart archive of files whose names start with the chart's.
func pack(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	archive := tar.NewWriter(zipped)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		err := archive.WriteHeader(&tar.Header{Name: name, Size: int64(len(files[name])), Mode: 0o644})
		if err == nil {
			_, err = archive.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const configMap = `{apiVersion: v1, kind: ConfigMap, metadata: {name: {{ .Chart.Name }}}}`

func metadata(name string) string { return "{apiVersion: v2, name: " + name + ", version: 1.0.0}" }

// TestArchives renders sub-charts out of archives, also nested ones; their
// objects come from the archive in the tree.
func TestArchives(t *testing.T) {
	inner := pack(t, map[string]string{"inner/Chart.yaml": metadata("inner"), "inner/templates/a.yaml": configMap})
	outer := pack(t, map[string]string{
		"outer/Chart.yaml": metadata("outer"), "outer/templates/a.yaml": configMap,
		"outer/crds/crd.yaml":               `{apiVersion: v1, kind: ConfigMap, metadata: {name: crd}}`,
		"outer/charts/inner-1.0.0.tgz":      string(inner),
		"outer/charts/inner-1.0.0.tgz.prov": "a signature",
	})
	fsys := fstest.MapFS{
		"chart/Chart.yaml":             {Data: []byte(metadata("web") + "\n")},
		"chart/charts/outer-1.0.0.tgz": {Data: outer},
		"chart/charts/_unused/a.txt":   {Data: []byte("left alone")},
	}
	ms, err := Template(context.Background(), fsys, Options{Dir: "chart", IncludeCRDs: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range ms {
		got = append(got, m.Source+" "+m.Template)
	}
	want := []string{
		"chart/charts/outer-1.0.0.tgz web/charts/outer/crds/crd.yaml",
		"chart/charts/outer-1.0.0.tgz web/charts/outer/charts/inner/templates/a.yaml",
		"chart/charts/outer-1.0.0.tgz web/charts/outer/templates/a.yaml",
	}
	if !slices.Equal(got, want) {
		t.Errorf("rendered %q, want %q", got, want)
	}
}

// TestBounds refuses what is too large, too deep or no chart at all.
func TestBounds(t *testing.T) {
	large := strings.Repeat("x", 5<<20)
	tests := map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"a file": {
			fstest.MapFS{"chart/large.bin": {Data: []byte(large + "x")}},
			"chart/large.bin: the file is larger than Helm takes, 5 MiB",
		},
		"all files": {
			func() fstest.MapFS {
				fsys := fstest.MapFS{}
				for _, c := range "abcdefghijklm" {
					fsys["chart/"+string(c)+".bin"] = &fstest.MapFile{Data: []byte(large)}
				}
				return fsys
			}(),
			"chart: the chart with its sub-charts is larger than 64 MiB",
		},
		"a file in an archive": {
			fstest.MapFS{"chart/charts/bomb.tgz": {Data: pack(t, map[string]string{"bomb/Chart.yaml": metadata("bomb"), "bomb/a": large + "x"})}},
			"chart/charts/bomb.tgz: unpacking the archive: decompressed chart file \"bomb/a\" is larger than the maximum file size 5242880",
		},
		"archives together": {
			func() fstest.MapFS {
				bomb := map[string]string{"bomb/Chart.yaml": metadata("bomb")}
				for _, c := range "abcdefg" {
					bomb["bomb/"+string(c)] = large
				}
				data := pack(t, bomb)
				return fstest.MapFS{"chart/charts/a.tgz": {Data: data}, "chart/charts/b.tgz": {Data: data}}
			}(),
			"chart: the chart with its sub-charts is larger than 64 MiB",
		},
		"nested archives": {
			func() fstest.MapFS {
				data := pack(t, map[string]string{"n/Chart.yaml": metadata("n")})
				for range maxNesting + 1 {
					data = pack(t, map[string]string{"n/Chart.yaml": metadata("n"), "n/charts/n.tgz": string(data)})
				}
				return fstest.MapFS{"chart/charts/n.tgz": {Data: data}}
			}(),
			"charts are nested more than 16 levels deep",
		},
		"nested directories": {
			fstest.MapFS{"chart/" + strings.Repeat("d/", maxDepth+1) + "a": {}},
			"directories are nested more than 32 levels deep",
		},
		"a broken archive": {
			fstest.MapFS{"chart/charts/a.tgz": {Data: []byte("not gzip")}},
			"chart/charts/a.tgz: unpacking the archive: unexpected EOF",
		},
		"an archive that is a directory": {
			fstest.MapFS{"chart/charts/a.tgz/Chart.yaml": {Data: []byte(metadata("a"))}},
			"a directory in charts/ must not end in .tgz",
		},
		"a file in charts": {
			fstest.MapFS{"chart/charts/README.md": {Data: []byte("text")}},
			"chart/charts/README.md/Chart.yaml: Chart.yaml file is missing",
		},
		"a device": {
			fstest.MapFS{"chart/pipe": {Mode: fs.ModeNamedPipe}},
			"chart/pipe: not a regular file",
		},
		"a bad pattern": {
			fstest.MapFS{"chart/.helmignore": {Data: []byte("a/**/b")}},
			"chart/.helmignore: double-star (**) syntax is not supported",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.files["chart/Chart.yaml"] = &fstest.MapFile{Data: []byte(metadata("web"))}
			_, err := Template(context.Background(), test.files, Options{Dir: "chart"})
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), test.want) || e.UserHint() == "" {
				t.Errorf("error %v, want %s with a hint", err, test.want)
			}
		})
	}
}

// TestLinks follows links as far as the tree does.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"chart/Chart.yaml":      metadata("web"),
		"templates/a.yaml":      configMap,
		"charts/sub/Chart.yaml": metadata("sub"),
	} {
		if err := errors.Join(os.MkdirAll(path.Join(dir, path.Dir(name)), 0o755), os.WriteFile(path.Join(dir, name), []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"templates", "charts"} {
		if err := os.Symlink("../"+name, path.Join(dir, "chart", name)); err != nil {
			t.Fatal(err)
		}
	}
	ms, err := Template(context.Background(), os.DirFS(dir), Options{Dir: "chart"})
	if err != nil || len(ms) != 1 || ms[0].Source != "chart/templates/a.yaml" {
		t.Fatalf("rendered %v, %v", ms, err)
	}
	if err := os.Symlink("..", path.Join(dir, "chart/up")); err != nil {
		t.Fatal(err)
	}
	if _, err := Template(context.Background(), os.DirFS(dir), Options{Dir: "chart"}); err == nil {
		t.Error("a link that leads upwards has no end, and no error")
	}
	if err := os.WriteFile(path.Join(dir, "chart/.helmignore"), []byte("up\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Template(context.Background(), os.DirFS(dir), Options{Dir: "chart"}); err != nil {
		t.Errorf("an ignored link is followed: %v", err)
	}
}

// TestReach checks that Reach notes and returns all that Template reads.
func TestReach(t *testing.T) {
	fsys := parse(`
-- chart/Chart.yaml --
{apiVersion: v2, name: web, version: 1.0.0}
-- chart/.helmignore --
*.bak
-- chart/a.bak --
-- chart/templates/a.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
-- chart/charts/sub/Chart.yaml --
{apiVersion: v2, name: sub, version: 1.0.0}
-- env/prod.yaml --
a: 1
-- other/a.yaml --
`)
	opts := Options{Dir: "chart", Values: []string{"env/prod.yaml"}}
	read := change.NewRecorder(fsys)
	if _, err := Template(context.Background(), read, opts); err != nil {
		t.Fatal(err)
	}
	reached := change.NewRecorder(fsys)
	paths := Reach(reached, opts)
	want := read.Reads()
	if got := reached.Reads(); !slices.Equal(got.Files, want.Files) || !slices.Equal(got.Dirs, want.Dirs) || !slices.Equal(got.Absent, want.Absent) {
		t.Errorf("Reach reads %v, Template %v", got, want)
	}
	all := slices.Sorted(slices.Values(slices.Concat(want.Files, want.Dirs, want.Absent)))
	if !slices.Equal(paths, all) {
		t.Errorf("Reach returns %v, Template reads %v", paths, all)
	}
	if slices.Contains(paths, "chart/a.bak") {
		t.Error("an ignored file is reached")
	}
	broken := change.NewRecorder(parse("-- chart/values.yaml --\na: 1\n"))
	Reach(broken, opts)
	if got := broken.Reads().Absent; !slices.Equal(got, []string{"chart/.helmignore", "chart/Chart.yaml", "env/prod.yaml"}) {
		t.Errorf("of what is missing Reach notes %v", got)
	}
}

// TestReleaseNames checks the default names of releases.
func TestReleaseNames(t *testing.T) {
	for dir, want := range map[string]string{
		"charts/web": "web", "charts/My_Chart": "my-chart", "-/__": "release", ".": "name-of-chart",
		"charts/" + strings.Repeat("a", 52) + "-b": strings.Repeat("a", 52),
	} {
		opts := Options{Dir: dir}
		if err := opts.setDefaults("name-of-chart"); err != nil || opts.ReleaseName != want || opts.Namespace != "default" {
			t.Errorf("%s: release %q in %q, %v, want %q", dir, opts.ReleaseName, opts.Namespace, err, want)
		}
	}
	root := fstest.MapFS{"Chart.yaml": {Data: []byte(metadata("web"))}, "templates/a.yaml": {Data: []byte(configMap)}}
	ms, err := Template(context.Background(), root, Options{Dir: "."})
	if err != nil || len(ms) != 1 || ms[0].Source != "templates/a.yaml" {
		t.Errorf("a chart in the root of the tree: %v, %v", ms, err)
	}
}

// TestContext stops between the phases.
func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	root := fstest.MapFS{"Chart.yaml": {Data: []byte(metadata("web"))}}
	if _, err := Template(ctx, root, Options{Dir: "."}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestUnreadable passes the error of the tree on.
func TestUnreadable(t *testing.T) {
	broken := errors.New("the disk is gone")
	fsys := brokenFile{parse("-- chart/Chart.yaml --\n" + metadata("web") + "\n-- chart/values.yaml --\n"), "chart/values.yaml", broken}
	if _, err := Template(context.Background(), fsys, Options{Dir: "chart"}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	fsys.name = "env.yaml"
	if _, err := Template(context.Background(), fsys, Options{Dir: "chart", Values: []string{"env.yaml"}}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

type brokenFile struct {
	fstest.MapFS
	name string
	err  error
}

func (b brokenFile) ReadFile(name string) ([]byte, error) {
	if name == b.name {
		return nil, b.err
	}
	return b.MapFS.ReadFile(name)
}

// TestVersions checks constants against what they are about.
func TestVersions(t *testing.T) {
	gomod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(gomod, []byte("helm.sh/helm/v4 "+helmVersion+"\n")) {
		t.Errorf("go.mod does not require Helm %s", helmVersion)
	}
	have := apiVersions(36, nil)
	for _, v := range common.DefaultVersionSet {
		stable := !strings.Contains(v, "alpha") && !strings.Contains(v, "beta")
		if stable != have.Has(v) {
			t.Errorf("%s: stable %v, served %v", v, stable, have.Has(v))
		}
	}
}
