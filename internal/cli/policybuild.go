package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/penstock-dev/penstock/policies"
	"github.com/penstock-dev/penstock/policies/bundle"
	"github.com/spf13/cobra"
)

type policyBuildOptions struct {
	policyOptions
	out, revision     string
	key, keyID, scope string
}

func newPolicyBuild(s Streams) *cobra.Command {
	o := &policyBuildOptions{policyOptions: policyOptions{Streams: s}}
	c := &cobra.Command{
		Use:   "build [DIR]",
		Short: "Make an OPA bundle of policies, and print its digest",
		Long: `build writes the rules and the data of DIR, or of the repository, as an OPA bundle,
which Penstock, OPA and conftest read. Tests are left out. The same policies give
the same bytes; a signature with an RSA key is the same as well.`,
		Example: `  penstock policy build --out bundle.tar.gz
  penstock policy build --signing-key private.pem --key-id release --revision v1.4.0`,
		Args:              o.dirArg,
		ValidArgsFunction: directories,
		RunE:              func(c *cobra.Command, _ []string) error { return o.build(c.Context()) },
	}
	f := c.Flags()
	f.StringVar(&o.out, "out", "bundle.tar.gz", "the `FILE` to write")
	f.StringVar(&o.revision, "revision", "", "the `NAME` of this state of the policies, such as v1.4.0")
	f.StringVar(&o.key, "signing-key", "", "sign with the private key in `FILE`: PEM, RSA or ECDSA")
	f.StringVar(&o.keyID, "key-id", "", "the `ID` that the signature gives the key")
	f.StringVar(&o.scope, "scope", "", "the `SCOPE` that the signature is made for")
	for _, flag := range []string{"revision", "key-id", "scope"} {
		complete(c, flag, cobra.NoFileCompletions)
	}
	return c
}

func (o *policyBuildOptions) build(ctx context.Context) error {
	if o.key == "" && o.keyID+o.scope != "" {
		return &usageError{"--key-id and --scope are of a signature, and nothing is signed", "add --signing-key FILE"}
	}
	set, err := o.own(ctx)
	if err != nil {
		return err
	}
	c := bundle.Contents{Revision: o.revision}
	if c.Files, c.Data, err = policies.Pack(ctx, set.sources, set.with); err != nil {
		return err
	}
	if len(c.Files) == 0 {
		return &usageError{"there are no policies to build of", "penstock policy new ID writes a first rule"}
	}
	var signing *bundle.Signing
	if o.key != "" {
		text, err := os.ReadFile(o.key)
		if err != nil {
			return &usageError{fmt.Sprintf("--signing-key %s: %s", o.key, cause(err)), "give a private key in PEM"}
		}
		signing = &bundle.Signing{Key: string(text), ID: o.keyID, Scope: o.scope}
	}
	data, err := bundle.Build(c, signing)
	if err != nil {
		return err
	}
	// What check would refuse is not written.
	if _, err := bundle.Open(o.out, data, nil); err != nil {
		return err
	}
	if err := writeFile(o.out, func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
		return fmt.Errorf("writing %s: %w", o.out, err)
	}
	fmt.Fprintln(o.Out, bundle.Digest(data))
	return nil
}
