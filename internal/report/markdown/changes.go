package markdown

import (
	"fmt"
	"strings"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/report"
)

// difference is one text with all objects that differ by it in the same
// environments.
type difference struct {
	operation diff.Operation
	effects   string
	text      string
	objects   []string
	in        []string
}

// differences folds deltas: the same one of several environments is one, and so
// is the same update of several objects, as a new image is.
func differences(envs []report.Environment) []*difference {
	type key struct {
		operation             diff.Operation
		object, effects, text string
	}
	var keys []key
	in := map[key][]string{}
	for _, env := range envs {
		for _, d := range env.Deltas {
			k := key{d.Operation, object(d.Object), effects(d.Effects), d.Diff}
			if in[k] == nil {
				keys = append(keys, k)
			}
			in[k] = append(in[k], env.Name)
		}
	}
	var out []*difference
	same := map[key]*difference{}
	for _, k := range keys {
		all := key{k.operation, strings.Join(in[k], "\x00"), k.effects, k.text}
		if d := same[all]; d != nil && k.operation == diff.Update && k.text != "" {
			d.objects = append(d.objects, k.object)
			continue
		}
		same[all] = &difference{k.operation, k.effects, k.text, []string{k.object}, in[k]}
		out = append(out, same[all])
	}
	return out
}

// changes is what differs in each object, folded.
func changes(envs []report.Environment) section {
	var s section
	total := 0
	for _, d := range differences(envs) {
		total += len(d.objects)
		s.items = append(s.items, item{rank: rankDiff, n: len(d.objects), text: d.String()})
	}
	s.heading = fmt.Sprintf("### Changes (%s)\n\n", thousands(total))
	return s
}

func (d *difference) String() string {
	summary := operation(d.operation) + " " + code(d.objects[0], maxName)
	more := d.objects[1:]
	if len(more) > 0 {
		summary += " and " + thousands(len(more)) + " more"
	}
	summary += " in " + names(d.in) + d.effects
	if d.text == "" {
		return summary + "\n\n"
	}
	also := ""
	if len(more) > 0 {
		also = "The same in " + names(more) + ".\n\n"
	}
	return "<details><summary>" + summary + "</summary>\n\n" + also + fence("diff", d.text) + "\n</details>\n\n"
}

func operation(op diff.Operation) string {
	switch op {
	case diff.Create:
		return "created"
	case diff.Update:
		return "updated"
	case diff.Delete:
		return "deleted"
	}
	return prose(string(op), maxName)
}
