// Package cli is the command line: each command is its options, their parsing,
// and a function that does the work. It is the only owner of cobra.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/penstock-dev/penstock/internal/child"
	"github.com/penstock-dev/penstock/render"
	"github.com/spf13/cobra"
)

// The exit codes, as linters have them.
const (
	codePass      = 0
	codeFail      = 1
	codeUndecided = 2
)

// Streams are what a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// terminal reports whether a stream is a terminal.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	fi, err := f.Stat()
	return err == nil && fi.Mode()&os.ModeCharDevice != 0
}

// exit is the end of a command that has said all there is to say.
type exit struct{ code int }

func (e exit) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// usageError is a command line that makes no sense.
type usageError struct{ msg, hint string }

func (e *usageError) Error() string    { return e.msg }
func (e *usageError) UserHint() string { return e.hint }

// Main runs a command line and returns the exit code: 0 pass, 1 fail, 2
// undecided, a usage error or an operational error. In a child process it runs
// the role of the child instead.
func Main(ctx context.Context, args []string, s Streams) int {
	if child.Role() == render.Role {
		return render.Main(ctx, s.In, s.Out)
	}
	if child.Role() == keeperRole {
		return keep(s.In, s.Out, s.Err)
	}
	root := newRoot(s)
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	err := root.ExecuteContext(ctx)
	var done exit
	switch {
	case err == nil:
		return codePass
	case errors.As(err, &done):
		return done.code
	case ctx.Err() != nil:
		fmt.Fprintln(s.Err, "penstock: interrupted: nothing was decided")
		return codeUndecided
	}
	fmt.Fprintf(s.Err, "penstock: %v\n", err)
	var hint interface{ UserHint() string }
	if errors.As(err, &hint) && hint.UserHint() != "" {
		fmt.Fprintf(s.Err, "hint: %s\n", hint.UserHint())
	}
	return codeUndecided
}

func newRoot(s Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "penstock",
		Short: "The gate in front of a GitOps repository",
		Long: `penstock renders what each environment of a GitOps repository receives before and
after a change, evaluates Rego policies on the difference, and gives one verdict.

Exit codes: 0 pass, 1 fail, 2 undecided (something had to be looked at and was
not), or an error.`,
		SilenceUsage: true, SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &usageError{err.Error(), c.CommandPath() + " --help"}
	})
	root.AddCommand(newCheck(s), newRender(s), newDiff(s), newEnv(s), newDemo(s), newVersion(s))
	return root
}
