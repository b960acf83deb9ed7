// Command samedata compares two YAML streams as data: the same documents, in
// the same order, whatever their spelling. It prints what differs and exits
// with 1 when something does. It shares no package with Penstock, whose output
// it judges.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"

	"go.yaml.in/yaml/v3"
	k8syaml "sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: samedata WANT GOT")
		os.Exit(2)
	}
	want, err := read(os.Args[1])
	if err == nil {
		var got []any
		if got, err = read(os.Args[2]); err == nil {
			os.Exit(compare(os.Stdout, want, got))
		}
	}
	fmt.Fprintln(os.Stderr, "samedata:", err)
	os.Exit(2)
}

// read decodes each document as sigs.k8s.io/yaml, and so kubectl, does. The
// stream is taken apart by a YAML parser, never by its text.
func read(file string) ([]any, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var docs []any
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var node yaml.Node
		switch err := dec.Decode(&node); {
		case errors.Is(err, io.EOF):
			return docs, nil
		case err != nil:
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		text, err := yaml.Marshal(&node)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		var doc any
		if err := k8syaml.Unmarshal(text, &doc); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		if doc != nil {
			docs = append(docs, doc)
		}
	}
}

// compare prints the documents that differ, paired by identity, and whether
// the order does.
func compare(w io.Writer, want, got []any) int {
	missing := map[string]any{}
	for _, doc := range want {
		missing[name(doc)] = doc
	}
	different := false
	for _, doc := range got {
		other, there := missing[name(doc)]
		delete(missing, name(doc))
		switch {
		case !there:
			different = true
			fmt.Fprintf(w, "%s: only in the second\n", name(doc))
		case !reflect.DeepEqual(doc, other):
			different = true
			fmt.Fprintf(w, "%s: differs\n", name(doc))
		}
	}
	for _, doc := range want {
		if _, left := missing[name(doc)]; left {
			different = true
			fmt.Fprintf(w, "%s: only in the first\n", name(doc))
		}
	}
	if !different && !reflect.DeepEqual(want, got) {
		different = true
		fmt.Fprintln(w, "the order differs, or a document is there twice")
	}
	if different {
		return 1
	}
	return 0
}

// name is what tells documents of one stream apart.
func name(doc any) string {
	fields, _ := doc.(map[string]any)
	meta, _ := fields["metadata"].(map[string]any)
	id, err := json.Marshal([]any{fields["apiVersion"], fields["kind"], meta["namespace"], meta["name"]})
	if err != nil {
		return fmt.Sprint(doc)
	}
	return string(id)
}
