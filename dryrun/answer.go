package dryrun

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/verdict"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// problem is one thing that the server refuses about an object.
type problem struct {
	rule string
	// path is the JSON Pointer of the value at fault; empty stands for the
	// object as a whole.
	path string
	msg  string
	// typed says that the object does not fit its schema there.
	typed bool
}

// problems are what is wrong with an object, as an error.
type problems []problem

func (p problems) Error() string {
	texts := make([]string, len(p))
	for i, one := range p {
		texts[i] = one.msg
	}
	return strings.Join(texts, "; ")
}

// The reasons for which something is not tried, under the names of the ledger.
const (
	failed       = verdict.Failed
	blocked      = verdict.Blocked
	unsupported  = verdict.Unsupported
	unknownKind  = verdict.UnknownKind
	unverifiable = verdict.Unverifiable
)

// fault is why the server could not answer: nothing that the author of the
// object can be blamed for.
type fault struct {
	reason verdict.Reason
	detail string
}

func (f *fault) Error() string { return f.detail }

func faultOf(err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	detail := err.Error()
	var hint interface{ UserHint() string }
	if errors.As(err, &hint) && hint.UserHint() != "" {
		detail += " — " + hint.UserHint()
	}
	return &fault{failed, detail}
}

// typedFailure starts the messages with which server-side apply refuses an
// object that does not fit its schema. They come with code 500 and without a
// reason, so that the text is all that tells them from a fault of the server
// (k8s.io/apimachinery/pkg/util/managedfields/internal/structuredmerge.go).
var typedFailure = regexp.MustCompile(`^failed to (?:create typed patch object|convert new object) \([^)]*\)(?: to proper version)?: (?s:(.*))$`)

// misfit is how server-side apply fails, with code 500, where what is stored does
// not fit the schema, whatever is applied: a field took another type since.
var misfit = regexp.MustCompile(`^failed to create typed live object \([^)]*\): (?s:(.*))$`)

// unprunable is how server-side apply fails, with code 500, on an object that
// moves to another version of its definition and has a field that the version it
// was applied in before does not declare: what is no longer applied is looked for
// in that version (k8s.io/apimachinery/pkg/util/managedfields/internal).
var unprunable = regexp.MustCompile(`^failed to prune fields: failed to convert merged object to last applied version: \.(\S*?): field not declared in schema`)

// conversion starts a message about a value that cannot be decoded.
var conversion = regexp.MustCompile(`^unable to convert unstructured object to [^:]*: (?:error decoding from json: )?`)

// typedFault is one fault of a typed failure: the path of the value, and the message.
var typedFault = regexp.MustCompile(`^\.(\S*?): (.*)$`)

// accessDenied is how authorization refuses, as opposed to admission
// (k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go), and how
// roles are refused that give more than the user has
// (k8s.io/kubernetes/pkg/registry/rbac/validation/rule.go).
var accessDenied = regexp.MustCompile(`User "[^"]*" cannot |is attempting to grant RBAC permissions not currently held`)

