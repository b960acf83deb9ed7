package apiserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const (
	namespaces = "/api/v1/namespaces"
	shop       = namespaces + "/shop"
	crds       = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
	widgets    = "/apis/example.com/v1/namespaces/shop/widgets/w?fieldManager=test"
	policies   = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
	bindings   = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
	mutations  = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies"
	dry        = "?dryRun=All"
)

// Each round brings the same names with another meaning, so that whatever
// survives of the round before shows.
func testReset(t *testing.T, s *Server) {
	c := connect(t, s)
	for round := range 20 {
		if t.Failed() {
			return
		}
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			pollute(t, s, c, round)
			if err := s.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			clean(t, c)
		})
	}
}

// pollute writes objects that leave traces all over the server, and checks that
// they mean what they say in this round.
func pollute(t *testing.T, s *Server, c *client, round int) {
	even := round%2 == 0
	level, kind, bad, refusal := "privileged", "integer", "many", "expected numeric"
	if even {
		level, kind, bad, refusal = "baseline", "string", "3", "expected string"
	}
	c.want(t, 201, "", http.MethodPost, namespaces, `{metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: `+level+`}}}`)
	c.want(t, 201, "", http.MethodPost, shop+"/serviceaccounts", `{metadata: {name: default}}`)
	if even {
		c.want(t, 201, "", http.MethodPost, shop+"/limitranges", `{metadata: {name: limits}, spec: {limits: [{type: Container, default: {memory: 77Mi}}]}}`)
		c.want(t, 201, "", http.MethodPost, shop+"/resourcequotas", `{metadata: {name: quota}, spec: {hard: {count/secrets: "0"}}}`)
		c.want(t, 200, "", http.MethodPut, shop+"/resourcequotas/quota/status", `{apiVersion: v1, kind: ResourceQuota, metadata: {name: quota}, status: {hard: {count/secrets: "0"}, used: {count/secrets: "0"}}}`)
		// Before any cache has followed, so that the limits are looked up.
		c.do(t, http.MethodPost, shop+"/pods"+dry, pod(false))
		policy(t, c)
		c.want(t, 201, "", http.MethodPost, shop+"/configmaps", `{metadata: {name: params}, data: {bad: `+fmt.Sprintf("word%d", round)+`}}`)
		paramPolicy(t, c)
	}
	if err := s.FenceNamespaces(t.Context()); err != nil {
		t.Fatal(err)
	}
	admitted(t, c, round, even)
	service := `{metadata: {name: front}, spec: {type: NodePort, clusterIP: 10.96.7.7, ports: [{port: 80, nodePort: 30777}]}}`
	// A dry-run goes by what the server remembers of ports.
	c.want(t, 201, "", http.MethodPost, shop+"/services"+dry, service)
	c.want(t, 201, "", http.MethodPost, shop+"/services", service)
	c.want(t, 422, "already allocated", http.MethodPost, shop+"/services"+dry, strings.Replace(service, "front", "other", 1))
	define(t, c, kind)
	c.want(t, 500, refusal, http.MethodPatch, widgets, widget(bad))
	// What is in the baseline can be changed and deleted as well.
	c.want(t, 200, "", http.MethodDelete, namespaces+"/default/services/kubernetes", "")
	c.want(t, 200, "", http.MethodDelete, "/apis/rbac.authorization.k8s.io/v1/clusterroles/edit", "")
	c.want(t, 201, "", http.MethodPost, "/apis/coordination.k8s.io/v1/namespaces/shop/leases", `{metadata: {name: apiserver-shop}}`)
}

