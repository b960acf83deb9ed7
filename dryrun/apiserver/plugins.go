package apiserver

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/warning"
)

// plugins are those of admission that have to be told when the state changes.
type plugins struct {
	limits *limits
	mapper *mapper
}

// add puts them among the others. The first decorator is next to the plugin.
func (p plugins) add(to *options.AdmissionOptions) {
	to.Decorators = append(admission.Decorators{p.limits, admission.DecoratorFunc(speak)}, to.Decorators...)
	p.mapper.register(to.Plugins)
	to.RecommendedPluginOrder = append(slices.Clip(to.RecommendedPluginOrder), mapperPlugin)
}

// speaker decorates the plugin of validating policies, so that all that policies
// warn of is told. A server leaves out a warning with a control character without
// a word, and what an object has gets into the messages of policies
// (k8s.io/apimachinery/pkg/util/net.NewWarningHeader,
// k8s.io/apiserver/pkg/endpoints/filters/warning.go).
type speaker struct{ admission.ValidationInterface }

// speak puts a speaker before the plugin, and leaves the others as they are.
func speak(plugin admission.Interface, name string) admission.Interface {
	if p, ok := plugin.(admission.ValidationInterface); ok && name == validating.PluginName {
		return speaker{p}
	}
	return plugin
}

// Validate is that of the plugin.
func (s speaker) Validate(ctx context.Context, a admission.Attributes, o admission.ObjectInterfaces) error {
	return s.ValidationInterface.Validate(warning.WithWarningRecorder(ctx, plain{ctx}), a, o)
}

// plain is the recorder of the context that it has, for text without control
// characters. It lives as long as one call.
type plain struct{ ctx context.Context } //nolint:containedctx // a recorder is reached by its context alone

// AddWarning records a warning.
func (p plain) AddWarning(agent, text string) { warning.AddWarning(p.ctx, agent, visible(text)) }

// visible is text with what a header cannot have written as in Go, and white space
// as spaces.
func visible(text string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case !unicode.IsControl(r):
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// mapper is how admission policies find the kind of their parameters. It knows
// the kinds of half a minute ago, unless it is told to look again.
//
// There is one for each chain of plugins that the server has: that of its own
// kinds, that of definitions and their kinds, and that of aggregated APIs.
type mapper struct {
	mu  sync.Mutex
	all []meta.RESTMapper
}

// mapperPlugin is the name of the plugin that has no say, and only gets hold of
// the mapper.
const mapperPlugin = "PenstockMapper"

// register adds the plugin.
func (m *mapper) register(plugins *admission.Plugins) {
	plugins.Register(mapperPlugin, func(io.Reader) (admission.Interface, error) { return m, nil })
}

// SetRESTMapper is called while the server is set up.
func (m *mapper) SetRESTMapper(found meta.RESTMapper) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, found)
}

// ValidateInitialization says that the plugin has its mapper.
func (m *mapper) ValidateInitialization() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.all) == 0 {
		return errors.New("it got no mapper")
	}
	return nil
}

// Handles says that the plugin has no say.
func (*mapper) Handles(admission.Operation) bool { return false }

// knows reports whether all find a kind, and makes those look again that do not.
func (m *mapper) knows(kind admissionv1.ParamKind) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := true
	gvk := schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind)
	for _, one := range m.all {
		if _, err := one.RESTMapping(gvk.GroupKind(), gvk.Version); err == nil {
			continue
		}
		known = false
		if r, ok := one.(meta.ResettableRESTMapper); ok {
			r.Reset()
		}
	}
	return known
}
