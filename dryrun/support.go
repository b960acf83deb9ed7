package dryrun

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/redact"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// changed are the old and new objects of all deltas.
func (s *session) changed() iter.Seq[*manifest.Object] {
	return func(yield func(*manifest.Object) bool) {
		for _, t := range s.deltas {
			for _, o := range []*manifest.Object{t.OldObject, t.Object} {
				if o != nil && !yield(o) {
					return
				}
			}
		}
	}
}

// changes reports whether the change updates or deletes an object of base.
func (s *session) changes(id manifest.ID) bool {
	operation, ok := s.operations[id]
	return ok && operation != diff.Create
}

// namespaces are those that changed objects are in, sorted. Whether a kind has
// a namespace is not known before its definition is loaded, so that objects
// without one count for "default".
func (s *session) namespaces() []string {
	found := map[string]bool{}
	for _, home := range s.policies.homes {
		found[home] = true
	}
	for o := range s.changed() {
		if rank(o) == rankNamespace {
			found[o.ID().Name] = true
			continue
		}
		if ns := o.ID().Namespace; ns != "" {
			found[ns] = true
		} else {
			found["default"] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func (s *session) note(o verdict.Object, reason verdict.Reason, detail string) {
	s.notes = append(s.notes, verdict.Entry{Object: o, Stage: verdict.StageDryRun, Reason: reason, Detail: detail})
}

func (s *session) entryOf(o *manifest.Object, reason verdict.Reason, detail string) verdict.Entry {
	return verdict.Entry{Object: named(o), Stage: verdict.StageDryRun, Reason: reason, Detail: redact.New(1, o).Replace(detail), Location: place(o.Origin().Position)}
}

// make stores an object that is made up, or made of another, whose owners it has.
func (s *session) make(ctx context.Context, fields map[string]any, owners ...manifest.Owner) error {
	o, err := manifest.NewObject(manifest.Document{Fields: fields})
	if err != nil {
		return err
	}
	_, err = s.load(ctx, o.WithOwners(owners...), how{})
	return err
}

func minimal(apiVersion, kind, namespace, name string) map[string]any {
	meta := map[string]any{"name": name}
	if namespace != "" {
		meta["namespace"] = namespace
	}
	return map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": meta}
}

// account stores a service account that nobody gives; the controller of service
// accounts makes "default" in every namespace.
func (s *session) account(ctx context.Context, namespace, name string) error {
	return s.make(ctx, minimal("v1", "ServiceAccount", namespace, name))
}

// builtIn reports whether a namespace is there in every cluster.
func builtIn(namespace string) bool {
	return slices.Contains([]string{"default", "kube-system", "kube-public", "kube-node-lease"}, namespace)
}

// standInNamespaces makes the namespaces that neither base nor the change has.
// Those that the change creates come with it, unless objects of base live there
// already.
func (s *session) standInNamespaces(ctx context.Context) {
	for _, name := range s.namespaces() {
		id := manifest.ID{Kind: "Namespace", Name: name}
		created := s.in.Head.Get(id) != nil
		if s.in.Base.Get(id) != nil || created && !s.lived(name) {
			continue
		}
		if builtIn(name) {
			if err := s.account(ctx, name, "default"); err != nil {
				s.note(verdict.Object{APIVersion: "v1", Kind: "Namespace", Name: name}, failed, "its service account could not be made: "+err.Error())
			}
			continue
		}
		detail := "no root of the environment has this namespace, so that its labels (Pod Security), limits and quotas are not known: an empty one stood in for it"
		err := s.make(ctx, minimal("v1", "Namespace", "", name))
		if created {
			continue // what is wrong with it is said of the one that the change creates
		}
		if err != nil {
			detail = "no root of the environment has this namespace, and it could not be made: " + err.Error()
		}
		s.note(verdict.Object{APIVersion: "v1", Kind: "Namespace", Name: name}, unverifiable, detail)
	}
}

// lived reports whether base has a changed object in a namespace.
func (s *session) lived(namespace string) bool {
	return slices.ContainsFunc(s.deltas, func(t *trial) bool { return t.OldObject != nil && t.OldObject.ID().Namespace == namespace })
}

// standInSurroundings makes what the Pods and claims of the change refer to and
// nobody gives, since its absence would be answered in place of everything else.
func (s *session) standInSurroundings(ctx context.Context) {
	s.standInClass(ctx)
	wanted := map[manifest.ID]map[string]any{}
	for o := range s.changed() {
		maps.Copy(wanted, references(o))
	}
	for _, id := range slices.SortedFunc(maps.Keys(wanted), manifest.ID.Compare) {
		if s.in.Base.Get(id) != nil || s.in.Head.Get(id) != nil {
			continue
		}
		fields := wanted[id]
		object := verdict.Object{Kind: id.Kind, Namespace: id.Namespace, Name: id.Name}
		object.APIVersion, _ = fields["apiVersion"].(string)
		detail := "no root of the environment has it: whether the cluster does is not known, and an empty one stood in for it"
		if err := s.make(ctx, fields); err != nil {
			detail = "no root of the environment has it, and it could not be made: " + err.Error()
		}
		s.note(object, unverifiable, detail)
	}
}

// standInClass makes the default storage class that a cluster is taken to have,
// if the change grows claims that name none and no root has it: without a class
// no claim may grow.
func (s *session) standInClass(ctx context.Context) {
	const isDefault = "storageclass.kubernetes.io/is-default-class"
	for _, set := range []*manifest.Set{s.in.Base, s.in.Head} {
		for _, o := range set.All() {
			if o.ID().Kind == "StorageClass" && o.Annotations()[isDefault] == "true" {
				return
			}
		}
	}
	for _, t := range s.deltas {
		if t.beside != "" || t.Operation != diff.Update || t.ID().Group != "" || t.ID().Kind != "PersistentVolumeClaim" || child(t.Object.Fields()["spec"], "storageClassName") != nil {
			continue
		}
		const name = "default-of-the-cluster"
		fields := minimal("storage.k8s.io/v1", "StorageClass", "", name)
		maps.Copy(fields, expandable())
		fields["metadata"] = map[string]any{"name": name, "annotations": map[string]any{isDefault: "true"}}
		detail := "no root of the environment has the cluster's default class: whether its volumes can grow is not known, and it is taken that they can"
		if err := s.make(ctx, fields); err != nil {
			detail = "no root of the environment has the cluster's default class, and it could not be made: " + err.Error()
		}
		s.note(verdict.Object{APIVersion: "storage.k8s.io/v1", Kind: "StorageClass"}, unverifiable, detail)
		return
	}
}

// expandable is what makes a storage class of which nothing is known.
func expandable() map[string]any {
	return map[string]any{"provisioner": "example.com/none", "allowVolumeExpansion": true}
}

// references are the objects that an object's Pods, or a claim, cannot be
// without, each with the least that can stand in for it.
func references(o *manifest.Object) map[manifest.ID]map[string]any {
	out := map[manifest.ID]map[string]any{}
	add := func(apiVersion, kind, namespace, name string, more map[string]any) {
		fields := minimal(apiVersion, kind, namespace, name)
		maps.Copy(fields, more)
		group := ""
		if made, err := manifest.NewObject(manifest.Document{Fields: fields}); err == nil {
			group = made.ID().Group
		}
		out[manifest.ID{Group: group, Kind: kind, Namespace: namespace, Name: name}] = fields
	}
	spec := podSpec(o)
	if name, _ := spec["serviceAccountName"].(string); name != "" && name != "default" {
		add("v1", "ServiceAccount", o.ID().Namespace, name, nil)
	}
	if name, _ := spec["priorityClassName"].(string); name != "" && name != "system-cluster-critical" && name != "system-node-critical" {
		add("scheduling.k8s.io/v1", "PriorityClass", "", name, map[string]any{"value": int64(0)})
	}
	if name, _ := spec["runtimeClassName"].(string); name != "" {
		add("node.k8s.io/v1", "RuntimeClass", "", name, map[string]any{"handler": "runc"})
	}
	if o.ID().Group == "" && o.ID().Kind == "PersistentVolumeClaim" {
		if name, _ := child(o.Fields()["spec"], "storageClassName").(string); name != "" {
			add("storage.k8s.io/v1", "StorageClass", "", name, expandable())
		}
	}
	return out
}

// bind gives a claim the status that its controller would have given it:
// without it, growing the volume is refused.
func (s *session) bind(ctx context.Context, o *manifest.Object, i item) error {
	requests := child(child(child(o.Fields()["spec"], "resources"), "requests"), "storage")
	i.fields = minimal("v1", "PersistentVolumeClaim", i.namespace, i.name)
	i.fields["status"] = map[string]any{"phase": "Bound", "capacity": map[string]any{"storage": requests}}
	_, err := s.client.send(ctx, i, how{store: true, status: true})
	return err
}
