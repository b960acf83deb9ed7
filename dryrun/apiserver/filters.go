package apiserver

import (
	"net/http"

	requestfilters "k8s.io/apiserver/pkg/endpoints/filters"
	"k8s.io/apiserver/pkg/endpoints/filters/impersonation"
	"k8s.io/apiserver/pkg/features"
	"k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/filters"
)

// filtered is what a request passes before it is handled: those filters of
// DefaultBuildHandlerChain that have a part in the answer, or keep the server alive
// (k8s.io/apiserver/pkg/server/config.go). Left out are those for many clients and
// for operators, which took an eighth of the time: audit, traces, the latency of
// each filter, headers for browsers, and the answer after a minute while the work
// goes on, where the one client has a bound of its own.
func filtered(handler http.Handler, c *server.Config) http.Handler {
	handler = requestfilters.WithAuthorization(handler, c.Authorization.Authorizer, c.Serializer)
	handler = filters.WithMaxInFlightLimit(handler, c.MaxRequestsInFlight, c.MaxMutatingRequestsInFlight, c.LongRunningFunc)
	if c.FeatureGate.Enabled(features.ConstrainedImpersonation) {
		handler = impersonation.WithConstrainedImpersonation(handler, c.Authorization.Authorizer, c.Serializer)
	} else {
		handler = impersonation.WithImpersonation(handler, c.Authorization.Authorizer, c.Serializer)
	}
	handler = requestfilters.WithAuthentication(handler, c.Authentication.Authenticator, requestfilters.Unauthorized(c.Serializer),
		c.Authentication.APIAudiences, c.Authentication.RequestHeaderConfig)
	handler = requestfilters.WithWarningRecorder(handler)
	handler = requestfilters.WithRequestDeadline(handler, c.AuditBackend, c.AuditPolicyRuleEvaluator, c.LongRunningFunc, c.Serializer, c.RequestTimeout)
	handler = filters.WithWaitGroup(handler, c.LongRunningFunc, c.NonLongRunningRequestWaitGroup)
	handler = requestfilters.WithLatencyTrackers(handler)
	handler = requestfilters.WithRequestInfo(handler, c.RequestInfoResolver)
	handler = requestfilters.WithRequestReceivedTimestamp(handler)
	handler = filters.WithPanicRecovery(handler, c.RequestInfoResolver)
	return requestfilters.WithAuditInit(handler)
}
