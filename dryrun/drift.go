package dryrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/verdict"
)

const (
	// driftObjects bounds how many objects of base are compared with the cluster.
	driftObjects = 1000
	// driftPlaces bounds how many differences of one object are told.
	driftPlaces = 8
)

// findDrift looks for what a live cluster has otherwise than base says: each
// object of base is applied over what is there, as a dry-run, and what that would
// change has drifted. What base does not mention may differ. Then the objects that
// base does not have are looked for. Where the cluster does not answer, it is listed
// once how much is not known.
func (s *session) findDrift(ctx context.Context) {
	objects := s.in.Base.All()
	found, faults := make([]comparison, len(objects)), make([]error, len(objects))
	for n := driftObjects; n < len(objects); n++ {
		faults[n] = fmt.Errorf("only %d objects of an environment are compared", driftObjects)
	}
	atOnce(indexes(min(len(objects), driftObjects)), func(n int) {
		found[n], faults[n] = s.drift(ctx, objects[n])
	})
	marks := map[mark]bool{}
	for _, c := range found {
		s.drifted = append(s.drifted, c.findings...)
		if c.mark != nil {
			marks[*c.mark] = true
		}
	}
	s.drifted = append(s.drifted, s.surplus(ctx, marks)...)
	var first string
	unknown := 0
	for n, err := range faults {
		if err == nil {
			continue
		}
		if unknown++; unknown == 1 {
			first = objects[n].ID().String() + ": " + redact.New(1, objects[n]).Replace(err.Error())
		}
	}
	if unknown > 0 {
		s.note(verdict.Object{}, unverifiable, fmt.Sprintf("whether %d of %d objects of base have drifted on the cluster: the first is %s", unknown, len(objects), first))
	}
}

// comparison is what came of comparing one object of base with the cluster.
type comparison struct {
	findings []verdict.Finding
	// mark is what the object carries on the cluster; nil where it has none.
	mark *mark
}

// drift compares one object of base with the cluster.
func (s *session) drift(ctx context.Context, o *manifest.Object) (c comparison, err error) {
	if encrypted(o) {
		return c, errors.New("it is encrypted with SOPS, and there is no key here")
	}
	i, err := s.item(o)
	if err != nil {
		return c, err
	}
	// A hook, or an object without a name, is there for a while only.
	if s.client.applier.hook(o, o) || i.generated() {
		return c, nil
	}
	has, err := s.client.get(ctx, i)
	var none *absence
	if errors.As(err, &none) {
		c.findings = []verdict.Finding{s.drifting(o, "", "base has it, and the cluster does not")}
		return c, nil
	}
	if err != nil {
		return c, err
	}
	if there, err := manifest.NewObject(manifest.Document{Fields: has}); err == nil {
		if m, marked := s.client.applier.markOf(there); marked {
			c.mark = &m
		}
	}
	says, err := s.client.send(ctx, i, how{lenient: true})
	if err != nil {
		return c, err
	}
	before, after := declared(has), declared(says.object)
	places := differences(before, after, "")
	for n, at := range places {
		if n == driftPlaces {
			c.findings = append(c.findings, s.drifting(o, "", fmt.Sprintf("%d more fields differ from base", len(places)-n)))
			break
		}
		c.findings = append(c.findings, s.drifting(o, at, wording(at, before, after)+ownerOf(has, at)))
	}
	return c, nil
}

func (s *session) drifting(o *manifest.Object, at, msg string) verdict.Finding {
	return verdict.Finding{
		Rule: ruleDrift, Level: verdict.Warning, Stage: verdict.StageDryRun, Environment: s.in.Environment.Name,
		Message: redact.New(1, o).Replace(msg), Object: named(o), Container: containerOf(o.Fields(), at), Path: at,
		Location: place(o.Locate(at)), Baseline: verdict.Unchanged,
	}
}

// wording says how the cluster differs at a place. What somebody has written
// there by hand may be a secret that no rule for secrets knows of, such as a
// token in an environment variable: only numbers, truth values and images are
// told.
func wording(at string, has, says map[string]any) string {
	name := fieldPath(at)
	there, base := lookup(has, at), lookup(says, at)
	switch {
	case there == nil:
		return name + ": base has it, and the cluster does not"
	case base == nil:
		return name + ": the cluster has it, and base does not"
	case !plain(there, at) || !plain(base, at):
		return name + ": the cluster has another value than base"
	}
	return fmt.Sprintf("%s: the cluster has %s, and base %s", name, written(there), written(base))
}

// plain reports whether a value is one that holds no secret.
func plain(v any, at string) bool {
	switch v.(type) {
	case int64, float64, bool:
		return true
	case string:
		return strings.HasSuffix(at, "/image")
	}
	return false
}

func written(v any) string {
	text, err := json.Marshal(v)
	if err != nil || len(text) > maxValue {
		return "a long value"
	}
	return string(text)
}

// differences are the pointers to the smallest parts that differ, in order.
func differences(a, b any, at string) []string {
	if reflect.DeepEqual(a, b) {
		return nil
	}
	left, isMap := a.(map[string]any)
	right, both := b.(map[string]any)
	if isMap && both {
		keys := slices.Sorted(maps.Keys(left))
		for key := range right {
			if _, known := left[key]; !known {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		var out []string
		for _, key := range keys {
			out = append(out, differences(left[key], right[key], manifest.JoinPointer(at, key))...)
		}
		return out
	}
	one, isList := a.([]any)
	other, both := b.([]any)
	if !isList || !both || len(one) != len(other) {
		return []string{at}
	}
	var out []string
	for n := range one {
		out = append(out, differences(one[n], other[n], manifest.JoinPointer(at, strconv.Itoa(n)))...)
	}
	return out
}

// ownerOf says who wrote a field of an object on the cluster last, and when, as
// far as the server kept it
// (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management).
func ownerOf(has map[string]any, at string) string {
	entries, _ := child(has["metadata"], "managedFields").([]any)
	best, who, when := 0, "", ""
	for _, e := range entries {
		if child(e, "subresource") != nil {
			continue
		}
		depth := owned(child(e, "fieldsV1"), has, manifest.SplitPointer(at))
		manager, _ := child(e, "manager").(string)
		time, _ := child(e, "time").(string)
		if depth > best || depth == best && depth > 0 && time > when {
			best, who, when = depth, manager, time
		}
	}
	if who == "" {
		return ""
	}
	return strings.TrimSuffix("; written by "+who+" at "+when, " at ")
}

// owned is how many steps of a path a set of managed fields follows; 0 unless it
// follows to a leaf of its own or to the end.
func owned(set, value any, steps []string) int {
	for n, step := range steps {
		fields, _ := set.(map[string]any)
		next, found := fields["f:"+step]
		value = child(value, step)
		if !found {
			next, found = member(fields, value)
		}
		if !found {
			// A leaf of the set stands for all below it.
			if len(fields) == 0 {
				return n
			}
			return 0
		}
		set = next
	}
	return len(steps)
}

// member is what a set of managed fields has of a member of a list, which it
// knows by the member's keys.
func member(fields map[string]any, value any) (any, bool) {
	for key, next := range fields {
		text, isKey := strings.CutPrefix(key, "k:")
		var keys map[string]any
		if !isKey || json.Unmarshal([]byte(text), &keys) != nil {
			continue
		}
		same := true
		for k, v := range keys {
			same = same && fmt.Sprint(child(value, k)) == fmt.Sprint(v)
		}
		if same {
			return next, true
		}
	}
	return nil, false
}
