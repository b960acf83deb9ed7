package helm

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
)

// schemaURL is the address that Helm gives values.schema.json.
const schemaURL = "file:///values.schema.json"

// validate checks the values of a chart and of its sub-charts against their
// schemas (https://helm.sh/docs/topics/charts/#schema-files). It asks the
// library that Helm asks, in the same order; Helm's own function would fetch a
// $ref by HTTP and read one of the machine's files.
func (l *loadedChart) validate(c *chart.Chart, values common.Values, given layers) error {
	var faults []fault
	if err := l.collect(c, values, "", &faults); err != nil {
		return err
	}
	if len(faults) == 0 {
		return nil
	}
	e := &Error{Position: manifest.Position{File: faults[0].schema}, Hint: "correct the values"}
	texts := make([]string, len(faults))
	for i, f := range faults {
		where := strings.ReplaceAll(strings.TrimPrefix(f.pointer, "/"), "/", ".")
		if where == "" {
			where = "the values"
		}
		texts[i] = where + ": " + f.msg
		if f.schema != faults[0].schema {
			texts[i] += " (" + f.schema + ")"
		}
		if at, ok := given.locate(f.pointer); ok && e.Line == 0 {
			e.Position = at
		}
	}
	e.Msg = fmt.Sprintf("the values do not meet %s of the chart %s: %s", faults[0].schema, faults[0].chart, strings.Join(texts, "; "))
	return e
}

// fault is a value that a schema does not admit.
type fault struct {
	chart, schema string
	// pointer is the JSON Pointer of the value in the values of the root chart.
	pointer, msg string
}

func (l *loadedChart) collect(c *chart.Chart, values map[string]any, prefix string, faults *[]fault) error {
	if len(c.Schema) > 0 {
		file := l.schemas[&c.Schema[0]]
		found, err := check(file, c.Schema, values)
		if err != nil {
			return err
		}
		for _, f := range found {
			f.chart, f.schema, f.pointer = c.ChartPath(), file, prefix+f.pointer
			*faults = append(*faults, f)
		}
	}
	for _, sub := range c.Dependencies() {
		raw := values[sub.Name()]
		if raw == nil {
			continue
		}
		below, ok := asMap(raw)
		if !ok {
			*faults = append(*faults, fault{chart: c.ChartPath(), schema: path.Join(l.dir, "Chart.yaml"), pointer: manifest.JoinPointer(prefix, sub.Name()), msg: "the values of a sub-chart must be a mapping"})
			continue
		}
		if err := l.collect(sub, below, manifest.JoinPointer(prefix, sub.Name()), faults); err != nil {
			return err
		}
	}
	return nil
}

func asMap(v any) (map[string]any, bool) {
	if values, ok := v.(common.Values); ok {
		return values, true
	}
	m, ok := v.(map[string]any)
	return m, ok
}

// refused is a schema that a chart does not bring along.
type refused struct{ url string }

func (e *refused) local() bool { return strings.HasPrefix(e.url, "file:") }

func (e *refused) Error() string {
	if e.local() {
		return "it refers to " + e.url + ", which is not read"
	}
	return "it refers to " + e.url + ", which is not fetched"
}

// offline loads nothing. An unresolved urn admits everything, as in Helm.
type offline struct{}

// Load implements jsonschema.URLLoader.
func (offline) Load(url string) (any, error) {
	if strings.HasPrefix(url, "urn:") {
		return true, nil
	}
	return nil, &refused{url}
}

// check returns, sorted, what of the values a schema does not admit.
func check(file string, schema []byte, values map[string]any) (faults []fault, err error) {
	defer func() {
		// Helm shields itself from panics of the library in the same way.
		if r := recover(); r != nil {
			err = &Error{Position: manifest.Position{File: file}, Msg: fmt.Sprintf("the schema cannot be used: %v", r), Hint: "correct the schema"}
		}
	}()
	compiled, err := compile(file, schema)
	if err != nil {
		return nil, err
	}
	err = compiled.Validate(values)
	var invalid *jsonschema.ValidationError
	switch {
	case err == nil:
		return nil, nil
	case !errors.As(err, &invalid):
		return nil, &Error{Position: manifest.Position{File: file}, Msg: "validating the values: " + err.Error(), Hint: "correct the schema", Err: err}
	}
	leaves(invalid, message.NewPrinter(language.English), &faults)
	slices.SortFunc(faults, func(a, b fault) int {
		return strings.Compare(a.pointer+"\x00"+a.msg, b.pointer+"\x00"+b.msg)
	})
	return slices.Compact(faults), nil
}

func compile(file string, schema []byte) (*jsonschema.Schema, error) {
	at := manifest.Position{File: file}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, &Error{Position: at, Msg: "the schema is not JSON: " + err.Error(), Hint: "correct the schema", Err: err}
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(offline{})
	if err := compiler.AddResource(schemaURL, doc); err != nil {
		return nil, &Error{Position: at, Msg: "the schema cannot be used: " + err.Error(), Hint: "correct the schema", Err: err}
	}
	compiled, err := compiler.Compile(schemaURL)
	var unloaded *jsonschema.LoadURLError
	var remote *refused
	if errors.As(err, &unloaded) && errors.As(unloaded.Err, &remote) {
		return nil, &Error{
			Position: at, NeedsNetwork: !remote.local(), Err: err,
			Msg:  "the schema cannot be used: " + remote.Error(),
			Hint: "write what it refers to into " + file + ", below $defs",
		}
	}
	if err != nil {
		return nil, &Error{Position: at, Msg: "the schema cannot be used: " + err.Error(), Hint: "correct the schema", Err: err}
	}
	return compiled, nil
}

// leaves collects the innermost faults; those around them only say that there
// are some.
func leaves(e *jsonschema.ValidationError, printer *message.Printer, faults *[]fault) {
	if len(e.Causes) == 0 {
		*faults = append(*faults, fault{
			pointer: manifest.JoinPointer("", e.InstanceLocation...),
			msg:     say(e.ErrorKind, printer),
		})
	}
	for _, cause := range e.Causes {
		leaves(cause, printer, faults)
	}
}

// say is what is wrong with a value. The library quotes strings, which may be
// passwords.
func say(k jsonschema.ErrorKind, printer *message.Printer) string {
	switch k := k.(type) {
	case *kind.Pattern:
		return fmt.Sprintf("does not match the pattern %q", k.Want)
	case *kind.Format:
		return "is no valid " + k.Want
	}
	return k.LocalizedString(printer)
}
