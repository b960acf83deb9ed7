package dryrun

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// denial is a refusal by an admission policy.
type denial struct{ policy, binding, text string }

// The forms in which an admission policy refuses and warns
// (k8s.io/apiserver/pkg/admission/plugin/policy/validating/dispatcher.go).
var (
	denied = regexp.MustCompile(`^ValidatingAdmissionPolicy '([^']*)'(?: with binding '([^']*)')? denied request: ((?s:.*))$`)
	warned = regexp.MustCompile(`^Validation failed for ValidatingAdmissionPolicy '([^']*)' with binding '([^']*)': ((?s:.*))$`)
)

func readDenial(msg string) (denial, bool) {
	m := denied.FindStringSubmatch(msg)
	if m == nil {
		return denial{}, false
	}
	return denial{m[1], m[2], m[3]}, true
}

// oneLine is a message without breaks, which it has where it shows an expression.
func oneLine(msg string) string { return strings.Join(strings.Fields(msg), " ") }

// warningRoom is what fits into the warnings of one answer, in characters, before
// the server leaves some out
// (k8s.io/apiserver/pkg/endpoints/filters/warning.go: 4,096, less the longest).
const warningRoom = 4096 - 256

// deny takes the refusals by policies out of the warnings of an answer. Where
// there are so many that some may be missing, rest says so: it counts as failed
// where a refusal may be among those.
func (d *denying) deny(texts []string) (kept []string, refusals problems, rest *fault) {
	size := 0
	for _, text := range texts {
		size += len([]rune(text))
		m := warned.FindStringSubmatch(text)
		if m == nil || !d.has(m[1], m[2]) {
			kept = append(kept, text)
			continue
		}
		refusals = append(refusals, problem{rule: ruleRefused, msg: oneLine(fmt.Sprintf("ValidatingAdmissionPolicy '%s' with binding '%s' denied request: %s", m[1], m[2], m[3]))})
	}
	if size >= warningRoom {
		rest = &fault{unverifiable, fmt.Sprintf("the API server has more to say of it than one answer holds; it starts with: %s", texts[0])}
		if d.any() {
			rest.reason = failed
		}
	}
	return kept, refusals, rest
}

// denialProbes bounds how many requests it may take to place one refusal by a
// policy.
const denialProbes = 16

// placeDenial finds the value that a policy refuses. The policy says which fields
// it looks at; the server says by leaving them out, or by taking back what old
// has, which of them it is. Where that cannot be told, it is the field of the
// validation that gives the message.
func (s *session) placeDenial(ctx context.Context, i item, old map[string]any, p problem, among problems, h how) string {
	d, ok := readDenial(p.msg)
	if !ok || strings.HasPrefix(d.text, "failed to configure ") {
		return p.path
	}
	expressions, exact := s.expressionsOf(d)
	chains := chainsOf(expressions, i.fields)
	budget := denialProbes
	gone := func(path string) bool {
		if budget == 0 || ctx.Err() != nil {
			return false
		}
		budget--
		variant := i
		variant.fields = without(i.fields, old, manifest.SplitPointer(path))
		said, err := s.client.send(ctx, variant, h)
		left := problemsOf(err)
		if err != nil && left == nil || said.rest != nil {
			return false
		}
		// What is refused before, for another reason, says nothing, and no more
		// does a policy that fails for want of the value.
		judged := !slices.ContainsFunc(left, func(q problem) bool {
			_, byPolicy := readDenial(q.msg)
			return !byPolicy
		})
		return judged && d.count(left) < d.count(among)
	}
	for _, path := range chains {
		if path == "" || !gone(path) {
			continue
		}
		for {
			members := parts(i.fields, old, path)
			deeper := slices.IndexFunc(members, gone)
			if deeper < 0 {
				return path
			}
			path = members[deeper]
		}
	}
	if len(chains) == 1 || exact && len(chains) > 0 {
		return chains[0]
	}
	return p.path
}

// count is how often a policy refuses by a binding.
func (d denial) count(in problems) int {
	n := 0
	for _, p := range in {
		if other, ok := readDenial(p.msg); ok && other.policy == d.policy && other.binding == d.binding {
			n++
		}
	}
	return n
}

