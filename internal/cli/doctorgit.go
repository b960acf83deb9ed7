package cli

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-dev/penstock/internal/change"
)

// What penstock asks of git: rev-parse --end-of-options, which older ones do not
// know; in partial clones also GIT_NO_LAZY_FETCH, which keeps git from fetching.
const (
	oldestGit = "2.30"
	noLazyGit = "2.45"
)

var gitVersion = regexp.MustCompile(`(\d+)\.(\d+)[.\d]*`)

// git looks at the repository, and opens the change that a check without flags
// would look at. It returns nil if there is none.
func (o *doctorOptions) git(ctx context.Context, d *diagnosis) *change.Change {
	out, err := o.ask(ctx, "version")
	if err != nil {
		d.add(examined{Status: statusProblem, Message: "git cannot be run: " + err.Error(), Hint: "install git " + oldestGit + " or newer, and see to it that it is in PATH"})
		return nil
	}
	version := gitVersion.FindString(out)
	switch {
	case older(version, oldestGit):
		d.add(examined{Status: statusProblem, Message: "git " + version + " is too old", Hint: "install git " + oldestGit + " or newer"})
	default:
		d.ok("git %s", version)
	}
	if partial, err := o.ask(ctx, "config", "--get-regexp", `^remote\..*\.promisor$`); err == nil && partial != "" && older(version, noLazyGit) {
		d.add(examined{Status: statusWarning, Message: "this is a partial clone, and git " + version + " fetches what is missing while files are read", Hint: "install git " + noLazyGit + " or newer, or clone in full: git fetch --refetch --no-filter origin"})
	}
	c := o.change(ctx, d)
	if shallow, err := o.ask(ctx, "rev-parse", "--is-shallow-repository"); err == nil && shallow == "true" {
		d.add(examined{Status: statusWarning, Message: "this is a shallow clone: the merge-base with the default branch may be out of reach", Hint: "git fetch --unshallow origin"})
	}
	return c
}

// change opens the worktree against the merge-base, or else against HEAD.
func (o *doctorOptions) change(ctx context.Context, d *diagnosis) *change.Change {
	top, err := filepath.Abs(o.repo)
	if err != nil {
		d.problem(err)
		return nil
	}
	c, err := change.Open(ctx, change.Options{Repo: o.repo})
	if err == nil {
		d.ok("checks compare with %s unless told otherwise", c.BaseName)
	} else {
		d.problem(err)
		if c, err = change.Open(ctx, change.Options{Repo: o.repo, Base: "HEAD"}); err != nil {
			if root, err := os.OpenRoot(worktree(top)); err == nil {
				d.tree = root.FS() // with what git ignores, since git cannot tell
			}
			return nil
		}
	}
	d.tree = c.Head
	for _, s := range c.Skipped {
		d.add(examined{Status: statusWarning, Message: s.Reason, Location: placeOf(s.Path, 0)})
	}
	return c
}

// ask runs git in the repository, without the caller's GIT_* variables, which
// could point it elsewhere, and returns its first words.
func (o *doctorOptions) ask(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = o.repo
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") || strings.HasPrefix(kv, "GIT_CONFIG_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	return string(bytes.TrimSpace(out)), err
}

// older compares versions by their first two numbers; what is no version is not
// older than any.
func older(version, than string) bool {
	a, b := gitVersion.FindStringSubmatch(version), gitVersion.FindStringSubmatch(than)
	if a == nil || b == nil {
		return false
	}
	for i := 1; i <= 2; i++ {
		x, errX := strconv.Atoi(a[i])
		y, errY := strconv.Atoi(b[i])
		if errX != nil || errY != nil || x != y {
			return errX == nil && errY == nil && x < y
		}
	}
	return false
}

// remote is the host and the OWNER/NAME of the remote that changes are merged
// into, or empty.
func (o *doctorOptions) remote(ctx context.Context) (host, name string) {
	address, err := o.ask(ctx, "remote", "get-url", "origin")
	if err != nil {
		remotes, err := o.ask(ctx, "remote")
		if err != nil || remotes == "" || strings.Contains(remotes, "\n") {
			return "", ""
		}
		if address, err = o.ask(ctx, "remote", "get-url", remotes); err != nil {
			return "", ""
		}
	}
	return parseRemote(address)
}

// scpAddress is the form user@host:path, which is no URL.
var scpAddress = regexp.MustCompile(`^(?:[^@/]+@)?([^:/]+):([^/].*)$`)

func parseRemote(address string) (host, name string) {
	var p string
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		host, p = u.Hostname(), u.Path
	} else if m := scpAddress.FindStringSubmatch(address); m != nil {
		host, p = m[1], m[2]
	}
	p = strings.TrimSuffix(strings.Trim(p, "/"), ".git")
	if host == "" || !isSlug(p) {
		return "", ""
	}
	return host, p
}

var slug = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$`)

// isSlug reports whether a text is OWNER/NAME.
func isSlug(s string) bool { return slug.MatchString(s) }
