package dryrun

import (
	"strings"
	"testing"
)

// Only Services get ports of nodes, and one out of the common range is all that is
// not known of them.
func TestOutside(t *testing.T) {
	const spec = "metadata: {name: a, namespace: shop}\nspec: {type: NodePort, ports: [{port: 80, nodePort: 80}]}\n"
	for kind, asked := range map[string]bool{
		"apiVersion: v1\nkind: Service\n": true, "apiVersion: example.com/v1\nkind: Service\n": false, "apiVersion: example.com/v1\nkind: Gateway\n": false,
	} {
		why := outside(objects(t, kind+spec)[0], nil)
		if (why != nil) != asked || asked && !strings.Contains(why.detail, "spec.ports[0].nodePort is 80") {
			t.Errorf("%s: %v", kind, why)
		}
	}
}
