package apiserver

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// converter is a conversion webhook that fails for a while after it is first
// called, so that nothing of its kind can be read.
type converter struct {
	mu    sync.Mutex
	first time.Time
}

func (c *converter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	if c.first.IsZero() {
		c.first = time.Now()
	}
	late := time.Since(c.first) > 2500*time.Millisecond
	c.mu.Unlock()
	var review apiextensionsv1.ConversionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil || !late {
		http.Error(w, "not yet", http.StatusInternalServerError)
		return
	}
	review.Response = &apiextensionsv1.ConversionResponse{UID: review.Request.UID}
	review.Response.Result.Status = "Success"
	for _, o := range review.Request.Objects {
		var fields map[string]any
		if err := json.Unmarshal(o.Raw, &fields); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fields["apiVersion"] = review.Request.DesiredAPIVersion
		data, err := json.Marshal(fields)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		review.Response.ConvertedObjects = append(review.Response.ConvertedObjects, runtime.RawExtension{Raw: data})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review) // the server says what it misses
}

// A policy that ignores failures says nothing as long as its parameters are not
// read, and refuses or changes once they are: so the fence waits for them.
func TestFenceWaitsForParameters(t *testing.T) {
	for kind, test := range map[string]struct {
		resource, spec, actions string
		status                  int
		part                    string
	}{
		"validating": {
			"validatingadmissionpolicies", `validations: [{expression: "object.metadata.name != params.spec.bad", message: the parameter forbids it}]`,
			"validationActions: [Deny], ", 422, "the parameter forbids it",
		},
		"mutating": {
			"mutatingadmissionpolicies", `reinvocationPolicy: Never, mutations: [{patchType: JSONPatch, jsonPatch: {expression:
				"[JSONPatch{op: 'add', path: '/metadata/labels', value: {'from': params.spec.bad}}]"}}]`,
			"", 201, `"from":"wrong"`,
		},
	} {
		t.Run(kind, func(t *testing.T) {
			scratch(t)
			s := start(t, Options{})
			c := connect(t, s)
			webhook := httptest.NewTLSServer(&converter{})
			defer webhook.Close()
			authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: webhook.Certificate().Raw})
			const schema = `schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {bad: {type: string}}}}}}`
			c.want(t, 201, "", http.MethodPost, namespaces, `{metadata: {name: shop}}`)
			c.want(t, 201, "", http.MethodPost, crds, fmt.Sprintf(`{metadata: {name: limits.example.com}, spec: {group: example.com, scope: Namespaced,
				names: {kind: Limit, plural: limits}, conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {url: '%s', caBundle: %s}}},
				versions: [{name: v1, served: true, storage: true, %s}, {name: v2, served: true, storage: false, %s}]}}`,
				webhook.URL, base64.StdEncoding.EncodeToString(authority), schema, schema))
			eventually(t, "the kind is served", func() bool {
				status, _ := c.do(t, http.MethodPost, "/apis/example.com/v1/namespaces/shop/limits", `{apiVersion: example.com/v1, kind: Limit, metadata: {name: limit}, spec: {bad: wrong}}`)
				return status == 201
			})
			const group = "/apis/admissionregistration.k8s.io/v1/"
			c.want(t, 201, "", http.MethodPost, group+test.resource, `{metadata: {name: penstock-canary-reader-x}, spec: {failurePolicy: Ignore, paramKind: {apiVersion: example.com/v2, kind: Limit}, `+match+`, `+test.spec+`}}`)
			bound := map[string]string{"validating": "validatingadmissionpolicybindings", "mutating": "mutatingadmissionpolicybindings"}[kind]
			c.want(t, 201, "", http.MethodPost, group+bound, `{metadata: {name: penstock-canary}, spec: {policyName: penstock-canary-reader-x, `+test.actions+`paramRef: {selector: {}, namespace: shop, parameterNotFoundAction: Allow}}}`)
			if err := s.FenceNamespaces(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.want(t, test.status, test.part, http.MethodPost, shop+"/configmaps"+dry, `{metadata: {name: wrong}}`)
			// What is named like a policy of the fence stays, and all of its own is gone.
			c.want(t, 200, "", http.MethodGet, group+test.resource+"/penstock-canary-reader-x", "")
			c.want(t, 200, "", http.MethodGet, group+bound+"/penstock-canary", "")
			for _, resource := range []string{validatingPolicies, validatingBindings, mutatingPolicies, mutatingBindings} {
				_, all := c.do(t, http.MethodGet, group+resource, "")
				want := 0
				if resource == test.resource || resource == bound {
					want = 1
				}
				if got := strings.Count(all, `"name":"penstock-canary`); got != want {
					t.Errorf("%d %s are left, want %d: %s", got, resource, want, all)
				}
			}
		})
	}
}
