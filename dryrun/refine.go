package dryrun

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// probes bounds how many requests it may take to narrow one problem down.
const probes = 64

// narrowed bounds how many problems of one object are narrowed down; the others
// keep the place that the server names.
const narrowed = 8

// refine makes problems more exact than the server's first answer: server-side
// apply names one unknown field of several, decoding errors name no field at
// all, and a refused update may name a whole spec. old is what the server has of
// the object, or nil. The error is a *fault for which there may be more problems.
func (s *session) refine(ctx context.Context, i item, old map[string]any, found problems) (problems, error) {
	if len(found) == 0 {
		return nil, nil
	}
	found, known, err := s.allTyped(ctx, i, found)
	done := 0
	for n, p := range found {
		whole := i
		if !p.typed {
			whole = known
		}
		if _, ok := readDenial(p.msg); ok && done < narrowed {
			done++
			found[n].path = s.placeDenial(ctx, whole, old, p, found, how{})
			continue
		}
		from, vague := start(whole.fields, p)
		if !vague || done == narrowed {
			continue
		}
		done++
		at := s.narrow(ctx, whole, old, p, from)
		found[n].path = at
		if p.path == "" && at != "" {
			found[n].msg = fieldPath(at) + ": " + p.msg
		}
	}
	if old == nil {
		return found, err
	}
	for _, n := range s.findTransitions(ctx, known, found) {
		// What is wrong with a value that the server made up comes from another.
		from, vague := start(known.fields, found[n])
		if vague && lookup(known.fields, found[n].path) == nil && done < narrowed {
			done++
			found[n].path = s.narrow(ctx, known, old, found[n], from)
		}
	}
	return found, err
}

// start is where to begin to look for a value that a problem does not name: in
// a mapping or list as a whole, or beside a value that the server has made up
// out of others, such as clusterIPs.
func start(fields map[string]any, p problem) (from string, vague bool) {
	// A rule that costs too much is asked once: that is what takes the time.
	if p.rule != ruleImmutable && p.rule != ruleInvalid || strings.Contains(p.msg, "actual cost limit exceeded") {
		return "", false
	}
	from = p.path
	for lookup(fields, from) == nil {
		if p.rule != ruleImmutable {
			// What is missing has no place but that of its parent.
			return "", false
		}
		from = from[:strings.LastIndexByte(from, '/')]
	}
	switch lookup(fields, from).(type) {
	case map[string]any, []any:
		return from, true
	}
	return "", false
}

// fieldPath is a pointer in the form in which the server names fields.
func fieldPath(pointer string) string {
	var b strings.Builder
	for _, step := range manifest.SplitPointer(pointer) {
		if _, err := strconv.Atoi(step); err == nil {
			b.WriteString("[" + step + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		if step == "" {
			step = `""`
		}
		b.WriteString(step)
	}
	return b.String()
}

// allTyped adds to what does not fit the schema the rest of its kind: the server
// names one fault of each mapping, and any of them. What is named is left out,
// and the server asked again. It also returns the item as it was asked last.
//
// Where all that is left out are unknown fields, what the server then says is
// true of the object as well: many controllers leave them out by themselves.
func (s *session) allTyped(ctx context.Context, i item, found problems) (problems, item, error) {
	all := found
	for asked := 0; asked < probes; asked++ {
		left := i.fields
		for _, p := range found {
			if p.typed && p.path != "" && lookup(left, p.path) != nil {
				left = without(left, nil, manifest.SplitPointer(p.path))
			}
		}
		if reflect.DeepEqual(left, i.fields) {
			break
		}
		i.fields = left
		_, err := s.client.send(ctx, i, how{})
		if found = problemsOf(err); err != nil && found == nil {
			return sorted(all), i, err
		}
		misfit := slices.ContainsFunc(all, func(p problem) bool { return p.rule != ruleUnknownField })
		found = slices.DeleteFunc(found, func(p problem) bool {
			if !p.typed {
				return misfit
			}
			return slices.ContainsFunc(all, func(q problem) bool { return q.path == p.path })
		})
		all = append(all, found...)
	}
	return sorted(all), i, nil
}

func sorted(all problems) problems {
	slices.SortFunc(all, func(a, b problem) int { return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.msg, b.msg)) })
	return all
}

// renamed is the item under a name that nothing has.
func (i item) renamed() item {
	meta, _ := i.fields["metadata"].(map[string]any)
	meta = maps.Clone(meta)
	name := i.name
	if len(name) > 200 {
		name = strings.TrimRight(name[:200], "-.")
	}
	i.name = name + "-anew"
	if _, ok := meta["name"]; ok {
		meta["name"] = i.name
	}
	i.fields = maps.Clone(i.fields)
	i.fields["metadata"] = meta
	return i
}

