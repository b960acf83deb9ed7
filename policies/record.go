package policies

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// record reads a mapping strictly, key by key. It remembers its first fault, so
// that callers look at it once, in done.
type record struct {
	doc   manifest.Document
	known []string
	fault *Error
}

// bad notes a fault at a member of the mapping, or at the mapping as a whole.
func (r *record) bad(key, hint, format string, args ...any) {
	if r.fault != nil {
		return
	}
	line := r.doc.Line()
	if key != "" {
		line, _, _ = r.doc.Lookup(manifest.JoinPointer("", key))
	}
	r.fault = &Error{File: r.doc.File, Line: line, Msg: fmt.Sprintf(format, args...), Hint: hint}
}

func (r *record) get(key string) (any, bool) {
	r.known = append(r.known, key)
	v, there := r.doc.Fields[key]
	return v, there
}

// text is a string; it is empty when the key is not there.
func (r *record) text(key string) string {
	v, there := r.get(key)
	s, ok := v.(string)
	if there && (!ok || s == "") {
		r.bad(key, "write text, in quotes if it looks like something else", "%s is not a text", key)
	}
	return s
}

// line is a number from 1; it is 0 when the key is not there.
func (r *record) line(key string) int {
	v, there := r.get(key)
	n, ok := v.(int64)
	if there && (!ok || n < 1) {
		r.bad(key, "count lines from 1, at the top of this file", "%s is not the number of a line", key)
	}
	return int(n)
}

// part is a mapping; it is empty when the key is not there.
func (r *record) part(key string) (*record, bool) {
	_, there := r.get(key)
	doc, ok := r.doc.At(manifest.JoinPointer("", key))
	if there && !ok {
		r.bad(key, "", "%s is not a mapping", key)
	}
	return &record{doc: doc}, ok
}

// parts are the mappings of a list.
func (r *record) parts(key string) []*record {
	v, there := r.get(key)
	list, ok := v.([]any)
	if there && !ok {
		r.bad(key, "", "%s is not a list", key)
	}
	var out []*record
	for i := range list {
		doc, ok := r.doc.At(manifest.JoinPointer("", key, fmt.Sprint(i)))
		if !ok {
			r.bad(key, "", "%s has a member that is not a mapping", key)
			break
		}
		out = append(out, &record{doc: doc})
	}
	return out
}

// texts are the strings of a list.
func (r *record) texts(key string) []string {
	v, there := r.get(key)
	list, ok := v.([]any)
	var out []string
	for _, item := range list {
		s, isText := item.(string)
		ok = ok && isText && s != ""
		out = append(out, s)
	}
	if there && !ok {
		r.bad(key, "", "%s is not a list of texts", key)
	}
	return out
}

// strict notes a key that nobody asked for.
func (r *record) strict() {
	for _, key := range sortedKeys(r.doc.Fields) {
		if !slices.Contains(r.known, key) {
			r.bad(key, "the keys here are "+strings.Join(r.known, ", "), "unknown key %s", key)
		}
	}
}

// done is the first fault: that of a value, or a key that nobody asked for.
func (r *record) done() error {
	if r.strict(); r.fault != nil {
		return r.fault
	}
	return nil
}

// syntax makes an *Error of a fault in a manifest.
func syntax(err error, hint string) error {
	if fault, ok := errors.AsType[*manifest.SyntaxError](err); ok {
		return &Error{File: fault.File, Line: fault.Line, Msg: fault.Msg, Hint: hint}
	}
	return err
}
