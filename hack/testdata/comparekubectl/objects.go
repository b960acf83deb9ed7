package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
)

// mixed are objects of five kinds, the first of which have another value.
func mixed(count, changed int) string {
	var text strings.Builder
	for n := range count {
		value := "1"
		if n < changed {
			value = "2"
		}
		switch n % 5 {
		case 0:
			fmt.Fprintf(&text, `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-%d, namespace: shop}
spec:
  selector: {matchLabels: {app: web-%[1]d}}
  template:
    metadata: {labels: {app: web-%[1]d}}
    spec:
      containers:
      - {name: web, image: "example.com/web:%s", ports: [{containerPort: 8080}], resources: {requests: {cpu: 100m}, limits: {memory: 64Mi}}}
`, n, value)
		case 1:
			fmt.Fprintf(&text, "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: c-%d, namespace: shop}, data: {a: %q, b: %q}}\n", n, value, strings.Repeat("line\n", 40))
		case 2:
			fmt.Fprintf(&text, "---\n{apiVersion: v1, kind: Service, metadata: {name: s-%d, namespace: shop}, spec: {selector: {app: web-%[1]d, version: %q}, ports: [{port: 80}]}}\n", n, value)
		case 3:
			fmt.Fprintf(&text, "---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r-%d, namespace: shop}, rules: [{apiGroups: [\"\"], resources: [configmaps], resourceNames: [%q], verbs: [get]}]}\n", n, "c-"+value)
		default:
			fmt.Fprintf(&text, "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: n-%d, namespace: shop}, spec: {podSelector: {matchLabels: {version: %q}}}}\n", n, value)
		}
	}
	return text.String()
}

// write writes what kubectl reads.
func write(dir, name, text string) (string, error) {
	file := filepath.Join(dir, name)
	return file, os.WriteFile(file, []byte(text), 0o600)
}

// change is what Penstock tries.
func change(base, head, kubeconfig string) (dryrun.Input, error) {
	in := dryrun.Input{Environment: config.Environment{
		Name: "prod", KubernetesVersion: "1.36", Context: contextName, Kubeconfig: kubeconfig,
	}}
	var err error
	if in.Base, err = set(base); err != nil {
		return in, err
	}
	if in.Head, err = set(head); err != nil {
		return in, err
	}
	in.Deltas = diff.Compare(in.Base, in.Head)
	return in, nil
}

func set(file string) (*manifest.Set, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	documents, err := manifest.Decode(filepath.Base(file), text)
	if err != nil {
		return nil, err
	}
	var all []*manifest.Object
	for _, d := range documents {
		objects, err := manifest.Objects(d)
		if err != nil {
			return nil, err
		}
		all = append(all, objects...)
	}
	return manifest.NewSet(all...)
}
