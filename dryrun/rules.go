package dryrun

import "github.com/penstock-dev/penstock/internal/verdict"

// RulePrefix starts the ID of every rule of this package.
const RulePrefix = "dry-run/"

// RuleRollback is the rule that a change can be undone. Switched off in the
// severities of an environment, it is not tried there.
const RuleRollback = RulePrefix + "rollback"

const (
	ruleImmutable    = RulePrefix + "immutable-field"
	ruleUnknownField = RulePrefix + "unknown-field"
	ruleInvalid      = RulePrefix + "invalid"
	ruleRefused      = RulePrefix + "refused"
	rulePod          = RulePrefix + "pod-refused"
	ruleVersion      = RulePrefix + "version-not-served"
	ruleDelete       = RulePrefix + "deletion-refused"
	ruleHeld         = RulePrefix + "deletion-held"
	ruleDrift        = RulePrefix + "drift"
	ruleOwnership    = RulePrefix + "ownership-conflict"
	ruleWarning      = RulePrefix + "api-warning"
)

// Rules are what the API server can object to, sorted by ID.
func Rules() []verdict.Rule {
	const source = "built-in"
	return []verdict.Rule{
		{
			ID: ruleWarning, Level: verdict.Warning, Source: source, Title: "The API server accepts without a warning",
			Description: "The API server accepts the object and warns about it: a deprecated version or field, a value without effect, or a Pod Security level in warn mode.",
			Remediation: "Follow the warning; what is deprecated goes with a later version of Kubernetes.",
		},
		{
			ID: ruleHeld, Level: verdict.Warning, Source: source, Title: "What is deleted goes",
			Description: "The object, or what goes with it, has a finalizer, or is in use: the API server accepts the deletion, and the object stays until the finalizer is taken away. Where nothing does that any more, it stays for ever, with its namespace or definition, and whoever applies the change may wait for it.",
			Remediation: "Make sure that what takes the finalizer away still runs when the object goes; delete that, and the definition, in a later change.",
			HelpURL:     "https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/",
		},
		{
			ID: ruleDelete, Level: verdict.Error, Source: source, Title: "The object can be deleted",
			Description: "The API server refuses the deletion that the change brings.",
			Remediation: "Keep the object, or remove first what protects it.",
		},
		{
			ID: ruleDrift, Level: verdict.Warning, Source: source, Title: "The cluster has what base says",
			Description: "Applying base again would change the object on the cluster: somebody or something else wrote the field, or base was never applied. Or the cluster has the object as one of the environment, and base does not have it. The change does not bring this, and so it does not block.",
			Remediation: "Write into the repository what is meant to stay, let the rest be applied again, and delete what is there no longer for a reason.",
		},
		{
			ID: ruleImmutable, Level: verdict.Error, Source: source, Title: "Fields that cannot change stay as they are",
			Description: "The new value is right by itself, but the object that base has cannot be changed to it: the controller would fail on every try, and the environment would stay as it is.",
			Remediation: "Leave the field as it is, or give the object a new name, so that a new one is made and the old one goes; a deliberate replacement has to be told to the controller.",
		},
		{
			ID: ruleInvalid, Level: verdict.Error, Source: source, Title: "The API server accepts the object",
			Description: "The object does not fit the schema, or fails the validation of its kind.",
			Remediation: "Correct the value that the message names.",
		},
		{
			ID: ruleOwnership, Level: verdict.Warning, Source: source, Title: "Fields belong to whoever applies them",
			Description: "On the live cluster, another manager owns the field with another value: an autoscaler, an operator, or somebody who changed it by hand. Applying the change takes it over, or fails where conflicts are not forced. Only a live cluster tells.",
			Remediation: "Leave the field out of the manifest, so that its owner keeps it, or take it from the other manager for good.",
			HelpURL:     "https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts",
		},
		{
			ID: rulePod, Level: verdict.Error, Source: source, Title: "The Pods of a workload are admitted",
			Description: "The API server accepts the workload, and refuses the Pods that its controller would make of it: nothing would run, while the change looks applied.",
			Remediation: "Change the workload as the message says, or the namespace's Pod Security level or quota if that is meant.",
		},
		{
			ID: ruleRefused, Level: verdict.Error, Source: source, Title: "Admission lets the object in",
			Description: "An admission plugin or an admission policy of the API server refuses the object.",
			Remediation: "Change what the message names.",
		},
		{
			ID: RuleRollback, Level: verdict.Warning, Source: source, Title: "The change can be rolled back",
			Description: "Once the change is applied, base cannot be applied over it again, or does not bring back what the change takes away: reverting the commit would not undo it.",
			Remediation: "Know how to go back before this is merged: split the change, keep what holds data, or back it up; a severity of error refuses such changes.",
		},
		{
			ID: ruleUnknownField, Level: verdict.Error, Source: source, Title: "Every field exists",
			Description: "The schema of the kind does not have the field: it is misspelt or in the wrong place, and its value has no effect or keeps the object from being applied.",
			Remediation: "Correct the spelling or the indentation, or remove the field. Server-side apply refuses the object, and so do kubectl and Argo CD; Helm 3 and Validate=false apply it without the field.",
		},
		{
			ID: ruleVersion, Level: verdict.Error, Source: source, Title: "The API version is served",
			Description: "The environment's Kubernetes version or CustomResourceDefinition does not serve this version of the kind.",
			Remediation: "Use a version that is served; the Kubernetes guide to deprecated APIs says what changes with it.",
			HelpURL:     "https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
		},
	}
}
