package cli

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/spf13/cobra"
)

func newVersion(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(s.Out, "penstock %s\n", tool().Version)
			return err
		},
	}
}

// tool is this program, by its build information.
func tool() report.Tool {
	t := report.Tool{Name: "penstock", Version: "devel"}
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
