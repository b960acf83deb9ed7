// Package report is the one document of a run, versioned and deterministic.
// The packages below it encode it. It holds data only: no text made for one
// output, and no secret value.
package report

import (
	"time"

	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/verdict"
)

// SchemaVersion is the version of the document. Its JSON Schema is
// docs/report.schema.json. Fields are only added within a version.
const SchemaVersion = "penstock.dev/report/v1"

// Report is the one document of a run.
type Report struct {
	Schema string `json:"schema"`
	// Tool is Penstock itself.
	Tool   Tool   `json:"tool"`
	Change Change `json:"change"`
	// Only is the environment that the run was limited to; it is empty where the
	// run looked at all of them. What is said of one is no verdict on the change.
	Only string `json:"only,omitempty"`
	// Gate says which findings may block, and Strict whether everything that was
	// not evaluated does, as the run was configured.
	Gate   verdict.Gate `json:"gate"`
	Strict bool         `json:"strict"`
	// Verdict is the decision with its reasons.
	Verdict      verdict.Verdict   `json:"verdict"`
	Environments []Environment     `json:"environments"`
	Findings     []verdict.Finding `json:"findings"`
	// NotEvaluated holds the entries of the ledger that were not evaluated.
	NotEvaluated []verdict.Entry `json:"notEvaluated"`
	// Rules are the rules that were loaded, sorted by ID.
	Rules []verdict.Rule `json:"rules"`
	// Coverage has a line for each rule that ran in an affected environment, by ID.
	Coverage []verdict.Coverage `json:"coverage,omitempty"`
	// UnseenKinds are the kinds of objects ("group/Kind") of affected environments
	// that no rule looks at in one of them.
	UnseenKinds []string `json:"unseenKinds,omitempty"`
	// Preview is there where the change edits what changes are judged by.
	Preview *Preview `json:"preview,omitempty"`
	// Unowned are changed files that no environment reads.
	Unowned []string `json:"unowned"`
	Counts  Counts   `json:"counts"`
	// Timing is the only part that differs between two runs on one change.
	Timing Timing `json:"timing"`
}

// Tool names the program that made the report.
type Tool struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	Kubernetes string `json:"kubernetes"`
}

// Change names the two trees that were compared.
type Change struct {
	// Base and Head describe the trees for people: a revision, a directory or "worktree".
	Base string `json:"base"`
	Head string `json:"head"`
	// BaseCommit and HeadCommit are full commit IDs; empty for a directory or the worktree.
	BaseCommit string `json:"baseCommit,omitempty"`
	HeadCommit string `json:"headCommit,omitempty"`
	// Files is the number of files that differ.
	Files int `json:"files"`
}

// Environment is what the run did for one environment.
type Environment struct {
	Name              string            `json:"name"`
	Found             string            `json:"found"`
	Roots             []config.Root     `json:"roots"`
	KubernetesVersion string            `json:"kubernetesVersion"`
	Labels            map[string]string `json:"labels,omitempty"`
	// Outcome is what the verdict would be on this environment alone.
	Outcome verdict.Outcome `json:"outcome"`
	// Affected says whether the change touches a file that rendering reads;
	// Files names those files.
	Affected bool     `json:"affected"`
	Files    []string `json:"files,omitempty"`
	// Objects is the number of objects rendered at head.
	Objects int `json:"objects"`
	// Deltas are the objects that the change creates, updates and deletes.
	Deltas []Delta `json:"deltas,omitempty"`
	// DryRun names the backend: "embedded 1.36.3", "cluster CONTEXT", or is empty.
	DryRun string `json:"dryRun,omitempty"`
	// Rollback says whether base could be applied again once head is; it is
	// absent where nothing changes.
	Rollback *verdict.Rollback `json:"rollback,omitempty"`
}

// Delta is one object that differs, without its content.
type Delta struct {
	Operation diff.Operation    `json:"operation"`
	Object    verdict.Object    `json:"object"`
	Location  *verdict.Location `json:"location,omitempty"`
	// RenamedFrom or RenamedTo is the other side of a rename, as manifest.ID.String.
	RenamedFrom string `json:"renamedFrom,omitempty"`
	RenamedTo   string `json:"renamedTo,omitempty"`
	// Effects are what applying it does, as an API server answers: restart,
	// replace or no-op.
	Effects []verdict.Effect `json:"effects,omitempty"`
	// Diff is the readable difference, without secret values and without colour.
	Diff string `json:"diff,omitempty"`
}

// Counts sums the run up. Findings are counted by level; Existing are those
// that base already has.
type Counts struct {
	Environments int `json:"environments"`
	Affected     int `json:"affected"`
	Objects      int `json:"objects"`
	Created      int `json:"created"`
	Updated      int `json:"updated"`
	Deleted      int `json:"deleted"`
	// Restarted are the workloads among those updated whose Pods are replaced.
	Restarted int `json:"restarted"`
	Errors    int `json:"errors"`
	Warnings  int `json:"warnings"`
	Notes     int `json:"notes"`
	Existing  int `json:"existing"`
	// Waived are those that a waiver covers; they are in no other count.
	Waived int `json:"waived"`
	Rules  int `json:"rules"`
	// Evaluated and NotEvaluated count entries of the ledger, by stage.
	Evaluated    map[verdict.Stage]int `json:"evaluated"`
	NotEvaluated map[verdict.Stage]int `json:"notEvaluated"`
}

// Timing says how long the run took.
type Timing struct {
	Started time.Time     `json:"started"`
	Seconds float64       `json:"seconds"`
	Stages  []StageTiming `json:"stages,omitempty"`
}

// StageTiming is the wall-clock time of one stage.
type StageTiming struct {
	Stage   string  `json:"stage"`
	Seconds float64 `json:"seconds"`
}
