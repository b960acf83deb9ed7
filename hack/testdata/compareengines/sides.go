package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/open-policy-agent/conftest/output"
	"github.com/open-policy-agent/conftest/parser"
	"github.com/open-policy-agent/conftest/policy"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
)

// ours does what a check does with a new directory of manifests, between reading
// its files and making the report: every object is created.
type ours struct {
	workers int
	head    *manifest.Set
	engine  *policies.Engine
}

func (s *ours) read(file string) (int, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	objects, err := manifest.Read(file, data)
	if err != nil {
		return 0, err
	}
	s.head, err = manifest.NewSet(objects...)
	return s.head.Len(), err
}

func (s *ours) compile(dir string) (err error) {
	s.engine, err = policies.Load(context.Background(), policies.Source{Name: dir, FS: os.DirFS(dir), Dir: "."})
	return err
}

func (s *ours) evaluate(ctx context.Context) ([]string, error) {
	base, err := manifest.NewSet()
	if err != nil {
		return nil, err
	}
	result, err := s.engine.Evaluate(ctx, policies.Input{
		Environment: config.Environment{Name: "all"}, Base: base, Head: s.head, Deltas: diff.Compare(base, s.head),
		Now: time.Now(), Workers: s.workers,
	})
	if err != nil {
		return nil, err
	}
	violations := make([]string, 0, len(result.Findings))
	for _, f := range result.Findings {
		level := "failure"
		if f.Level == verdict.Warning {
			level = "warning"
		}
		violations = append(violations, level+": "+f.Message)
	}
	for _, e := range result.Entries {
		if e.Reason != "" {
			return nil, fmt.Errorf("%s: %s", e.Object.Name, e.Detail)
		}
	}
	return violations, nil
}

// theirs does what `conftest test --all-namespaces` does, by the same functions
// (runner/test.go of conftest), between its flags and its output.
type theirs struct {
	configurations map[string]any
	engine         *policy.Engine
}

func (s *theirs) read(file string) (int, error) {
	var err error
	if s.configurations, err = parser.ParseConfigurations([]string{file}); err != nil {
		return 0, err
	}
	documents, ok := s.configurations[file].([]any)
	if !ok {
		return 0, fmt.Errorf("%s is one document: give many", file)
	}
	return len(documents), nil
}

func (s *theirs) compile(dir string) error {
	capabilities, err := policy.LoadCapabilities("")
	if err != nil {
		return err
	}
	s.engine, err = policy.LoadWithData([]string{dir}, nil, policy.CompilerOptions{RegoVersion: "v1", Capabilities: capabilities})
	if err != nil {
		return err
	}
	s.engine.EnableInterQueryCache()
	return nil
}

func (s *theirs) evaluate(ctx context.Context) ([]string, error) {
	var results output.CheckResults
	for _, namespace := range s.engine.Namespaces() {
		found, err := s.engine.Check(ctx, s.configurations, namespace)
		if err != nil {
			return nil, err
		}
		results = append(results, found...)
	}
	var violations []string
	for _, r := range results {
		for _, f := range r.Failures {
			violations = append(violations, "failure: "+f.Message)
		}
		for _, f := range r.Warnings {
			violations = append(violations, "warning: "+f.Message)
		}
	}
	return violations, nil
}
