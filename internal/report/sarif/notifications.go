package sarif

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// cut is the notification that results or notifications were left out.
const cut = "penstock/cut"

// kinds are the notifications, in the order of their descriptors.
func kinds() []struct{ id, text string } {
	kind := func(reason verdict.Reason, text string) struct{ id, text string } {
		return struct{ id, text string }{kindID(reason), text}
	}
	return []struct{ id, text string }{
		{cut, "There is more than a log can hold."},
		kind("", "Something was not evaluated."),
		kind(verdict.Blocked, "An earlier stage failed."),
		kind(verdict.Encrypted, "A secret cannot be read without a key."),
		kind(verdict.Failed, "A stage could not be carried out."),
		kind(verdict.NeedsNetwork, "A source has to be fetched, and the network is off."),
		kind(verdict.Off, "A stage was switched off."),
		kind(verdict.UnknownKind, "No CustomResourceDefinition has this kind."),
		kind(verdict.Unsupported, "A generator, source or option is not supported."),
		kind(verdict.Unverifiable, "The backend cannot answer this."),
	}
}

func kindID(reason verdict.Reason) string {
	if reason == "" {
		return notEvaluated
	}
	return notEvaluated + "/" + string(reason)
}

func notificationKinds() []reportingDescriptor {
	var out []reportingDescriptor
	for _, k := range kinds() {
		out = append(out, reportingDescriptor{ID: k.id, ShortDescription: &message{Text: k.text}})
	}
	return out
}

// reference points at the descriptor of a notification; reasons that have none
// get the general one.
func reference(id string) descriptorReference {
	for i, k := range kinds() {
		if k.id == id {
			return descriptorReference{id, i}
		}
	}
	return reference(notEvaluated)
}

// newInvocation says whether everything that had to be evaluated was, and lists
// all that was not, what blocks first.
func newInvocation(r *report.Report, shown, total int, max limits) invocation {
	v := invocation{ExecutionSuccessful: decided(r)}
	entries := slices.Clone(r.NotEvaluated)
	slices.SortStableFunc(entries, func(a, b verdict.Entry) int { return cmp.Compare(weight(a), weight(b)) })
	notify := func(id, level, text string, at ...location) {
		v.ToolExecutionNotifications = append(v.ToolExecutionNotifications,
			notification{Descriptor: reference(id), Level: level, Message: message{Text: text}, Locations: at})
	}
	if shown < total {
		notify(cut, "warning", fmt.Sprintf("%d of %d results are shown, the worst first; the JSON report has all of them.", shown, total))
	}
	if len(entries) > max.notifications {
		notify(cut, "warning", fmt.Sprintf("%d of %d notifications on what was not evaluated are shown; the JSON report has all of them.", max.notifications, len(entries)))
	}
	for i, e := range entries {
		if blocks(e) {
			v.ExecutionSuccessful = false
		}
		if i < max.notifications {
			notify(kindID(e.Reason), [...]string{"error", "warning", "note"}[weight(e)], entryText(e), place(r, e.Location, e.Environment, e.Object))
		}
	}
	return v
}

// weight is 0 for what blocks, 2 for what was switched off, else 1.
func weight(e verdict.Entry) int {
	switch {
	case blocks(e):
		return 0
	case e.Reason == verdict.Off:
		return 2
	}
	return 1
}

func entryText(e verdict.Entry) string {
	text := fmt.Sprintf("Not evaluated (%s, %s): %s", e.Stage, cmp.Or(string(e.Reason), "no reason given"), subject(e.Object, e.Environment))
	if e.Detail != "" {
		text += ": " + plain(e.Detail)
	}
	return text
}
