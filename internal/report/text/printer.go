package text

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is text in one style: the parameters of an SGR sequence, or none.
type span struct{ style, text string }

// printer writes lines: no trailing spaces, no two blank lines in a row.
type printer struct {
	out   bytes.Buffer
	width int
	color bool
}

// blank writes an empty line, but not first and not twice.
func (p *printer) blank() {
	if p.out.Len() > 0 && !bytes.HasSuffix(p.out.Bytes(), []byte("\n\n")) {
		p.out.WriteByte('\n')
	}
}

// put writes one line that is never wrapped, since it holds a path or a line of
// YAML. The text of its spans is clean already.
func (p *printer) put(indent int, spans ...span) {
	for len(spans) > 0 && strings.TrimRight(spans[len(spans)-1].text, " ") == "" {
		spans = spans[:len(spans)-1]
	}
	if len(spans) > 0 {
		p.out.WriteString(strings.Repeat(" ", indent))
	}
	for i, s := range spans {
		if i == len(spans)-1 {
			s.text = strings.TrimRight(s.text, " ")
		}
		p.span(s)
	}
	p.out.WriteByte('\n')
}

func (p *printer) span(s span) {
	if s.text == "" {
		return
	}
	if p.color && s.style != "" {
		p.out.WriteString("\x1b[" + s.style + "m" + s.text + "\x1b[0m")
		return
	}
	p.out.WriteString(s.text)
}

// maxText bounds one paragraph, in bytes: an answer that quotes a whole object
// would hide the rest of the report. The other formats have all of it.
const maxText = 4 << 10

// para writes text after lead, wrapped at the width, every further line under
// the first character of text. Line breaks of the text stay.
func (p *printer) para(indent int, lead, text span) {
	hang := hanging(indent, lead)
	s := text.text
	if len(s) > maxText {
		end := maxText
		for !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end] + " …"
	}
	first := true
	for _, line := range strings.Split(strings.TrimRight(s, "\n "), "\n") {
		for _, row := range wrap(clean(line), p.width-hang) {
			if first {
				p.put(indent, lead, span{text.style, row})
			} else {
				p.put(hang, span{text.style, row})
			}
			first = false
		}
	}
}

// hanging is where the text after lead goes on in further lines: under its
// start, unless lead takes most of the line.
func hanging(indent int, lead span) int {
	if n := columns(lead.text); n <= 32 {
		return indent + n
	}
	return indent + 4
}

// facts writes short parts with a dot between them, wrapped between parts only.
func (p *printer) facts(indent int, lead span, style string, parts []string) {
	hang := hanging(indent, lead)
	row := ""
	flush := func() {
		if lead.text != "" {
			p.put(indent, lead, span{style, row})
		} else {
			p.put(hang, span{style, row})
		}
		lead, row = span{}, ""
	}
	for _, part := range parts {
		if row != "" && hang+columns(row)+3+columns(part) > p.width {
			flush()
		}
		if row != "" {
			row += " · "
		}
		row += part
	}
	flush()
}

// minWidth is what wrapped text gets at least, however narrow the terminal is.
const minWidth = 24

// wrap breaks a line at spaces into rows of at most so many columns, and keeps
// its own indentation; the rows of a list item hang under its text. A word that
// is longer has a row of its own.
func wrap(line string, width int) []string {
	body := strings.TrimLeft(line, " \t")
	indent := strings.Repeat(" ", min(len(line)-len(body), minWidth/2))
	hang := indent
	if strings.HasPrefix(body, "- ") || strings.HasPrefix(body, "* ") {
		hang += "  "
	}
	width = max(width-len(hang), minWidth)
	var rows []string
	var row strings.Builder
	at := 0
	for _, word := range strings.Fields(body) {
		n := columns(word)
		if at > 0 && at+1+n > width {
			rows = append(rows, indent+row.String())
			row.Reset()
			indent, at = hang, 0
		}
		if at > 0 {
			row.WriteByte(' ')
			at++
		}
		row.WriteString(word)
		at += n
	}
	return append(rows, indent+row.String())
}

// columns is how wide a text is on a terminal: combining marks take no column,
// ideographs and their like two.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r >= 0xff01 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff:
			n += 2
		default:
			n++
		}
	}
	return n
}

// clean makes one line of text that cannot steer the terminal: control
// characters, and those that reorder or hide text (Unicode Technical Report 36),
// are shown by their numbers. A tab becomes a space.
func clean(s string) string {
	if !strings.ContainsFunc(s, active) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !active(r):
			b.WriteRune(r)
		case r == '\t':
			b.WriteByte(' ')
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func active(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	case r == 0x061c, r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x2069, r == 0xfeff:
		return true
	}
	return false
}
