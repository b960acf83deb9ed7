package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

type manOptions struct {
	Streams
	dir string
}

func newMan(s Streams) *cobra.Command {
	o := &manOptions{Streams: s}
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages",
		Long: `man writes a manual page for penstock and for each of its commands into DIR, which
it makes if need be. The same version writes the same bytes.`,
		Example: `  penstock man ~/.local/share/man/man1
  man penstock-check`,
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return &usageError{"man takes the directory to write to", "penstock man ~/.local/share/man/man1"}
			}
			return nil
		},
		ValidArgsFunction: directories,
		RunE: func(_ *cobra.Command, args []string) error {
			o.dir = args[0]
			return o.run()
		},
	}
}

func (o *manOptions) run() error {
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return fmt.Errorf("making the directory of the manual: %w", err)
	}
	root := newRoot(o.Streams)
	root.DisableAutoGenTag = true
	root.InitDefaultHelpCmd()
	return o.pages(root)
}

// pages writes the page of a command, and those of the commands below it.
func (o *manOptions) pages(c *cobra.Command) error {
	for _, below := range c.Commands() {
		if !below.IsAvailableCommand() || below.Name() == "help" {
			continue
		}
		if err := o.pages(below); err != nil {
			return err
		}
	}
	name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
	page, err := manPage(c)
	if err != nil {
		return fmt.Errorf("making %s: %w", name, err)
	}
	if err := writeFile(filepath.Join(o.dir, name), func(w io.Writer) error { _, err := w.Write(page); return err }); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Join(o.dir, name), err)
	}
	return nil
}

// titleDate is the date in the title of a page, which would be that of the day.
var titleDate = regexp.MustCompile(`(?m)^(\.TH "[^"]*" "[^"]*") "[^"]*"`)

// manPage is the page of a command. Indented lines are shown as they are.
func manPage(c *cobra.Command) ([]byte, error) {
	var lines []string
	for line := range strings.Lines(c.Long) {
		if strings.HasPrefix(line, "  ") {
			line = "    " + line
		}
		lines = append(lines, line)
	}
	c.Long = strings.Join(lines, "")
	var b bytes.Buffer
	err := doc.GenMan(c, &doc.GenManHeader{Section: "1", Source: "penstock " + tool().Version, Manual: "Penstock", Date: &time.Time{}}, &b)
	return titleDate.ReplaceAll(b.Bytes(), []byte(`$1 ""`)), err
}
