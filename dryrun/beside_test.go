package dryrun_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"golang.org/x/tools/txtar"
)

// A level that a namespace takes is asked of so many of its workloads, and of how
// many it is not is listed.
func TestManyBeside(t *testing.T) {
	var text strings.Builder
	for n := range 1002 {
		text.WriteString(deployment(n, "example.com/web:1"))
	}
	space := func(level string) string {
		return fmt.Sprintf("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: %s}}}\n", level)
	}
	in := input(t, txtar.Parse([]byte("-- base.yaml --\n"+space("baseline")+text.String()+"-- head.yaml --\n"+space("restricted")+text.String())))
	result, err := newRunner(t, dryrun.Options{Mode: dryrun.Embedded}).Try(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	tried, listed := 0, ""
	for _, e := range result.Entries {
		if e.Evaluated() {
			tried++
		} else {
			listed += string(e.Reason) + " " + e.Detail
		}
	}
	const want = "unverifiable the change leaves it as it is and has a say about it, and it was not tried: Deployment.apps shop/web-998, and 1 more"
	if len(result.Findings) != 1000 || tried != 1001 || listed != want || len(result.Effects) != 1 {
		t.Errorf("%d findings, %d tried, effects of %d, and listed %q", len(result.Findings), tried, len(result.Effects), listed)
	}
}
