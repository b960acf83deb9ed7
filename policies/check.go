package policies

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

// testTimeout bounds one Rego test.
const testTimeout = 30 * time.Second

// Test runs the Rego tests of the sources: the rules whose names begin with
// test_, on the data files, in the sandbox in which rules run. It writes a line
// for each test that does not pass, and one with the counts. It fails when a
// test fails, errs or is skipped (todo_), when a rule cannot be loaded, and when
// there are no tests.
func Test(ctx context.Context, sources []Source, w io.Writer) error {
	if _, err := Load(sources...); err != nil {
		return err
	}
	set, err := readSources(sources, true)
	if err != nil {
		return err
	}
	compiler, err := set.compile(set.modules)
	if err != nil {
		return err
	}
	store := inmem.NewFromObject(set.data)
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return fmt.Errorf("opening the data of the tests: %w", err)
	}
	defer store.Abort(ctx, txn)
	results, err := tester.NewRunner().SetCompiler(compiler).SetStore(store).SetModules(set.modules).
		SetTimeout(testTimeout).RaiseBuiltinErrors(true).RunTests(ctx, txn)
	if err != nil {
		return fmt.Errorf("running the tests of the policies: %w", err)
	}
	var lines []string
	ran, bad := 0, 0
	for r := range results {
		ran++
		if r.Pass() {
			continue
		}
		bad++
		what := "fails"
		switch {
		case r.Error != nil:
			what = "errs: " + r.Error.Error()
		case r.Skip:
			what = "is skipped"
		}
		lines = append(lines, fmt.Sprintf("%s: %s.%s %s\n", r.Location, strings.TrimPrefix(r.Package, "data."), r.Name, what))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	slices.Sort(lines)
	_, err = fmt.Fprintf(w, "%s%d tests of policies, %d not passed\n", strings.Join(lines, ""), ran, bad)
	switch {
	case err != nil:
		return err
	case ran == 0:
		return errors.New("there are no tests of policies")
	case bad > 0:
		return fmt.Errorf("%d of %d tests of policies did not pass", bad, ran)
	}
	return nil
}
