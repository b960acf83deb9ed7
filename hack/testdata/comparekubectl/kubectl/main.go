// Command kubectl is kubectl, as k8s.io/kubernetes/cmd/kubectl makes it: that
// module cannot be installed by its version. hack/compare-kubectl.sh builds it with
// a go.mod of its own.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

func main() { os.Exit(cli.Run(cmd.NewDefaultKubectlCommand())) }
