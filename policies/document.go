package policies

import (
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/penstock-dev/penstock/internal/manifest"
)

// headMark and oldMark are the file names in the locations of terms that stand
// for a value of the object under review, and of the object that it replaces.
// No policy can be in a file of such a name.
const (
	headMark = "\x00object"
	oldMark  = "\x00oldObject"
)

// document is an object as a Rego value. The location of each of its terms
// tells which value it is: the row is the place of the value in pre-order,
// counted from 1. OPA hands terms on by pointer, so a value that a rule returns
// still knows where it came from.
type document struct {
	object *manifest.Object
	mark   string
	term   *ast.Term
	// pairs are the members of the object, to make objects that have more.
	pairs [][2]*ast.Term
	// terms and locations are those that are not handed out yet: one allocation
	// for all values.
	terms     []ast.Term
	locations []ast.Location
	places    int
}

// newDocument makes the terms of an object. Keys are shared through keys, which
// one goroutine at a time may use.
func newDocument(o *manifest.Object, mark string, keys map[string]*ast.Term) *document {
	n := count(o.Fields())
	d := &document{object: o, mark: mark, terms: make([]ast.Term, n), locations: make([]ast.Location, n)}
	d.term = d.next()
	d.pairs = d.members(o.Fields(), keys)
	d.term.Value = ast.NewObject(d.pairs...)
	return d
}

// next is a term for the next value.
func (d *document) next() *ast.Term {
	t, loc := &d.terms[0], &d.locations[0]
	d.terms, d.locations = d.terms[1:], d.locations[1:]
	d.places++
	loc.File, loc.Row = d.mark, d.places
	t.Location = loc
	return t
}

func (d *document) members(fields map[string]any, keys map[string]*ast.Term) [][2]*ast.Term {
	pairs := make([][2]*ast.Term, 0, len(fields)+1)
	for _, k := range sortedKeys(fields) {
		key := keys[k]
		if key == nil {
			key = ast.StringTerm(k)
			keys[k] = key
		}
		pairs = append(pairs, [2]*ast.Term{key, d.value(fields[k], keys)})
	}
	return pairs
}

func (d *document) value(v any, keys map[string]*ast.Term) *ast.Term {
	t := d.next()
	switch v := v.(type) {
	case map[string]any:
		t.Value = ast.NewObject(d.members(v, keys)...)
	case []any:
		items := make([]*ast.Term, len(v))
		for i, item := range v {
			items[i] = d.value(item, keys)
		}
		t.Value = ast.NewArray(items...)
	default:
		t.Value = scalar(v)
	}
	return t
}

// count is how many values there are in a value, itself included.
func count(v any) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, member := range v {
			n += count(member)
		}
	case []any:
		for _, item := range v {
			n += count(item)
		}
	}
	return n
}

func scalar(v any) ast.Value {
	switch v := v.(type) {
	case string:
		return ast.String(v)
	case bool:
		return ast.Boolean(v)
	case int64:
		return ast.Number(strconv.FormatInt(v, 10))
	case float64:
		return ast.Number(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return ast.Null{}
}

// pointer is the JSON Pointer of the value that a term stands for.
func (d *document) pointer(t *ast.Term) (string, bool) {
	if t == nil || t.Location == nil || t.Location.File != d.mark {
		return "", false
	}
	row, at, pointer := t.Location.Row, d.term, ""
	for at.Location.Row != row {
		// Places are in pre-order: the value lies in the last member that
		// begins at or before it.
		step, next := "", (*ast.Term)(nil)
		switch v := at.Value.(type) {
		case ast.Object:
			v.Foreach(func(key, member *ast.Term) {
				if member.Location.Row <= row && (next == nil || member.Location.Row > next.Location.Row) {
					step, next = string(key.Value.(ast.String)), member
				}
			})
		case *ast.Array:
			for i := 0; i < v.Len() && v.Elem(i).Location.Row <= row; i++ {
				step, next = strconv.Itoa(i), v.Elem(i)
			}
		}
		if next == nil {
			return "", false
		}
		at, pointer = next, manifest.JoinPointer(pointer, step)
	}
	return pointer, true
}
