package helm

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// fault says what is wrong with a part of what a template rendered.
func (p part) fault(err error) error {
	e := &Error{Position: manifest.Position{File: p.source}, Msg: err.Error(), Hint: "correct " + p.source, Err: err}
	var syntax *manifest.SyntaxError
	if errors.As(err, &syntax) {
		e.Line, e.Msg = syntax.Line, syntax.Msg
	} else {
		e.takeLine()
	}
	if p.verbatim || e.Line == 0 {
		return e
	}
	// The line is one of the text, and has no place in the template.
	line := e.Line + p.before
	e.Line = 0
	quote := ""
	if !secretPattern.MatchString(p.all) {
		quote = quoteLine(p.all, line)
	}
	e.Msg = fmt.Sprintf("line %d of what it renders%s: %s", line, quote, e.Msg)
	e.Hint = fmt.Sprintf("correct %s; `helm template --debug` shows what it renders", p.source)
	return e
}

// secretPattern finds that a text which is no YAML has a Secret in it, and so
// must not be quoted.
var secretPattern = regexp.MustCompile(`\bkind["']?\s*:\s*["']?Secret\b`)

// maxQuote bounds how much of a line is quoted, in characters.
const maxQuote = 100

func quoteLine(text string, line int) string {
	lines := strings.Split(text, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	quoted := []rune(strings.TrimSpace(lines[line-1]))
	if len(quoted) > maxQuote {
		quoted = append(quoted[:maxQuote], '…')
	}
	return fmt.Sprintf(" (%q)", string(quoted))
}

var (
	// linePattern finds the line in the messages of the YAML library, which
	// has no structured form of it.
	linePattern = regexp.MustCompile(`yaml: line (\d+): `)
	// placePattern finds "NAME:LINE" and "NAME:LINE:COLUMN" in the messages of
	// Helm's engine, which has no structured form of them either.
	placePattern = regexp.MustCompile(`([^\s()"'<>]+?):(\d+)(?::\d+)?\b`)
	// simplePattern is what it says of a fault in one place.
	simplePattern = regexp.MustCompile(`^(?:execution|parse) error at \(([^)]*)\): `)
	// tracePattern is a step of the trace that Helm makes of nested templates.
	tracePattern = regexp.MustCompile(`(?m)^(\S+?:\d+)(?::\d+)?\n  executing "[^\n]*?" at <(.*?)>:\n    `)
)

// maxTrace bounds how many of the templates that include another are named.
const maxTrace = 5

// takeLine moves the line out of a message of the YAML library.
func (e *Error) takeLine() {
	m := linePattern.FindStringSubmatchIndex(e.Msg)
	if m == nil {
		return
	}
	e.Line, _ = strconv.Atoi(e.Msg[m[2]:m[3]]) // the pattern admits digits only
	e.Msg = e.Msg[m[1]:]
}

// templateError turns what Helm's engine says into file, line and message.
func templateError(dir string, sources map[string]string, err error) error {
	text := err.Error()
	e := &Error{Position: manifest.Position{File: dir}, Msg: text, Hint: "correct the template, or the values that it is given", Err: err}
	places := text
	if m := simplePattern.FindStringSubmatch(text); m != nil {
		places, e.Msg = m[1], text[len(m[0]):]
	} else if steps := tracePattern.FindAllStringSubmatchIndex(text, -1); len(steps) > 0 {
		last := steps[len(steps)-1]
		e.Msg = fmt.Sprintf("at <%s>: %s", text[last[4]:last[5]], text[last[1]:])
		for i := len(steps) - 2; i >= max(0, len(steps)-1-maxTrace); i-- {
			e.Msg += ", from " + text[steps[i][2]:steps[i][3]]
		}
	}
	// The innermost place, where the fault is, comes last.
	for _, m := range placePattern.FindAllStringSubmatch(places, -1) {
		if source, known := sources[m[1]]; known {
			e.File = source
			e.Line, _ = strconv.Atoi(m[2]) // the pattern admits digits only
		}
	}
	e.Msg = strings.Join(strings.Fields(e.Msg), " ")
	if e.Msg == "" {
		e.Msg = text
	}
	return e
}
