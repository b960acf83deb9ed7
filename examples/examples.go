// Package examples holds a GitOps repository to start from, and a pull request
// for it that has faults. It knows nothing of what finds them.
package examples

import (
	"embed"
	"io/fs"
)

//go:embed all:shop pull-request.patch
var files embed.FS

// Shop is the repository as its main branch has it.
func Shop() (fs.FS, error) { return fs.Sub(files, "shop") }

// PullRequest is one commit on top of Shop, in the form that `git am` takes.
func PullRequest() ([]byte, error) { return files.ReadFile("pull-request.patch") }
