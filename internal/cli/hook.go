package cli

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/spf13/cobra"
)

// newHook is git's pre-push hook, and what puts it into a repository.
func newHook(s Streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "hook install|uninstall|pre-push",
		Short: "Check what is pushed, before git pushes it",
		Long: `hook puts a pre-push hook into a repository, which checks the commits that are
pushed as a pull request with them would be checked. It is advice: git push
--no-verify pushes without it, and what decides is the check on the server.`,
		Args: cobra.ArbitraryArgs, DisableFlagsInUseLine: true,
		RunE: func(_ *cobra.Command, args []string) error {
			hint := "penstock hook install, penstock hook uninstall, or penstock hook pre-push REMOTE URL"
			if len(args) > 0 {
				return &usageError{"penstock hook knows no " + args[0], hint}
			}
			return &usageError{"penstock hook needs to know what to do", hint}
		},
	}
	c.AddCommand(newHookInstall(s), newHookUninstall(s), newHookPrePush(s))
	return c
}

type hookOptions struct {
	Streams
	repo   string
	target string
	force  bool
}

func newHookInstall(s Streams) *cobra.Command {
	o := &hookOptions{Streams: s}
	c := &cobra.Command{
		Use:   "install",
		Short: "Put the pre-push hook into the repository, before the one that is there",
		Long: `install writes pre-push into the directory that git looks for hooks in
(core.hooksPath, if that is set). A hook that is there becomes pre-push.local; it
runs first, with the same arguments and input, and may refuse the push.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.install(c.Context()) },
	}
	f := c.Flags()
	f.StringVar(&o.repo, "repo", ".", "a `DIR` in the git repository")
	f.StringVar(&o.target, "target", "", targetHelp)
	f.BoolVar(&o.force, "force", false, "also where core.hooksPath is outside the repository, and other repositories may use it")
	complete(c, "repo", directories)
	complete(c, "target", cobra.NoFileCompletions)
	return c
}

func newHookUninstall(s Streams) *cobra.Command {
	o := &hookOptions{Streams: s}
	c := &cobra.Command{
		Use:   "uninstall",
		Short: "Take the pre-push hook away, and put back the one that was there before",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return o.uninstall(c.Context()) },
	}
	c.Flags().StringVar(&o.repo, "repo", ".", "a `DIR` in the git repository")
	complete(c, "repo", directories)
	return c
}

// hookState says whose the pre-push hook is.
type hookState int

const (
	hookNone hookState = iota
	// hookOurs is one that install wrote, unchanged.
	hookOurs
	// hookChanged is one that install wrote and somebody has edited.
	hookChanged
	hookForeign
)

// hookMark begins the line of a script that has the digest of its other lines.
const hookMark = "# penstock hook, sha256:"

// hookScript is the hook. It needs no more than sh. A penstock that is not there
// blocks the push: nothing was looked at.
func hookScript(penstock, target string) string {
	option := ""
	if target != "" {
		option = " " + quote("--target="+target)
	}
	rest := `# Written by "penstock hook install". "penstock hook uninstall" takes it away, and
# puts back the hook that was here before: pre-push.local, which runs first.
refs=$(cat)
give() { [ -z "$refs" ] || printf '%s\n' "$refs"; }
earlier=$(dirname "$0")/pre-push.local
if [ -x "$earlier" ]; then
	give | "$earlier" "$@" || exit
fi
penstock=$(command -v penstock) || penstock=` + quote(penstock) + `
if [ ! -x "$penstock" ]; then
	echo "penstock is not installed: nothing was checked, and the push is blocked" >&2
	echo "hint: put penstock on PATH, or push without the check: git push --no-verify" >&2
	exit 2
fi
give | "$penstock" hook pre-push` + option + ` "$@"
`
	return "#!/bin/sh\n" + hookMark + fmt.Sprintf("%x\n", sha256.Sum256([]byte(rest))) + rest
}

// quote makes a text one word of a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func stateOf(path string) (hookState, error) {
	fi, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return hookNone, nil
	}
	if err != nil || !fi.Mode().IsRegular() {
		return hookForeign, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return hookForeign, err
	}
	_, text, _ := strings.Cut(string(data), "\n")
	mark, rest, _ := strings.Cut(text, "\n")
	digest, ours := strings.CutPrefix(mark, hookMark)
	switch {
	case !ours:
		return hookForeign, nil
	case digest != fmt.Sprintf("%x", sha256.Sum256([]byte(rest))):
		return hookChanged, nil
	}
	return hookOurs, nil
}

// hook is the place of a pre-push hook, and what is there.
type hook struct {
	repo *change.Repository
	path string
	// earlier is the place of the hook that runs before it.
	earlier string
	state   hookState
}

// find looks for the hook. It is an error if it is not for this command to touch.
func (o *hookOptions) find(ctx context.Context) (*hook, error) {
	repo, err := change.OpenRepository(ctx, o.repo)
	if err != nil {
		return nil, err
	}
	dir, inside, err := repo.Hooks(ctx)
	if err != nil {
		return nil, err
	}
	h := &hook{repo: repo, path: filepath.Join(dir, "pre-push"), earlier: filepath.Join(dir, "pre-push.local")}
	if h.state, err = stateOf(h.path); err != nil {
		return nil, fmt.Errorf("reading the hook: %w", err)
	}
	if !inside && !o.force && h.state != hookOurs {
		return nil, &usageError{
			fmt.Sprintf("core.hooksPath is %s, outside this repository: other repositories may use the hooks there", dir),
			"install it for all of them with --force, or for this one: git config core.hooksPath .git/hooks",
		}
	}
	if filepath.Base(dir) == "_" && filepath.Base(filepath.Dir(dir)) == ".husky" {
		return nil, &usageError{"husky owns the hooks of this repository, and writes them anew", `add a line to .husky/pre-push instead: penstock hook pre-push "$@"`}
	}
	return h, nil
}

func (o *hookOptions) install(ctx context.Context) error {
	h, err := o.find(ctx)
	if err != nil {
		return err
	}
	if h.state == hookChanged {
		return changedHook(h.path)
	}
	if o.target != "" {
		if commit, err := h.repo.Commit(ctx, o.target); err != nil || commit == "" {
			return errors.Join(err, &usageError{fmt.Sprintf("--target %s is not a commit of this repository", o.target), "name the branch that changes are merged into, such as origin/main"})
		}
	}
	if h.state == hookForeign {
		if err := h.keep(); err != nil {
			return err
		}
	}
	if err := writeHook(h.path, o.target); err != nil {
		if h.state == hookForeign {
			err = errors.Join(err, os.Rename(h.earlier, h.path))
		}
		return fmt.Errorf("writing the hook: %w", err)
	}
	fmt.Fprintf(o.Out, "%s checks what is pushed from now on\n", h.path)
	if _, err := os.Lstat(h.earlier); err == nil {
		fmt.Fprintf(o.Out, "%s runs before it: the hook that was there\n", h.earlier)
	}
	return nil
}

// keep moves the hook that is there to where it runs before penstock's.
func (h *hook) keep() error {
	if _, err := os.Lstat(h.earlier); err == nil {
		return &usageError{
			fmt.Sprintf("%s was not written by penstock, and its place, %s, is taken", h.path, filepath.Base(h.earlier)),
			`make one hook of the two, or add a line to the first: penstock hook pre-push "$@"`,
		}
	}
	if err := os.Rename(h.path, h.earlier); err != nil {
		return fmt.Errorf("keeping the hook that is there: %w", err)
	}
	return nil
}

// writeHook puts the hook in its place as a whole.
func writeHook(path, target string) error {
	penstock, err := os.Executable()
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".penstock-")
	if err != nil {
		return err
	}
	_, err = f.WriteString(hookScript(penstock, target))
	if err = errors.Join(err, f.Chmod(0o755), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to report
	}
	return err
}

func (o *hookOptions) uninstall(ctx context.Context) error {
	o.force = true // nothing is written; what is there says whose it is
	h, err := o.find(ctx)
	if err != nil {
		return err
	}
	switch h.state {
	case hookNone:
		return &usageError{h.path + " is not there", "nothing has to be uninstalled"}
	case hookForeign:
		return &usageError{h.path + " was not written by penstock", "take the line that calls penstock out of it by hand"}
	case hookChanged:
		return changedHook(h.path)
	case hookOurs:
	}
	if _, err := os.Lstat(h.earlier); err == nil {
		if err := os.Rename(h.earlier, h.path); err != nil {
			return fmt.Errorf("putting back the hook that was there: %w", err)
		}
		fmt.Fprintf(o.Out, "%s is again the hook that it was\n", h.path)
		return nil
	}
	if err := os.Remove(h.path); err != nil {
		return fmt.Errorf("removing the hook: %w", err)
	}
	fmt.Fprintf(o.Out, "%s is removed\n", h.path)
	return nil
}

func changedHook(hook string) error {
	return &usageError{hook + " was changed after penstock wrote it", "move the lines that you added to pre-push.local beside it, and remove it; then penstock hook install"}
}
