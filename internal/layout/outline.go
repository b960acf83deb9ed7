package layout

import (
	"bytes"
	"encoding/json"
	"strings"
)

// clientGroups are API groups of files that look like manifests and are read
// by tools only, never by a cluster.
var clientGroups = map[string]bool{
	"skaffold": true, "kustomize.config.k8s.io": true, "builtin": true,
	"kind.x-k8s.io": true, "k3d.io": true, "ctlptl.dev": true, "eksctl.io": true, "kops.k8s.io": true,
	"kubeadm.k8s.io": true, "kubelet.config.k8s.io": true, "kubeproxy.config.k8s.io": true,
	"kubescheduler.config.k8s.io": true, "apiserver.config.k8s.io": true, "apiserver.k8s.io": true,
	"audit.k8s.io": true, "client.authentication.k8s.io": true,
	"backstage.io": true, "kpt.dev": true, "fn.kpt.dev": true, "deploy.cloud.google.com": true,
	"cli.kyverno.io": true, "chainsaw.kyverno.io": true, "kuttl.dev": true, "test.gatekeeper.sh": true,
	"score.dev": true, "garden.io": true, "penstock.dev": true,
}

// entry is what the outline of one document shows.
type entry struct {
	apiVersion, kind, name, namespace string
	metadata                          bool
}

// reader says who reads a document or a file.
type reader int

const (
	nobody reader = iota
	tool
	cluster
)

// reader tells who a document is meant for. One with two of apiVersion, kind
// and metadata is for a cluster or a tool: the third may be misspelt, and that
// must show.
func (e entry) reader() reader {
	group, _, _ := strings.Cut(e.apiVersion, "/")
	switch {
	case e.apiVersion == "" && (e.kind == "" || !e.metadata), e.kind == "" && !e.metadata:
		return nobody
	case clientGroups[group], e.apiVersion == "v1" && e.kind == "Config": // a kubeconfig
		return tool
	}
	return cluster
}

func (e entry) id() ID {
	group, _, grouped := strings.Cut(e.apiVersion, "/")
	if !grouped {
		group = ""
	}
	return ID{Group: group, Kind: e.kind, Namespace: e.namespace, Name: e.name}
}

// outline reports who reads a file, and the identities of the manifests whose
// kind and name it shows. It reads lines rather than YAML, so that files
// with template directives, which are no YAML, are recognised as well.
func outline(name string, data []byte) ([]ID, reader) {
	var entries []entry
	if trimmed := bytes.TrimLeft(data, "\xef\xbb\xbf \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		entries = outlineJSON(trimmed)
	}
	if len(entries) == 0 && isYAML(name) {
		entries = outlineYAML(data)
	}
	var ids []ID
	found := nobody
	for _, e := range entries {
		found = max(found, e.reader())
		if e.reader() == cluster && e.kind != "" && e.name != "" {
			ids = append(ids, e.id())
		}
	}
	return ids, found
}

// promising reports whether text may hold a manifest, which most does not.
func promising(data []byte) bool {
	return bytes.Contains(data, []byte("apiVersion")) ||
		bytes.Contains(data, []byte("metadata")) && bytes.Contains(data, []byte("kind"))
}

func outlineJSON(data []byte) []entry {
	if !promising(data) {
		return nil
	}
	var entries []entry
	dec := json.NewDecoder(bytes.NewReader(data))
	for {
		var doc struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Metadata   *struct {
				Name      string `json:"name"`
				Namespace string `json:"namespace"`
			} `json:"metadata"`
		}
		if err := dec.Decode(&doc); err != nil {
			return entries // the end, or text that rendering will refuse
		}
		e := entry{apiVersion: doc.APIVersion, kind: doc.Kind, metadata: doc.Metadata != nil}
		if doc.Metadata != nil {
			e.name, e.namespace = doc.Metadata.Name, doc.Metadata.Namespace
		}
		entries = append(entries, e)
	}
}

func outlineYAML(data []byte) []entry {
	if !promising(data) {
		return nil
	}
	var entries []entry
	var e entry
	inMetadata, indent := false, 0
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))) {
		text := strings.TrimRight(string(line), "\r\n")
		switch {
		case strings.HasPrefix(text, "---"):
			entries, e, inMetadata = append(entries, e), entry{}, false
		case text == "" || text[0] == '#':
		case text[0] != ' ' && text[0] != '\t':
			inMetadata, indent = e.top(text), 0
		case inMetadata:
			depth := len(text) - len(strings.TrimLeft(text, " "))
			if indent == 0 {
				indent = depth
			}
			if depth == indent {
				e.meta(text[depth:])
			}
		}
	}
	return append(entries, e)
}

// top takes a line without indentation; it reports whether metadata begins.
func (e *entry) top(line string) bool {
	key, value := keyValue(line)
	switch key {
	case "apiVersion":
		e.apiVersion = value
	case "kind":
		e.kind = value
	case "metadata":
		e.metadata = true
		return value == ""
	}
	return false
}

func (e *entry) meta(line string) {
	switch key, value := keyValue(line); key {
	case "name":
		e.name = value
	case "namespace":
		e.namespace = value
	}
}

func keyValue(line string) (key, value string) {
	key, value, ok := strings.Cut(line, ":")
	if !ok {
		return "", ""
	}
	if i := strings.Index(value, " #"); i >= 0 {
		value = value[:i]
	}
	return strings.Trim(key, ` "'`), strings.Trim(value, " \t\"'")
}

// topLevel returns the value of a key at the left margin of a YAML file.
func topLevel(data []byte, key string) string {
	for line := range bytes.Lines(data) {
		if k, v := keyValue(strings.TrimRight(string(line), "\r\n")); k == key && line[0] != ' ' {
			return v
		}
	}
	return ""
}
