package diff

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/redact"
)

// DefaultMaxBytes bounds a text when TextOptions do not. No text is cut to less
// than minBytes, which has room for the line that counts what is left out.
const (
	DefaultMaxBytes = 16 << 10
	minBytes        = 64
)

// TextOptions say how a delta is shown.
type TextOptions struct {
	// Key makes the hashes that stand for secret values; see redact.Keyed.
	Key []byte
	// Secrets are values that are hidden wherever they stand.
	Secrets redact.Redactor
	// MaxBytes bounds the text; 0 means DefaultMaxBytes, and less than 64 is 64.
	// What is left out is counted in a last line. Colour is not counted.
	MaxBytes int
	// Color colours lines with the escape sequences of ECMA-48 (SGR).
	Color bool
}

// Text shows a delta for people, in lines that a "diff" block of Markdown
// colours: "@@ path @@" before what changed there, "- " and "+ " before values
// that go and come, "! " before remarks, two spaces before context. Members of
// lists are matched by name (containers, env, ports) or mount path, as dyff
// does it. An object that comes or goes is shown as a whole.
//
// The text depends on the delta and the options alone. It shows no secret value
// (see redact.Fields), and control characters are escaped. It is never empty.
func (d Delta) Text(opts TextOptions) (string, error) {
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = DefaultMaxBytes
	}
	var out page
	if err := d.write(&out, opts); err != nil {
		return "", fmt.Errorf("showing %s: %w", d.ID(), err)
	}
	text := cut(out.String(), max(opts.MaxBytes, minBytes))
	if opts.Color {
		text = colour(text)
	}
	return text, nil
}

func (d Delta) write(out *page, opts TextOptions) error {
	show := func(o *manifest.Object, hide redact.Mask) map[string]any {
		return opts.Secrets.Keyed(opts.Key).Fields(redact.Fields(o.Fields(), o.ID(), hide))
	}
	switch d.Operation {
	case Create:
		if d.RenamedFrom != nil {
			out.line("! ", "renamed from "+d.RenamedFrom.String())
		}
		return out.object("+ ", show(d.Object, redact.Keyed(opts.Key)))
	case Delete:
		if d.RenamedTo != nil {
			out.line("! ", "renamed to "+d.RenamedTo.String())
		}
		return out.object("- ", show(d.OldObject, redact.Keyed(opts.Key)))
	}
	old, current := redact.Masks(opts.Key)
	was := show(d.OldObject, old)
	return out.update(was, show(d.Object, current))
}

// page collects the lines of a text.
type page struct{ strings.Builder }

// line writes text as one line. Control characters, and the characters that
// reorder text on a terminal, are escaped.
func (p *page) line(prefix, text string) {
	if text == "" {
		prefix = strings.TrimRight(prefix, " ")
	}
	p.WriteString(prefix + escape(text) + "\n")
}

// lines writes every line of text.
func (p *page) lines(prefix, text string) {
	for line := range strings.Lines(text) {
		p.line(prefix, strings.TrimSuffix(line, "\n"))
	}
}

func escape(text string) string {
	if !strings.ContainsFunc(text, active) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case !active(r):
			b.WriteRune(r)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// active reports whether a character could act on a terminal or reorder what a
// reviewer reads (Unicode Technical Report 36, bidirectional text spoofing).
func active(r rune) bool {
	switch {
	case r == '\t':
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	case r == 0x061c, r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x2069, r == 0xfeff:
		return true
	}
	return false
}

// cut shortens text to whole lines, with a last line that counts the others, so
// that all of it is at most max bytes. A first line that is longer than that is
// cut inside, and counted as left out.
func cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	const room = len("… 1000000000 more lines\n")
	head := text[:max-room]
	end := strings.LastIndexByte(head, '\n') + 1
	if end > 0 {
		head = head[:end]
	} else {
		for !utf8.ValidString(head) {
			head = head[:len(head)-1]
		}
		head += "\n"
	}
	left := strings.Count(text[end:], "\n")
	if left == 1 {
		return head + "… 1 more line\n"
	}
	return fmt.Sprintf("%s… %d more lines\n", head, left)
}

// colour paints each line by its prefix.
func colour(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		code := ""
		switch {
		case strings.HasPrefix(line, "@@ "):
			code = "36"
		case strings.HasPrefix(line, "+"):
			code = "32"
		case strings.HasPrefix(line, "-"):
			code = "31"
		case strings.HasPrefix(line, "!"):
			code = "33"
		}
		if code == "" {
			b.WriteString(line)
			continue
		}
		b.WriteString("\x1b[" + code + "m" + strings.TrimSuffix(line, "\n") + "\x1b[0m\n")
	}
	return b.String()
}
