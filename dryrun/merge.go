package dryrun

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/mergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/kubernetes/scheme"
)

// lastApplied is the annotation in which kubectl keeps what it applied last.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// releases are the manifests that Helm keeps of what it applied last.
type releases struct {
	mu      sync.Mutex
	objects map[string][]byte
}

func (i item) key() string {
	k, _ := i.fields["kind"].(string)
	return strings.Join([]string{i.Group, k, i.namespace, i.name}, "/")
}

// remember keeps an object as one that has been applied.
func (r *releases) remember(i item) {
	data, err := json.Marshal(i.fields)
	if err != nil {
		return // it is not sent either
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.objects[i.key()] = data
}

func (r *releases) last(i item) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.objects[i.key()]
}

// annotated is an object with what kubectl keeps of it, if the method is one that
// does so.
func (a applier) annotated(fields map[string]any) map[string]any {
	if a.method != clientSide {
		return fields
	}
	meta, _ := fields["metadata"].(map[string]any)
	has, ok := meta["annotations"].(map[string]any)
	if !ok && meta["annotations"] != nil {
		return fields // which the server refuses
	}
	has = maps.Clone(has)
	delete(has, lastApplied)
	set := func(has map[string]any) map[string]any {
		out, meta := maps.Clone(fields), maps.Clone(meta)
		meta["annotations"] = has
		out["metadata"] = meta
		return out
	}
	if has == nil {
		has = map[string]any{}
	}
	data, err := json.Marshal(set(has))
	if err != nil {
		return fields // send has refused it before
	}
	has = maps.Clone(has)
	has[lastApplied] = string(data) + "\n"
	return set(has)
}

// sent is an object as whoever applies it on the server sends it.
// kustomize-controller writes stringData into data, so that a key which the
// repository no longer has goes: to the server, that of data is another field,
// which stays. What it cannot read as a Secret it leaves as it is
// (github.com/fluxcd/pkg/ssa/normalize, https://github.com/kubernetes/kubernetes/issues/108008).
func (a applier) sent(fields map[string]any) map[string]any {
	given, ok := fields["stringData"].(map[string]any)
	if a.manager != kustomizeController || !ok || fields["apiVersion"] != "v1" || fields["kind"] != "Secret" {
		return fields
	}
	data, ok := fields["data"].(map[string]any)
	if !ok && fields["data"] != nil {
		return fields
	}
	out, data := maps.Clone(fields), maps.Clone(data)
	if data == nil {
		data = map[string]any{}
	}
	for key, value := range given {
		text, ok := value.(string)
		if !ok {
			return fields
		}
		data[key] = base64.StdEncoding.EncodeToString([]byte(text))
	}
	delete(out, "stringData")
	out["data"] = data
	return out
}

// put sends an object as those do who do not apply on the server: what is not
// there is created, and what is there is replaced or merged with.
func (c client) put(ctx context.Context, i item, by applier, options metav1.UpdateOptions) (*unstructured.Unstructured, error) {
	fields := by.annotated(i.fields)
	live, err := i.resource(c).Get(ctx, i.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return i.resource(c).Create(ctx, &unstructured.Unstructured{Object: fields}, metav1.CreateOptions(options))
	}
	if err != nil {
		return nil, err
	}
	if by.method == replace {
		o := &unstructured.Unstructured{Object: fields}
		if !pinned(fields) {
			o = o.DeepCopy()
			o.SetResourceVersion(live.GetResourceVersion())
		}
		return i.resource(c).Update(ctx, o, options)
	}
	original := []byte(live.GetAnnotations()[lastApplied])
	if by.method == threeWay {
		original = c.releases.last(i)
	}
	data, patch, err := mergeOf(i, original, fields, live.Object)
	if err != nil {
		return nil, problems{{rule: ruleInvalid, msg: "it cannot be merged with what the server has: " + err.Error()}}
	}
	return i.resource(c).Patch(ctx, i.name, patch, data, metav1.PatchOptions{DryRun: options.DryRun, FieldManager: options.FieldManager, FieldValidation: options.FieldValidation})
}

// mergeOf is the patch that kubectl and Helm make of what was applied last, what
// is to be applied and what the server has: a strategic one for the kinds of
// Kubernetes, a plain one for custom resources.
func mergeOf(i item, original []byte, fields, live map[string]any) ([]byte, types.PatchType, error) {
	modified, err := json.Marshal(fields)
	if err != nil {
		return nil, "", fmt.Errorf("encoding the object: %w", err)
	}
	current, err := json.Marshal(live)
	if err != nil {
		return nil, "", fmt.Errorf("encoding what the server has: %w", err)
	}
	k, _ := fields["kind"].(string)
	typed, err := scheme.Scheme.New(i.GroupVersion().WithKind(k))
	if err != nil {
		data, err := jsonmergepatch.CreateThreeWayJSONMergePatch(original, modified, current, mergepatch.RequireMetadataKeyUnchanged("name"))
		return data, types.MergePatchType, err
	}
	schema, err := strategicpatch.NewPatchMetaFromStruct(typed)
	if err != nil {
		return nil, "", fmt.Errorf("reading how lists of a %s are merged: %w", k, err)
	}
	data, err := strategicpatch.CreateThreeWayMergePatch(original, modified, current, schema, true)
	return data, types.StrategicMergePatchType, err
}

// explain makes the problems of an object more exact that was not applied on the
// server. Where that refuses it as well, it names the place; what it alone
// refuses is no problem of the object.
func (c client) explain(ctx context.Context, i item, by applier, found problems) problems {
	tooLong := func(p problem) bool {
		return by.method == clientSide && p.path == "/metadata/annotations" && strings.Contains(p.msg, "Too long")
	}
	if at := slices.IndexFunc(found, tooLong); at >= 0 {
		// The server says it once for every check that fails of it.
		p := found[at]
		p.msg += " — " + by.by + " keeps the whole object in the annotation " + lastApplied + "; server-side apply does without"
		return append(slices.DeleteFunc(found, tooLong), p)
	}
	if !slices.ContainsFunc(found, func(p problem) bool { return p.rule == ruleUnknownField || p.rule == ruleInvalid && p.path == "" }) {
		return found
	}
	c.applier.method, c.applier.by = serverSide, ""
	for range narrowed {
		_, err := c.send(ctx, i, how{})
		exact := problemsOf(err)
		if by.lenient {
			i.fields = exact.leaveOut(i.fields)
			known := len(exact)
			exact = slices.DeleteFunc(exact, func(p problem) bool { return p.rule == ruleUnknownField })
			if len(exact) == 0 && known > 0 {
				continue
			}
		}
		if len(exact) > 0 && !slices.ContainsFunc(exact, func(p problem) bool { return strings.Contains(p.msg, "duplicate entries for key") }) {
			return exact
		}
		break
	}
	return found
}
