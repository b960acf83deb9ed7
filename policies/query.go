package policies

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// query asks for what one rule gives. It is compiled once for all environments
// and safe for concurrent use.
type query struct {
	rules    *ast.Compiler
	compiler ast.QueryCompiler
	body     ast.Body
}

// answer is the variable of a query that holds what the rule gives.
const answer = ast.Var("answer")

func newQuery(rules *ast.Compiler, ref string) (query, error) {
	body, err := ast.ParseBody(ref + " = " + string(answer))
	if err != nil {
		return query{}, err
	}
	q := query{rules: rules, compiler: rules.QueryCompiler()}
	q.body, err = q.compiler.Compile(body)
	return q, err
}

// on is the query on the data of a world; the caller adds the rest.
func (q query) on(w *world) *topdown.Query {
	return topdown.NewQuery(q.body).WithQueryCompiler(q.compiler).WithCompiler(q.rules).WithStore(w.store).WithTransaction(w.txn)
}
