package dryrun

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/penstock-dev/penstock/internal/manifest"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// definitionPatience bounds how long a definition may take to be established,
	// and how long until the server answers by it; a few milliseconds are usual.
	definitionPatience = 10 * time.Second
	// namesPatience bounds how long the names of a definition may be refused: as
	// long as the refusal may be that of before, and another one may give them up.
	namesPatience = 2 * time.Second
	// definitionGlance is the pause between two looks.
	definitionGlance = 5 * time.Millisecond
)

// define stores a definition and waits until its kind is answered by it.
func (s *session) define(ctx context.Context, o *manifest.Object, h how) (accepted, error) {
	d := readDefinition(o)
	stored, err := s.establish(ctx, withoutConversion(o), h)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.kinds.define(o)
		return stored, nil
	}
	f := &fault{blocked, "the definition of its kind is not in force: " + err.Error()}
	if problemsOf(err) != nil {
		// Nothing of this change: no better than a kind that nobody defines.
		f.reason = unknownKind
	} else {
		// By which definition the server answers from here on is not known.
		s.kinds.forget(d)
	}
	s.kinds.broken[d.kindOf()] = f
	return accepted{}, err
}

// withoutConversion is a definition that converts without a webhook, which
// nothing serves here.
func withoutConversion(o *manifest.Object) *manifest.Object {
	spec, _ := o.Fields()["spec"].(map[string]any)
	if child(spec["conversion"], "strategy") != "Webhook" {
		return o
	}
	spec = maps.Clone(spec)
	spec["conversion"] = map[string]any{"strategy": "None"}
	return o.WithField("spec", spec)
}

func (s *session) establish(ctx context.Context, o *manifest.Object, h how) (accepted, error) {
	i, err := s.item(o)
	if err != nil {
		return accepted{}, err
	}
	stored, err := s.client.send(ctx, i, h)
	if err != nil {
		return accepted{}, err
	}
	err = await(ctx, func() error {
		live, err := s.client.get(ctx, i)
		if err != nil {
			return err
		}
		return condition(live)
	})
	// A definition of the first generation is established by what answers for its
	// kind, so that nothing is left to wait for.
	if generation, _ := child(stored.object["metadata"], "generation").(int64); err == nil && generation > 1 {
		err = s.supersede(ctx, o, fmt.Sprintf("penstock-canary-%d", generation), h)
	}
	return stored, err
}

// supersede waits until the server answers by a definition that took the place
// of another. Nothing tells that: the condition stays that of the other, whose
// schema answers until a cache has followed and its handler has noticed. So the
// definition is stored once more with a printer column of a name that none had,
// until the tables of all its versions have it: the columns and the schemas of
// all versions change at once
// (k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go). The
// column stays, and shows nowhere else.
func (s *session) supersede(ctx context.Context, o *manifest.Object, column string, h how) error {
	marked, err := s.item(withColumn(o, column))
	if err != nil {
		return err
	}
	if _, err := s.client.send(ctx, marked, h); err != nil {
		return err
	}
	d := readDefinition(o)
	for _, version := range d.served {
		err := await(ctx, func() error {
			columns, err := s.client.columns(ctx, d.group, version, d.plural)
			if err != nil || slices.Contains(columns, column) {
				return err
			}
			return &pending{"the definition before it still answers for " + version, definitionPatience}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// withColumn is a definition whose served versions have one more printer column.
func withColumn(o *manifest.Object, name string) *manifest.Object {
	spec, _ := o.Fields()["spec"].(map[string]any)
	spec = maps.Clone(spec)
	versions, _ := spec["versions"].([]any)
	versions = slices.Clone(versions)
	for n, item := range versions {
		v, _ := item.(map[string]any)
		if v["served"] != true {
			continue
		}
		v = maps.Clone(v)
		columns, _ := v["additionalPrinterColumns"].([]any)
		v["additionalPrinterColumns"] = append(slices.Clip(columns), map[string]any{"name": name, "type": "string", "jsonPath": ".metadata.name"})
		versions[n] = v
	}
	spec["versions"] = versions
	return o.WithField("spec", spec)
}

// pending says what is not so yet, and how long to wait until it is.
type pending struct {
	what     string
	patience time.Duration
}

func (p *pending) Error() string { return p.what }

// await looks until nothing is pending, for as long as the patience lasts.
func await(ctx context.Context, look func() error) error {
	start := time.Now()
	for {
		err := look()
		var p *pending
		switch {
		case !errors.As(err, &p):
			return err
		case time.Since(start) > p.patience:
			return &fault{failed, fmt.Sprintf("the API server does not serve its kind by it: after %s %s", p.patience, p.what)}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(definitionGlance):
		}
	}
}

// condition reads the status of a definition: it is pending, or established under
// the names that it asks for
// (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/).
func condition(live map[string]any) error {
	established, refusal := false, ""
	conditions, _ := child(live["status"], "conditions").([]any)
	for _, c := range conditions {
		isTrue := child(c, "status") == "True"
		switch child(c, "type") {
		case "Established":
			established = isTrue
		case "NamesAccepted":
			if !isTrue {
				message, _ := child(c, "message").(string)
				refusal = cmp.Or(message, "they are refused without a reason")
			}
		}
	}
	switch {
	case refusal != "":
		return &pending{"its names are not accepted: " + refusal, namesPatience}
	case !established:
		return &pending{"it is not established", definitionPatience}
	case !reflect.DeepEqual(child(live["spec"], "names"), child(live["status"], "acceptedNames")):
		return &pending{"its names are not accepted", definitionPatience}
	}
	return nil
}

// loadDefinitions loads the definitions that the configuration gives and the
// changed objects need. One that base or head renders is not loaded: what the
// repository gives the cluster is what it has.
func (s *session) loadDefinitions(ctx context.Context, needed func(*manifest.Object) bool) {
	for _, o := range s.in.Definitions.All() {
		if !needed(o) || s.in.Base.Get(o.ID()) != nil || s.in.Head.Get(o.ID()) != nil {
			continue
		}
		if _, err := s.load(ctx, o, how{lenient: true}); err != nil {
			e := s.entryOf(o, unverifiable, "the API server refuses this definition, which crds lists, so that objects of its kind are not tried: "+err.Error())
			s.notes = append(s.notes, e)
		}
	}
}

// columns are those of the table in which the server lists a kind; what it does
// not serve as yet is pending.
func (c client) columns(ctx context.Context, group, version, plural string) ([]string, error) {
	var data []byte
	err := c.bounds.ask(ctx, func() (err error) {
		data, err = c.plain.Get().AbsPath("/apis", group, version, plural).
			Param("limit", "1").Param("includeObject", string(metav1.IncludeNone)).
			SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").Do(ctx).Raw()
		return err
	})
	var status apierrors.APIStatus
	switch {
	case errors.As(err, &status):
		return nil, &pending{"it answers for " + version + ": " + err.Error(), definitionPatience}
	case err != nil:
		return nil, c.read(err, nil)
	}
	var table metav1.Table
	if err := json.Unmarshal(data, &table); err != nil {
		return nil, fmt.Errorf("reading a table of the API server: %w", err)
	}
	names := make([]string, len(table.ColumnDefinitions))
	for n, column := range table.ColumnDefinitions {
		names[n] = column.Name
	}
	return names, nil
}
