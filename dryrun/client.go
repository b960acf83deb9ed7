package dryrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/penstock-dev/penstock/dryrun/apiserver"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

const (
	// manager owns the fields of objects that nobody knows the applier of.
	manager = "kubectl"
	// servePatience is how long a kind may take to be served once its definition
	// is established; a few milliseconds are usual.
	servePatience = 5 * time.Second
	// storeLimit is the size at which etcd refuses to store an object. A dry-run
	// does not get that far (https://etcd.io/docs/v3.6/dev-guide/limit/).
	storeLimit = 3 << 19
)

// client sends objects to one server.
type client struct {
	dynamic dynamic.Interface
	plain   rest.Interface
	// lost is set once a request got no answer.
	lost   *atomic.Bool
	bounds *bounds
	// denying are the bindings of policies that refuse.
	denying *denying
	// applier is who the objects are sent as, and releases what it sent last.
	applier  applier
	releases *releases
}

func newClient(config *rest.Config) (client, error) {
	config = rest.CopyConfig(config)
	config.WarningHandlerWithContext = collector{}
	limits := newBounds(config.Timeout)
	config.Timeout = limits.timeout
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return impatient{next} })
	config.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	connection, err := rest.HTTPClientFor(config)
	if err != nil {
		return client{}, fmt.Errorf("making a client for the API server: %w", err)
	}
	d, err := dynamic.NewForConfigAndClient(config, connection)
	if err != nil {
		return client{}, fmt.Errorf("making a client for the API server: %w", err)
	}
	plain, err := rest.UnversionedRESTClientForConfigAndClient(config, connection)
	if err != nil {
		return client{}, fmt.Errorf("making a client for the API server: %w", err)
	}
	return client{
		dynamic: d, plain: plain, lost: new(atomic.Bool), bounds: limits, denying: &denying{pair: map[[2]string]bool{}},
		applier: applier{manager: manager}, releases: &releases{objects: map[string][]byte{}},
	}, nil
}

// read reads the error of a request, and notes when the server gave no answer.
func (c client) read(err error, fields map[string]any) error {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		c.lost.Store(true)
	}
	if why := c.bounds.silence(err); why != nil {
		return why
	}
	if status != nil {
		c.bounds.answered()
	}
	return read(err, fields)
}

// warnings are what the server says of one request that it accepts.
type warnings struct {
	mu    sync.Mutex
	texts []string
}

type warningsKey struct{}

// collector puts the warnings of a request into the warnings of its context.
type collector struct{}

func (collector) HandleWarningHeaderWithContext(ctx context.Context, code int, _, text string) {
	w, ok := ctx.Value(warningsKey{}).(*warnings)
	if !ok || code != 299 || text == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.texts, text) {
		w.texts = append(w.texts, text)
	}
}

// item is an object as it is sent: with its namespace, and where it is served.
type item struct {
	kind
	namespace, name string
	fields          map[string]any
	// chart says that it is of a root that is a chart.
	chart bool
}

// by is who applies an item, and how.
func (c client) by(i item) applier { return c.applier.forRoot(i.chart).of(i.fields) }

func (i item) resource(c client) dynamic.ResourceInterface {
	if i.namespaced {
		return c.dynamic.Resource(i.GroupVersionResource).Namespace(i.namespace)
	}
	return c.dynamic.Resource(i.GroupVersionResource)
}

// generated reports whether the server makes up the name.
func (i item) generated() bool {
	meta, _ := i.fields["metadata"].(map[string]any)
	name, _ := meta["name"].(string)
	return name == ""
}

// how is the way in which an object is sent.
type how struct {
	// store keeps the object; else it is a dry-run.
	store bool
	// lenient accepts unknown fields, as controllers do that do not ask for
	// strict validation.
	lenient bool
	// create makes a new object instead of applying.
	create bool
	// status applies to the status sub-resource.
	status bool
	// yield leaves other managers their fields: an apply that would take some is a
	// *conflict.
	yield bool
}

// accepted is what the server says of an object that it accepts.
type accepted struct {
	// object is the object as the server has it then, or would have it, without its
	// managed fields: they are as large as the rest, and nobody reads them.
	object   map[string]any
	warnings []string
	// denied is what policies refuse of an object that is stored all the same.
	denied problems
	// rest is that the server may have more to say; nil where it has not.
	rest *fault
}

