package json

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/report"
)

// FuzzIndent compares with json.Indent, whatever the parts that the document
// comes in.
func FuzzIndent(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `[[],{}]`, `{"a":{},"b":[],"c":[1,2.5e3,null,true]}`, `"}{\"]\\"`, `{"a\\":"\\","b\"{":"[,:]","ü":"\u2028<"}`,
		`[{"a":[{"b":"x"}]},"",-1]`, `1`,
	} {
		f.Add(text, uint8(1))
		f.Add(text, uint8(7))
	}
	f.Fuzz(func(t *testing.T, text string, part uint8) {
		var compact, want, got bytes.Buffer
		if json.Compact(&compact, []byte(text)) != nil {
			t.Skip()
		}
		if err := json.Indent(&want, compact.Bytes(), "", "  "); err != nil {
			t.Fatal(err)
		}
		out := &indenter{w: &got}
		for rest := compact.Bytes(); len(rest) > 0; {
			n := min(int(part)+1, len(rest))
			if written, err := out.Write(rest[:n]); err != nil || written != n {
				t.Fatal(written, err)
			}
			rest = rest[n:]
		}
		if err := out.flush(); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("%s\n%s\nwant\n%s", compact.Bytes(), got.Bytes(), want.Bytes())
		}
	})
}

func TestIndentHandsOnLargeDocumentsInParts(t *testing.T) {
	var want, got bytes.Buffer
	text := []byte("[" + strings.TrimSuffix(strings.Repeat(`{"key":"a value"},`, 20_000), ",") + "]")
	if err := json.Indent(&want, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	largest := 0
	out := &indenter{w: writer(func(p []byte) (int, error) {
		largest = max(largest, len(p))
		return got.Write(p)
	})}
	if _, err := out.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := out.flush(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) || largest > 2*chunk {
		t.Errorf("%d bytes in parts of up to %d, want %d", got.Len(), largest, want.Len())
	}
}

func TestEncodeSaysThatItCannotWrite(t *testing.T) {
	broken := errors.New("the disk is full")
	err := Encode(writer(func([]byte) (int, error) { return 0, broken }), sample())
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "writing the report") {
		t.Error(err)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// TestEncodeAsTheLibrary leaves out each part of a report in turn.
func TestEncodeAsTheLibrary(t *testing.T) {
	same := func(what string, r *report.Report) {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(complete(*r)); err != nil {
			t.Fatal(err)
		}
		if got := encode(t, r); !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s: got\n%s\nwant\n%s", what, got, want.Bytes())
		}
	}
	same("whole", sample())
	same("empty", &report.Report{})
	for i := range reflect.TypeFor[report.Report]().NumField() {
		r := sample()
		reflect.ValueOf(r).Elem().Field(i).SetZero()
		same("no "+reflect.TypeFor[report.Report]().Field(i).Name, r)
	}
	for i := range reflect.TypeFor[report.Environment]().NumField() {
		r := sample()
		reflect.ValueOf(&r.Environments[0]).Elem().Field(i).SetZero()
		same("no environment's "+reflect.TypeFor[report.Environment]().Field(i).Name, r)
	}
	r := sample()
	r.Findings[0].Message = "<a> & \u2028 \"quoted\" \\ {[,:]}"
	r.Findings = append(r.Findings, r.Findings...)
	same("more findings", r)
}

// TestEncodeStreams pins that a report is written in parts: a member whose tag the
// stream does not know would have it made as a whole again.
func TestEncodeStreams(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[report.Report](), reflect.TypeFor[report.Environment]()} {
		if !holdsList(typ) {
			t.Errorf("%s is not written in parts", typ)
		}
	}
}

// BenchmarkEncode writes a report with 5,000 findings.
func BenchmarkEncode(b *testing.B) {
	r := sample()
	for len(r.Findings) < 5000 {
		r.Findings = append(r.Findings, r.Findings[0])
	}
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := Encode(&out, r); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(out.Len()))
	}
}
