package redact

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// minLine is the length from which a line, or what it gives a name, is hidden by
// itself. Shorter ones are words of some format, which stand everywhere.
const minLine = 16

// telling are the lines of a value of several lines, and what they give a name
// ("key: value", "key=value"), as far as that is long enough. The marks of PEM
// are no secrets, and neither are ordinary lines.
func telling(value string, common *ordinary) []string {
	if !strings.Contains(strings.TrimSpace(value), "\n") {
		return nil
	}
	var out []string
	for line := range strings.Lines(value) {
		line = strings.TrimSpace(line)
		if len(line) < minLine || strings.HasPrefix(line, "-----") || common.has(line) {
			continue
		}
		parts := []string{line}
		for _, separator := range []string{": ", "="} {
			if _, after, found := strings.Cut(line, separator); found {
				parts = append(parts, strings.Trim(after, `"' `))
			}
		}
		for _, part := range parts {
			if len(part) >= minLine {
				out = append(out, part)
			}
		}
	}
	return out
}

// ordinary are the lines that a Secret which holds a manifest has in common with
// manifests that hold no secrets: to hide them would destroy every text about
// those, and tell nothing less. They are
//
//   - apiVersion and kind, where the value has the form of one;
//   - the name of a field ("containers:") that an object has;
//   - a field with its value ("restartPolicy: OnFailure") that an object of a
//     built-in API has.
//
// Objects are those among which the Secrets were found, without Secrets and what
// SOPS has encrypted. What their API lets be any text is not looked at, since it
// may be a copy of the secret: data, annotations, values of variables, parameters
// of drivers, arguments, and the values in custom resources. A line that stands
// nowhere else, has no such form, or is a secret behind an ordinary name, remains
// hidden.
type ordinary struct {
	objects []*manifest.Object
	// names and fields are made when they are needed: most Secrets of several
	// lines are keys and certificates.
	names, fields map[string]bool
}

var (
	namedLine = regexp.MustCompile(`^(?:- )*["']?([A-Za-z0-9_./-]+)["']?:(?: +(.*))?$`)
	// kindForm and versionForm are those of the API (CamelCase; group/version).
	kindForm    = regexp.MustCompile(`^[A-Z][A-Za-z]{1,62}$`)
	versionForm = regexp.MustCompile(`^(?:[a-z0-9.-]+/)?v[0-9]{1,2}(?:(?:alpha|beta)[0-9]{1,2})?$`)
)

// has reports whether a line is ordinary.
func (c *ordinary) has(line string) bool {
	parts := namedLine.FindStringSubmatch(line)
	if parts == nil {
		return false
	}
	name, value := parts[1], strings.Trim(parts[2], `"' `)
	switch {
	case name == "kind" && kindForm.MatchString(value), name == "apiVersion" && versionForm.MatchString(value):
		return true
	}
	if c.names == nil {
		c.read()
	}
	if value == "" {
		return c.names[name]
	}
	return c.fields[name+": "+value]
}

func (c *ordinary) read() {
	c.names, c.fields = map[string]bool{}, map[string]bool{}
	for _, o := range c.objects {
		if o == nil || o.ID().Kind == "Secret" || o.Fields()["sops"] != nil {
			continue
		}
		c.walk(o.Fields(), builtIn(o.ID().Group))
	}
}

// builtIn reports whether an API group is one of Kubernetes.
func builtIn(group string) bool {
	return !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
}

func (c *ordinary) walk(value any, values bool) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			c.walk(v, values)
		}
	case map[string]any:
		for name, v := range value {
			c.names[name] = true
			switch name {
			case "data", "stringData", "binaryData", "annotations", "value", "parameters", "volumeAttributes", "options":
				continue
			}
			switch v.(type) {
			case map[string]any, []any:
				c.walk(v, values)
			default:
				if values {
					c.fields[name+": "+fmt.Sprint(v)] = true
				}
			}
		}
	}
}
