package cli_test

import (
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
	return append(faults, fault{"prod", "HorizontalPodAutoscaler storefront", "dry-run/unknown-field", "spec.minReplica", verdict.Error,
		"storefront/overlays/prod/autoscaler.yaml", "minReplica: 5"})
}

func TestExampleIsAdmitted(t *testing.T) {
	testExample(t, "embedded")
}

func TestDemoFindsEveryFault(t *testing.T) {
	testDemo(t, "embedded", append(policyFaults(), serverFaults()...))
}
