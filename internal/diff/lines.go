package diff

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// contextLines is how many equal lines are shown around a change.
	contextLines = 2
	// maxCells bounds the table of a line diff; beyond it, all lines between
	// the first and the last that differ are shown as gone and come.
	maxCells = 1 << 20
	// longValue is the length in bytes from which only the part of a value that
	// differs is shown, with some context of aroundValue bytes.
	longValue   = 400
	aroundValue = 60
)

// textChange writes a string that became another one.
func (p *page) textChange(was, is string) error {
	if slices.Equal(strings.Fields(was), strings.Fields(is)) {
		p.line("! ", "only white space differs")
	}
	if strings.Contains(was, "\n") || strings.Contains(is, "\n") {
		p.lineDiff(was, is)
		return nil
	}
	if len(was) > longValue || len(is) > longValue {
		was, is = around(was, is)
		p.line("- ", was)
		p.line("+ ", is)
		return nil
	}
	if err := p.yaml("- ", was); err != nil {
		return err
	}
	return p.yaml("+ ", is)
}

// around leaves out what two long values share at their start and end.
func around(a, b string) (string, string) {
	start := commonPrefix(a, b)
	end := commonSuffix(a[start:], b[start:])
	start = max(start-aroundValue, 0)
	end = max(end-aroundValue, 0)
	show := func(s string) string {
		lo, hi := start, len(s)-end
		for lo > 0 && !utf8.RuneStart(s[lo]) {
			lo--
		}
		for hi < len(s) && !utf8.RuneStart(s[hi]) {
			hi++
		}
		out := s[lo:hi]
		if lo > 0 {
			out = "…" + out
		}
		if hi < len(s) {
			out += "…"
		}
		return out
	}
	return show(a), show(b)
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func commonSuffix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// lineDiff writes the lines that differ between two texts, with context.
func (p *page) lineDiff(was, is string) {
	if strings.HasSuffix(was, "\n") && strings.HasSuffix(is, "\n") {
		was, is = was[:len(was)-1], is[:len(is)-1]
	}
	edits := diffLines(strings.Split(was, "\n"), strings.Split(is, "\n"))
	for i, e := range edits {
		if e.prefix != "  " {
			p.line(e.prefix, e.text)
			continue
		}
		near := changed(edits[max(i-contextLines, 0):i]) || changed(edits[i:min(i+contextLines+1, len(edits))])
		switch {
		case near:
			p.line("  ", e.text)
		case i == 0 || changed(edits[max(i-1-contextLines, 0):i]):
			p.line("  ", "…")
		}
	}
}

func changed(edits []edit) bool {
	return slices.ContainsFunc(edits, func(e edit) bool { return e.prefix != "  " })
}

// edit is a line of a line diff; its prefix is that of page.line.
type edit struct{ prefix, text string }

// diffLines finds a longest common subsequence between the first and the last
// line that differ.
func diffLines(a, b []string) []edit {
	start, end := 0, 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	edits := make([]edit, 0, len(a)+len(b)-start-end)
	for _, line := range a[:start] {
		edits = append(edits, edit{"  ", line})
	}
	edits = append(edits, middle(a[start:len(a)-end], b[start:len(b)-end])...)
	for _, line := range a[len(a)-end:] {
		edits = append(edits, edit{"  ", line})
	}
	return edits
}

func middle(a, b []string) []edit {
	var edits []edit
	width := len(b) + 1
	if len(a) > 0 && width > maxCells/(len(a)+1) {
		for _, line := range a {
			edits = append(edits, edit{"- ", line})
		}
		for _, line := range b {
			edits = append(edits, edit{"+ ", line})
		}
		return edits
	}
	// common[i*width+j] is the length of the longest common subsequence of
	// a[i:] and b[j:].
	common := make([]int32, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i*width+j] = common[(i+1)*width+j+1] + 1
			} else {
				common[i*width+j] = max(common[(i+1)*width+j], common[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			edits = append(edits, edit{"  ", a[i]})
			i++
			j++
		case i < len(a) && (j == len(b) || common[(i+1)*width+j] >= common[i*width+j+1]):
			edits = append(edits, edit{"- ", a[i]})
			i++
		default:
			edits = append(edits, edit{"+ ", b[j]})
			j++
		}
	}
	return edits
}
