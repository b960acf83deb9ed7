package manifest

import (
	"fmt"
	"slices"
)

// Set is a collection of objects with distinct identities, sorted by identity.
// The zero value is empty and ready to use. A set is immutable.
type Set struct {
	objects []*Object
	index   map[ID]int
}

// DuplicateError says that two objects of a set have the same identity.
type DuplicateError struct {
	ID            ID
	First, Second Position
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%s is defined twice: %s and %s", e.ID, place(e.First), place(e.Second))
}

func place(p Position) string {
	switch {
	case p.File == "":
		return "an unknown file"
	case p.Line == 0:
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// NewSet returns the set of the given objects, or a *DuplicateError.
func NewSet(objects ...*Object) (*Set, error) {
	s := &Set{objects: slices.Clone(objects), index: make(map[ID]int, len(objects))}
	slices.SortStableFunc(s.objects, func(a, b *Object) int { return a.id.Compare(b.id) })
	for i, o := range s.objects {
		if first, dup := s.index[o.id]; dup {
			return nil, &DuplicateError{o.id, s.objects[first].origin.Position, o.origin.Position}
		}
		s.index[o.id] = i
	}
	return s, nil
}

// All returns the objects in order of identity. The slice must not be changed.
func (s *Set) All() []*Object {
	if s == nil {
		return nil
	}
	return s.objects
}

// Len returns how many objects there are.
func (s *Set) Len() int { return len(s.All()) }

// Get returns the object with an identity, or nil.
func (s *Set) Get(id ID) *Object {
	if s == nil {
		return nil
	}
	if i, ok := s.index[id]; ok {
		return s.objects[i]
	}
	return nil
}
