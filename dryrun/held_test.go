package dryrun

import (
	"strings"
	"testing"
)

// What names no namespace is in default.
func TestHeldByUseAtHome(t *testing.T) {
	for home, user := range map[string]string{"": "default", "default": "", "shop": "shop"} {
		claim := set(t, "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, namespace: '"+home+"'}}").All()[0]
		for at, held := range map[string]bool{home: true, user: true, "other": false} {
			s := &session{in: Input{Head: set(t, "{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: '"+at+"'}, spec: {volumes: [{name: a, persistentVolumeClaim: {claimName: data}}]}}")}}
			if why := s.heldByUse(claim); strings.Contains(why, "those of Pod ") != held {
				t.Errorf("a claim in %q, its user in %q: %s", home, at, why)
			}
		}
	}
}
