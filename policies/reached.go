package policies

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
)

// FileCoverage says which lines of a file of rules its tests reach. Lines that
// cannot be reached, such as imports, do not count. A line of which a part is
// not reached is not covered.
type FileCoverage struct {
	File    string `json:"file"`
	Covered int    `json:"covered"`
	// Missed are the lines that no test reaches, in order.
	Missed []int `json:"missed,omitempty"`
}

// Percent is the covered share of the lines. A file without any is covered.
func (c FileCoverage) Percent() float64 {
	all := c.Covered + len(c.Missed)
	if all == 0 {
		return 100
	}
	return 100 * float64(c.Covered) / float64(all)
}

// String is the file, its share and the ranges of lines that are missed.
func (c FileCoverage) String() string {
	text := fmt.Sprintf("%s: %.1f%%", c.File, c.Percent())
	if len(c.Missed) > 0 {
		text += ", not covered: " + ranges(c.Missed)
	}
	return text
}

func ranges(lines []int) string {
	var parts []string
	for i := 0; i < len(lines); {
		j := i
		for j+1 < len(lines) && lines[j+1] == lines[j]+1 {
			j++
		}
		part := strconv.Itoa(lines[i])
		if j > i {
			part += "-" + strconv.Itoa(lines[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// coverage counts the files of the sources that are no tests.
func coverage(tracer *cover.Cover, set *sourceSet, sources []Source) []FileCoverage {
	byFile := map[string]*ast.Module{}
	for name, m := range set.modules {
		if !isTest(name) && slices.ContainsFunc(sources, func(s Source) bool { return s.Name == set.origin[name].Name }) {
			byFile[m.Package.Location.File] = m
		}
	}
	report := tracer.Report(byFile)
	var out []FileCoverage
	for file := range byFile {
		c := FileCoverage{File: file}
		lines := map[int]reach{}
		for _, r := range report.Files[file].Covered {
			mark(lines, r, true)
		}
		for _, r := range report.Files[file].NotCovered {
			mark(lines, r, false)
		}
		for _, line := range slices.Sorted(maps.Keys(lines)) {
			if lines[line].covered {
				c.Covered++
			} else {
				c.Missed = append(c.Missed, line)
			}
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b FileCoverage) int { return strings.Compare(a.File, b.File) })
	return out
}

// reach says whether the smallest part of a rule that a line belongs to was
// reached: the line of an expression says nothing of those within it.
type reach struct {
	size    int
	covered bool
}

func mark(lines map[int]reach, r cover.Range, covered bool) {
	size := r.End.Row - r.Start.Row + 1
	for line := r.Start.Row; line <= r.End.Row; line++ {
		old, there := lines[line]
		if !there || size < old.size || size == old.size && !covered {
			lines[line] = reach{size, covered}
		}
	}
}
