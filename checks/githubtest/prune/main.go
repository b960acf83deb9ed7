// Command prune reduces GitHub's OpenAPI description to the operations that the
// test server serves, and to the schemas that these refer to. Its input is
// generated/api.github.com.json of the npm package @octokit/openapi:
//
//	npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz
//	go run ./checks/githubtest/prune package/generated/api.github.com.json > checks/githubtest/openapi/github.json
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// operations are what the test server serves, by operationId.
func operations() []string {
	return []string{
		"checks/create", "checks/get", "checks/list-annotations", "checks/list-for-ref", "checks/update",
		"git/get-commit",
		"issues/create-comment", "issues/delete-comment", "issues/list-comments", "issues/update-comment",
		"pulls/get", "users/get-authenticated",
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: prune api.github.com.json > github.json")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "prune:", err)
		os.Exit(1)
	}
}

func run(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	small, err := prune(doc)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(os.Stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(small)
}

// prune keeps the operations, and the closure of what they refer to.
func prune(doc map[string]any) (map[string]any, error) {
	paths := map[string]any{}
	var kept []string
	for path, value := range object(doc["paths"]) {
		for method, op := range object(value) {
			id, _ := object(op)["operationId"].(string)
			if !slices.Contains(operations(), id) {
				continue
			}
			if paths[path] == nil {
				paths[path] = map[string]any{}
			}
			object(paths[path])[method] = op
			kept = append(kept, id)
		}
	}
	if len(kept) != len(operations()) {
		return nil, fmt.Errorf("only %v are there, of %v", kept, operations())
	}
	strip(paths)
	components := map[string]any{}
	if err := closure(doc, paths, components); err != nil {
		return nil, err
	}
	info := object(doc["info"])
	return map[string]any{
		"openapi": doc["openapi"], "paths": paths, "components": components,
		"info": map[string]any{"title": info["title"], "version": info["version"], "license": info["license"]},
	}, nil
}

// closure copies what value refers to, and what that refers to.
func closure(doc map[string]any, value any, components map[string]any) error {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			if err := closure(doc, item, components); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, item := range v {
			if err := closure(doc, item, components); err != nil {
				return err
			}
		}
		ref, ok := v["$ref"].(string)
		if !ok {
			return nil
		}
		parts := strings.Split(strings.TrimPrefix(ref, "#/components/"), "/")
		if len(parts) != 2 {
			return fmt.Errorf("the reference %s is not to a component", ref)
		}
		if object(components[parts[0]])[parts[1]] != nil {
			return nil
		}
		target := object(object(doc["components"])[parts[0]])[parts[1]]
		if target == nil {
			return fmt.Errorf("%s is not there", ref)
		}
		strip(target)
		if components[parts[0]] == nil {
			components[parts[0]] = map[string]any{}
		}
		object(components[parts[0]])[parts[1]] = target
		return closure(doc, target, components)
	}
	return nil
}

// strip takes out what validates nothing: most of the size.
func strip(value any) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			strip(item)
		}
	case map[string]any:
		for _, key := range []string{"description", "example", "examples", "externalDocs", "summary", "tags", "x-github", "x-octokit", "x-multi-segment"} {
			// A property may have one of these names: only texts, and lists of
			// examples and of tags, are documentation.
			if prose(key, v[key]) {
				delete(v, key)
			}
		}
		for _, item := range v {
			strip(item)
		}
	}
}

func prose(key string, value any) bool {
	_, schema := value.(map[string]any)
	switch key {
	case "externalDocs", "x-github", "x-octokit", "x-multi-segment":
		return true
	case "examples":
		return !schema || object(value)["type"] == nil && object(value)["$ref"] == nil
	case "description":
		// A response must keep its description.
		return false
	case "example":
		return !schema || object(value)["type"] == nil
	}
	return !schema
}

func object(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}
