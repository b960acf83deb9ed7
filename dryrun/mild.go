package dryrun

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// denying are the bindings that refuse, by policy and binding. The server is
// given them as such that warn: it tells only one of all refusals, and a refusal
// by one that base meets as well would hide a new one.
type denying struct {
	mu   sync.Mutex
	pair map[[2]string]bool
}

func (d *denying) set(policy, binding string, on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pair[[2]string{policy, binding}] = on
}

func (d *denying) has(policy, binding string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pair[[2]string{policy, binding}]
}

// any reports whether there is one.
func (d *denying) any() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Contains(slices.Collect(maps.Values(d.pair)), true)
}

// mild is a binding that warns where it refuses. On a server that is not embedded
// a policy goes on to refuse whose warnings the server may leave out.
func (s *session) mild(binding *manifest.Object) *manifest.Object {
	if binding.ID().Kind != "ValidatingAdmissionPolicyBinding" {
		return binding
	}
	spec, _ := binding.Fields()["spec"].(map[string]any)
	actions, _ := spec["validationActions"].([]any)
	at := slices.Index(actions, any("Deny"))
	soften := at >= 0 && !(s.binary && s.outspoken(policyOf(binding)))
	s.client.denying.set(policyOf(binding).Name, binding.ID().Name, soften)
	if !soften {
		return binding
	}
	actions = slices.Clone(actions)
	actions[at] = "Warn"
	spec = maps.Clone(spec)
	spec["validationActions"] = actions
	return binding.WithField("spec", spec)
}

// outspoken reports whether a policy may say what has control characters: a server
// leaves out such a warning without a word, unless it is the embedded one, and
// refuses with it all the same
// (k8s.io/apimachinery/pkg/util/net.NewWarningHeader). An error of an expression
// may have a key of the object as well: that cannot be known beforehand.
func (s *session) outspoken(id manifest.ID) bool {
	control := func(text string) bool { return strings.ContainsFunc(text, unicode.IsControl) }
	for _, set := range []*manifest.Set{s.in.Base, s.in.Head} {
		policy := set.Get(id)
		if policy == nil {
			continue
		}
		validations, _ := child(policy.Fields()["spec"], "validations").([]any)
		for _, v := range validations {
			expression, _ := child(v, "expression").(string)
			message, _ := child(v, "message").(string)
			line, _ := flat(expression)
			if child(v, "messageExpression") != nil || control(strings.TrimSpace(message)) || control(line) {
				return true
			}
		}
	}
	return false
}
