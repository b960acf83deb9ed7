package cli

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/spf13/cobra"
)

type versionOptions struct {
	Streams
	outputs []string
}

// versions is what version says.
type versions struct {
	report.Tool
	// Emulates are the minor versions of Kubernetes that the API server answers as.
	Emulates []string `json:"emulates"`
	Go       string   `json:"go"`
	Platform string   `json:"platform"`
}

func newVersion(s Streams) *cobra.Command {
	o := &versionOptions{Streams: s}
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version of penstock, and of the Kubernetes API server in it",
		Args:  noArgs,
		RunE:  func(*cobra.Command, []string) error { return o.run() },
	}
	outputFlag(c, &o.outputs, names(versionFormats()))
	return c
}

func versionFormats() []format[versions] {
	return []format[versions]{
		{"text", func(w io.Writer, v versions, _ look) error {
			_, err := fmt.Fprintf(w, "penstock %s\nkubernetes %s (answers as %s)\n", v.Version, v.Kubernetes, strings.Join(v.Emulates, ", "))
			return err
		}},
		{"json", func(w io.Writer, v versions, _ look) error { return encodeJSON(w, v) }},
	}
}

func (o *versionOptions) run() error {
	outs, err := parseOutputs(o.outputs, names(versionFormats()))
	if err != nil {
		return err
	}
	return writeOutputs(o.Streams, outs, versionFormats(), versions{
		Tool: tool(), Emulates: apiserver.Supported(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	})
}

// tool is this program, by its build information.
func tool() report.Tool {
	t := report.Tool{Name: "penstock", Version: "devel", Kubernetes: apiserver.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return t
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		t.Version = v
		return t
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			t.Version = cmp.Or("devel-"+s.Value[:min(12, len(s.Value))], t.Version)
		}
	}
	return t
}
