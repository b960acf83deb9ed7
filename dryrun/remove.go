package dryrun

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/penstock-dev/penstock/internal/manifest"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// remove deletes an object. One that is not there needs no deletion.
func (c client) remove(ctx context.Context, i item) error {
	_, err := c.delete(ctx, i, true)
	var none *absence
	if errors.As(err, &none) {
		return nil
	}
	return err
}

// delete deletes an object, or asks whether it could be. What the server still has
// of it then is in the answer, as of one that waits for its finalizers; whoever may
// delete it need not be one who may read it. One that is not there is an *absence.
func (c client) delete(ctx context.Context, i item, store bool) (accepted, error) {
	w := &warnings{}
	ctx = context.WithValue(ctx, warningsKey{}, w)
	background := metav1.DeletePropagationBackground
	options := metav1.DeleteOptions{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"}, PropagationPolicy: &background}
	if !store {
		options.DryRun = []string{metav1.DryRunAll}
	}
	body, err := json.Marshal(options)
	if err != nil {
		return accepted{}, &fault{failed, err.Error()}
	}
	k, _ := i.fields["kind"].(string)
	root := dynamic.LegacyAPIPathResolverFunc(i.GroupVersion().WithKind(k))
	var data []byte
	err = c.bounds.ask(ctx, func() error {
		got := c.plain.Delete().AbsPath(root, i.Group, i.Version).NamespaceIfScoped(i.namespace, i.namespaced).Resource(i.Resource).Name(i.name).
			SetHeader("Content-Type", "application/json").SetHeader("Accept", "application/json").Body(body).Do(ctx)
		if err := got.Error(); err != nil {
			return err
		}
		var err error
		data, err = got.Raw()
		return err
	})
	switch {
	case apierrors.IsNotFound(err):
		return accepted{}, &absence{err.Error()}
	case err != nil:
		return accepted{}, c.read(err, i.fields)
	}
	out := accepted{}
	if json.Unmarshal(data, &out.object) != nil || out.object["kind"] == "Status" {
		out.object = nil // nothing is left of it
	}
	if out.warnings, out.denied, out.rest = c.denying.deny(w.texts); store {
		return out, nil
	}
	return out, withRest(orNil(out.denied), out.rest)
}

// tryDelete asks whether an object could be deleted, and notes what a live cluster
// waits for then.
func (s *session) tryDelete(ctx context.Context, t *trial, i item) ([]string, error) {
	if t.absent || i.generated() {
		return nil, nil
	}
	keep := s.keeps(t, i)
	got, err := s.client.delete(ctx, i, keep)
	t.kept = keep && err == nil
	var none *absence
	if errors.As(err, &none) {
		t.absent, err = s.live, nil
	}
	if s.live {
		t.leaving, _ = finalizers(got.object)
	}
	var p problems
	if errors.As(err, &p) {
		for n := range p {
			p[n].rule = ruleDelete
		}
	}
	return got.warnings, err
}

// erase takes an object away that was stored, its finalizers first: nobody else
// would.
func (s *session) erase(ctx context.Context, o *manifest.Object) error {
	i, err := s.item(o)
	if err != nil {
		return err
	}
	if child(o.Fields()["metadata"], "finalizers") != nil {
		none := []byte(`{"metadata":{"finalizers":null}}`)
		err = s.client.bounds.ask(ctx, func() error {
			_, err := i.resource(s.client).Patch(ctx, i.name, types.MergePatchType, none, metav1.PatchOptions{})
			return err
		})
		if err != nil && !apierrors.IsNotFound(err) {
			return s.client.read(err, i.fields)
		}
	}
	return s.client.remove(ctx, i)
}
