package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

func newCRDs(s Streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "crds COMMAND",
		Short: "Keep the custom resource definitions of a cluster beside the repository",
		Args:  cobra.ArbitraryArgs,
		RunE:  noCommand,
	}
	c.AddCommand(newCRDsPull(s))
	return c
}

type crdsPullOptions struct {
	Streams
	context, kubeconfig, out string
}

func newCRDsPull(s Streams) *cobra.Command {
	o := &crdsPullOptions{Streams: s}
	c := &cobra.Command{
		Use:   "pull --context NAME",
		Short: "Write the custom resource definitions of a cluster into a file",
		Long: `pull writes what a cluster knows of custom resources into a file of the repository,
so that objects of kinds that the repository does not define can be tried without
the cluster. A check reads it from base, as the key crds of ` + config.FileName + ` says. The
same definitions give the same bytes. Status, labels, annotations, certificates and
descriptions are left out. Nothing is changed on the cluster.`,
		Example: `  penstock crds pull --context prod
  penstock crds pull --context prod --output clusters/prod/crds.yaml`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	f := c.Flags()
	f.StringVar(&o.context, "context", "", "the `NAME` of a context of the kubeconfig")
	complete(c, "context", cobra.NoFileCompletions)
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "the kubeconfig `FILE` (default: KUBECONFIG and the home directory, as kubectl does)")
	f.StringVarP(&o.out, "output", "o", config.DefinitionsFile, "the `FILE` to write, or - for standard output")
	return c
}

func (o *crdsPullOptions) run(ctx context.Context) error {
	if o.context == "" {
		return &usageError{"--context is missing", "name the cluster: kubectl config get-contexts lists them"}
	}
	found, err := dryrun.ReadCatalogue(ctx, o.kubeconfig, o.context)
	var forbidden *dryrun.Forbidden
	if errors.As(err, &forbidden) {
		return &usageError{forbidden.Error(), "have an administrator of the cluster apply this:\n" + rbac("penstock-crds", forbidden.User, []dryrun.Right{forbidden.Missing})}
	}
	if err != nil {
		return err
	}
	if len(found.Definitions) == 0 {
		return &usageError{fmt.Sprintf("the cluster of the context %s has no custom resource definitions", o.context), "is it the right context? Nothing was written"}
	}
	text, err := catalogueText(found)
	if err != nil {
		return err
	}
	if o.out == "-" {
		_, err := o.Out.Write(text)
		return err
	}
	if err := os.MkdirAll(filepath.Dir(o.out), 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", o.out, err)
	}
	if err := writeFile(o.out, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return fmt.Errorf("writing %s: %w", o.out, err)
	}
	fmt.Fprintf(o.Out, "%s: %d %s of a cluster with Kubernetes %s\n", o.out, len(found.Definitions), plural(len(found.Definitions), "definition"), found.Version)
	return nil
}

// catalogueText is a catalogue as YAML. No time, name or address of the cluster is
// in it, so that a difference is one of definitions or of the version.
func catalogueText(found dryrun.Catalogue) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# The %d custom resource %s of a cluster with Kubernetes %s, by penstock crds pull.\n# Status, labels, annotations, certificates and descriptions are left out.\n",
		len(found.Definitions), plural(len(found.Definitions), "definition"), found.Version)
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	for _, o := range found.Definitions {
		if err := enc.Encode(o); err != nil {
			return nil, fmt.Errorf("writing definitions as YAML: %w", err)
		}
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("writing definitions as YAML: %w", err)
	}
	return b.Bytes(), nil
}