// expressionsOf are the expressions of the validation that refuses, or of all of
// its policy where the message does not tell which it is.
func (s *session) expressionsOf(d denial) (expressions []string, exact bool) {
	id := manifest.ID{Group: admissionGroup, Kind: "ValidatingAdmissionPolicy", Name: d.policy}
	policy := s.in.Head.Get(id)
	if policy == nil {
		policy = s.in.Base.Get(id)
	}
	if policy == nil {
		return nil, false
	}
	spec := policy.Fields()["spec"]
	validations, _ := child(spec, "validations").([]any)
	variables, _ := child(spec, "variables").([]any)
	var all, given []string
	for _, v := range variables {
		expression, _ := child(v, "expression").(string)
		given = append(given, expression)
	}
	for _, v := range validations {
		expression, _ := child(v, "expression").(string)
		message, _ := child(v, "message").(string)
		line, _ := flat(expression)
		if d.text == oneLine(message) || d.text == oneLine("failed expression: "+line) {
			if strings.Contains(expression, "variables.") {
				return append(given, expression), true
			}
			return []string{expression}, true
		}
		all = append(all, expression)
	}
	return append(all, given...), false
}

// flat is an expression of CEL on one line, without comments, or false where text
// in it has several: a server leaves out warnings of several lines, and shows the
// expression for want of a message
// (https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax,
// k8s.io/apimachinery/pkg/util/net.NewWarningHeader).
func flat(expression string) (string, bool) {
	var b strings.Builder
	quote, raw := "", false
	for n := 0; n < len(expression); n++ {
		rest := expression[n:]
		switch c := expression[n]; {
		case quote != "" && (c == '\n' || c == '\r'):
			return "", false
		case quote != "" && c == '\\' && !raw && len(rest) > 1:
			b.WriteByte(c)
			n++
		case quote != "" && strings.HasPrefix(rest, quote):
			b.WriteString(quote[1:])
			n += len(quote) - 1
			quote = ""
		case quote != "":
		case strings.HasPrefix(rest, "//"):
			if end := strings.IndexByte(rest, '\n'); end >= 0 {
				n += end
			} else {
				n = len(expression) - 1
			}
			b.WriteByte(' ')
			continue
		case c == '"' || c == '\'':
			quote = rest[:1]
			if strings.HasPrefix(rest, strings.Repeat(quote, 3)) {
				quote = rest[:3]
			}
			raw = n > 0 && (expression[n-1] == 'r' || expression[n-1] == 'R')
			b.WriteString(quote[1:])
			n += len(quote) - 1
		case c == '\n' || c == '\r' || c == '\t':
			b.WriteByte(' ')
			continue
		}
		b.WriteByte(expression[n])
	}
	return strings.TrimSpace(b.String()), true
}

// flatten is a policy whose expressions are on one line each.
func flatten(policy *manifest.Object) (*manifest.Object, bool) {
	spec, _ := policy.Fields()["spec"].(map[string]any)
	spec = maps.Clone(spec)
	for _, list := range []string{"validations", "matchConditions"} {
		items, _ := spec[list].([]any)
		items = slices.Clone(items)
		for n, item := range items {
			expression, ok := child(item, "expression").(string)
			if !ok {
				continue
			}
			line, ok := flat(expression)
			if !ok {
				return policy, false
			}
			fields, _ := item.(map[string]any)
			fields = maps.Clone(fields)
			fields["expression"] = line
			items[n] = fields
		}
		if items != nil {
			spec[list] = items
		}
	}
	return policy.WithField("spec", spec), true
}

// chain is a path of fields from the object in an expression of CEL.
var chain = regexp.MustCompile(`(?:^|[^.\w])object((?:\.\??[A-Za-z_]\w*|\[\??(?:'[^']*'|"[^"]*")\])+)`)

// chainStep is one step of it.
var chainStep = regexp.MustCompile(`\.\??(\w+)|\[\??['"]([^'"]*)['"]\]`)

// chainsOf are the pointers to what expressions look at and fields have, the
// deepest first.
func chainsOf(expressions []string, fields map[string]any) []string {
	var out []string
	for _, e := range expressions {
		for _, m := range chain.FindAllStringSubmatch(e, -1) {
			path := ""
			for _, step := range chainStep.FindAllStringSubmatch(m[1], -1) {
				next := manifest.JoinPointer(path, step[1]+step[2])
				if lookup(fields, next) == nil {
					break
				}
				path = next
			}
			if path != "" && !slices.Contains(out, path) {
				out = append(out, path)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return strings.Count(b, "/") - strings.Count(a, "/") })
	return out
}