// admitted checks that the namespace answers as its round wants.
func admitted(t *testing.T, c *client, round int, even bool) {
	t.Helper()
	if !even {
		c.want(t, 201, "", http.MethodPost, shop+"/pods"+dry, pod(true))
		c.want(t, 201, "", http.MethodPost, shop+"/secrets"+dry, `{metadata: {name: a}}`)
		c.want(t, 201, "", http.MethodPost, shop+"/configmaps"+dry, `{metadata: {name: forbidden}}`)
		c.want(t, 201, "", http.MethodPost, shop+"/configmaps"+dry, fmt.Sprintf(`{metadata: {name: word%d}}`, round-1))
		if _, body := c.do(t, http.MethodPost, shop+"/pods"+dry, pod(false)); strings.Contains(body, "77Mi") {
			t.Errorf("the limits of another round are still in force:\n%s", body)
		}
		return
	}
	c.want(t, 403, `violates PodSecurity \"baseline:latest\"`, http.MethodPost, shop+"/pods"+dry, pod(true))
	c.want(t, 201, "77Mi", http.MethodPost, shop+"/pods"+dry, pod(false))
	c.want(t, 403, "exceeded quota", http.MethodPost, shop+"/secrets"+dry, `{metadata: {name: a}}`)
	c.want(t, 422, "policy forbids it", http.MethodPost, shop+"/configmaps"+dry, `{metadata: {name: forbidden}}`)
	c.want(t, 422, "the parameter forbids it", http.MethodPost, shop+"/configmaps"+dry, fmt.Sprintf(`{metadata: {name: word%d}}`, round))
	c.want(t, 201, "", http.MethodPost, shop+"/configmaps"+dry, fmt.Sprintf(`{metadata: {name: word%d}}`, round-2))
	c.want(t, 422, "policy forbids it", http.MethodPost, crds+dry, strings.Replace(definition("string"), "{name: widgets.example.com}", "{name: widgets.example.com, labels: {forbidden: \"yes\"}}", 1))
	if status, _ := c.do(t, http.MethodGet, mutations, ""); status == 200 {
		c.want(t, 201, "penstock-test", http.MethodPost, shop+"/configmaps"+dry, `{metadata: {name: changed}}`)
	}
}

func pod(privileged bool) string {
	return fmt.Sprintf(`{metadata: {name: p}, spec: {containers: [{name: c, image: example.com/c, securityContext: {privileged: %t}}]}}`, privileged)
}

const match = `matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], resources: [configmaps], operations: [CREATE]}]}`

// paramPolicy adds a policy with parameters, and one on the definitions of custom
// resources, which are served apart from the server's own kinds.
func paramPolicy(t *testing.T, c *client) {
	t.Helper()
	c.want(t, 201, "", http.MethodPost, policies, `{metadata: {name: params}, spec: {paramKind: {apiVersion: v1, kind: ConfigMap}, `+match+`, validations: [{expression: "object.metadata.name != params.data.bad", message: the parameter forbids it}]}}`)
	c.want(t, 201, "", http.MethodPost, bindings, `{metadata: {name: params}, spec: {policyName: params, validationActions: [Deny], paramRef: {name: params, namespace: shop, parameterNotFoundAction: Deny}}}`)
	c.want(t, 201, "", http.MethodPost, policies, `{metadata: {name: labels}, spec: {matchConstraints: {resourceRules: [{apiGroups: [apiextensions.k8s.io], apiVersions: [v1], resources: [customresourcedefinitions], operations: [CREATE]}]},
		validations: [{expression: "!has(object.metadata.labels)", message: policy forbids it}]}}`)
	c.want(t, 201, "", http.MethodPost, bindings, `{metadata: {name: labels}, spec: {policyName: labels, validationActions: [Deny]}}`)
}

func policy(t *testing.T, c *client) {
	t.Helper()
	c.want(t, 201, "", http.MethodPost, policies, `{metadata: {name: names}, spec: {`+match+`, validations: [{expression: "object.metadata.name != 'forbidden'", message: policy forbids it}]}}`)
	c.want(t, 201, "", http.MethodPost, bindings, `{metadata: {name: names}, spec: {policyName: names, validationActions: [Deny]}}`)
	if status, _ := c.do(t, http.MethodGet, mutations, ""); status != 200 {
		return // from 1.36
	}
	c.want(t, 201, "", http.MethodPost, mutations, `{metadata: {name: labels}, spec: {`+match+`, reinvocationPolicy: Never, mutations: [{patchType: JSONPatch, jsonPatch: {expression: '[JSONPatch{op: "add", path: "/metadata/labels", value: {"penstock-test": "1"}}]'}}]}}`)
	c.want(t, 201, "", http.MethodPost, strings.Replace(mutations, "policies", "policybindings", 1), `{metadata: {name: labels}, spec: {policyName: labels}}`)
}

