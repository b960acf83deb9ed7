package json

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
)

// stream writes values as encoding/json does without escaping HTML, but the
// elements of long lists one by one: the JSON of a large report is never in memory
// as a whole, where it would have to be copied each time it outgrows its buffer.
type stream struct {
	w   io.Writer
	buf bytes.Buffer
	enc *json.Encoder
}

func newStream(w io.Writer) *stream {
	s := &stream{w: w}
	s.enc = json.NewEncoder(&s.buf)
	s.enc.SetEscapeHTML(false)
	return s
}

// value writes a value that can be addressed.
func (s *stream) value(v reflect.Value) error {
	switch {
	case isList(v.Type()) && v.Len() > 0:
		return s.list(v)
	case v.Kind() == reflect.Struct && holdsList(v.Type()):
		return s.structure(v)
	}
	s.buf.Reset()
	if err := s.enc.Encode(v.Addr().Interface()); err != nil {
		return err
	}
	_, err := s.w.Write(bytes.TrimSuffix(s.buf.Bytes(), []byte("\n")))
	return err
}

func (s *stream) list(v reflect.Value) error {
	before := "["
	for i := range v.Len() {
		if _, err := io.WriteString(s.w, before); err != nil {
			return err
		}
		before = ","
		if err := s.value(v.Index(i)); err != nil {
			return err
		}
	}
	_, err := io.WriteString(s.w, "]")
	return err
}

func (s *stream) structure(v reflect.Value) error {
	before := "{"
	for i := range v.NumField() {
		name, omitEmpty, _ := member(v.Type().Field(i))
		if omitEmpty && isEmpty(v.Field(i)) {
			continue
		}
		if _, err := io.WriteString(s.w, before+`"`+name+`":`); err != nil {
			return err
		}
		before = ","
		if err := s.value(v.Field(i)); err != nil {
			return err
		}
	}
	_, err := io.WriteString(s.w, strings.TrimPrefix(before, ",")+"}")
	return err
}

func isList(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct && !marshals(t)
}

// holdsList reports whether a structure has a list among its members, and all of
// them are such as member reads. What is of no use here, encoding/json writes.
func holdsList(t reflect.Type) bool {
	if marshals(t) {
		return false
	}
	holds := false
	for i := range t.NumField() {
		f := t.Field(i)
		if _, _, ok := member(f); !ok {
			return false
		}
		holds = holds || isList(f.Type) || f.Type.Kind() == reflect.Struct && holdsList(f.Type)
	}
	return holds
}

// marshals reports whether a type writes itself.
func marshals(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]())
}

// member reads the tag of a field: `json:"name"` or `json:"name,omitempty"`.
func member(f reflect.StructField) (name string, omitEmpty, ok bool) {
	name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
	plain := !f.Anonymous && f.IsExported() && name != "" && name != "-"
	return name, option == "omitempty", plain && (option == "" || option == "omitempty")
}

// isEmpty is what encoding/json leaves out with omitempty.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}
