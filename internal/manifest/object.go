package manifest

import (
	"cmp"
	"strings"
)

// ID is what makes two manifests the same object: the API group, kind,
// namespace and name. The version is not part of it, so that a bump of
// apiVersion is an update and not a deletion with a creation.
type ID struct {
	Group     string
	Kind      string
	Namespace string
	Name      string
}

// String is the identity as a person writes it: "Deployment.apps shop/web",
// "Namespace shop" for a core kind without a namespace.
func (id ID) String() string {
	var b strings.Builder
	b.WriteString(id.Kind)
	if id.Group != "" {
		b.WriteString("." + id.Group)
	}
	b.WriteByte(' ')
	if id.Namespace != "" {
		b.WriteString(id.Namespace + "/")
	}
	b.WriteString(id.Name)
	return b.String()
}

// Compare orders identities by namespace, kind, group and name.
func (id ID) Compare(other ID) int {
	return cmp.Or(
		cmp.Compare(id.Namespace, other.Namespace),
		cmp.Compare(id.Kind, other.Kind),
		cmp.Compare(id.Group, other.Group),
		cmp.Compare(id.Name, other.Name),
	)
}

// Position is a place in a source file: a slash-separated path relative to the
// root of the repository, and a line counted from 1. Line 0 means that only the
// file is known; an empty File means that nothing is.
type Position struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// Owner is one step of the way from a root to an object: the kustomization,
// chart or directory that brought it in.
type Owner struct {
	// Kind is "Kustomization", "Chart" or "Directory".
	Kind string `json:"kind"`
	// Path is the directory of the owner, relative to the root of the repository.
	Path string `json:"path"`
}

// Origin says where an object came from. Owners run from the root that was
// rendered to the owner that names the file.
type Origin struct {
	Position
	Owners []Owner `json:"owners,omitempty"`
}

// Object is one Kubernetes manifest. It is immutable: callers must not change
// what its methods return.
type Object struct {
	id         ID
	apiVersion string
	fields     map[string]any
	origin     Origin
	// sources are the documents that the values came from, in the order in
	// which they were applied.
	sources []Document
}

// ID returns the identity of the object.
func (o *Object) ID() ID { return o.id }

// APIVersion returns the object's apiVersion, such as "apps/v1".
func (o *Object) APIVersion() string { return o.apiVersion }

// Fields returns the whole object as JSON data: map[string]any, []any, string,
// int64, float64, bool and nil.
func (o *Object) Fields() map[string]any { return o.fields }

// Origin returns where the object came from.
func (o *Object) Origin() Origin { return o.origin }

// Labels returns metadata.labels; values that are not strings are left out.
func (o *Object) Labels() map[string]string { return o.stringMap("labels") }

// Annotations returns metadata.annotations; values that are not strings are left out.
func (o *Object) Annotations() map[string]string { return o.stringMap("annotations") }

func (o *Object) stringMap(key string) map[string]string {
	meta, _ := o.fields["metadata"].(map[string]any)
	raw, _ := meta[key].(map[string]any)
	out := make(map[string]string, len(raw))
	for k, v := range raw {
		if s, ok := v.(string); ok {
			out[k] = s
		}
	}
	return out
}

// WithNamespace returns a copy of the object whose identity and
// metadata.namespace are in the given namespace. Positions stay as they were.
func (o *Object) WithNamespace(namespace string) *Object {
	meta, _ := o.fields["metadata"].(map[string]any)
	next := *o
	next.id.Namespace = namespace
	next.fields = withKey(o.fields, "metadata", withKey(meta, "namespace", namespace))
	return &next
}

// WithField returns a copy of the object with another value for one of its
// top-level fields. The identity must not change with it. Positions stay as they were.
func (o *Object) WithField(key string, value any) *Object {
	next := *o
	next.fields = withKey(o.fields, key, value)
	return &next
}

// WithOrigin returns a copy of the object that came from origin, written in
// sources: the documents that its values came from, in the order in which they
// were applied (the base first, then the patches over it).
func (o *Object) WithOrigin(origin Origin, sources ...Document) *Object {
	next := *o
	next.origin = origin
	next.sources = sources
	return &next
}

func withKey(m map[string]any, key string, value any) map[string]any {
	next := make(map[string]any, len(m)+1)
	for k, v := range m {
		next[k] = v
	}
	next[key] = value
	return next
}

// WithOwners returns a copy of the object with the given chain of owners.
func (o *Object) WithOwners(owners ...Owner) *Object {
	next := *o
	next.origin.Owners = owners
	return &next
}

// WithName returns the object's fields under another name; it serves to compare
// objects that were renamed.
func (o *Object) WithName(name string) *Object {
	meta, _ := o.fields["metadata"].(map[string]any)
	next := *o
	next.id.Name = name
	next.fields = withKey(o.fields, "metadata", withKey(meta, "name", name))
	return &next
}
