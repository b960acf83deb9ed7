package json

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	text := encode(t, sample())
	back, err := Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, sample()) {
		t.Error("decoding does not give the report back")
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := string(encode(t, sample()))
	for _, tt := range []struct{ name, old, replacement, want string }{
		{"another version", "penstock.dev/report/v1", "penstock.dev/report/v2", "its schema is"},
		{"an unknown key", `"unowned": [`, `"owned": [`, "unknown field"},
		{"a key twice", `"findings": [`, `"findings": [], "findings": [`, "duplicate field"},
		{"a key in capitals", `"findings": [`, `"Findings": [`, "unknown field"},
		{"an unknown outcome", `"outcome": "fail"`, `"outcome": "neutral"`, "neutral"},
		{"an unknown gate", `"gate": "new"`, `"gate": "none"`, "none"},
		{"an environment without an outcome", "\"outcome\": \"fail\",\n      \"affected\"", `"affected"`, "outcome"},
		{"an unknown effect", `"restart"`, `"reboot"`, "reboot"},
		{"an unknown state of a rollback", `"state": "prevented"`, `"state": "lost"`, "lost"},
		{"a rollback prevented by nothing", `"state": "not-evaluated"`, `"state": "prevented"`, "no obstacle"},
		{"a rollback not evaluated for nothing", `"state": "prevented"`, `"state": "not-evaluated"`, "no reason"},
		{"an unknown level", `"level": "error"`, `"level": "fatal"`, "fatal"},
		{"an unknown baseline", `"baseline": "new"`, `"baseline": "old"`, "old"},
		{"a gap without a reason", `"reason": "unknown-kind"`, `"reason": ""`, "no reason"},
		{"a number for a text", `"kubernetes": "v1.36.3"`, `"kubernetes": 1.36`, "cannot unmarshal"},
		{"no JSON", "{", "[", "invalid character"},
		{"more than one document", "{", "{} {", "invalid character"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bad := strings.Replace(good, tt.old, tt.replacement, 1)
			if bad == good {
				t.Fatalf("the sample has no %s", tt.old)
			}
			_, err := Decode(strings.NewReader(bad))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q in it", err, tt.want)
			}
			var hint interface{ UserHint() string }
			if !errors.As(err, &hint) || hint.UserHint() == "" {
				t.Error("there is no hint")
			}
		})
	}
}

// zeros is a reader that does not end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestDecodeIsBounded(t *testing.T) {
	if _, err := Decode(zeros{}); err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Errorf("got %v", err)
	}
}

// FuzzDecode expects that what is read can be written and read again.
func FuzzDecode(f *testing.F) {
	f.Add(encodeSample(f))
	f.Add([]byte(`{"schema":"penstock.dev/report/v1","gate":"new","verdict":{"outcome":"pass","reasons":null},"timing":{"started":"0001-01-01T00:00:00Z","seconds":0}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Decode(bytes.NewReader(text))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := Encode(&out, r); err != nil {
			t.Skip() // a time that JSON cannot have
		}
		if _, err := Decode(&out); err != nil {
			t.Errorf("what was read and written is not read again: %v", err)
		}
	})
}

func encodeSample(f *testing.F) []byte {
	var b bytes.Buffer
	if err := Encode(&b, sample()); err != nil {
		f.Fatal(err)
	}
	return b.Bytes()
}
