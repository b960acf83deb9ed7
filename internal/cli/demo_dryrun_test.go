package cli_test

import (
	"slices"
	"testing"

	"github.com/penstock-dev/penstock/internal/verdict"
)

// The faults that the API server finds.
func serverFaults() []fault {
	var faults []fault
	for _, env := range []string{"dev", "staging", "prod"} {
		faults = append(faults, fault{env, "Deployment storefront", "dry-run/immutable-field", "field is immutable", verdict.Error,
			"storefront/base/deployment.yaml", "app.kubernetes.io/name: storefront"})
	}
	// In dev the level only warns.
	for _, env := range []string{"staging", "prod"} {
		faults = append(faults, fault{env, "Deployment previews", "dry-run/pod-refused", `violates PodSecurity "restricted:latest": seccompProfile`, verdict.Error,
			"storefront/base/previews.yaml", "name: previews"})
	}
	return append(faults,
		fault{"prod", "HorizontalPodAutoscaler storefront", "dry-run/unknown-field", "spec.minReplica", verdict.Error,
			"storefront/overlays/prod/autoscaler.yaml", "minReplica: 5"},
		fault{"prod", "PersistentVolumeClaim search-snapshots", "dry-run/rollback", "a rollback makes an empty one", verdict.Warning,
			"charts/search/templates/snapshots.yaml", "kind: PersistentVolumeClaim"})
}

func TestExampleIsAdmitted(t *testing.T) {
	testExample(t, "embedded")
}

func TestDemoFindsEveryFault(t *testing.T) {
	r := testDemo(t, "embedded", append(policyFaults(), serverFaults()...))
	for _, env := range r.Environments {
		want := verdict.RollbackPossible
		if env.Name == "prod" {
			want = verdict.RollbackPrevented
		}
		if env.Rollback == nil || env.Rollback.State != want {
			t.Errorf("%s: the rollback is %+v, want %s", env.Name, env.Rollback, want)
		}
		restarts := 0
		for _, d := range env.Deltas {
			if slices.Contains(d.Effects, verdict.Restart) {
				restarts++
				if d.Object.Name != "search" {
					t.Errorf("%s: %s restarts", env.Name, d.Object.Name)
				}
			}
		}
		if restarts != 1 {
			t.Errorf("%s: %d workloads restart, want the search", env.Name, restarts)
		}
	}
}
