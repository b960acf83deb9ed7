package cli

import (
	"os"
	"path/filepath"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/spf13/cobra"
)

// assetsVariable is where controller-runtime's envtest and setup-envtest have the
// directory of binaries (https://book.kubebuilder.io/reference/envtest).
const assetsVariable = "KUBEBUILDER_ASSETS"

// assetsFlag lets a command run kube-apiserver binaries. There is no such setting
// in the configuration: whoever can change a repository would have a program of
// theirs executed.
func assetsFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "kube-assets", "", "a `DIR` with kube-apiserver binaries, as setup-envtest makes it: they answer as their versions (default: $"+assetsVariable+", for versions that the embedded server cannot answer as)")
	complete(c, "kube-assets", directories)
}

// assets are the binaries that may answer: those of the flag wherever they can,
// those of the environment, which others have set for themselves, where nothing
// else does. None of the directories under check may hold them.
func assets(dir string, checked ...string) dryrun.Assets {
	a := dryrun.Assets{Dir: dir, Preferred: dir != ""}
	if dir == "" {
		a.Dir = os.Getenv(assetsVariable)
	}
	for _, d := range checked {
		a.Untrusted = append(a.Untrusted, repositoryRoot(d))
	}
	return a
}

// checkedDirs are the directories that are looked at.
func (o *sourceOptions) checkedDirs() []string {
	if o.BaseDir != "" || o.HeadDir != "" {
		return []string{o.BaseDir, o.HeadDir}
	}
	return []string{o.Repo}
}

// repositoryRoot is the directory of the repository that a directory is in, or
// the directory itself.
func repositoryRoot(dir string) string {
	whole, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	for at := whole; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return whole
		}
	}
}
