package cli

import (
	"fmt"
	"strings"
)

// text is the diagnosis for people: an area, and below it a line for each thing
// with its hint.
func (d *diagnosis) text(l look) string {
	var b strings.Builder
	area := ""
	for _, e := range d.Checks {
		if e.Area != area {
			area = e.Area
			fmt.Fprintf(&b, "%s\n", area)
		}
		at := ""
		if e.Location != nil {
			at = e.Location.File + ": "
			if e.Location.Line > 0 {
				at = fmt.Sprintf("%s:%d: ", e.Location.File, e.Location.Line)
			}
		}
		for i, line := range strings.Split(wrap(at+e.Message, l.width-statusWidth-3), "\n") {
			if i == 0 {
				fmt.Fprintf(&b, "  %s %s\n", e.Status.text(l.color), line)
			} else {
				fmt.Fprintf(&b, "  %*s %s\n", statusWidth, "", line)
			}
		}
		for i, line := range strings.Split(wrap(e.Hint, l.width-statusWidth-5), "\n") {
			switch {
			case e.Hint == "":
			case i == 0:
				fmt.Fprintf(&b, "  %*s → %s\n", statusWidth, "", line)
			default:
				fmt.Fprintf(&b, "  %*s   %s\n", statusWidth, "", line)
			}
		}
		for line := range strings.Lines(e.YAML) { // never broken: it is to be copied
			fmt.Fprintf(&b, "  %*s   %s", statusWidth, "", line)
		}
	}
	fmt.Fprintf(&b, "\n%s\n", d.sum())
	return b.String()
}

func (d *diagnosis) sum() string {
	problems, warnings := d.Counts[statusProblem], d.Counts[statusWarning]
	return fmt.Sprintf("%d %s · %d %s · %d ok · %d not looked at", problems, plural(problems, "problem"),
		warnings, plural(warnings, "warning"), d.Counts[statusOK], d.Counts[statusNotLooked])
}

// statusWidth is the width of the longest status.
const statusWidth = len("not looked at")

func (s status) text(color bool) string {
	name := strings.ReplaceAll(string(s), "-", " ")
	shade := map[status]string{statusOK: "32", statusWarning: "33", statusProblem: "31", statusNotLooked: "2"}[s]
	padding := strings.Repeat(" ", statusWidth-len(name))
	if !color {
		return name + padding
	}
	return "\x1b[" + shade + "m" + name + "\x1b[0m" + padding
}

// wrap breaks a text into lines at spaces; words that are longer than a line
// stay whole. A width of 0 or less leaves the text as it is, but for tabs.
func wrap(text string, width int) string {
	if width <= 0 {
		return text
	}
	var out []string
	for _, paragraph := range strings.Split(text, "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			switch {
			case line == "":
				line = word
			case len([]rune(line))+1+len([]rune(word)) <= width:
				line += " " + word
			default:
				out = append(out, line)
				line = word
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}
