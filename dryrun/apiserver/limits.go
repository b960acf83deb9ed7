package apiserver

import (
	"context"
	"sync/atomic"

	"k8s.io/apiserver/pkg/admission"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/plugin/pkg/admission/limitranger"
)

// limits is the admission plugin LimitRanger, which can be made anew: it keeps
// the limits of a namespace that it once looked up for half a minute, and uses
// them as long as its cache knows of none, also when they are long deleted.
type limits struct {
	current atomic.Pointer[limitranger.LimitRanger]
}

// Decorate takes the place of the plugin when the server sets it up, and leaves
// the others as they are.
func (l *limits) Decorate(plugin admission.Interface, _ string) admission.Interface {
	if p, ok := plugin.(*limitranger.LimitRanger); ok {
		l.current.Store(p)
		return l
	}
	return plugin
}

// renew forgets what was looked up.
func (l *limits) renew(client kubernetes.Interface, caches informers.SharedInformerFactory) error {
	p, err := limitranger.NewLimitRanger(nil)
	if err != nil {
		return err
	}
	p.SetExternalKubeClientSet(client)
	p.SetExternalKubeInformerFactory(caches)
	if err := p.ValidateInitialization(); err != nil {
		return err
	}
	l.current.Store(p)
	return nil
}

// Handles, Admit and Validate are those of the plugin.
func (l *limits) Handles(operation admission.Operation) bool {
	return l.current.Load().Handles(operation)
}

// Admit sets the defaults of the limits.
func (l *limits) Admit(ctx context.Context, a admission.Attributes, o admission.ObjectInterfaces) error {
	return l.current.Load().Admit(ctx, a, o)
}

// Validate refuses what the limits do not allow.
func (l *limits) Validate(ctx context.Context, a admission.Attributes, o admission.ObjectInterfaces) error {
	return l.current.Load().Validate(ctx, a, o)
}
