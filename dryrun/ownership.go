package dryrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/verdict"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// conflictWith is how the server names the manager that owns a field
// (k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go).
var conflictWith = regexp.MustCompile(`^conflict with "([^"]*)"(?: with subresource "([^"]*)")?`)

// findTakeovers finds out which fields the new object takes from other managers,
// and which of these the old one takes as well. Where the first is not asked yet,
// it is a request of its own, which does not force conflicts; the verdict is that
// of another.
func (s *session) findTakeovers(ctx context.Context, t *trial, i item, asked bool) {
	if !asked {
		var err error
		if t.head.owned, err = s.client.takeovers(ctx, i); err != nil {
			f := faultOf(err)
			t.entries = append(t.entries, s.entryOf(t.Object, f.reason, "whether it takes fields from other managers was not found out: "+f.detail))
			return
		}
	}
	if len(t.head.owned) == 0 || t.OldObject == nil {
		return
	}
	old, err := s.item(t.OldObject)
	if err != nil {
		return
	}
	// What is not found out about the old object counts against the new one.
	t.base.owned, _ = s.client.takeovers(ctx, old)
	t.base.owned = slices.DeleteFunc(t.base.owned, func(p problem) bool {
		return !reflect.DeepEqual(lookup(old.fields, p.path), lookup(i.fields, p.path))
	})
}

// takeovers are the fields of an object that other managers own with other
// values.
func (c client) takeovers(ctx context.Context, i item) (problems, error) {
	by := c.by(i)
	if i.generated() {
		return nil, nil
	}
	data, err := json.Marshal(by.sent(i.fields))
	if err != nil {
		return nil, fmt.Errorf("encoding the object: %w", err)
	}
	force := false
	_, err = i.resource(c).Patch(ctx, i.name, types.ApplyPatchType, data,
		metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: by.manager, Force: &force})
	var status apierrors.APIStatus
	switch {
	case err == nil:
		return nil, nil
	case !errors.As(err, &status):
		return nil, c.read(err, i.fields)
	case !inConflict(status.Status()):
		if err = c.read(err, i.fields); by.method != serverSide && problemsOf(err) != nil {
			err = nil // nobody makes the apply that is refused
		}
		return nil, err
	}
	return by.takes(i, status.Status()), nil
}

// conflict says that an apply which does not force it would take fields over.
type conflict struct{ fields problems }

func (*conflict) Error() string { return "other managers own some of its fields" }

// inConflict reports whether an answer is that other managers own fields.
func inConflict(answer metav1.Status) bool {
	return answer.Code == http.StatusConflict && answer.Details != nil && slices.ContainsFunc(answer.Details.Causes, func(c metav1.StatusCause) bool {
		return c.Type == metav1.CauseTypeFieldManagerConflict
	})
}

// takes are the fields that an answer says to belong to other managers.
func (a applier) takes(i item, answer metav1.Status) problems {
	var found problems
	for _, cause := range answer.Details.Causes {
		m := conflictWith.FindStringSubmatch(cause.Message)
		if cause.Type != metav1.CauseTypeFieldManagerConflict || m == nil || m[1] == a.manager {
			continue
		}
		p := problem{rule: ruleOwnership, path: pointer(i.fields, cause.Field)}
		if key, ok := strings.CutPrefix(p.path, "/data/"); ok && lookup(i.fields, p.path) == nil && lookup(i.fields, "/stringData/"+key) != nil {
			p.path = "/stringData/" + key // it is sent as data
		}
		p.msg = fieldPath(p.path) + " belongs to " + m[1]
		switch m[2] {
		case "":
		case "scale":
			p.msg += " (which scales it, as autoscalers do)"
		default:
			p.msg += " (through " + m[2] + ")"
		}
		if a.polite {
			p.msg += ": " + a.by + " fails with a conflict"
		} else {
			p.msg += ", and applying the change takes it over"
		}
		found = append(found, p)
	}
	return sorted(found)
}

// ownership are the takeovers of a trial as findings: errors where whoever
// applies it does not force conflicts.
func (s *session) ownership(t *trial) []verdict.Finding {
	level := verdict.Warning
	if s.client.applier.polite {
		level = verdict.Error
	}
	var out []verdict.Finding
	for _, p := range t.head.owned {
		out = append(out, s.finding(t, p, level, known(t.base.owned, p)))
	}
	return out
}
