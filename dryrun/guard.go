package dryrun

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// guard lets no request through that could change a cluster: whoever may
// dry-run may write as well, so that this is all there is between the two. There
// is no exception: reviews of rights store nothing, and say dryRun=All all the
// same.
type guard struct{ next http.RoundTripper }

// errWrites says that a request was not sent.
var errWrites = errors.New("refused to send a request that would change the cluster")

// WrappedRoundTripper is how client-go finds what ends a request that took too
// long, and closes its connections. Whoever calls it could send a request past
// the guard: nothing but client-go does, which does not.
func (g guard) WrappedRoundTripper() http.RoundTripper { return g.next }

// RoundTrip sends a request that reads, or one that says dryRun=All.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	harmless, err := reads(r)
	if err != nil {
		return nil, err
	}
	if !harmless {
		if r.Body != nil {
			_ = r.Body.Close() // as RoundTrip must
		}
		return nil, fmt.Errorf("%w: %s %s", errWrites, r.Method, r.URL.Path)
	}
	return g.next.RoundTrip(r)
}

func reads(r *http.Request) (bool, error) {
	// An upgraded connection carries whatever follows, and what is passed on to
	// Pods, Services and nodes is answered by these.
	if r.Header.Get("Upgrade") != "" || connects(r.URL.Path) {
		return false, nil
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return true, nil
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return slices.Equal(r.URL.Query()["dryRun"], []string{metav1.DryRunAll}), nil
	case http.MethodDelete:
		return deletesNothing(r)
	}
	return false, nil
}

// connects reports whether a path leads to a sub-resource that passes requests
// on, whatever their verb, and knows no dry-run
// (k8s.io/kubernetes/pkg/registry/core/pod/rest/subresources.go).
func connects(at string) bool {
	steps := strings.Split(strings.TrimPrefix(path.Clean("/"+at), "/"), "/")
	switch {
	case steps[0] == "api" && len(steps) > 2:
		steps = steps[2:]
	case steps[0] == "apis" && len(steps) > 3:
		steps = steps[3:]
	default:
		return false
	}
	if steps[0] == "namespaces" && len(steps) > 2 {
		steps = steps[2:]
	}
	return len(steps) > 2 && slices.Contains([]string{"attach", "exec", "portforward", "proxy"}, steps[2])
}

// deleteOptionsLimit bounds the options of a deletion, which have some hundred bytes.
const deleteOptionsLimit = 1 << 20

// deletesNothing reads the options of a deletion, which are its body; a server
// that gets a body does not look at the query.
func deletesNothing(r *http.Request) (bool, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return slices.Equal(r.URL.Query()["dryRun"], []string{metav1.DryRunAll}), nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, deleteOptionsLimit))
	if err = errors.Join(err, r.Body.Close()); err != nil {
		return false, fmt.Errorf("reading the options of a deletion: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	// Servers tell upper case from lower, as maps do and structs do not. Options in
	// another encoding than JSON cannot be looked at.
	var options map[string]any
	readable := json.Unmarshal(body, &options) == nil
	given, _ := options["dryRun"].([]any)
	return readable && onlyKey(options, "dryRun") && slices.Equal(given, []any{metav1.DryRunAll}), nil
}

// onlyKey reports whether no other key is the same but for upper and lower case.
func onlyKey(options map[string]any, key string) bool {
	for other := range options {
		if other != key && strings.EqualFold(other, key) {
			return false
		}
	}
	return true
}
