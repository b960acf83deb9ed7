package diff

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// pairRenames finds the deleted object that a created one replaces. Objects
// with the same content come first, whatever their names; then ConfigMaps and
// Secrets that a generator names after their content. Every object is part of
// one rename at most, and the same deltas give the same pairs.
func pairRenames(deltas []Delta) {
	var created, deleted []*Delta
	for i := range deltas {
		switch deltas[i].Operation {
		case Create:
			created = append(created, &deltas[i])
		case Delete:
			deleted = append(deleted, &deltas[i])
		}
	}
	if len(created) == 0 || len(deleted) == 0 {
		return
	}
	pairEqual(created, deleted)
	pairGenerated(created, deleted)
}

func pair(created, deleted *Delta) {
	from, to := deleted.ID(), created.ID()
	created.RenamedFrom, deleted.RenamedTo = &from, &to
}

// pairEqual pairs objects of one group and kind whose content is the same but
// for name and namespace: first those that only moved to another namespace, then
// those with a new name in the same namespace, then those with both. An object
// that says nothing but its name (a ServiceAccount, a Namespace) is a rename
// only when the name stays, since any two of them are equal.
func pairEqual(created, deleted []*Delta) {
	for _, t := range groupTwins(created, deleted) {
		t.pair(func(id manifest.ID) manifest.ID { return manifest.ID{Name: id.Name} })
		if hasContent(t.like.Fields()) {
			t.pair(func(id manifest.ID) manifest.ID { return manifest.ID{Namespace: id.Namespace} })
			t.pair(func(manifest.ID) manifest.ID { return manifest.ID{} })
		}
	}
}

// twins are the created and deleted objects that have the content of like.
type twins struct {
	like             *manifest.Object
	created, deleted []*Delta
}

// groupTwins returns the contents that are both deleted and created.
func groupTwins(created, deleted []*Delta) []*twins {
	seed := maphash.MakeSeed()
	byHash := make(map[uint64][]*twins, len(deleted))
	find := func(o *manifest.Object) (*twins, uint64) {
		h := hashValue(seed, withoutName(o.Fields()))
		for _, t := range byHash[h] {
			if sameContent(t.like, o) {
				return t, h
			}
		}
		return nil, h
	}
	for _, d := range deleted {
		t, h := find(d.OldObject)
		if t == nil {
			t = &twins{like: d.OldObject}
			byHash[h] = append(byHash[h], t)
		}
		t.deleted = append(t.deleted, d)
	}
	var found []*twins
	for _, c := range created {
		t, _ := find(c.Object)
		if t == nil {
			continue
		}
		if len(t.created) == 0 {
			found = append(found, t)
		}
		t.created = append(t.created, c)
	}
	return found
}

// pair pairs, in order of identity, the objects for which by is the same.
func (t *twins) pair(by func(manifest.ID) manifest.ID) {
	waiting := map[manifest.ID][]*Delta{}
	for _, d := range t.deleted {
		if d.RenamedTo == nil {
			waiting[by(d.ID())] = append(waiting[by(d.ID())], d)
		}
	}
	for _, c := range t.created {
		if next := waiting[by(c.ID())]; c.RenamedFrom == nil && len(next) > 0 {
			pair(c, next[0])
			waiting[by(c.ID())] = next[1:]
		}
	}
}

func hasContent(fields map[string]any) bool {
	for k := range fields {
		if k != "apiVersion" && k != "kind" && k != "metadata" {
			return true
		}
	}
	meta, _ := fields["metadata"].(map[string]any)
	for k := range meta {
		if !isName(k) {
			return true
		}
	}
	return false
}

func isName(key string) bool { return key == "name" || key == "namespace" || key == "generateName" }

// sameContent compares two objects of one kind without their names.
func sameContent(a, b *manifest.Object) bool {
	if a.ID().Group != b.ID().Group || a.ID().Kind != b.ID().Kind {
		return false
	}
	return equal(withoutName(a.Fields()), withoutName(b.Fields()))
}

func withoutName(fields map[string]any) map[string]any {
	meta, ok := fields["metadata"].(map[string]any)
	if !ok {
		return fields
	}
	rest := make(map[string]any, len(meta))
	for k, v := range meta {
		if !isName(k) {
			rest[k] = v
		}
	}
	return replace(fields, "metadata", rest)
}

