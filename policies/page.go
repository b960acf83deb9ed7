package policies

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Page is a page in Markdown about rules: groups, and for each rule what its
// METADATA says. The rules are in the order of Describe.
func Page(title string, rules []Description) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%d rules. *Off* are those that run only where the configuration gives them a severity.\n\n", title, len(rules))
	b.WriteString("| rule | level | |\n|---|---|---|\n")
	for _, d := range rules {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", d.ID, anchor(d.ID), d.state(), cell(d.Title))
	}
	group := "\x00"
	for _, d := range rules {
		if g := d.Group(); g != group {
			group = g
			if g == "" {
				g = "Others"
			}
			fmt.Fprintf(&b, "\n## %s\n", g)
		}
		d.section(&b)
	}
	return b.String()
}

// anchor is that of a heading on GitHub: lower case, without punctuation.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return -1
	}, heading)
}

func (d Description) state() string {
	if !d.Enabled {
		return string(d.Level) + ", off"
	}
	return string(d.Level)
}

func (d Description) section(b *strings.Builder) {
	fmt.Fprintf(b, "\n### %s\n\n**%s** (%s)\n", d.ID, d.Title, d.state())
	for _, paragraph := range []string{d.Description, d.Remediation} {
		if paragraph != "" {
			fmt.Fprintf(b, "\n%s\n", strings.TrimSpace(paragraph))
		}
	}
	if len(d.Matches) > 0 {
		fmt.Fprintf(b, "\nLooks at %s.\n", strings.Join(d.Matches, "; "))
	}
	if d.NotWaivable {
		b.WriteString("\nIt cannot be waived.\n")
	}
	if len(d.Parameters) > 0 {
		b.WriteString("\n| parameter | default | |\n|---|---|---|\n")
	}
	for _, p := range d.Parameters {
		fmt.Fprintf(b, "| `%s` | `%s` | %s |\n", p.Name, strings.ReplaceAll(p.Value(), "|", `\|`), cell(p.Description))
	}
	if d.HelpURL != "" {
		fmt.Fprintf(b, "\n<%s>\n", d.HelpURL)
	}
}

// Value is the default as JSON, which is YAML, too.
func (p Parameter) Value() string {
	text, err := json.Marshal(p.Default)
	if err != nil {
		return fmt.Sprint(p.Default)
	}
	return string(text)
}

func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
