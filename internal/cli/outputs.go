package cli

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// look is how text for people is written. The zero value is that of a file.
type look struct {
	color bool
	// width is the number of columns; 0 leaves it to the encoder.
	width int
}

// format is one way to write what a command has found.
type format[T any] struct {
	name   string
	encode func(io.Writer, T, look) error
}

func names[T any](formats []format[T]) []string {
	var out []string
	for _, f := range formats {
		out = append(out, f.name)
	}
	return out
}

// outputFlag adds --output to a command. The first format is the default.
func outputFlag(c *cobra.Command, specs *[]string, formats []string) {
	c.Flags().StringArrayVarP(specs, "output", "o", nil, fmt.Sprintf(
		"`FORMAT`, FORMAT=FILE, or FORMAT+=FILE to append, repeatable; one may go to standard output: %s (default %s)", strings.Join(formats, ", "), formats[0]))
	complete(c, "output", func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if strings.Contains(typed, "=") {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return formats, cobra.ShellCompDirectiveNoFileComp
	})
}

// output is one format and where it goes.
type output struct {
	format string
	// file is what the user typed; empty means standard output.
	file string
	// path is the file itself, behind links.
	path string
	// add appends to the file instead of replacing it.
	add bool
}

// parseOutputs reads the values of --output. What can be known to fail is an
// error here, before the work that the output is for.
func parseOutputs(specs, formats []string) ([]output, error) {
	if len(specs) == 0 {
		specs = formats[:1]
	}
	var outs []output
	taken := map[string]string{}
	for _, spec := range specs {
		name, file, named := strings.Cut(spec, "=")
		name, add := strings.CutSuffix(name, "+")
		if !slices.Contains(formats, name) {
			return nil, unknownFormat(name, formats)
		}
		if add && !named || named && file == "" {
			return nil, &usageError{fmt.Sprintf("--output %s names no file", spec), fmt.Sprintf("--output %[1]s=FILE, or --output %[1]s for standard output", name)}
		}
		out := output{format: name, add: add}
		if named && file != "-" {
			var err error
			if out.path, err = destination(file); err != nil {
				return nil, err
			}
			out.file = file
		}
		if other, found := taken[out.path]; found {
			return nil, taking(out, other)
		}
		taken[out.path] = name
		outs = append(outs, out)
	}
	return outs, nil
}

func unknownFormat(name string, formats []string) error {
	hint := "the formats are " + strings.Join(formats, ", ")
	if near := nearest(name, formats); near != "" {
		hint = fmt.Sprintf("did you mean %s? %s", near, hint)
	}
	return &usageError{fmt.Sprintf("--output %s: there is no such format", cmp.Or(name, `""`)), hint}
}

// taking is the error of two outputs in one place.
func taking(out output, other string) error {
	if out.file == "" {
		return &usageError{
			fmt.Sprintf("both %s and %s would go to standard output", other, out.format),
			fmt.Sprintf("give one of them a file: --output %s=FILE", out.format),
		}
	}
	return &usageError{
		fmt.Sprintf("both %s and %s would be written to %s", other, out.format, out.file),
		"give each output a file of its own",
	}
}

// destination is the path to write to for a file that a user names. Only its
// directory has to be there.
func destination(file string) (string, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", file, err)
	}
	switch fi, err := os.Stat(abs); {
	case err == nil && fi.IsDir():
		return "", &usageError{file + " is a directory", "name a file in it: " + filepath.Join(file, "report")}
	case err == nil && !fi.Mode().IsRegular():
		return abs, nil
	case err == nil:
		return filepath.EvalSymlinks(abs)
	}
	dir := filepath.Dir(abs)
	if fi, err := os.Stat(dir); err != nil || !fi.IsDir() {
		return "", &usageError{
			fmt.Sprintf("%s cannot be written: %s is not a directory", file, filepath.Dir(file)),
			"make it first: mkdir -p " + filepath.Dir(file),
		}
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", fmt.Errorf("finding %s: %w", file, err)
	}
	return filepath.Join(dir, filepath.Base(abs)), nil
}

// writeError is an output that could not be written.
type writeError struct {
	output
	err error
}

func (e *writeError) Error() string {
	return fmt.Sprintf("writing %s: %v", cmp.Or(e.file, "standard output"), e.err)
}

func (e *writeError) Unwrap() error { return e.err }

// UserHint says where else to write.
func (e *writeError) UserHint() string {
	if e.file == "" {
		return ""
	}
	return fmt.Sprintf("write elsewhere: --output %s=FILE", e.format)
}

// writeOutputs writes every output, also after one that fails.
func writeOutputs[T any](s Streams, outs []output, formats []format[T], v T) error {
	var errs []error
	for _, out := range outs {
		i := slices.IndexFunc(formats, func(f format[T]) bool { return f.name == out.format })
		var err error
		write := writeFile
		if out.add {
			write = appendFile
		}
		if out.file == "" {
			err = formats[i].encode(s.Out, v, lookOf(s.Out))
		} else {
			err = write(out.path, func(w io.Writer) error { return formats[i].encode(w, v, look{}) })
		}
		if err != nil {
			errs = append(errs, &writeError{out, err})
		}
	}
	return errors.Join(errs...)
}

// writeFile writes a file whole or not at all: under another name beside it,
// which is then renamed. Devices and pipes are written as they are. A process
// that is killed in between leaves the file with the other name.
func writeFile(path string, encode func(io.Writer) error) error {
	perm, keep := fs.FileMode(0o666), false
	if fi, err := os.Stat(path); err == nil {
		if !fi.Mode().IsRegular() {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return cause(err)
			}
			return cause(errors.Join(encode(f), f.Close()))
		}
		perm, keep = fi.Mode().Perm(), true
	}
	// Not os.CreateTemp, whose files only their owner can read.
	temp := filepath.Join(filepath.Dir(path), ".penstock-"+rand.Text())
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm)
	if err != nil {
		return cause(err)
	}
	err = encode(f)
	if keep && err == nil {
		err = f.Chmod(perm) // past the umask
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		_ = os.Remove(temp) // the first error is the one to report
		return cause(err)
	}
	return nil
}

// appendFile adds to a file, such as $GITHUB_STEP_SUMMARY, or makes it. An encoder
// that fails adds nothing.
func appendFile(path string, encode func(io.Writer) error) error {
	var text bytes.Buffer
	if err := encode(&text); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return cause(err)
	}
	_, err = f.Write(text.Bytes())
	return cause(errors.Join(err, f.Close()))
}

// cause is an error of the file system without the name that the user did not type.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// lookOf is the look that a stream asks for: COLUMNS, or else the width of the
// terminal; colour only on a terminal, as https://no-color.org has it.
func lookOf(stream any) look {
	var l look
	if p, paged := stream.(*pageBuffer); paged {
		stream = p.screen
	}
	f, ok := stream.(*os.File)
	if ok && term.IsTerminal(int(f.Fd())) {
		l.color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			l.width = width
		}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		l.width = n
	}
	return l
}

// encodeJSON writes a document for scripts.
func encodeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
