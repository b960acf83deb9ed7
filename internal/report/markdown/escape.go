package markdown

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// zeroWidth is a space without width. It keeps GitHub from seeing a mention or a
// reference, which it looks for in the text after all markup is resolved
// (https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls).
const zeroWidth = "\u200b"

var (
	// issue finds #123 and GH-123.
	issue = regexp.MustCompile(`(?i)(#|\bgh-)(\d)`)
	// commit finds what may be the ID of a commit.
	commit = regexp.MustCompile(`[0-9a-fA-F]{7,}`)
)

// prose makes text of a report inert inside a line of Markdown or HTML: no
// markup, link, image, mention, reference or formula in it works. Line breaks
// become <br>. The result is at most limit bytes.
func prose(s string, limit int) string {
	s = strings.ReplaceAll(strings.Trim(clip(s, limit), " \n"), zeroWidth, `\u200b`)
	s = issue.ReplaceAllString(s, "${1}"+zeroWidth+"${2}")
	s = commit.ReplaceAllStringFunc(s, breakUp)
	if s != "" && strings.Contains("#-+=0123456789", s[:1]) {
		// At its start a list item may hold a heading, a rule or another list.
		return fmt.Sprintf("&#%d;", s[0]) + inert(s[1:], limit-len("&#00;"), "<br>")
	}
	return inert(s, limit, "<br>")
}

// Plain makes text of a report safe where GitHub shows text without markup, as
// in the title of a check run and in an annotation: nobody is mentioned by it,
// and it hides nothing. The result is at most limit bytes, which must be enough
// for one character.
func Plain(s string, limit int) string {
	const more = "…"
	var b strings.Builder
	for i, r := range clip(s, limit) {
		part := string(r)
		switch {
		case r == '@':
			part += zeroWidth
		case string(r) == zeroWidth:
			part = `\u200b`
		case r != '\n' && r != '\t':
			part = strings.ReplaceAll(visible(s, i, r), "&#92;", `\`)
		}
		if b.Len()+len(part)+len(more) > limit {
			b.WriteString(more)
			break
		}
		b.WriteString(part)
	}
	return b.String()
}

// breakUp parts hexadecimal digits, since GitHub takes seven for a commit.
func breakUp(digits string) string {
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && i%6 == 0 {
			b.WriteString(zeroWidth)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// code makes text of a report a code element, in which GitHub looks for no
// references. It is an element and not backticks so that it works the same in a
// paragraph, a table and a summary. limit is for the text inside.
func code(s string, limit int) string {
	if s == "" {
		return ""
	}
	s = strings.ReplaceAll(clip(s, limit), zeroWidth, `\u200b`)
	return "<code>" + inert(s, limit, " ") + "</code>"
}

// clip keeps more of a text than fits into limit, so that the rest costs no time.
func clip(s string, limit int) string {
	return s[:min(len(s), 2*limit)]
}

// inert writes every character that Markdown or HTML gives a meaning inside a
// line as a character reference, which has none
// (https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references).
func inert(s string, limit int, newline string) string {
	const more = "…"
	var b strings.Builder
	for i, r := range s {
		part := reference(s, i, r)
		if r == '\n' {
			part = newline
		}
		if b.Len()+len(part)+len(more) > limit {
			b.WriteString(more)
			break
		}
		b.WriteString(part)
	}
	return b.String()
}

func reference(s string, i int, r rune) string {
	switch r {
	case '&', '<', '>', '`', '*', '_', '[', ']', '|', '~', '\\':
		return fmt.Sprintf("&#%d;", r)
	case '$':
		return "<span>$</span>"
	case '@':
		return "@" + zeroWidth
	case ':':
		// GFM makes links of http://, and of www. below.
		if strings.HasPrefix(s[i:], "://") {
			return "&#58;" + zeroWidth
		}
	case '.':
		if i >= 3 && strings.EqualFold(s[i-3:i], "www") {
			return zeroWidth + "&#46;"
		}
	case '\t':
		return " "
	}
	return visible(s, i, r)
}

// visible shows control characters, and those that reorder or hide text (Unicode
// Technical Report 36), by their numbers.
func visible(s string, i int, r rune) string {
	switch {
	case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
		return fmt.Sprintf("&#92;x%02x", s[i])
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return fmt.Sprintf("&#92;x%02x", r)
	case r == 0x061c, r > 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x2069, r == 0xfeff:
		return fmt.Sprintf("&#92;u%04x", r)
	}
	return string(r)
}

// fence puts text into a code block whose fence is longer than any run of
// backticks in it.
func fence(language, text string) string {
	ticks := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	return ticks + language + "\n" + block(text) + ticks + "\n"
}

func longestRun(s string, of rune) int {
	longest, run := 0, 0
	for _, r := range s {
		if r == of {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}

// block is text with visible control characters and a line break at its end.
func block(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch r {
		case '\n', '\t':
			b.WriteRune(r)
		default:
			b.WriteString(strings.ReplaceAll(visible(text, i, r), "&#92;", `\`))
		}
	}
	if !strings.HasSuffix(b.String(), "\n") {
		b.WriteByte('\n')
	}
	return b.String()
}
