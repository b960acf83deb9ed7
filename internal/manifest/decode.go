package manifest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// maxAliasValues bounds how many values the aliases of one document may stand
// for. Real manifests stay below a few hundred; "billion laughs" documents
// reach any bound at once.
const maxAliasValues = 100_000

// SyntaxError is a fault in a YAML stream. Its text starts with file:line.
type SyntaxError struct {
	Position
	Msg string
	// NotMapping says that a document is well-formed and a list or a scalar: it
	// may be no manifest at all.
	NotMapping bool
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Msg)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// Decode reads every document of a YAML (or JSON) stream. Documents that are
// empty or hold only comments are left out. A document that is not a mapping,
// a duplicate key, a key that is not a scalar, an alias cycle or an excessive
// use of aliases is a *SyntaxError. With one that is NotMapping, the documents
// that are mappings are returned beside it.
//
// Scalars mean what sigs.k8s.io/yaml makes of them, since that is what the
// controllers and kubectl read: YAML 1.1, so that a plain on, off, y or n is a
// boolean and 0777 is octal.
func Decode(file string, data []byte) ([]Document, error) {
	var docs []Document
	var notMapping error
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var root yaml.Node
		err := decodeNode(dec, &root)
		if errors.Is(err, io.EOF) {
			return docs, notMapping
		}
		if err != nil {
			return nil, yamlError(file, data, err)
		}
		doc, ok, err := newDocument(file, &root)
		if syntax, is := errors.AsType[*SyntaxError](err); is && syntax.NotMapping {
			notMapping = cmp.Or(notMapping, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		if ok {
			docs = append(docs, doc)
		}
	}
}

// decodeNode shields from panics of the YAML library on hostile input: such
// input is refused like any other that cannot be read.
func decodeNode(dec *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: cannot be read: %v", r)
		}
	}()
	return dec.Decode(into)
}

func newDocument(file string, root *yaml.Node) (Document, bool, error) {
	node := root
	if node.Kind == yaml.DocumentNode {
		if len(node.Content) == 0 {
			return Document{}, false, nil
		}
		node = node.Content[0]
	}
	c := converter{file: file, open: map[*yaml.Node]bool{}}
	value, lines, err := c.value(node, node.Line)
	if err != nil {
		return Document{}, false, err
	}
	if value == nil {
		return Document{}, false, nil
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return Document{}, false, &SyntaxError{
			Position:   Position{file, node.Line},
			Msg:        fmt.Sprintf("this document is a %s, not a mapping with apiVersion and kind", describe(value)),
			NotMapping: true,
		}
	}
	return Document{File: file, Fields: fields, lines: lines}, true, nil
}

func describe(value any) string {
	switch value.(type) {
	case []any:
		return "list"
	case string:
		return "string"
	case bool:
		return "boolean"
	default:
		return "number"
	}
}
