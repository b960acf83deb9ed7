package apiserver

import (
	"errors"
	"io"
	"slices"
	"sync"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/server/options"
)

// plugins are those of admission that have to be told when the state changes.
type plugins struct {
	limits *limits
	mapper *mapper
}

// add puts them among the others. The first decorator is next to the plugin.
func (p plugins) add(to *options.AdmissionOptions) {
	to.Decorators = append(admission.Decorators{p.limits}, to.Decorators...)
	p.mapper.register(to.Plugins)
	to.RecommendedPluginOrder = append(slices.Clip(to.RecommendedPluginOrder), mapperPlugin)
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