// send sends an object. Its error is problems of the object, or a *fault. What
// is stored is stored whatever policies say.
func (c client) send(ctx context.Context, i item, h how) (accepted, error) {
	data, err := json.Marshal(c.by(i).sent(i.fields))
	if err != nil {
		// Infinity and NaN are numbers in YAML and none in JSON.
		return accepted{}, problems{{rule: ruleInvalid, msg: "the object has no JSON form: " + err.Error()}}
	}
	// What cannot be stored may still be told what else is wrong with it.
	h.store = h.store && len(data) <= storeLimit
	w := &warnings{}
	ctx = context.WithValue(ctx, warningsKey{}, w)
	var got *unstructured.Unstructured
	err = retry(ctx, i, func() error {
		return c.bounds.ask(ctx, func() (err error) {
			got, err = c.once(ctx, i, h, data)
			return err
		})
	})
	if err != nil {
		var status apierrors.APIStatus
		if h.yield && errors.As(err, &status) && inConflict(status.Status()) {
			c.bounds.answered()
			return accepted{}, &conflict{c.by(i).takes(i, status.Status())}
		}
		if problemsOf(err) == nil {
			err = c.read(err, i.fields)
		}
		if by := c.by(i); by.method != serverSide && problemsOf(err) != nil && !h.create {
			err = c.explain(ctx, i, by, problemsOf(err))
		}
		return accepted{}, err
	}
	c.bounds.answered()
	if h.store && !h.status {
		c.releases.remember(i)
	}
	if len(data) > storeLimit {
		return accepted{}, problems{{rule: ruleInvalid, msg: fmt.Sprintf("the object has %d bytes, and etcd stores at most %d", len(data), storeLimit)}}
	}
	slices.Sort(w.texts)
	texts, denied, rest := c.denying.deny(w.texts)
	if denied != nil && !h.store {
		return accepted{warnings: texts, rest: rest}, denied
	}
	got.SetManagedFields(nil)
	return accepted{got.Object, texts, denied, rest}, nil
}

func (c client) once(ctx context.Context, i item, h how, data []byte) (*unstructured.Unstructured, error) {
	var dry []string
	if !h.store {
		dry = []string{metav1.DryRunAll}
	}
	by := c.by(i)
	validation := metav1.FieldValidationStrict
	switch {
	case h.lenient:
		validation = metav1.FieldValidationIgnore
	case by.lenient:
		validation = metav1.FieldValidationWarn
	}
	switch {
	case h.create || i.generated():
		fields := by.sent(i.fields)
		if h.store && !i.generated() {
			fields = by.annotated(fields)
		}
		return i.resource(c).Create(ctx, &unstructured.Unstructured{Object: fields},
			metav1.CreateOptions{DryRun: dry, FieldManager: by.manager, FieldValidation: validation})
	case by.method != serverSide && !h.status:
		return c.put(ctx, i, by, metav1.UpdateOptions{DryRun: dry, FieldManager: by.manager, FieldValidation: validation})
	}
	force := !h.yield
	// An apply is held against the schema in any case. Strict validation reads the
	// document once more for keys that are given twice, which there are none of
	// (k8s.io/apiserver/pkg/endpoints/handlers/patch.go).
	options := metav1.PatchOptions{DryRun: dry, FieldManager: by.manager, FieldValidation: metav1.FieldValidationIgnore, Force: &force}
	var sub []string
	if h.status {
		sub = []string{"status"}
	}
	return i.resource(c).Patch(ctx, i.name, types.ApplyPatchType, data, options, sub...)
}

// absence says that the server does not have an object.
type absence struct{ msg string }

func (a *absence) Error() string { return a.msg }

// get returns an object as the server has it. One that it does not have is an
// *absence.
func (c client) get(ctx context.Context, i item) (map[string]any, error) {
	var o *unstructured.Unstructured
	err := c.bounds.ask(ctx, func() (err error) {
		o, err = i.resource(c).Get(ctx, i.name, metav1.GetOptions{})
		return err
	})
	if apierrors.IsNotFound(err) {
		return nil, &absence{err.Error()}
	}
	if err != nil {
		return nil, c.read(err, i.fields)
	}
	return o.Object, nil
}

// retry repeats a request that a server may refuse for a moment.
func retry(ctx context.Context, i item, request func() error) error {
	deadline := time.Now().Add(servePatience)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := request()
		var status apierrors.APIStatus
		if err == nil || !errors.As(err, &status) || time.Now().After(deadline) {
			return err
		}
		if !momentary(status.Status(), i) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// momentary reports whether a refusal may be another one in a moment: of a kind
// whose definition has just been established, of an object that something else
// wrote at the same time, and by a policy whose parameters are still being read.
func momentary(s metav1.Status, i item) bool {
	switch {
	case i.definition != nil && s.Code == http.StatusNotFound && strings.HasPrefix(s.Message, "the server could not find the requested resource"):
		return true
	case s.Code == http.StatusConflict && s.Reason == metav1.StatusReasonConflict:
		return !pinned(i.fields) && !inConflict(s)
	}
	return strings.Contains(s.Message, apiserver.UnreadParameters)
}

// pinned reports whether an object insists on a version of what is stored.
func pinned(fields map[string]any) bool {
	meta, _ := fields["metadata"].(map[string]any)
	return meta["resourceVersion"] != nil || meta["uid"] != nil
}
