package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/policies/bundle"
	"github.com/spf13/cobra"
)

func newPolicyPush(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "push REPOSITORY[:TAG] FILE",
		Short: "Put a bundle into an OCI registry, and print the digest to pin",
		Long: `push puts a bundle into a repository of an OCI registry, with the credentials of
docker login. Its layers are those that OPA and conftest look for. It prints the
digest of the manifest, for policies.bundles.`,
		Example: `  penstock policy push ghcr.io/organisation/policies:v1.4.0 bundle.tar.gz`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return &usageError{fmt.Sprintf("%s takes a repository and a file, and got %d arguments", c.CommandPath(), len(args)), "penstock policy push ghcr.io/organisation/policies:v1 bundle.tar.gz"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			data, err := bundleFile(args[1])
			if err != nil {
				return err
			}
			b, err := bundle.Open(filepath.Base(args[1]), data, nil)
			if err != nil {
				return err
			}
			digest, err := fetcher(true).Push(c.Context(), args[0], data, b.Plain())
			if err != nil {
				return err
			}
			fmt.Fprintln(s.Out, digest)
			return nil
		},
	}
}

// bundleFile reads a bundle that the user names.
func bundleFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, &usageError{fmt.Sprintf("%s: %s", name, cause(err)), "penstock policy build writes a bundle"}
	case info.Size() > bundle.MaxSize:
		return nil, &bundle.Error{Name: name, Msg: fmt.Sprintf("it has %d bytes; at most %d are read", info.Size(), bundle.MaxSize), Hint: "split it"}
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, cause(err))
	}
	return data, nil
}

// keyOptions verify a bundle by hand.
type keyOptions struct{ key, keyID, scope, digest string }

func (o *keyOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.key, "key", "", "refuse what is not signed with the public key in `FILE`: PEM, RSA or ECDSA")
	f.StringVar(&o.keyID, "key-id", "", "the `ID` of the key that the signature has to name")
	f.StringVar(&o.scope, "scope", "", "the `SCOPE` that the signature must have been made for")
	f.StringVar(&o.digest, "digest", "", "refuse what has another `DIGEST`: sha256:...")
	for _, flag := range []string{"key-id", "scope", "digest"} {
		complete(c, flag, cobra.NoFileCompletions)
	}
}

// open reads a bundle and says what it is.
func (o *keyOptions) open(name string, data []byte) (*bundle.Bundle, error) {
	var key *bundle.Key
	if o.key != "" {
		text, err := os.ReadFile(o.key)
		if err != nil {
			return nil, &usageError{fmt.Sprintf("--key %s: %s", o.key, cause(err)), "give a public key in PEM"}
		}
		if key, err = bundle.NewKey(string(text), o.keyID, o.scope); err != nil {
			return nil, &bundle.Error{Name: o.key, Msg: err.Error(), Hint: "give a public key in PEM, RSA or ECDSA: openssl pkey -in private.pem -pubout"}
		}
	} else if o.keyID+o.scope != "" {
		return nil, &usageError{"--key-id and --scope are of a signature, and there is no key to verify it with", "add --key FILE"}
	}
	return bundle.Open(name, data, key)
}

// newPolicyPull fetches a bundle by hand.
func newPolicyPull(s Streams) *cobra.Command {
	o, out := &keyOptions{}, ""
	c := &cobra.Command{
		Use:   "pull REPOSITORY[:TAG]|URL",
		Short: "Fetch a bundle, and print the digest to pin",
		Long: `pull fetches a bundle from an OCI registry, or over HTTPS, into a file, and prints
the digest that policies.bundles takes for it. Look at the bundle before you pin it.`,
		Example: `  penstock policy pull ghcr.io/organisation/policies:v1.4.0 --key release.pub
  penstock policy pull https://example.com/policies.tar.gz`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{fmt.Sprintf("%s takes a repository or a URL, and got %d arguments", c.CommandPath(), len(args)), "penstock policy pull ghcr.io/organisation/policies:v1"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return o.pull(c.Context(), s, args[0], out) },
	}
	o.flags(c)
	c.Flags().StringVar(&out, "out", "bundle.tar.gz", "the `FILE` to write")
	return c
}

