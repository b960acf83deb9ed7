package markdown

import (
	"strings"

	"github.com/penstock-dev/penstock/internal/verdict"
)

// effects are those of a delta in words, set off from what is left of them.
func effects(all []verdict.Effect) string {
	var words []string
	for _, effect := range all {
		switch effect {
		case verdict.Restart:
			words = append(words, "restarts")
		case verdict.Replace:
			words = append(words, "has to be replaced")
		case verdict.NoOp:
			words = append(words, "stays the same on the server")
		default:
			words = append(words, prose(string(effect), maxName))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return " – " + strings.Join(words, ", ")
}

// rollback is the cell that says whether a change can be undone. What prevents
// it is among the findings, and why it was not tried is where that of all else is.
func rollback(r *verdict.Rollback) string {
	switch {
	case r == nil:
		return "–"
	case r.State == verdict.RollbackPossible:
		return "possible"
	case r.State == verdict.RollbackPrevented:
		return "**not possible**"
	}
	return "not tried"
}