// read turns the error of a request into problems of the object or a *fault.
// fields are the object as it was sent; paths are looked up in it.
func read(err error, fields map[string]any) error {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return &fault{failed, fmt.Sprintf("asking the API server: %v", err)}
	}
	s := status.Status()
	if err := ofWebhook(s); err != nil {
		return err
	}
	if found := denials(s); found != nil {
		return found
	}
	switch {
	case s.Code == http.StatusUnprocessableEntity:
		return invalid(s, fields).or(s)
	case s.Code == http.StatusServiceUnavailable && strings.Contains(s.Message, "There can be a delay between when CustomResourceDefinitions are created"):
		return &fault{unverifiable, "a mutating policy would change it, and the API server does not know the schema of its kind as yet"}
	case s.Code == http.StatusBadRequest:
		return badRequest(s, fields)
	case s.Code == http.StatusUnauthorized:
		return &fault{failed, "the API server does not accept the credentials: " + s.Message}
	case s.Code == http.StatusForbidden && accessDenied.MatchString(s.Message):
		return &fault{failed, s.Message + " — a dry-run needs the same rights as the write: grant them to a user of its own"}
	case s.Code == http.StatusForbidden:
		return problems{{rule: ruleRefused, msg: refusal(s)}}
	case s.Code == http.StatusNotFound && s.Details != nil && s.Details.Kind == "namespaces":
		return &fault{blocked, s.Message}
	case s.Code == http.StatusConflict && pinned(fields):
		at := "/metadata/uid"
		if lookup(fields, at) == nil {
			at = "/metadata/resourceVersion"
		}
		return problems{{rule: ruleInvalid, path: at, msg: "metadata.resourceVersion and metadata.uid belong to the server, and insist on what is stored: " + s.Message}}
	case s.Code == http.StatusRequestEntityTooLarge:
		return problems{{rule: ruleInvalid, msg: s.Message}}
	}
	if m := typedFailure.FindStringSubmatch(s.Message); m != nil {
		return typed(m[1], fields).or(s)
	}
	if m := misfit.FindStringSubmatch(s.Message); m != nil {
		found := typed(m[1], fields).or(s)
		for n, p := range found {
			found[n] = problem{rule: ruleImmutable, path: p.path, msg: "what is there does not fit the schema any more, and cannot be changed: " + p.msg}
		}
		return found
	}
	if m := unprunable.FindStringSubmatch(s.Message); m != nil {
		return problems{{rule: ruleImmutable, path: pointer(fields, m[1]), msg: s.Message}}
	}
	return &fault{failed, fmt.Sprintf("the API server answers %d: %s", s.Code, s.Message)}
}

// denials are the refusals by admission policies, which choose the code of their
// answer.
func denials(s metav1.Status) problems {
	if s.Details == nil {
		return nil
	}
	var found problems
	for _, c := range s.Details.Causes {
		if _, ok := readDenial(c.Message); ok {
			found = append(found, problem{rule: ruleRefused, msg: oneLine(c.Message)})
		}
	}
	return found
}

// or is a refusal as a whole where no problem could be read out of it: it is one
// all the same.
func (p problems) or(s metav1.Status) problems {
	if len(p) == 0 {
		return problems{{rule: ruleInvalid, msg: s.Message}}
	}
	return p
}

// refusal is the message of an admission plugin, without the name of the object
// before it, which may be made up.
func refusal(s metav1.Status) string {
	if _, rest, ok := strings.Cut(s.Message, " is forbidden: "); ok {
		return rest
	}
	return s.Message
}

// typed reads the faults that server-side apply finds against the schema.
func typed(text string, fields map[string]any) problems {
	var found problems
	for line := range strings.Lines(strings.TrimPrefix(text, "errors:\n")) {
		line = strings.TrimSpace(line)
		m := typedFault.FindStringSubmatch(line)
		if m == nil {
			if line != "" {
				found = append(found, problem{rule: ruleInvalid, msg: conversion.ReplaceAllString(line, "")})
			}
			continue
		}
		p := problem{rule: ruleInvalid, path: pointer(fields, m[1]), typed: true}
		p.msg = fieldPath(p.path) + ": " + plainValue(m[2])
		if strings.HasPrefix(m[2], "field not declared in schema") {
			p.rule, p.msg = ruleUnknownField, "unknown field "+fieldPath(p.path)
		}
		found = append(found, p)
	}
	return found
}

// goValue is how structured-merge-diff prints the value that it has got.
var goValue = regexp.MustCompile(`&(?:value\.valueUnstructured)?\{(?:Value:)?(.*)\}$`)

// plainValue shows a value as a person wrote it.
func plainValue(msg string) string { return goValue.ReplaceAllString(msg, "$1") }

// strictFault is an unknown or duplicate field in the message of strict field
// validation (KEP-2885).
var strictFault = regexp.MustCompile(`(unknown|duplicate) field "([^"]+)"`)

