package text

import (
	"fmt"
	"slices"
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
			words = append(words, "stays the same")
		default:
			words = append(words, clean(string(effect)))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return "  " + strings.Join(words, ", ")
}

// rollback is in a few words whether a change can be undone. What prevents it
// has a line of its own, and why it was not evaluated is where that of all else is.
func rollback(r *verdict.Rollback) string {
	switch {
	case r == nil || r.State == verdict.RollbackPrevented || r.Reason == verdict.Off || r.Reason == verdict.Blocked:
		return ""
	case r.State == verdict.RollbackPossible:
		return "can be rolled back"
	}
	return "rollback not evaluated"
}

// obstacles names the objects that keep a change from being undone. Each is a
// finding as well.
func (e *encoder) obstacles(r *verdict.Rollback) {
	if r == nil || r.State != verdict.RollbackPrevented {
		return
	}
	var names []string
	for _, o := range r.Obstacles {
		if name := object(o.Object); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	const most = 3
	if more := len(names) - most; more > 0 {
		names = append(names[:most], fmt.Sprintf("%d more", more))
	}
	e.para(2, span{}, span{yellow, "cannot be rolled back: " + strings.Join(names, ", ")})
}
