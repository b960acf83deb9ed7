package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/penstock-dev/penstock/internal/change"
	"github.com/spf13/cobra"
)

const targetHelp = "the `REV` that changes are merged into (default: the default branch of the remote, as last fetched)"

type prePushOptions struct {
	checkOptions
	target string
	// remote is what is pushed to: its name, or its URL if it has none.
	remote string
}

func newHookPrePush(s Streams) *cobra.Command {
	o := &prePushOptions{checkOptions: checkOptions{Streams: s}}
	c := &cobra.Command{
		Use:   "pre-push REMOTE URL",
		Short: "Check what git is about to push; git calls this",
		Long: `pre-push reads the refs that are pushed from standard input, as git gives them to
its hook, and checks each pushed commit, whatever the worktree holds. A branch is
compared with its merge-base with the default branch of the remote; the default
branch itself with what the remote has. Nothing is fetched.

Under pre-commit, which gives no input, the push is that of PRE_COMMIT_TO_REF.

Exit codes: 0 every verdict is pass, 1 fail, 2 undecided or an error. Any but 0
blocks the push; git push --no-verify pushes without the check.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 2 || len(args) == 0 && os.Getenv("PRE_COMMIT_REMOTE_NAME") != "" {
				return nil
			}
			return &usageError{"penstock hook pre-push takes the name of a remote and its URL, as git gives them to a hook", "penstock hook install writes such a hook; to check by hand: penstock check"}
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.remote = cmp.Or(strings.Join(args[:min(1, len(args))], ""), os.Getenv("PRE_COMMIT_REMOTE_NAME"))
			return o.run(c.Context(), len(args) == 0)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Repo, "repo", ".", "a `DIR` in the git repository")
	f.StringVar(&o.target, "target", "", targetHelp)
	f.StringVar(&o.dryRun, "dry-run", "", "where the change is tried: `MODE` is off, embedded or cluster (default: as configured, else embedded)")
	outputFlag(c, &o.outputs, names(o.formats()))
	f.BoolVarP(&o.verbose, "verbose", "v", false, "in text, also show findings that base has already, and lists in full")
	complete(c, "repo", directories)
	complete(c, "target", cobra.NoFileCompletions)
	complete(c, "dry-run", cobra.FixedCompletions(dryRunModes(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

// push is one ref that is pushed (githooks(5), pre-push).
type push struct{ localRef, local, remoteRef, remote string }

// readPushes reads "LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID" lines. The first may
// be an expression with spaces, such as HEAD^{/fix it}.
func readPushes(r io.Reader) ([]push, error) {
	var pushes []push
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), " ")
		n := len(fields)
		if n < 4 || !objectID(fields[n-3]) || !objectID(fields[n-1]) || fields[n-2] == "" {
			return nil, &usageError{fmt.Sprintf("this is not a line that git gives to a pre-push hook: %q", lines.Text()), "hooks that run before must hand the input on as they get it"}
		}
		pushes = append(pushes, push{strings.Join(fields[:n-3], " "), fields[n-3], fields[n-2], fields[n-1]})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading what is pushed: %w", err)
	}
	return pushes, nil
}

// objectID reports whether a text is the ID of an object, by SHA-1 or SHA-256.
func objectID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// preCommitPush is the push that pre-commit describes in its environment. Without
// a commit to start from, pre-commit names only the branch.
func preCommitPush(ctx context.Context, repo *change.Repository) ([]push, error) {
	ref := os.Getenv("PRE_COMMIT_LOCAL_BRANCH")
	local, err := repo.Commit(ctx, cmp.Or(os.Getenv("PRE_COMMIT_TO_REF"), ref))
	if err != nil {
		return nil, err
	}
	if local == "" {
		return nil, &usageError{"pre-commit names no commit of this repository that is pushed", "it is to be run as a hook of the stage pre-push"}
	}
	remote, err := repo.Commit(ctx, cmp.Or(os.Getenv("PRE_COMMIT_FROM_REF"), "-"))
	if err != nil {
		return nil, err
	}
	return []push{{ref, local, os.Getenv("PRE_COMMIT_REMOTE_BRANCH"), cmp.Or(remote, strings.Repeat("0", len(local)))}}, nil
}

// pair is two commits to compare, and the refs that they are pushed to.
type pair struct {
	base, head string
	// against names the base for people.
	against string
	refs    []string
}

func (o *prePushOptions) run(ctx context.Context, preCommit bool) (err error) {
	defer func() {
		if done := (exit{}); err != nil && (!errors.As(err, &done) || done.code != codePass) {
			fmt.Fprintln(o.Err, "The push is blocked. To push without this check: git push --no-verify")
		}
	}()
	outs, err := o.validate()
	if err != nil {
		return err
	}
	repo, err := change.OpenRepository(ctx, o.Repo)
	if err != nil {
		return err
	}
	var pushes []push
	switch {
	case preCommit:
		pushes, err = preCommitPush(ctx, repo)
	case terminal(o.In):
		err = &usageError{"what is pushed comes from standard input, as git gives it to a hook", "penstock hook install writes such a hook; to check by hand: penstock check"}
	default:
		pushes, err = readPushes(o.In)
	}
	if err != nil {
		return err
	}
	pairs, err := o.pairs(ctx, repo, pushes)
	if err != nil {
		return err
	}
	return o.check(ctx, pairs, outs)
}

// pairs are what has to be compared, each once, in the order of the refs.
func (o *prePushOptions) pairs(ctx context.Context, repo *change.Repository, pushes []push) ([]*pair, error) {
	var pairs []*pair
	known := map[[2]string]*pair{}
	for _, p := range pushes {
		if zeros(p.local) {
			fmt.Fprintf(o.Err, "%s is deleted: there is nothing to check\n", p.remoteRef)
			continue
		}
		if strings.HasPrefix(p.remoteRef, "refs/notes/") {
			fmt.Fprintf(o.Err, "%s holds notes, and no manifests: it is not checked\n", p.remoteRef)
			continue
		}
		head, err := repo.Commit(ctx, p.local)
		if err != nil {
			return nil, err
		}
		if head == "" {
			return nil, &usageError{fmt.Sprintf("%s, pushed to %s, is not a commit", short(p.local), p.remoteRef), "push it without the check: git push --no-verify"}
		}
		base, against, err := o.base(ctx, repo, p, head)
		if err != nil {
			return nil, fmt.Errorf("finding what to compare %s with: %w", p.remoteRef, err)
		}
		key := [2]string{base, head}
		if known[key] == nil {
			known[key] = &pair{base: base, head: head, against: against}
			pairs = append(pairs, known[key])
		}
		known[key].refs = append(known[key].refs, p.remoteRef)
	}
	return pairs, nil
}

// base is what a pushed commit is compared with: what a pull request with it would
// be. That is not what the remote has of the branch, since an earlier push may
// have brought what this one does not touch. Only for the branch that changes are
// merged into is it what the remote has.
func (o *prePushOptions) base(ctx context.Context, repo *change.Repository, p push, head string) (base, against string, err error) {
	target := o.target
	if target == "" {
		if target, err = repo.DefaultBranch(ctx, o.remote); err != nil {
			return "", "", err
		}
	}
	if p.remoteRef == "refs/heads/"+strings.TrimPrefix(target, o.remote+"/") && !zeros(p.remote) {
		if base, err = repo.Commit(ctx, p.remote); err != nil {
			return "", "", err
		}
		if base == "" {
			return "", "", &usageError{
				fmt.Sprintf("%s has %s at commit %s, which is not in this clone", o.remote, p.remoteRef, short(p.remote)),
				"git fetch " + o.remote,
			}
		}
		return base, "what " + o.remote + " has", nil
	}
	base, err = repo.MergeBase(ctx, target, head)
	return base, "the merge-base with " + target, err
}

// check judges each pair. The worst exit code wins, and an error keeps no other
// pair from being judged.
func (o *prePushOptions) check(ctx context.Context, pairs []*pair, outs []output) (err error) {
	for _, out := range outs {
		if out.file != "" && !out.add && len(pairs) > 1 {
			return &usageError{fmt.Sprintf("%d changes are pushed, and --output %s=%s holds one report", len(pairs), out.format, out.file), "push one ref at a time, or append: --output " + out.format + "+=" + out.file}
		}
	}
	t := newTools(assets("", o.Repo))
	defer func() { err = errors.Join(err, t.Close()) }()
	worst := codePass
	var errs []error
	for _, p := range pairs {
		fmt.Fprintf(o.Err, "penstock: %s: commit %s against %s, %s\n", strings.Join(p.refs, ", "), short(p.head), p.against, short(p.base))
		one := o.checkOptions
		one.Base, one.Head = p.base, p.head
		err := one.once(ctx, t, outs)
		var done exit
		switch {
		case errors.As(err, &done):
			worst = max(worst, done.code)
		case err != nil:
			errs = append(errs, fmt.Errorf("checking %s: %w", strings.Join(p.refs, ", "), err))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if worst != codePass {
		return exit{worst}
	}
	return nil
}