func badRequest(s metav1.Status, fields map[string]any) problems {
	if found := strict(s.Message, fields); len(found) > 0 {
		return found
	}
	return problems{{rule: ruleInvalid, msg: s.Message}}
}

// madeUpAddress is an address that the server has chosen, and that another one
// would not.
var madeUpAddress = regexp.MustCompile(`^(Invalid value: )"(?:\d+\.\d+\.\d+\.\d+|[0-9a-f:]*:[0-9a-f:]*)"`)

// strict reads the message of strict field validation.
func strict(msg string, fields map[string]any) problems {
	_, list, ok := strings.Cut(msg, "strict decoding error: ")
	if !ok {
		return nil
	}
	var found problems
	for _, m := range strictFault.FindAllStringSubmatch(list, -1) {
		found = append(found, problem{rule: ruleUnknownField, path: pointer(fields, m[2]), msg: m[1] + " field " + m[2]})
	}
	return found
}

// ofPatch reads what is wrong with a merge patch. Its value is left out: that is
// the patch, with all that it changes in a Secret.
func ofPatch(msg string, fields map[string]any) problems {
	if found := strict(msg, fields); len(found) > 0 {
		return found
	}
	if rest, ok := strings.CutPrefix(msg, "Invalid value: "); ok {
		var value json.RawMessage
		dec := json.NewDecoder(strings.NewReader(rest))
		if err := dec.Decode(&value); err == nil {
			msg = strings.TrimPrefix(rest[dec.InputOffset():], ": ")
		}
	}
	return problems{{rule: ruleInvalid, msg: msg}}
}

// invalid reads the causes of a validation error.
func invalid(s metav1.Status, fields map[string]any) problems {
	if s.Details == nil {
		return nil
	}
	var found problems
	for _, c := range s.Details.Causes {
		// The field "<nil>" is the object: of it the server also says that it gave up
		// looking, which is nothing beside what it found.
		object := c.Field == "<nil>"
		if object && len(s.Details.Causes) > 1 && strings.Contains(c.Message, "were not checked because") {
			continue
		}
		if c.Field == "patch" {
			found = append(found, ofPatch(c.Message, fields)...)
			continue
		}
		p := problem{rule: ruleInvalid, msg: shortValue(c.Message)}
		switch {
		case c.Field == "":
			// Admission policies say nothing of where.
			p.rule = ruleRefused
		case transition(c.Message):
			p.rule = ruleImmutable
		}
		if c.Field != "" && !object {
			p.path = pointer(fields, c.Field)
			if lookup(fields, p.path) == nil {
				p.msg = madeUpAddress.ReplaceAllString(p.msg, "$1…")
			}
			p.msg = c.Field + ": " + p.msg
		}
		// Some kinds are validated twice, as the whole and as the spec.
		if !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	return found
}

// transition reports whether a message says by itself that a value is right,
// and only the way there is not.
func transition(msg string) bool {
	for _, sign := range []string{"field is immutable", "may not change once set", "cannot change roleRef", "is immutable after creation", "updates to statefulset spec", "was previously a storage version"} {
		if strings.Contains(msg, sign) {
			return true
		}
	}
	return false
}

// maxValue bounds what is shown of a value, in bytes.
const maxValue = 120

// shortValue leaves a long value out of a message of the form "Invalid value:
// VALUE: what is wrong": whole pod templates are printed there.
func shortValue(msg string) string {
	if strings.HasPrefix(msg, "Forbidden: ") {
		// The rest is the difference between the values before and after.
		msg, _, _ = strings.Cut(msg, "\n")
		return msg
	}
	const sign = "Invalid value: "
	rest, ok := strings.CutPrefix(msg, sign)
	if !ok {
		return msg
	}
	var value json.RawMessage
	dec := json.NewDecoder(strings.NewReader(rest))
	if err := dec.Decode(&value); err != nil || len(value) <= maxValue {
		return msg
	}
	return sign + "…" + rest[dec.InputOffset():]
}
