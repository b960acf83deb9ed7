// Command comparekubectl measures the dry-run of Penstock and that of kubectl on
// the same API server, which has the objects of base, with the same objects of
// head. hack/compare-kubectl.sh runs it; below testdata the go command leaves it out
// of everything else.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"github.com/penstock-dev/penstock/internal/child"
)

func main() {
	ctx := context.Background()
	if child.Role() == apiserver.Role {
		os.Exit(apiserver.Main(ctx, os.Stdin, os.Stdout))
	}
	if len(os.Args) < 5 {
		fmt.Fprintln(os.Stderr, "usage: comparekubectl KUBECTL ROUNDS DIRECTORY OBJECTS...")
		os.Exit(2)
	}
	if err := run(ctx, os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, "comparekubectl:", err)
		os.Exit(1)
	}
}
