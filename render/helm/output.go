package helm

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-dev/penstock/internal/manifest"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	release "helm.sh/helm/v4/pkg/release/v1"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	"sigs.k8s.io/yaml"
)

// mark puts a call of enterFunction before the text of every template, and
// returns the path in the tree of each by the name that Helm's engine gives it.
// The call prints nothing and adds no line. The templates are copied, since the
// copies of a chart that aliases make share them.
func (l *loadedChart) mark() map[string]string {
	sources := map[string]string{}
	var visit func(c *chart.Chart)
	visit = func(c *chart.Chart) {
		marked := make([]*common.File, len(c.Templates))
		for i, t := range c.Templates {
			name := path.Join(c.ChartFullPath(), t.Name)
			sources[name] = l.origins[t]
			marked[i] = t
			if !strings.HasPrefix(path.Base(name), "_") {
				call := fmt.Sprintf("{{%s %q}}", enterFunction, name)
				marked[i] = &common.File{Name: t.Name, ModTime: t.ModTime, Data: append([]byte(call), t.Data...)}
			}
		}
		c.Templates = marked
		for _, sub := range c.Dependencies() {
			visit(sub)
		}
	}
	visit(l.Chart)
	return sources
}

// manifests orders what the templates gave as `helm template` prints it. Helm
// itself splits it into documents, at every line that starts with three dashes:
// charts that write "---apiVersion: v1" by accident are cut there as well, and
// that is what a cluster receives. No text that YAML allows is cut in the
// middle of an object, since neither a block nor a quoted scalar of a mapping
// may have such a line.
func (l *loadedChart) manifests(files, sources map[string]string, opts Options) ([]Manifest, error) {
	for name := range files {
		if strings.HasSuffix(name, "NOTES.txt") {
			delete(files, name)
		}
	}
	hooks, generic, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, brokenOutput(files, sources, err)
	}
	var out []Manifest
	if opts.IncludeCRDs {
		for _, crd := range l.CRDObjects() {
			r := rendered{template: crd.Filename, source: l.origins[crd.File], text: string(crd.File.Data), verbatim: true}
			ms, err := r.documents(r.text)
			if err != nil {
				return nil, err
			}
			out = append(out, ms...)
		}
	}
	for _, m := range generic {
		r := rendered{template: m.Name, source: sources[m.Name], text: files[m.Name]}
		ms, err := r.documents(m.Content)
		if err != nil {
			return nil, err
		}
		out = append(out, ms...)
	}
	for _, h := range hooks {
		test := slices.Contains(h.Events, release.HookTest)
		if opts.SkipHooks || opts.SkipTests && test {
			continue
		}
		r := rendered{template: h.Path, source: sources[h.Path], text: files[h.Path]}
		for _, event := range h.Events {
			r.hook = append(r.hook, event.String())
		}
		ms, err := r.documents(h.Manifest)
		if err != nil {
			return nil, err
		}
		out = append(out, ms...)
	}
	return out, nil
}

// rendered is what a template gave.
type rendered struct {
	template, source, text string
	// verbatim says that the text is that of the file.
	verbatim bool
	hook     []string
}

// documents decodes a part of the text, which for a template is one document as
// Helm splits them.
func (r rendered) documents(part string) ([]Manifest, error) {
	// Helm ends every document with a line break, which a block scalar at the
	// end of a template without one then has too.
	text := []byte(part + "\n")
	if line := droppedLine(part); line > 0 && !r.verbatim {
		return nil, r.fault(part, &manifest.SyntaxError{Position: manifest.Position{Line: line}, Msg: "Helm drops what comes after a line of three dots; write three dashes"})
	}
	docs, err := manifest.Decode(r.source, text)
	if err != nil {
		// Helm lets the last one of two equal keys win.
		asJSON, jsonErr := yaml.YAMLToJSON(text)
		if r.verbatim || jsonErr != nil {
			return nil, r.fault(part, err)
		}
		if docs, err = manifest.Decode(r.source, asJSON); err != nil {
			return nil, r.fault(part, err)
		}
	}
	shift := r.linesBefore(part)
	var out []Manifest
	for _, doc := range docs {
		items := doc.Items()
		for _, item := range items {
			if _, err := manifest.NewObject(item); err != nil {
				return nil, r.fault(part, err)
			}
			m := Manifest{Source: r.source, Template: r.template, Document: item.Shift(shift), Hook: r.hook, Data: text}
			if len(items) > 1 || len(docs) > 1 || items[0].Line() != doc.Line() {
				if m.Data, err = yaml.Marshal(item.Fields); err != nil {
					return nil, fmt.Errorf("writing an object of %s: %w", r.source, err)
				}
			}
			out = append(out, m)
		}
	}
	return out, nil
}

