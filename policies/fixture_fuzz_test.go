package policies

import (
	"errors"
	"testing"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// FuzzFixture reads whatever stands in a _test.yaml: it is a test with objects and
// a name, or a fault in a line of the file.
func FuzzFixture(f *testing.F) {
	f.Add("name: a\nobject: {apiVersion: v1, kind: Pod, metadata: {name: a}}\nfindings: []\n")
	f.Add("name: a\nbase: []\nhead:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\nfindings:\n- {rule: a/b, line: 3, message: x}\nenvironment: {labels: {a: b}}\nparameters: {a/b: {c: 1}}\n")
	f.Add("name: [a]\nobject: 1\nfindings: {}\nnow: x\n")
	f.Fuzz(func(t *testing.T, text string) {
		docs, err := manifest.Decode("a_test.yaml", []byte(text))
		if err != nil {
			return
		}
		for _, doc := range docs {
			got, err := newFixture(&record{doc: doc})
			fault := (*Error)(nil)
			switch {
			case errors.As(err, &fault):
				if fault.File != "a_test.yaml" || fault.Msg == "" {
					t.Errorf("%+v", fault)
				}
			case err != nil:
				t.Errorf("not an *Error: %v", err)
			case got.name == "" || got.base.Len()+got.head.Len() == 0:
				t.Errorf("%+v", got)
			}
		}
	})
}
