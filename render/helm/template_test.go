package helm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"sigs.k8s.io/yaml"
)

// tree is the file system of the files of an archive; those without a
// directory in their name are not part of it.
func tree(a *txtar.Archive) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range a.Files {
		if strings.Contains(f.Name, "/") {
			fsys[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return fsys
}

func parse(text string) fstest.MapFS { return tree(txtar.Parse([]byte(text))) }

func section(a *txtar.Archive, name string) (string, bool) {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data), true
		}
	}
	return "", false
}

// render is what `helm template` would print.
func render(ms []Manifest) string {
	var out strings.Builder
	for _, m := range ms {
		fmt.Fprintf(&out, "--- # %s", m.Source)
		if m.Hook != nil {
			fmt.Fprintf(&out, " %v", m.Hook)
		}
		fmt.Fprintf(&out, "\n%s\n", bytes.TrimSpace(m.Data))
	}
	return out.String()
}

// TestExamples renders the charts of testdata: every file holds a tree, the
// options, and what comes out or the error with its hint.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			opts := Options{Dir: "chart", ReleaseName: "rel", Namespace: "shop", IncludeCRDs: true}
			text, _ := section(a, "options")
			if err := yaml.UnmarshalStrict([]byte(text), &opts); err != nil {
				t.Fatal(err)
			}
			want, isOutput := section(a, "want")
			wantErr, isError := section(a, "error")
			if isOutput == isError {
				t.Fatal("the example must have either want or error")
			}
			ms, err := Template(context.Background(), tree(a), opts)
			if isError {
				checkError(t, err, wantErr)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := render(ms); got != want {
				t.Errorf("rendered:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// checkError compares an error, its hint and what it tells a caller.
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want an *Error", err)
	}
	got := fmt.Sprintf("%v\nhint: %s\n", err, e.UserHint())
	if e.NeedsNetwork {
		got += "needs network\n"
	}
	if errors.Is(err, fs.ErrNotExist) {
		got += "does not exist\n"
	}
	if got != want {
		t.Errorf("error:\n%s\nwant:\n%s", got, want)
	}
}

// What charts find in .Capabilities.APIVersions is what the version serves.
func TestAPIVersionsOfAVersion(t *testing.T) {
	const since33, until31 = "networking.k8s.io/v1/ServiceCIDR", "flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema"
	for version, want := range map[string]string{"1.30": "false true", "1.31": "false true", "1.32": "false false", "1.33": "true false", "1.36": "true false", "1.40": "true false"} {
		fsys := fstest.MapFS{
			"chart/Chart.yaml":       {Data: []byte("apiVersion: v2\nname: a\nversion: 1.0.0\n")},
			"chart/templates/a.yaml": {Data: []byte(`{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {has: '{{ .Capabilities.APIVersions.Has "` + since33 + `" }} {{ .Capabilities.APIVersions.Has "` + until31 + `" }}'}}`)},
		}
		ms, err := Template(t.Context(), fsys, Options{Dir: "chart", KubernetesVersion: version})
		if err != nil {
			t.Fatal(err)
		}
		if len(ms) != 1 || !strings.Contains(string(ms[0].Data), "has: '"+want+"'") {
			t.Errorf("%s: %+v, want %s", version, ms, want)
		}
	}
}
