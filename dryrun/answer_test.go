package dryrun

import (
	"errors"
	"testing"

	"github.com/penstock-dev/penstock/internal/manifest"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestElsewhere(t *testing.T) {
	outside := problem{msg: "spec.clusterIPs: failed to allocate IP 1.2.3.4: the provided IP (1.2.3.4) is not in the valid range. The range of valid IPs is 10.96.0.0/12"}
	for _, test := range []struct {
		name string
		problems
		want bool
	}{
		{name: "nothing"},
		{name: "an address", problems: problems{outside}, want: true},
		{name: "parameters that are not read", problems: problems{{msg: "ValidatingAdmissionPolicy 'a' with binding 'a' denied request: failed to configure binding: paramKind kind `x` not yet synced to use for admission"}}, want: true},
		{name: "an address and another", problems: problems{outside, {msg: "spec.ports: Required value"}}},
	} {
		if got := test.elsewhere() != nil; got != test.want {
			t.Errorf("%s: got %v", test.name, got)
		}
	}
}

// What a server says for a moment only is asked again, until it says something else.
func TestRetry(t *testing.T) {
	refusal := func(code int32, reason metav1.StatusReason, message string) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Code: code, Reason: reason, Message: message}}
	}
	for _, test := range []struct {
		name   string
		fields map[string]any
		err    error
		tries  int
	}{
		{name: "accepted", tries: 1},
		{name: "refused", err: refusal(422, metav1.StatusReasonInvalid, "spec.replicas: Invalid value"), tries: 1},
		{name: "written by something else", err: refusal(409, metav1.StatusReasonConflict, "the object has been modified"), tries: 3},
		{
			name: "written by something else, and pinned", fields: map[string]any{"metadata": map[string]any{"resourceVersion": "1"}},
			err: refusal(409, metav1.StatusReasonConflict, "the object has been modified"), tries: 1,
		},
		{name: "parameters not read as yet", err: refusal(422, metav1.StatusReasonInvalid, "paramKind kind `x` not yet synced to use for admission"), tries: 3},
		{name: "no answer", err: errors.New("connection refused"), tries: 1},
	} {
		tries := 0
		_ = retry(t.Context(), item{fields: test.fields}, func() error {
			if tries++; tries == 3 {
				return nil
			}
			return test.err
		})
		if tries != test.tries {
			t.Errorf("%s: %d tries, want %d", test.name, tries, test.tries)
		}
	}
}

// Whatever a server answers is either problems, each with a message and a JSON
// Pointer, or a fault with a reason.
func FuzzRead(f *testing.F) {
	for _, seed := range []struct {
		code           int32
		message, field string
	}{
		{422, "", "spec.ports[1].port"},
		{422, `Invalid value: {"a":["`, "<nil>"},
		{422, `admission policy says no`, ""},
		{500, "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): errors:\n  .spec.replica: field not declared in schema\n  .spec: &{3}", ""},
		{500, `failed to convert new object (a) to proper version: .spec.ports[port=80,protocol="TCP"]: duplicate`, ""},
		{400, `strict decoding error: unknown field "spec.a[0]", duplicate field "b"`, ""},
		{400, "unable to convert unstructured object to v1: error decoding from json: quantities must match", ""},
		{403, `pods "a" is forbidden: User "b" cannot create`, ""},
		{403, `pods "a" is forbidden: violates PodSecurity`, ""},
		{404, `namespaces "a" not found`, "namespaces"},
		{409, "the object has been modified", ""},
		{413, "", ""},
	} {
		f.Add(seed.code, seed.message, seed.field)
	}
	f.Fuzz(func(t *testing.T, code int32, message, field string) {
		err := read(&apierrors.StatusError{ErrStatus: metav1.Status{
			Code: code, Message: message,
			Details: &metav1.StatusDetails{Kind: field, Causes: []metav1.StatusCause{{Field: field, Message: message}, {Field: "<nil>"}}},
		}}, example())
		var why *fault
		if errors.As(err, &why) {
			if why.reason == "" {
				t.Errorf("%q: the fault %q has no reason", message, why.detail)
			}
			return
		}
		found := problemsOf(err)
		if len(found) == 0 {
			t.Errorf("%d %q: neither problems nor a fault", code, message)
		}
		for _, p := range found {
			if p.rule == "" {
				t.Errorf("%q: %q is of no rule", message, p.msg)
			}
			if p.path != "" && (p.path[0] != '/' || manifest.JoinPointer("", manifest.SplitPointer(p.path)...) != p.path) {
				t.Errorf("%q: %q is no pointer", message, p.path)
			}
		}
	})
}