// droppedLine is the first line of content after the end of the first document,
// which is all that Helm reads; 0 when there is none.
func droppedLine(part string) int {
	ended, number := false, 0
	for line := range strings.Lines(part) {
		number++
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case line == "...":
			ended = true
		case ended && line != "" && !strings.HasPrefix(line, "#"):
			return number
		}
	}
	return 0
}

// linesBefore counts the lines of the rendered text before a part of it.
func (r rendered) linesBefore(part string) int {
	at := strings.Index(r.text, part)
	return strings.Count(r.text[:max(at, 0)], "\n")
}

// fault says what is wrong with a part of the text.
func (r rendered) fault(part string, err error) error {
	e := &Error{Position: manifest.Position{File: r.source}, Msg: err.Error(), Hint: "correct " + r.source, Err: err}
	var syntax *manifest.SyntaxError
	if errors.As(err, &syntax) {
		e.Line, e.Msg = syntax.Line, syntax.Msg
	} else {
		e.takeLine()
	}
	if r.verbatim || e.Line == 0 {
		return e
	}
	// The line is one of the text, and has no place in the template.
	line := e.Line + r.linesBefore(part)
	e.Line = 0
	e.Msg = fmt.Sprintf("line %d of what it renders%s: %s", line, quoteLine(r.text, line), e.Msg)
	e.Hint = fmt.Sprintf("correct %s; `helm template --debug` shows what it renders", r.source)
	return e
}

func quoteLine(text string, line int) string {
	lines := strings.Split(text, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	return fmt.Sprintf(" (%q)", strings.TrimSpace(lines[line-1]))
}

// brokenOutput finds the document that Helm could not read; its message only
// names the template.
func brokenOutput(files, sources map[string]string, cause error) error {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r := rendered{template: name, source: sources[name], text: files[name]}
		parts := releaseutil.SplitManifests(files[name])
		keys := make([]string, 0, len(parts))
		for key := range parts {
			keys = append(keys, key)
		}
		slices.SortFunc(keys, func(a, b string) int { return splitIndex(a) - splitIndex(b) })
		for _, key := range keys {
			var head releaseutil.SimpleHead
			if err := yaml.Unmarshal([]byte(parts[key]), &head); err != nil {
				if _, precise := manifest.Decode(r.source, []byte(parts[key])); precise != nil {
					err = precise
				}
				return r.fault(parts[key], err)
			}
		}
	}
	return fmt.Errorf("reading what the templates render: %w", cause)
}

// splitIndex is the place of a document of SplitManifests, "manifest-12".
func splitIndex(key string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(key, "manifest-")) // Helm writes digits only
	return n
}

var (
	// linePattern finds the line in the messages of the YAML library, which
	// has no structured form of it.
	linePattern = regexp.MustCompile(`yaml: line (\d+): `)
	// placePattern finds "NAME:LINE" and "NAME:LINE:COLUMN" in the messages of
	// Helm's engine, which has no structured form of them either.
	placePattern = regexp.MustCompile(`([^\s()"'<>]+?):(\d+)(?::\d+)?\b`)
	// tracePattern is a step of the trace that Helm makes of nested templates.
	tracePattern = regexp.MustCompile(`(?m)^(\S+?:\d+)(?::\d+)?\n  executing "[^\n]*?" at <(.*?)>:\n    `)
)

// takeLine moves the line out of a message of the YAML library.
func (e *Error) takeLine() {
	m := linePattern.FindStringSubmatchIndex(e.Msg)
	if m == nil {
		return
	}
	e.Line, _ = strconv.Atoi(e.Msg[m[2]:m[3]]) // the pattern admits digits only
	e.Msg = e.Msg[m[1]:]
}

// templateError turns what Helm's engine says into file, line and message.
func templateError(dir string, sources map[string]string, err error) error {
	text := err.Error()
	e := &Error{Position: manifest.Position{File: dir}, Msg: text, Hint: "correct the template, or the values that it is given", Err: err}
	// The innermost place, where the fault is, comes last.
	for _, m := range placePattern.FindAllStringSubmatch(text, -1) {
		if source, known := sources[m[1]]; known {
			e.File = source
			e.Line, _ = strconv.Atoi(m[2]) // the pattern admits digits only
		}
	}
	if steps := tracePattern.FindAllStringSubmatchIndex(text, -1); len(steps) > 0 {
		last := steps[len(steps)-1]
		e.Msg = fmt.Sprintf("at <%s>: %s", text[last[4]:last[5]], text[last[1]:])
		for i := len(steps) - 2; i >= 0; i-- {
			e.Msg += ", from " + text[steps[i][2]:steps[i][3]]
		}
	} else if head, msg, ok := strings.Cut(text, "): "); ok && (strings.HasPrefix(head, "execution error at (") || strings.HasPrefix(head, "parse error at (")) {
		e.Msg = msg
	}
	e.Msg = strings.Join(strings.Fields(e.Msg), " ")
	if e.Msg == "" {
		e.Msg = string(bytes.TrimSpace([]byte(text)))
	}
	return e
}
