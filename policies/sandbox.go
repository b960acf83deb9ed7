package policies

import (
	"fmt"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// localSchemas keeps the built-in functions that take a JSON Schema from following
// what its $ref names outside of it. Capabilities bound the hosts; files of any
// path would be read, also those that never end. OPA has its functions once for
// the process, and so they are replaced once, before anything is compiled.
var localSchemas = sync.OnceFunc(func() {
	for name, operand := range map[string]int{ast.JSONMatchSchema.Name: 1, ast.JSONSchemaVerify.Name: 0} {
		original := topdown.GetBuiltin(name)
		topdown.RegisterBuiltinFunc(name, func(bctx topdown.BuiltinContext, operands []*ast.Term, iter func(*ast.Term) error) error {
			if ref := outside(operands[operand].Value); ref != "" {
				return fmt.Errorf("the schema refers to %s; only references within it, such as #/definitions/x, are followed", ref)
			}
			return original(bctx, operands, iter)
		})
	}
})

// outside is a reference of a schema that leads out of it, or empty. A schema may
// be a text of JSON as well.
func outside(schema ast.Value) string {
	if text, ok := schema.(ast.String); ok {
		parsed, err := ast.ValueFromReader(strings.NewReader(string(text)))
		if err != nil {
			return "" // it is no schema, which the function itself says
		}
		schema = parsed
	}
	found := ""
	ast.WalkTerms(schema, func(t *ast.Term) bool {
		if object, ok := t.Value.(ast.Object); ok {
			found = leading(object, found)
		}
		return false
	})
	if object, ok := schema.(ast.Object); ok {
		found = leading(object, found)
	}
	return found
}

func leading(object ast.Object, found string) string {
	if ref, ok := field(object, "$ref"); ok && found == "" && !strings.HasPrefix(ref, "#") {
		return ref
	}
	return found
}
