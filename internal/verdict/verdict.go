// Package verdict is the language of judgement: rules, findings, the ledger of
// what was and was not evaluated, and Decide, which makes one verdict of them.
// It is pure: it knows no files, no clusters and no output format.
package verdict

// Level is how bad a finding is, in SARIF's words.
type Level string

// The levels, worst first.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Note    Level = "note"
)

// Baseline says whether the base already had a finding, in SARIF's words.
type Baseline string

// New findings come with the change, Unchanged ones were there before, Absent
// ones are gone with the change.
const (
	New       Baseline = "new"
	Unchanged Baseline = "unchanged"
	Absent    Baseline = "absent"
)

// Stage is a step of the pipeline that evaluates environments or objects.
type Stage string

// The stages, in order.
const (
	StageDiscover Stage = "discover"
	StageRender   Stage = "render"
	StagePolicy   Stage = "policy"
	StageDryRun   Stage = "dry-run"
)

// Rule is something that can be violated: a Rego rule, or an answer of the API
// server.
type Rule struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Remediation string   `json:"remediation,omitempty"`
	Level       Level    `json:"level"`
	Tags        []string `json:"tags,omitempty"`
	// Source is where the rule is written: "built-in", or a file of the repository.
	Source string `json:"source,omitempty"`
	// HelpURL is a page that explains the rule.
	HelpURL string `json:"helpUrl,omitempty"`
	// OnChange says that the rule looks at what a change does only, so that it
	// finds nothing in an object that stays as it is.
	OnChange bool `json:"onChange,omitempty"`
	// NotWaivable says that no waiver covers what the rule finds.
	NotWaivable bool `json:"notWaivable,omitempty"`
}

// Object names a Kubernetes object in a finding or a ledger entry. The zero
// value stands for the environment as a whole.
type Object struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name,omitempty"`
}

// Location is a place in the repository. Line 0 means the file as a whole.
type Location struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
}

// Finding is one violation of one rule by one object in one environment.
type Finding struct {
	Rule        string `json:"rule"`
	Level       Level  `json:"level"`
	Message     string `json:"message"`
	Stage       Stage  `json:"stage"`
	Environment string `json:"environment"`
	Operation   string `json:"operation,omitempty"`
	Object      Object `json:"object,omitzero"`
	Container   string `json:"container,omitempty"`
	// Path is the JSON Pointer (RFC 6901) of the value at fault in the object.
	Path     string    `json:"path,omitempty"`
	Location *Location `json:"location,omitempty"`
	Baseline Baseline  `json:"baseline"`
	// Remediation says what to do; it overrides the rule's.
	Remediation string `json:"remediation,omitempty"`
	// EffectiveOn is the day from which on the finding is an error, as 2027-01-31,
	// where its rule is still in its time of grace.
	EffectiveOn string `json:"effectiveOn,omitempty"`
	// Waiver says why the finding does not block, if people agreed on that.
	Waiver *Waived `json:"waiver,omitempty"`
	// Fingerprint identifies the finding across runs and lines; see Fingerprint.
	Fingerprint string `json:"fingerprint"`
}

// Reason classifies why something was not evaluated.
type Reason string

// Blocking reasons make a verdict undecided. The others are shown, and block
// only when the configuration is strict.
const (
	// Failed: the stage was tried and could not be carried out.
	Failed Reason = "failed"
	// Unsupported: a generator, source or option that Penstock does not know.
	Unsupported Reason = "unsupported"
	// UnknownKind: no built-in type and no CustomResourceDefinition has this kind.
	UnknownKind Reason = "unknown-kind"
	// NeedsNetwork: a source that has to be fetched, and the network is off.
	NeedsNetwork Reason = "needs-network"
	// Encrypted: a secret that cannot be read without a key.
	Encrypted Reason = "encrypted"
	// Unverifiable: the backend cannot answer, such as for an external webhook.
	Unverifiable Reason = "unverifiable"
	// Off: the user switched the stage off.
	Off Reason = "off"
	// Blocked: an earlier stage of the same environment or object failed.
	Blocked Reason = "blocked"
)

// Entry is a line of the ledger: one environment, object and stage, evaluated
// or not. Reason is empty when it was evaluated.
type Entry struct {
	Environment string `json:"environment"`
	Object      Object `json:"object,omitzero"`
	Stage       Stage  `json:"stage"`
	Reason      Reason `json:"reason,omitempty"`
	// Detail says what was not evaluated and what to do, as a sentence.
	Detail   string    `json:"detail,omitempty"`
	Location *Location `json:"location,omitempty"`
}

// Evaluated reports whether the entry's stage ran to its end.
func (e Entry) Evaluated() bool { return e.Reason == "" }
