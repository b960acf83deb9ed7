package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"strings"

	"golang.org/x/term"
)

// pageBuffer is standard output that a pager shows. What is written to it looks like
// on the terminal that the pager runs on.
type pageBuffer struct {
	bytes.Buffer
	screen *os.File
}

// pagerCommand is what shows long reports, for a shell: PENSTOCK_PAGER, PAGER,
// or less if it is there. It is empty for none, and so it is for cat.
func pagerCommand() string {
	for _, name := range []string{"PENSTOCK_PAGER", "PAGER"} {
		if command, set := os.LookupEnv(name); set {
			if strings.TrimSpace(command) == "cat" {
				return ""
			}
			return command
		}
	}
	if _, err := exec.LookPath("less"); err != nil {
		return ""
	}
	return "less -R"
}

// paged runs write, and shows what it writes to standard output in a pager if
// that is a terminal and the text is longer than its screen. The output does not
// depend on it: colours and width are those of the terminal.
func paged(ctx context.Context, s Streams, write func(Streams) error) error {
	command := pagerCommand()
	screen, ok := s.Out.(*os.File)
	if !ok || !terminal(screen) || command == "" || os.Getenv("TERM") == "dumb" {
		return write(s)
	}
	p := &pageBuffer{screen: screen}
	err := write(Streams{In: s.In, Out: p, Err: s.Err})
	if _, height, sizeErr := term.GetSize(int(screen.Fd())); sizeErr == nil && bytes.Count(p.Bytes(), []byte("\n")) < height {
		_, screenErr := screen.Write(p.Bytes())
		return errors.Join(err, screenErr)
	}
	return errors.Join(err, p.show(ctx, s, command))
}

// show runs the pager. How it ends is its own affair: whoever quits has read
// enough. One that cannot be run must not swallow the report.
func (p *pageBuffer) show(ctx context.Context, s Streams, command string) error {
	// An interrupt is for the pager, which does not end by it as we would; it is
	// also why the pager does not end with ctx and leave the terminal as it was.
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "sh", "-c", command)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(p.Bytes()), p.screen, s.Err
	cmd.Env = append(os.Environ(), "LESS="+cmp.Or(os.Getenv("LESS"), "FRX"))
	_ = cmd.Run() // the state says whether it ran
	if state := cmd.ProcessState; state != nil && state.ExitCode() != 126 && state.ExitCode() != 127 {
		return nil
	}
	_, err := p.screen.Write(p.Bytes())
	return err
}