// findTransitions tells what is wrong with the way from the old object to the
// new one from what is wrong with the new one: a server that takes the new one
// under another name refuses the transition. It returns which problems it has
// told so.
func (s *session) findTransitions(ctx context.Context, i item, found problems) (told []int) {
	doubtful := func(p problem) bool {
		return p.rule == ruleInvalid && !p.typed && !strings.HasPrefix(p.path, "/metadata")
	}
	if !slices.ContainsFunc(found, doubtful) {
		return nil
	}
	_, err := s.client.send(ctx, i.renamed(), how{})
	alone := problemsOf(err)
	// A creation that fails in its own words says nothing about the transition.
	ownWords := slices.ContainsFunc(alone, func(a problem) bool {
		return !slices.ContainsFunc(found, func(p problem) bool { return p.msg == a.msg })
	})
	if err != nil && alone == nil || ownWords {
		return nil
	}
	for n, p := range found {
		if doubtful(p) && !slices.ContainsFunc(alone, func(a problem) bool { return a.msg == p.msg }) {
			found[n].rule = ruleImmutable
			told = append(told, n)
		}
	}
	return told
}

// narrow finds the smallest part below path that a problem hangs on. It puts
// back what old has, part by part; without old it leaves parts out.
// The part without which the problem is gone is narrowed further.
func (s *session) narrow(ctx context.Context, i item, old map[string]any, p problem, path string) string {
	budget := probes
	hangsOn := func(path string) bool {
		if budget == 0 || ctx.Err() != nil {
			return false
		}
		budget--
		variant := i
		variant.fields = without(i.fields, old, manifest.SplitPointer(path))
		_, err := s.client.send(ctx, variant, how{})
		left := problemsOf(err)
		if err != nil && left == nil {
			return false
		}
		// An object that does not fit its schema hides all other problems.
		return !slices.ContainsFunc(left, func(q problem) bool { return q.msg == p.msg || q.typed && !p.typed })
	}
	found := p.path
	for {
		members := parts(i.fields, old, path)
		deeper := slices.IndexFunc(members, hangsOn)
		if deeper < 0 {
			return found
		}
		path = members[deeper]
		found = path
	}
}

// parts are the pointers to the members of the value at a pointer; with an old
// object, only those that differ from it. What names the object is none of them.
func parts(fields, old map[string]any, path string) []string {
	var steps []string
	switch value := lookup(fields, path).(type) {
	case map[string]any:
		steps = slices.Sorted(maps.Keys(value))
		before, _ := counterpart(fields, old, path).(map[string]any)
		// What is gone has no line of its own, so that it comes last.
		for _, step := range slices.Sorted(maps.Keys(before)) {
			if _, kept := value[step]; !kept {
				steps = append(steps, step)
			}
		}
	case []any:
		for n := range value {
			steps = append(steps, strconv.Itoa(n))
		}
	}
	var out []string
	for _, step := range steps {
		if path == "" && (step == "apiVersion" || step == "kind" || step == "metadata") {
			continue
		}
		at := manifest.JoinPointer(path, step)
		if old != nil && reflect.DeepEqual(lookup(fields, at), counterpart(fields, old, at)) {
			continue
		}
		out = append(out, at)
	}
	return out
}

// without returns fields with the value at a path replaced by that of old, or
// left out where old has none. fields itself stays as it is.
func without(fields, old map[string]any, steps []string) map[string]any {
	changed, _ := replaced(fields, old, steps).(map[string]any)
	return changed
}

func replaced(value, old any, steps []string) any {
	if len(steps) == 0 {
		return value
	}
	before := opposite(value, old, steps[0])
	switch value := value.(type) {
	case map[string]any:
		next := maps.Clone(value)
		switch {
		case len(steps) > 1:
			next[steps[0]] = replaced(value[steps[0]], before, steps[1:])
		case before != nil:
			next[steps[0]] = before
		default:
			delete(next, steps[0])
		}
		return next
	case []any:
		n, err := strconv.Atoi(steps[0])
		if err != nil || n >= len(value) {
			return value
		}
		next := slices.Clone(value)
		switch {
		case len(steps) > 1:
			next[n] = replaced(value[n], before, steps[1:])
		case before != nil:
			next[n] = before
		default:
			next = slices.Delete(next, n, n+1)
		}
		return next
	}
	return value
}

// counterpart is what old has where fields have the value at a path.
func counterpart(fields, old map[string]any, path string) any {
	var value, before any = fields, old
	for _, step := range manifest.SplitPointer(path) {
		before = opposite(value, before, step)
		value = child(value, step)
	}
	return before
}

// opposite is the member of old that a step leads to in value. Members of lists
// are the same by their name, wherever they are; one whose name is new has the
// old one at its place before it, if the name of that is gone.
func opposite(value, old any, step string) any {
	now, isList := value.([]any)
	before, wasList := old.([]any)
	name, _ := child(child(value, step), "name").(string)
	if !isList || !wasList || name == "" {
		return child(old, step)
	}
	named := func(list []any, name any) int {
		return slices.IndexFunc(list, func(m any) bool { return child(m, "name") == name })
	}
	if n := named(before, name); n >= 0 {
		return before[n]
	}
	if was, _ := child(child(old, step), "name").(string); was != "" && named(now, was) >= 0 {
		return nil
	}
	return child(old, step)
}

func lookup(fields map[string]any, path string) any {
	var value any = fields
	for _, step := range manifest.SplitPointer(path) {
		value = child(value, step)
	}
	return value
}
