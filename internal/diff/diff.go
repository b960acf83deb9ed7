// Package diff compares two sets of objects and says what a change creates,
// updates and deletes. It does not judge, and it shows no secret value.
package diff

import "github.com/penstock-dev/penstock/internal/manifest"

// Operation is what happens to an object, in the words of an AdmissionReview.
type Operation string

// The operations.
const (
	Create Operation = "CREATE"
	Update Operation = "UPDATE"
	Delete Operation = "DELETE"
)

// Delta is one object that differs between base and head. Object is nil on
// DELETE, OldObject is nil on CREATE.
type Delta struct {
	Operation Operation
	Object    *manifest.Object
	OldObject *manifest.Object
	// RenamedFrom is set on a CREATE whose content is that of an object which
	// the same change deletes, and RenamedTo on that DELETE; so they are on
	// ConfigMaps and Secrets whose generated names differ in their hash alone,
	// whatever their content. To the cluster a rename is both: the old object
	// goes, a new one comes.
	RenamedFrom *manifest.ID
	RenamedTo   *manifest.ID
}

// ID is the identity of the object that the delta is about.
func (d Delta) ID() manifest.ID { return d.Current().ID() }

// Current is the object of the delta, or on DELETE the old object.
func (d Delta) Current() *manifest.Object {
	if d.Object != nil {
		return d.Object
	}
	return d.OldObject
}