func (o *keyOptions) pull(ctx context.Context, s Streams, from, out string) error {
	f := fetcher(true)
	var data []byte
	var digest string
	var err error
	if strings.Contains(from, "://") {
		if data, digest, err = o.pullURL(ctx, from); err != nil {
			return err
		}
	} else {
		repository := from
		if digest = o.digest; digest == "" {
			if repository, digest, err = f.Resolve(ctx, from); err != nil {
				return err
			}
		}
		if data, err = f.OCI(ctx, repository, digest); err != nil {
			return err
		}
	}
	if _, err := o.open(filepath.Base(out), data); err != nil {
		return err
	}
	if err := writeFile(out, func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
		return fmt.Errorf("writing %s: %w", out, err)
	}
	fmt.Fprintln(s.Out, digest)
	return nil
}

func (o *keyOptions) pullURL(ctx context.Context, from string) ([]byte, string, error) {
	f := fetcher(false)
	if o.digest != "" {
		data, err := f.HTTPS(ctx, from, o.digest)
		return data, o.digest, err
	}
	data, err := f.Latest(ctx, from)
	return data, bundle.Digest(data), err
}

// newPolicyVerify verifies a file, or all bundles that are configured.
func newPolicyVerify(s Streams) *cobra.Command {
	o := &keyOptions{}
	c := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Verify the bundles that are configured, or the one in a file",
		Long: `verify fetches the bundles of the worktree's configuration as a check does, and says
what each is; or it verifies FILE by --key, --digest, or both.`,
		Example: `  penstock policy verify
  penstock policy verify bundle.tar.gz --key release.pub`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{fmt.Sprintf("%s takes one FILE, and got %d", c.CommandPath(), len(args)), "verify them one by one"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return o.configured(c.Context(), s)
			}
			return o.file(s, args[0])
		},
	}
	o.flags(c)
	return c
}

func (o *keyOptions) file(s Streams, name string) error {
	if o.key == "" && o.digest == "" {
		return &usageError{"there is nothing to verify " + name + " by", "give --key FILE, --digest sha256:..., or both"}
	}
	data, err := bundleFile(name)
	if err != nil {
		return err
	}
	if got := bundle.Digest(data); o.digest != "" && got != o.digest {
		return &bundle.Error{Name: name, Msg: fmt.Sprintf("it is %s, and not %s", got, o.digest), Hint: "somebody changed it, or it is another bundle"}
	}
	b, err := o.open(filepath.Base(name), data)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.Out, verified(name, b, o.digest != "", o.key != ""))
	return nil
}

// verified says what a bundle is, and what it was verified by.
func verified(name string, b *bundle.Bundle, digest, key bool) string {
	text := fmt.Sprintf("%s: %d %s", name, len(b.Files), plural(len(b.Files), "file"))
	if b.Revision != "" {
		text += ", revision " + b.Revision
	}
	if digest {
		text += ", of its digest"
	}
	switch {
	case key:
		return text + ", signed with the key"
	case b.Signed:
		return text + "; its signature was not looked at, as no key is given"
	}
	return text + ", not signed"
}

func (o *keyOptions) configured(ctx context.Context, s Streams) error {
	if o.key+o.keyID+o.scope+o.digest != "" {
		return &usageError{"the configuration has the keys and digests of its bundles", "name a FILE to verify it by others"}
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return fmt.Errorf("finding the working directory: %w", err)
	}
	tree := os.DirFS(worktree(here))
	cfg, err := config.Load(tree, config.FileName)
	if err != nil {
		return err
	}
	if len(cfg.Policies.Bundles) == 0 {
		return &usageError{"no bundle is configured", "add one to policies.bundles in " + config.FileName + ", or name a FILE"}
	}
	f := fetcher(true)
	for _, spec := range cfg.Policies.Bundles {
		b, err := openBundle(ctx, f, tree, spec)
		if err != nil {
			return err
		}
		fmt.Fprintln(s.Out, verified(spec.Name(), b, spec.Digest != "", spec.Key != ""))
	}
	return nil
}
