package dryrun_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"golang.org/x/tools/txtar"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

// kubeAPIServer is what the test binary does under the name of kube-apiserver:
// the real one, which says the version that its directory holds.
func kubeAPIServer(args []string) int {
	if slices.Equal(args, []string{"--version"}) {
		said, err := os.ReadFile("says")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Print(string(said))
		return 0
	}
	command := app.NewAPIServerCommand()
	command.SetArgs(args)
	return cli.Run(command)
}

// shelve makes directories of a kube-apiserver each, of some versions.
func shelve(t *testing.T, versions ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	shelf := t.TempDir()
	for n, version := range versions {
		dir := filepath.Join(shelf, "k8s", fmt.Sprint(n))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "says"), []byte("Kubernetes v"+version+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(self, filepath.Join(dir, "kube-apiserver")); err != nil {
			t.Fatal(err)
		}
	}
	return shelf
}

// carried is the version of the kube-apiserver in this binary.
func carried() string {
	if v := apiserver.Version(); strings.Count(v, ".") == 2 {
		return v
	}
	return apiserver.Version() + ".0" // without build information
}

// A server in a process of its own answers as the embedded one does, for one
// environment after the other.
func TestAssets(t *testing.T) {
	assets := dryrun.Assets{Dir: shelve(t, "1.31.4", carried()), Preferred: true}
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Embedded, Assets: assets})
	for _, name := range []string{"relabelled_namespace", "custom", "references"} {
		archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		in := input(t, archive)
		runner.Prepare(t.Context(), in.Environment)
		result, err := runner.Try(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if want := "kube-apiserver " + carried(); result.Backend != want {
			t.Errorf("%s: %s answers, want %s", name, result.Backend, want)
		}
		result.Backend = "embedded 1.36"
		compare(t, "testdata/"+name+".txtar", archive, transcript(in, result))
	}
}

func TestAnswersAs(t *testing.T) {
	shelf := shelve(t, "1.31.4", "1.31.10", "1.36.1")
	none := t.TempDir()
	tests := []struct {
		name    string
		assets  dryrun.Assets
		version string
		want    string
		err     string
	}{
		{name: "embedded", version: "1.34", want: "embedded 1.34"},
		{name: "patch level", version: "v1.34.7-gke.100", want: "embedded 1.34"},
		{name: "too old", version: "1.31", err: "the embedded API server cannot answer as Kubernetes 1.31"},
		{name: "too new", version: "1.99", err: "the embedded API server cannot answer as Kubernetes 1.99"},
		{name: "no version", version: "latest", err: "the embedded API server cannot answer as Kubernetes latest"},
		{name: "a binary where nothing else does", assets: dryrun.Assets{Dir: shelf}, version: "1.31", want: "kube-apiserver 1.31.10"},
		{name: "a binary where the embedded server could", assets: dryrun.Assets{Dir: shelf}, version: "1.36", want: "embedded 1.36"},
		{name: "a preferred binary", assets: dryrun.Assets{Dir: shelf, Preferred: true}, version: "1.36", want: "kube-apiserver 1.36.1"},
		{name: "a version that the directory has not", assets: dryrun.Assets{Dir: shelf, Preferred: true}, version: "1.35", want: "embedded 1.35"},
		{name: "a version that nobody has", assets: dryrun.Assets{Dir: shelf}, version: "1.32", err: shelf + " answers as Kubernetes 1.32; that directory has 1.31.4, 1.31.10, 1.36.1"},
		{name: "an empty directory", assets: dryrun.Assets{Dir: none}, version: "1.32", err: "there is no kube-apiserver in " + none},
		{name: "an empty directory that is not needed", assets: dryrun.Assets{Dir: none}, version: "1.33", want: "embedded 1.33"},
		{name: "an empty directory that was given", assets: dryrun.Assets{Dir: none, Preferred: true}, version: "1.33", err: "there is no kube-apiserver in " + none},
		{name: "in the repository", assets: dryrun.Assets{Dir: shelf, Untrusted: []string{filepath.Dir(shelf)}}, version: "1.31", err: "which is under check"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := dryrun.Answers(t.Context(), tt.assets, tt.version)
			if got != tt.want || (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
