package diff

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// FuzzMarshal compares with the YAML library alone.
func FuzzMarshal(f *testing.F) {
	for _, text := range []string{
		`{"spec":{"replicas":3,"template":{"containers":[{"image":"a:1","args":["-x","a b",""],"cpu":"100m"},{"ports":[{"port":80}]}]}}}`,
		`[[["a"],["b",["c"]]],{"a":[]},{}]`,
		`{"a":"64Mi","b":"1.5","c":"0x1f","d":"1e3","e":"12","f":"012","g":"0o7","h":"1_000","i":"2001-01-01","j":"12:30:45","k":"5h","l":"1i","m":"3s","n":"-5m"}`,
		`{"y":"y","No":"ON","null":"~","inf":".inf","nan":"NaN","true":true,"e":null,"f":1.5,"g":1e21,"h":-0.1}`,
		`{"app.kubernetes.io/name":"a","app10":"b","app2":"c","a-b":{"c":"x\ny"}}`,
		`{"a":"one\n\n  two\n","b":["  x\n\ny"],"c":{"d":"\n"},"e":["\n\n"],"f":"a\n"}`,
		`{"a":"a: b","b":"a:","c":" a","d":"a ","e":"a #b","f":"#a","g":"a#b","h":"a  b","i":"- a","j":"?","k":"a:b","l":"http://x/y?z=1&u","m":"a =b","n":"x: ","o":"a - b"}`,
		`{"a":"@a","b":"*a","c":"!a","d":"%a","e":"=","f":"<<","g":"a=","h":"\t","i":"ä","j":"\u0085","k":"\u2028x","l":"\u0000"}`,
		`"a"`, `"a\n"`, `{}`, `[]`, `1`, `null`, `""`, `{"":1}`, `{"a":{"1":2},"b":{"3":[{"4":"5\n6"}]}}`,
		`{"` + strings.Repeat("a", 120) + `":1,"` + strings.Repeat("b", 140) + `":"` + strings.Repeat("c d", 140) + `"}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var wrapped map[string]any
		data, err := manifest.FromJSON("f.json", []byte(`{"apiVersion":"v1","kind":"A","metadata":{"name":"a"},"v":`+text+`}`))
		if err != nil || !json.Valid([]byte(text)) {
			t.Skip()
		}
		wrapped = data.Fields()
		for _, v := range []any{wrapped["v"], wrapped, []any{wrapped["v"], wrapped["v"]}} {
			want, wantErr := encode(v)
			got, gotErr := marshal(v)
			if got != want || (gotErr == nil) != (wantErr == nil) {
				t.Errorf("got  %q %v\nwant %q %v", got, gotErr, want, wantErr)
			}
		}
	})
}

// TestMarshalSpellings tries all short texts made of what means something in
// YAML, as values and as keys.
func TestMarshalSpellings(t *testing.T) {
	texts := []string{""}
	var values []any
	keys, words := map[string]any{}, map[string]any{}
	for range 3 {
		var longer []string
		for _, s := range texts {
			for _, c := range "0178aeMmnosxyZ.-_+:= /" {
				longer = append(longer, s+string(c))
			}
		}
		for _, s := range longer {
			values = append(values, s)
			if len(s) < 3 {
				keys[s] = s
			}
			if isWord(s) {
				words[s] = s
			}
		}
		texts = longer
	}
	for _, s := range []string{"2001-01-01T10:00:00Z", "true", "Null", "yes", "NaN", "1:20", "190:20:30", "0x1f", "0b11", "1e10", "1_0", "12345678901234567890", "1.2.3", "100m", "64Mi", "5h", "10s"} {
		for _, end := range []string{"", " ", ":", "#", "m", "M", "/", " a", ": a", "\n", "\na"} {
			values = append(values, s+end, end+s)
		}
	}
	for _, v := range []any{values, keys, words} {
		got, err := marshal(v)
		want, wantErr := encode(v)
		if err != nil || wantErr != nil {
			t.Fatal(err, wantErr)
		}
		if got == want {
			continue
		}
		gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
		for i := range wantLines {
			if i >= len(gotLines) || gotLines[i] != wantLines[i] {
				t.Fatalf("got %q, want %q", gotLines[i:min(i+1, len(gotLines))], wantLines[i])
			}
		}
	}
}