func define(t *testing.T, c *client, kind string) {
	t.Helper()
	c.want(t, 201, "", http.MethodPost, crds, definition(kind))
	good := "three"
	if kind == "integer" {
		good = "3"
	}
	eventually(t, "the definition is served", func() bool {
		// Applied, since the server lets a creation wait for two seconds.
		status, _ := c.do(t, http.MethodPatch, widgets, widget(good))
		return status == 201
	})
	eventually(t, "the definition is listed", func() bool {
		status, _ := c.do(t, http.MethodGet, "/apis/apiregistration.k8s.io/v1/apiservices/v1.example.com", "")
		_, body := c.do(t, http.MethodGet, "/apis", "")
		return status == 200 && strings.Contains(body, "example.com")
	})
}

func definition(kind string) string {
	return `{metadata: {name: widgets.example.com}, spec: {group: example.com, scope: Namespaced,
		names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}, versions: [{name: v1, served: true, storage: true,
		schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: ` + kind + `}}}}}}}]}}`
}

func widget(size string) string {
	return `{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}, spec: {size: ` + size + `}}`
}

// clean checks that the server is as it was when it became ready.
func clean(t *testing.T, c *client) {
	t.Helper()
	for _, path := range []string{
		shop, shop + "/pods/p", shop + "/services/front", shop + "/configmaps/forbidden",
		widgets, "/apis/example.com", "/apis/example.com/v1", crds + "/widgets.example.com",
		"/apis/apiregistration.k8s.io/v1/apiservices/v1.example.com",
		policies + "/names", policies + "/" + canary, bindings + "/names", bindings + "/" + canary,
		"/apis/networking.k8s.io/v1/ipaddresses/10.96.7.7",
		"/apis/coordination.k8s.io/v1/namespaces/shop/leases/apiserver-shop",
	} {
		c.want(t, 404, "", http.MethodGet, path, "")
	}
	for path, part := range map[string]string{
		namespaces + "/default":                                    "Active",
		namespaces + "/default/services/kubernetes":                "10.96.0.1",
		"/apis/networking.k8s.io/v1/ipaddresses/10.96.0.1":         "kubernetes",
		"/apis/rbac.authorization.k8s.io/v1/clusterroles/edit":     "aggregationRule",
		"/apis/apiregistration.k8s.io/v1/apiservices/v1.apps":      "automanaged",
		"/apis/scheduling.k8s.io/v1/priorityclasses":               "system-cluster-critical",
		"/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/exempt": "exempt",
	} {
		c.want(t, 200, part, http.MethodGet, path, "")
	}
	if _, body := c.do(t, http.MethodGet, "/apis", ""); strings.Contains(body, "example.com") {
		t.Error("the group of the definition is still listed")
	}
	if _, body := c.do(t, http.MethodGet, "/openapi/v3", ""); strings.Contains(body, "example.com") {
		t.Error("the schema of the definition is still published")
	}
}

// Nobody can tell what half of a reset leaves, so a server ends with it.
func TestResetIsCancelled(t *testing.T) {
	scratch(t)
	s := start(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Reset(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled reset says %v", err)
	}
	<-s.process.Done()
	if s.Err() == nil {
		t.Error("the server lives")
	}
}

func BenchmarkReset(b *testing.B) {
	for _, definitions := range []bool{false, true} {
		b.Run(fmt.Sprintf("definitions=%t", definitions), func(b *testing.B) {
			scratch(b)
			s := start(b, Options{})
			c := connect(b, s)
			for b.Loop() {
				b.StopTimer()
				c.want(b, 201, "", http.MethodPost, namespaces, `{metadata: {name: shop}}`)
				for i := range 100 {
					c.want(b, 201, "", http.MethodPost, shop+"/configmaps", fmt.Sprintf(`{metadata: {name: c%d}}`, i))
				}
				if definitions {
					c.want(b, 201, "", http.MethodPost, crds, `{metadata: {name: widgets.example.com}, spec: {group: example.com, scope: Namespaced,
						names: {kind: Widget, plural: widgets}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}}`)
				}
				b.StartTimer()
				if err := s.Reset(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
