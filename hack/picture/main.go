// Command picture draws what a terminal shows as an SVG, for the README. It
// reads text with the colours of ECMA-48 on standard input:
//
//	script -qec 'COLUMNS=92 penstock demo --env prod' /dev/null | go run ./hack/picture >docs/demo.svg
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"html"
	"io"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The size of a character and the frame around the text, in pixels, for the
// font size of 13.
const (
	charWidth  = 7.82
	lineHeight = 18
	margin     = 16
)

// sequence is an escape sequence; those that end in m set colours.
var sequence = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

// classes are the styles of the codes that reports use.
func classes() map[string]string {
	return map[string]string{"1": "b", "2": "d", "31": "r", "32": "g", "33": "y", "36": "c"}
}

func main() {
	if err := draw(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func draw(r io.Reader, w io.Writer) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("reading the text: %w", err)
	}
	var body bytes.Buffer
	widest, lines := 0, 0
	for line := range strings.Lines(strings.TrimRight(string(text), "\r\n") + "\n") {
		line = strings.TrimRight(line, "\r\n")
		// What went before a return was overwritten.
		line = line[strings.LastIndexByte(line, '\r')+1:]
		lines++
		widest = max(widest, utf8.RuneCountInString(sequence.ReplaceAllString(line, "")))
		fmt.Fprintf(&body, "<text x=\"%d\" y=\"%d\">%s</text>\n", margin, margin+lines*lineHeight-5, spans(line))
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" role="img">
<style>
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d8dee9;white-space:pre}
.b{font-weight:700}.d{fill:#8a94a6}.r{fill:#ff7b72}.g{fill:#7ee787}.y{fill:#e3b341}.c{fill:#79c0ff}
</style>
<rect width="100%%" height="100%%" rx="8" fill="#161b22"/>
`, int(float64(widest)*charWidth)+2*margin, lines*lineHeight+2*margin)
	if _, err := body.WriteTo(out); err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	fmt.Fprintln(out, "</svg>")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	return nil
}

// spans is one line with its styles.
func spans(line string) string {
	var b strings.Builder
	known := classes()
	var style []string
	put := func(text string) {
		switch {
		case text == "":
		case len(style) == 0:
			b.WriteString(html.EscapeString(text))
		default:
			fmt.Fprintf(&b, `<tspan class="%s">%s</tspan>`, strings.Join(style, " "), html.EscapeString(text))
		}
	}
	at := 0
	for _, m := range sequence.FindAllStringIndex(line, -1) {
		put(line[at:m[0]])
		at = m[1]
		code, isStyle := strings.CutSuffix(line[m[0]+2:m[1]], "m")
		if !isStyle {
			continue
		}
		for _, c := range strings.Split(code, ";") {
			if c == "" || c == "0" {
				style = nil
			} else if class, ok := known[c]; ok {
				style = append(style, class)
			}
		}
	}
	put(line[at:])
	return b.String()
}