// hashValue is equal for values that are equal.
func hashValue(seed maphash.Seed, value any) uint64 {
	switch value := value.(type) {
	case map[string]any:
		// A sum does not depend on the order in which a map is walked.
		sum := uint64(len(value))
		for k, v := range value {
			sum += mix(maphash.String(seed, k), hashValue(seed, v))
		}
		return mix(1, sum)
	case []any:
		sum := uint64(len(value))
		for _, v := range value {
			sum = mix(sum, hashValue(seed, v))
		}
		return mix(2, sum)
	case string:
		return maphash.String(seed, value)
	case int64:
		return hashNumber(seed, uint64(value))
	case float64:
		if whole, ok := wholeNumber(value); ok {
			return hashNumber(seed, uint64(whole))
		}
		return hashNumber(seed, math.Float64bits(value))
	case bool:
		if value {
			return 3
		}
		return 4
	}
	return 5
}

func mix(a, b uint64) uint64 { return (a*31 ^ b) * 0x9E3779B97F4A7C15 }

func hashNumber(seed maphash.Seed, bits uint64) uint64 {
	var buf [8]byte
	binary.LittleEndian.PutUint64(buf[:], bits)
	return maphash.Bytes(seed, buf[:])
}

// kustomizeHash is what Kustomize's and kubectl's generators append to the names
// of ConfigMaps and Secrets: ten characters of an alphabet without vowels
// (sigs.k8s.io/kustomize/api/hasher). shortHash is what charts and other tools
// append: a truncated hash, which has a digit unless chance will have it.
var (
	kustomizeHash = regexp.MustCompile(`-[2456789bcdfghkmt]{10}$`)
	shortHash     = regexp.MustCompile(`-([2456789bcdfghkmt]{6,10}|[0-9a-f]{6,64})$`)
)

// generatedBase is the name of a generated object without its hash.
func generatedBase(id manifest.ID) (string, bool) {
	if id.Group != "" || id.Kind != "ConfigMap" && id.Kind != "Secret" {
		return "", false
	}
	if at := kustomizeHash.FindStringIndex(id.Name); at != nil {
		return id.Name[:at[0]], at[0] > 0
	}
	if at := shortHash.FindStringIndex(id.Name); at != nil && strings.ContainsAny(id.Name[at[0]:], "0123456789") {
		return id.Name[:at[0]], at[0] > 0
	}
	return "", false
}

// maxCandidates bounds how many deleted objects of one base name are compared
// with each created one. Real changes have one or two.
const maxCandidates = 32

// pairGenerated pairs generated objects of the same kind, namespace and base
// name, the most similar ones first.
func pairGenerated(created, deleted []*Delta) {
	type match struct {
		created, deleted *Delta
		score            int
	}
	gone := map[manifest.ID][]*Delta{}
	for _, d := range deleted {
		if key, ok := generatedKey(d.ID()); ok && d.RenamedTo == nil {
			gone[key] = append(gone[key], d)
		}
	}
	var matches []match
	for _, c := range created {
		key, ok := generatedKey(c.ID())
		if !ok || c.RenamedFrom != nil {
			continue
		}
		for _, d := range gone[key][:min(len(gone[key]), maxCandidates)] {
			matches = append(matches, match{c, d, similarity(d.OldObject, c.Object)})
		}
	}
	// The sort is stable, and the deltas are in order of identity.
	slices.SortStableFunc(matches, func(a, b match) int { return b.score - a.score })
	for _, m := range matches {
		if m.created.RenamedFrom == nil && m.deleted.RenamedTo == nil {
			pair(m.created, m.deleted)
		}
	}
}

func generatedKey(id manifest.ID) (manifest.ID, bool) {
	base, ok := generatedBase(id)
	id.Name = base
	return id, ok
}

// similarity counts what two ConfigMaps or Secrets share: two for an equal
// value under the same key, one for the key alone.
func similarity(a, b *manifest.Object) int {
	score := 0
	for _, field := range []string{"data", "binaryData", "stringData"} {
		was, _ := a.Fields()[field].(map[string]any)
		is, _ := b.Fields()[field].(map[string]any)
		for k, v := range was {
			if w, there := is[k]; there {
				score++
				if equal(v, w) {
					score++
				}
			}
		}
	}
	return score
}

func replace(m map[string]any, key string, value any) map[string]any {
	next := make(map[string]any, len(m))
	for k, v := range m {
		next[k] = v
	}
	next[key] = value
	return next
}
