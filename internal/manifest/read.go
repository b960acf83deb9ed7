package manifest

import (
	"fmt"
	"strings"
)

// Read decodes a YAML stream (see Decode) and returns its objects in the order
// in which they are written. A List (any kind that ends in "List" and has
// items) is replaced by its items. A document without apiVersion, kind or name
// is a *SyntaxError.
func Read(file string, data []byte) ([]*Object, error) {
	docs, err := Decode(file, data)
	if err != nil {
		return nil, err
	}
	var objects []*Object
	for _, doc := range docs {
		objs, err := Objects(doc)
		if err != nil {
			return nil, err
		}
		objects = append(objects, objs...)
	}
	return objects, nil
}

// Objects returns the object that a document describes, or the items of a List.
func Objects(doc Document) ([]*Object, error) {
	kind, _ := doc.Fields["kind"].(string)
	items, isList := doc.Fields["items"].([]any)
	if !isList || !strings.HasSuffix(kind, "List") {
		o, err := NewObject(doc)
		if err != nil {
			return nil, err
		}
		return []*Object{o}, nil
	}
	var objects []*Object
	for i := range items {
		item, err := doc.item(i)
		if err != nil {
			return nil, err
		}
		objs, err := Objects(item)
		if err != nil {
			return nil, err
		}
		objects = append(objects, objs...)
	}
	return objects, nil
}

// Items returns the documents of a List, or the document itself when it is none.
func (d Document) Items() []Document {
	kind, _ := d.Fields["kind"].(string)
	items, isList := d.Fields["items"].([]any)
	if !isList || !strings.HasSuffix(kind, "List") {
		return []Document{d}
	}
	var docs []Document
	for i := range items {
		if item, err := d.item(i); err == nil {
			docs = append(docs, item)
		}
	}
	return docs
}

// item returns a member of the document's items as a document of its own.
func (d Document) item(index int) (Document, error) {
	items := d.Fields["items"].([]any)
	at, _, _ := d.descend(d.Fields, 0, "items")
	at++
	for _, before := range items[:index] {
		at += countValues(before)
	}
	fields, ok := items[index].(map[string]any)
	if !ok {
		return Document{}, d.errorAt(at, "items[%d] is not an object", index)
	}
	item := Document{File: d.File, Fields: fields}
	if size := countValues(fields); at+size <= len(d.lines) {
		item.lines = d.lines[at : at+size]
	}
	return item, nil
}

func (d Document) errorAt(at int, format string, args ...any) error {
	line := 0
	if at < len(d.lines) {
		line = int(d.lines[at])
	}
	return &SyntaxError{Position: Position{d.File, line}, Msg: fmt.Sprintf(format, args...)}
}

// NewObject returns the object that a document describes; the document is its
// only source. It fails with a *SyntaxError when apiVersion or kind is missing,
// or there is neither metadata.name nor metadata.generateName.
func NewObject(doc Document) (*Object, error) {
	apiVersion, _ := doc.Fields["apiVersion"].(string)
	kind, _ := doc.Fields["kind"].(string)
	if apiVersion == "" || kind == "" {
		return nil, doc.errorAt(0, "not a Kubernetes object: apiVersion and kind must both be non-empty strings")
	}
	meta, _ := doc.Fields["metadata"].(map[string]any)
	name, _ := meta["name"].(string)
	if name == "" {
		// An object with generateName gets its name from the server; until
		// then the prefix is all that can name it.
		name, _ = meta["generateName"].(string)
	}
	if name == "" {
		return nil, doc.errorAt(0, "%s has no metadata.name, or one that is not a string", kind)
	}
	namespace, _ := meta["namespace"].(string)
	return &Object{
		id:         ID{Group: groupOf(apiVersion), Kind: kind, Namespace: namespace, Name: name},
		apiVersion: apiVersion,
		fields:     doc.Fields,
		origin:     Origin{Position: Position{doc.File, doc.Line()}},
		sources:    []Document{doc},
	}, nil
}

// groupOf is the part of apiVersion before the slash; the core group is empty.
func groupOf(apiVersion string) string {
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return group
}
