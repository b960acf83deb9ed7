package dryrun_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"github.com/penstock-dev/penstock/internal/manifest"
	"golang.org/x/tools/txtar"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// TestAnswersOfACluster tries each change of testdata on an API server that
// stands for a live cluster to which base has been applied. What it finds is what
// the embedded server finds. Where a cluster rightly answers otherwise, the
// example has a file live.txt, whose first lines say why.
func TestAnswersOfACluster(t *testing.T) {
	s, err := apiserver.Start(t.Context(), apiserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	config, err := s.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	runner := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: kubeconfig(t, config)})
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			in := input(t, archive)
			in.Environment.Context = "live"
			inhabit(t, config, in.Base)
			if err := s.FenceNamespaces(t.Context()); err != nil {
				t.Fatal(err)
			}
			result, err := runner.Try(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			compareLive(t, file, archive, result)
		})
	}
}

// compareLive checks the findings of a cluster, and how many of the objects were
// tried, against live.txt where the example has it, else against what the
// embedded server says.
func compareLive(t *testing.T, file string, archive *txtar.Archive, r dryrun.Result) {
	t.Helper()
	got := judged(transcript(dryrun.Input{}, dryrun.Result{Findings: r.Findings, Entries: r.Entries}))
	own := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "live.txt" })
	if own < 0 {
		if want := judged(text(archive, "want.txt")); got != want {
			t.Errorf("the cluster says\n%s\nthe embedded server\n%s\nall that the cluster says:\n%s", got, want, transcript(dryrun.Input{}, dryrun.Result{Findings: r.Findings, Entries: r.Entries, Backend: r.Backend}))
		}
		return
	}
	var reason, want string
	for line := range strings.Lines(string(archive.Files[own].Data)) {
		if strings.HasPrefix(line, "#") {
			reason += line
		} else {
			want += line
		}
	}
	if *update {
		archive.Files[own].Data = []byte(reason + got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if reason == "" || want == judged(text(archive, "want.txt")) {
		t.Error("live.txt gives no reason, or differs in nothing")
	}
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func text(archive *txtar.Archive, name string) string {
	for _, f := range archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

var triedLine = regexp.MustCompile(`(?m)^tried \d+`)

// judged is the part of a transcript that is about verdicts: the findings, and
// how many objects were tried.
func judged(transcript string) string {
	var b strings.Builder
	left := 0
	for line := range strings.Lines(transcript) {
		if regexp.MustCompile(`^(error|warning|note) `).MatchString(line) && !strings.Contains(line, " "+dryrun.RuleRollback+" ") {
			left = 3
		}
		if left > 0 {
			b.WriteString(line)
			left--
		}
	}
	return b.String() + triedLine.FindString(transcript) + "\n"
}

// inhabit applies objects to a cluster as kubectl does, and does what its
// controllers would. It has a default class for claims, as most have.
func inhabit(t *testing.T, config *rest.Config, base *manifest.Set) {
	t.Helper()
	p := plainClient{t: t, config: config}
	p.dynamic = dynamic.NewForConfigOrDie(config)
	p.discover()
	for _, ns := range homesOf(base) {
		p.apply(object1("v1", "Namespace", "", ns))
	}
	if !slices.ContainsFunc(base.All(), func(o *manifest.Object) bool { return o.ID().Kind == "StorageClass" }) {
		class := object1("storage.k8s.io/v1", "StorageClass", "", "standard")
		class.SetAnnotations(map[string]string{"storageclass.kubernetes.io/is-default-class": "true"})
		class.Object["provisioner"], class.Object["allowVolumeExpansion"] = "example.com/none", true
		p.apply(class)
	}
	for _, kind := range []string{"Namespace", "CustomResourceDefinition", "StorageClass", ""} {
		for _, o := range base.All() {
			if kind == o.ID().Kind || kind == "" && !slices.Contains([]string{"Namespace", "CustomResourceDefinition", "StorageClass"}, o.ID().Kind) {
				p.apply(&unstructured.Unstructured{Object: o.Fields()})
			}
		}
		switch kind {
		case "Namespace":
			p.accounts()
		case "CustomResourceDefinition":
			p.discover()
		}
	}
}

// homesOf are the namespaces of objects: those who applied them had them.
func homesOf(base *manifest.Set) []string {
	var out []string
	for _, o := range base.All() {
		if ns := o.ID().Namespace; ns != "" && base.Get(manifest.ID{Kind: "Namespace", Name: ns}) == nil {
			out = append(out, ns)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func object1(apiVersion, kind, namespace, name string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{}
	o.SetAPIVersion(apiVersion)
	o.SetKind(kind)
	o.SetNamespace(namespace)
	o.SetName(name)
	return o
}

// plainClient is an administrator of the cluster and its controllers.
type plainClient struct {
	t       *testing.T
	config  *rest.Config
	dynamic *dynamic.DynamicClient
	mapper  meta.RESTMapper
}

func (p *plainClient) discover() {
	p.t.Helper()
	groups, err := restmapper.GetAPIGroupResources(discovery.NewDiscoveryClientForConfigOrDie(p.config))
	if err != nil {
		p.t.Fatal(err)
	}
	p.mapper = restmapper.NewDiscoveryRESTMapper(groups)
}

// resource is where an object is served; nil for what the cluster does not serve.
func (p *plainClient) resource(o *unstructured.Unstructured) dynamic.ResourceInterface {
	gvk := schema.FromAPIVersionAndKind(o.GetAPIVersion(), o.GetKind())
	m, err := p.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return nil
	}
	if m.Scope.Name() == meta.RESTScopeNameRoot {
		return p.dynamic.Resource(m.Resource)
	}
	if o.GetNamespace() == "" {
		o.SetNamespace("default")
	}
	return p.dynamic.Resource(m.Resource).Namespace(o.GetNamespace())
}

// apply stores an object if the cluster takes it, if need be as those who do not
// ask for strict validation: what it refuses of base is not there.
func (p *plainClient) apply(o *unstructured.Unstructured) {
	p.t.Helper()
	r := p.resource(o)
	if r == nil {
		return
	}
	send := func() (err error) {
		if o.GetName() == "" {
			_, err = r.Create(p.t.Context(), o, metav1.CreateOptions{FieldManager: "kubectl"})
		} else {
			_, err = r.Apply(p.t.Context(), o.GetName(), o, metav1.ApplyOptions{FieldManager: "kubectl", Force: true})
		}
		return err
	}
	err := send()
	// A kind is listed a moment before it is served.
	for n := 0; n < 200 && err != nil && strings.Contains(err.Error(), "the server could not find the requested resource"); n++ {
		time.Sleep(10 * time.Millisecond)
		err = send()
	}
	if err != nil {
		_, err = r.Create(p.t.Context(), o, metav1.CreateOptions{FieldManager: "kubectl", FieldValidation: metav1.FieldValidationIgnore})
	}
	if err != nil {
		p.t.Logf("not on the cluster: %s %s: %v", o.GetKind(), o.GetName(), err)
		return
	}
	switch o.GetKind() {
	case "CustomResourceDefinition":
		p.established(r, o.GetName())
	case "PersistentVolumeClaim":
		p.bind(r, o)
	}
}

// accounts does what the controller of service accounts does.
func (p *plainClient) accounts() {
	p.t.Helper()
	list, err := p.dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}).List(p.t.Context(), metav1.ListOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, ns := range list.Items {
		p.apply(object1("v1", "ServiceAccount", ns.GetName(), "default"))
	}
}

func (p *plainClient) established(r dynamic.ResourceInterface, name string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Second)
	defer cancel()
	for {
		o, err := r.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			p.t.Logf("%s is not established: %v", name, err)
			return
		}
		conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
		for _, c := range conditions {
			if fields, _ := c.(map[string]any); fields["type"] == "Established" && fields["status"] == "True" {
				p.listed(ctx, o)
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// listed waits until a cluster lists the kind of an established definition, which
// is a moment later: what is not listed would not be applied.
func (p *plainClient) listed(ctx context.Context, definition *unstructured.Unstructured) {
	p.t.Helper()
	group, _, _ := unstructured.NestedString(definition.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(definition.Object, "spec", "names", "kind")
	versions, _, _ := unstructured.NestedSlice(definition.Object, "spec", "versions")
	for _, v := range versions {
		version, _ := v.(map[string]any)
		name, _ := version["name"].(string)
		for version["served"] == true {
			p.discover()
			if _, err := p.mapper.RESTMapping(schema.GroupKind{Group: group, Kind: kind}, name); err == nil {
				break
			}
			if ctx.Err() != nil {
				p.t.Fatalf("%s is established, and %s is not listed", definition.GetName(), name)
			}
		}
	}
}

// bind does what the controller of claims does.
func (p *plainClient) bind(r dynamic.ResourceInterface, o *unstructured.Unstructured) {
	p.t.Helper()
	size, _, _ := unstructured.NestedString(o.Object, "spec", "resources", "requests", "storage")
	patch := fmt.Sprintf(`{"status": {"phase": "Bound", "capacity": {"storage": %q}}}`, size)
	_, err := r.Patch(p.t.Context(), o.GetName(), "application/merge-patch+json", bytes.NewBufferString(patch).Bytes(), metav1.PatchOptions{}, "status")
	if err != nil && !apierrors.IsNotFound(err) {
		p.t.Fatal(err)
	}
}
