package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/penstock-dev/penstock/internal/verdict"
)

// WaiversFile is where a repository keeps its waivers, unless it configures
// another file.
const WaiversFile = ".penstock-waivers.yaml"

// Waivers is the file of waivers.
type Waivers struct {
	// Version of the format. It is 1.
	Version int `yaml:"version" required:"true" default:"1"`
	// The findings that people agreed to live with for some time.
	Waivers []WaiverSpec `yaml:"waivers" required:"true"`
}

// WaiverSpec lets findings of one rule stand without blocking, until a day.
type WaiverSpec struct {
	// ID of the rule.
	Rule string `yaml:"rule" required:"true"`
	// Name of the environment, or a pattern such as "*" or "eu-*".
	Environment string `yaml:"environment" required:"true"`
	// The object that the finding is on.
	Object WaiverObject `yaml:"object" required:"true"`
	// Name of the container, where only one of the object is meant.
	Container string `yaml:"container"`
	// JSON Pointer of the value, where only that and what lies in it is meant.
	Path string `yaml:"path"`
	// Why the finding may stand.
	Reason string `yaml:"reason" required:"true"`
	// Who mends it: a person or a team.
	Owner string `yaml:"owner" required:"true"`
	// The last day of the waiver, such as 2027-01-31.
	Expires string `yaml:"expires" required:"true" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"`
}

// WaiverObject names objects; each value may be a pattern such as "*".
type WaiverObject struct {
	// Kind, or group/Kind with the group "core" for the core kinds.
	Kind string `yaml:"kind" required:"true"`
	// Namespace of the object as it is rendered. Without it, objects that have none are meant.
	Namespace string `yaml:"namespace"`
	// Name of the object.
	Name string `yaml:"name" required:"true"`
}

// LoadWaivers reads the waivers of a repository. All faults are reported at
// once, as a *Error. A file that is not there is an error only if the
// configuration names it.
func (c *Config) LoadWaivers(fsys fs.FS) ([]verdict.Waiver, error) {
	file := c.Waivers
	if file == "" {
		file = WaiversFile
	}
	data, err := readFile(fsys, file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.Waivers == "":
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, newError([]Fault{c.fault("waivers", fmt.Sprintf("the file of waivers %s is not there", file), "correct the path, or add the file")})
	case err != nil:
		return nil, fmt.Errorf("reading the waivers: %w", err)
	}
	return parseWaivers(file, data)
}

func parseWaivers(file string, data []byte) ([]verdict.Waiver, error) {
	var w Waivers
	d := decoder{file: file, lines: map[string]int{}}
	d.decode(data, &w)
	if len(d.faults) > 0 {
		return nil, newError(d.faults)
	}
	r := waiverReader{file: file, lines: d.lines}
	if w.Version != Version {
		r.add("version", fmt.Sprintf("write `version: %d`", Version), "the version of the waivers is %d, and not %d", w.Version, Version)
	}
	out := make([]verdict.Waiver, 0, len(w.Waivers))
	for i, spec := range w.Waivers {
		out = append(out, r.waiver(spec, fmt.Sprintf("waivers[%d]", i)))
	}
	if len(r.faults) > 0 {
		return nil, newError(r.faults)
	}
	return out, nil
}

// waiverReader checks waivers and collects every fault.
type waiverReader struct {
	file   string
	lines  map[string]int
	faults []Fault
}

func (r *waiverReader) add(at, hint, format string, args ...any) {
	r.faults = append(r.faults, Fault{File: r.file, Line: r.lines[at], Msg: fmt.Sprintf(format, args...), Hint: hint})
}

func (r *waiverReader) waiver(spec WaiverSpec, at string) verdict.Waiver {
	for _, required := range []struct{ key, value, hint string }{
		{"rule", spec.Rule, "add `rule: …`, the ID that the finding shows"},
		{"environment", spec.Environment, "add `environment: …`"},
		{"object.kind", spec.Object.Kind, "add `object: {kind: …, namespace: …, name: …}`"},
		{"object.name", spec.Object.Name, "add `object: {kind: …, namespace: …, name: …}`"},
		{"reason", spec.Reason, "say why the finding may stand"},
		{"owner", spec.Owner, "say who mends it"},
		{"expires", spec.Expires, "add the last day, such as `expires: 2027-01-31`"},
	} {
		if strings.TrimSpace(required.value) == "" {
			r.add(at, required.hint, "%s has no %s", at, required.key)
		}
	}
	for _, pattern := range []struct{ key, value string }{
		{"environment", spec.Environment}, {"object.kind", spec.Object.Kind}, {"object.namespace", spec.Object.Namespace}, {"object.name", spec.Object.Name},
	} {
		if _, err := path.Match(pattern.value, ""); err != nil {
			r.add(at+"."+pattern.key, "use * and ? only", "%q is not a pattern", pattern.value)
		}
	}
	if spec.Path != "" && (!strings.HasPrefix(spec.Path, "/") || strings.Trim(spec.Path, "/") == "") {
		r.add(at+".path", "write it as `/spec/replicas`, or leave it out to mean the object", "%q is no JSON Pointer into the object", spec.Path)
	}
	day, err := time.Parse(verdict.Date, spec.Expires)
	if err != nil && spec.Expires != "" {
		r.add(at+".expires", "write it as 2027-01-31", "%q is not a day", spec.Expires)
	}
	return verdict.Waiver{
		Rule: spec.Rule, Environment: spec.Environment,
		Kind: spec.Object.Kind, Namespace: spec.Object.Namespace, Name: spec.Object.Name,
		Container: spec.Container, Path: strings.TrimSuffix(spec.Path, "/"), Reason: spec.Reason, Owner: spec.Owner,
		Expires:  day.AddDate(0, 0, 1),
		Location: verdict.Location{File: r.file, Line: r.lines[at]},
	}
}
