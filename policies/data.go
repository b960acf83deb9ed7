package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// addData merges a data file into data, as conftest --data does: every document
// at the root, whatever the file is called. Two files that set the same value
// are an *Error that names both. written remembers which file set which value.
func (set *sourceSet) addData(s Source, file string, written map[string]string) error {
	text, err := fs.ReadFile(s.FS, file)
	if err != nil {
		return fmt.Errorf("reading the data file %s: %w", file, err)
	}
	documents, err := decodeData(file, text)
	if err != nil {
		return err
	}
	for _, fields := range documents {
		for _, reserved := range []string{"inventory", "parameters", "penstock"} {
			if _, there := fields[reserved]; there && (s.Name != BuiltIn || reserved != "penstock") {
				return &Error{File: file, Msg: "data." + reserved + " is reserved", Hint: "choose another key at the top of the file"}
			}
		}
		if err := merge(set.data, fields, "", mergeFile{file, written}); err != nil {
			return err
		}
	}
	return nil
}

func decodeData(file string, text []byte) ([]map[string]any, error) {
	if path.Ext(file) != ".json" {
		documents, err := manifest.Decode(file, text)
		if err != nil {
			if syntax, ok := errors.AsType[*manifest.SyntaxError](err); ok {
				return nil, &Error{File: file, Line: syntax.Line, Msg: syntax.Msg, Hint: "a data file is a YAML mapping"}
			}
			return nil, err
		}
		var out []map[string]any
		for _, d := range documents {
			out = append(out, d.Fields)
		}
		return out, nil
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var fields map[string]any
	err := dec.Decode(&fields)
	if err == nil && dec.More() {
		err = errors.New("there is more than one value")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		at := dec.InputOffset()
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = syntax.Offset
		}
		line := 1 + bytes.Count(text[:min(int(at), len(text))], []byte("\n"))
		return nil, &Error{File: file, Line: line, Msg: err.Error(), Hint: "a data file is one JSON object"}
	}
	return []map[string]any{fields}, nil
}

// mergeFile is the file that is merged, and which file wrote which value.
type mergeFile struct {
	name    string
	written map[string]string
}

func merge(into, from map[string]any, at string, file mergeFile) error {
	for _, key := range sortedKeys(from) {
		here := manifest.JoinPointer(at, key)
		old, there := into[key]
		oldMap, oldIsMap := old.(map[string]any)
		newMap, newIsMap := from[key].(map[string]any)
		switch {
		case newIsMap && (!there || oldIsMap):
			if !there {
				oldMap = map[string]any{}
				into[key] = oldMap
				file.written[here] = file.name
			}
			if err := merge(oldMap, newMap, here, file); err != nil {
				return err
			}
		case there:
			return &Error{File: file.name, Msg: fmt.Sprintf("data%s is set here and in %s", here, file.written[here]), Hint: "set each value in one data file"}
		default:
			into[key] = from[key]
			file.written[here] = file.name
		}
	}
	return nil
}

// hasData reports whether the data files hold something at a path, so that a
// rule of the same path, which would hide it, is refused.
func (set *sourceSet) hasData(steps []string) (bool, error) {
	var value any = set.data
	for _, step := range steps {
		m, ok := value.(map[string]any)
		if !ok {
			return false, nil
		}
		if value, ok = m[step]; !ok {
			return false, nil
		}
	}
	return len(steps) > 0, nil
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
