package dryrun

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// What a server says when one of its admission webhooks keeps it from accepting
// an object: the webhook denies, does not take part in dry-runs, or cannot be
// called. The code of a denial is the webhook's own, so that the text is all that
// tells (k8s.io/apiserver/pkg/admission/plugin/webhook/errors/statuserror.go,
// k8s.io/apiserver/pkg/util/webhook/error.go).
var (
	webhookDenies = regexp.MustCompile(`^admission webhook "[^"]+" denied the request`)
	webhookNoDry  = regexp.MustCompile(`^admission webhook "([^"]+)" does not support dry run`)
	webhookFails  = regexp.MustCompile(`failed calling webhook "([^"]+)"`)
)

// webhookNamed finds the webhook in the detail of a fault that it is the reason of.
var webhookNamed = regexp.MustCompile(`^the admission webhook (\S+) `)

// ofWebhook reads an answer that an admission webhook has a part in; nil stands
// for all others. Only a denial says anything of the object.
func ofWebhook(s metav1.Status) error {
	if webhookDenies.MatchString(s.Message) {
		return problems{{rule: ruleRefused, msg: s.Message}}
	}
	if m := webhookNoDry.FindStringSubmatch(s.Message); m != nil {
		return &fault{unverifiable, fmt.Sprintf("the admission webhook %s does not take part in dry-runs, so that the server refuses to try what it is asked about", m[1])}
	}
	if m := webhookFails.FindStringSubmatch(s.Message); m != nil {
		return &fault{failed, fmt.Sprintf("the admission webhook %s cannot be called, so that what it would say is not known: %s", m[1], s.Message)}
	}
	return nil
}

// nameWebhooks adds to what was not tried because of a webhook which
// configuration the webhook is of. A user who may not list them is told no more
// than its name.
func (s *session) nameWebhooks(ctx context.Context) {
	if !s.live {
		return
	}
	var known map[string][]string
	for _, t := range s.deltas {
		if t.fault == nil {
			continue
		}
		m := webhookNamed.FindStringSubmatch(t.fault.detail)
		if m == nil {
			continue
		}
		if known == nil {
			known = s.webhooks(ctx)
		}
		if where := known[m[1]]; where != nil {
			t.fault = &fault{t.fault.reason, t.fault.detail + " — it is of the " + strings.Join(where, " and the ")}
		}
	}
}

// webhooks are the configurations that the webhooks of a cluster are of, by the
// name of the webhook, as far as the user may list them.
func (s *session) webhooks(ctx context.Context) map[string][]string {
	out := map[string][]string{}
	client, err := kubernetes.NewForConfig(s.config)
	if err != nil {
		return out
	}
	note := func(webhook, configuration string, effects *admissionv1.SideEffectClass) {
		if effects != nil {
			configuration += " (sideEffects: " + string(*effects) + ")"
		}
		out[webhook] = append(out[webhook], configuration)
	}
	api := client.AdmissionregistrationV1()
	if list, err := api.MutatingWebhookConfigurations().List(ctx, metav1.ListOptions{}); err == nil {
		for _, c := range list.Items {
			for _, w := range c.Webhooks {
				note(w.Name, "MutatingWebhookConfiguration "+c.Name, w.SideEffects)
			}
		}
	}
	if list, err := api.ValidatingWebhookConfigurations().List(ctx, metav1.ListOptions{}); err == nil {
		for _, c := range list.Items {
			for _, w := range c.Webhooks {
				note(w.Name, "ValidatingWebhookConfiguration "+c.Name, w.SideEffects)
			}
		}
	}
	return out
}
