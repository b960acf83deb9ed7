package dryrun

import (
	"fmt"
	"testing"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// example has what paths lead through: keys with dots, lists with names.
func example() map[string]any {
	return map[string]any{
		"metadata": map[string]any{"labels": map[string]any{"app": "a", "app.kubernetes.io/name": "web", "app.kubernetes": map[string]any{"io/name": "no"}}},
		"data":     map[string]any{".dockerconfigjson": "x", "a[b]": "y", `quo"ted`: "z"},
		"spec": map[string]any{
			"ports":      []any{map[string]any{"port": int64(80)}, map[string]any{"port": int64(81), "protocol": "UDP"}},
			"containers": []any{map[string]any{"name": "a"}, map[string]any{"name": `b]"`, "image": "x"}},
			"finalizers": []any{"one", "two"},
		},
	}
}

func TestPointer(t *testing.T) {
	for path, want := range map[string]string{
		"":                                  "",
		"spec.ports[1].port":                "/spec/ports/1/port",
		".spec.ports[1].port":               "/spec/ports/1/port",
		"spec.containers[0].missing.deeper": "/spec/containers/0/missing/deeper",
		"spec.ports[7].port":                "/spec/ports/7/port",
		"metadata.labels":                   "/metadata/labels",
		".metadata.labels.app":              "/metadata/labels/app",
		".metadata.labels.app.kubernetes.io/name":  "/metadata/labels/app.kubernetes.io~1name",
		"metadata.labels[app.kubernetes.io/name]":  "/metadata/labels/app.kubernetes.io~1name",
		"data[.dockerconfigjson]":                  "/data/.dockerconfigjson",
		`.spec.containers[name="a"].image`:         "/spec/containers/0/image",
		`.spec.containers[name="b]\""].image`:      "/spec/containers/1/image",
		`.spec.ports[port=80,protocol="TCP"]`:      "/spec/ports/0",
		`.spec.ports[port=81,protocol="UDP"].port`: "/spec/ports/1/port",
		`.spec.ports[port=81,protocol="TCP"].port`: `/spec/ports/port=81,protocol="TCP"/port`,
		`.spec.finalizers[="two"]`:                 "/spec/finalizers/1",
		"[":                                        "",
		"spec[":                                    "/spec",
		"...":                                      "",
	} {
		if got := pointer(example(), path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestPointerOfDefinition(t *testing.T) {
	definition := map[string]any{"kind": "CustomResourceDefinition", "spec": map[string]any{"versions": []any{map[string]any{"name": "v1"}}}}
	for path, want := range map[string]string{
		"spec.validation.openAPIV3Schema.properties[spec].type": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/type",
		"spec.additionalPrinterColumns[1].type":                 "/spec/versions/0/additionalPrinterColumns/1/type",
		"spec.subresources":                                     "/spec/versions/0/subresources",
		"spec.validations":                                      "/spec/validations",
		"spec.names.kind":                                       "/spec/names/kind",
	} {
		if got := pointer(definition, path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// Whatever the server calls a field, the pointer to it is one.
func FuzzPointer(f *testing.F) {
	for _, seed := range []string{"spec.ports[1].port", `.spec.containers[name="b]\""].image`, "data[.dockerconfigjson]", `[="`, `[a=",b=\`, "a..b[[]]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := pointer(example(), path)
		if got != "" && (got[0] != '/' || manifest.JoinPointer("", manifest.SplitPointer(got)...) != got) {
			t.Errorf("%q: got %q", path, got)
		}
	})
}

// A key may be empty, and stands for itself alone.
func TestPointerToEmptyKey(t *testing.T) {
	fields := map[string]any{"": map[string]any{"a": "x"}, "spec": map[string]any{"": "x", "b": "y"}}
	for path, want := range map[string]string{
		"": "/", "spec.": "/spec/", ".spec.": "/spec/", "..a": "//a", "spec.b": "/spec/b", "spec..b": "/spec//b",
	} {
		if got := pointer(fields, path); got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
	found := problems{{rule: ruleUnknownField, path: "/"}, {rule: ruleUnknownField, path: "/spec/"}, {rule: ruleUnknownField}}
	if got := fmt.Sprint(found.leaveOut(fields)); got != "map[spec:map[b:y]]" {
		t.Errorf("without the empty keys: %s", got)
	}
}

// An object that cannot be tried without a panic is not tried, and says so.
func TestEachOutlivesPanics(t *testing.T) {
	s := &session{deltas: []*trial{{}, {}}}
	s.each(func(*trial) bool { return true }, func(at *trial) {
		if at == s.deltas[0] {
			panic("index out of range")
		}
	})
	if f := s.deltas[0].fault; f == nil || f.reason != failed || s.deltas[1].fault != nil {
		t.Errorf("got %+v and %+v", f, s.deltas[1].fault)
	}
}
