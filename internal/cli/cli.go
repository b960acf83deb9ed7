// Package cli is the command line: each command is its options, their parsing,
// and a function that does the work. It is the only owner of cobra.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"github.com/penstock-dev/penstock/internal/child"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/render"
	"github.com/spf13/cobra"
	"golang.org/x/term"
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
	return ok && term.IsTerminal(int(f.Fd()))
}

// exit is the end of a command that has said all there is to say.
type exit struct{ code int }

func (e exit) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// Main runs a command line and returns the exit code: 0 pass, 1 fail, 2
// undecided, a usage error or an operational error. In a child process it runs
// the role of the child instead.
func Main(ctx context.Context, args []string, s Streams) int {
	switch child.Role() {
	case render.Role:
		return render.Main(ctx, s.In, s.Out)
	case apiserver.Role:
		return apiserver.Main(ctx, s.In, s.Out)
	case keeperRole:
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
	complain(s.Err, err)
	return codeUndecided
}

// complain says an error and what to type.
func complain(w io.Writer, err error) {
	fmt.Fprintf(w, "penstock: %s\n", redact.Credentials(err.Error()))
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(w, "hint: %s\n", hint)
	}
}

func newRoot(s Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "penstock COMMAND",
		Short: "The gate in front of a GitOps repository",
		Long: `penstock renders what each environment of a GitOps repository receives before and
after a change, evaluates Rego policies on the difference, tries it on an API
server, and gives one verdict.

Exit codes: 0 pass, 1 fail, 2 undecided (something had to be looked at and was
not), or an error.`,
		Args:         cobra.ArbitraryArgs,
		RunE:         noCommand,
		SilenceUsage: true, SilenceErrors: true, DisableFlagsInUseLine: true,
	}
	// A flag of this name must be there: cobra else takes over the --version that
	// the Kubernetes libraries define for their own programs.
	version := root.PersistentFlags().Bool("version", false, "print the version, as penstock version does")
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		if !*version {
			return noEmptyFlag(c)
		}
		if err := (&versionOptions{Streams: s}).run(); err != nil {
			return err
		}
		return exit{codePass}
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newCheck(s), newRender(s), newDiff(s), newEnv(s), newDemo(s), newPublish(s), newPolicy(s), newCRDs(s), newHook(s), newVersion(s), newCompletion(s), newInit(s), newDoctor(s), newMan(s))
	return root
}
