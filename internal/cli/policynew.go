package cli

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/verdict"
	"github.com/penstock-dev/penstock/policies"
	"github.com/spf13/cobra"
)

type policyNewOptions struct {
	policyOptions
	id string
}

// ruleID are the IDs that can be a path and a package.
var ruleID = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*(/[a-z][a-z0-9]*(-[a-z0-9]+)*)*$`)

func newPolicyNew(s Streams) *cobra.Command {
	o := &policyNewOptions{policyOptions: policyOptions{Streams: s}}
	c := &cobra.Command{
		Use:   "new ID",
		Short: "Write a rule and its test, to start from",
		Long: `new writes ID/rule.rego and ID/rule_test.rego below the directory of policies: a
rule with all METADATA that a rule should have, and tests that pass. Files that
are there are left alone.`,
		Example: `  penstock policy new images/from-our-registry`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{fmt.Sprintf("%s takes the ID of the rule, and got %d arguments", c.CommandPath(), len(args)), "penstock policy new GROUP/NAME"}
			}
			o.id = args[0]
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(c *cobra.Command, _ []string) error { return o.write(c.Context()) },
	}
	c.Flags().StringVar(&o.dir, "dir", "", "the `DIR` of policies (default: the first of policies.paths, or policies)")
	complete(c, "dir", directories)
	return c
}

func (o *policyNewOptions) write(ctx context.Context) error {
	if !ruleID.MatchString(o.id) {
		return &usageError{fmt.Sprintf("%q cannot be the ID of a rule", o.id), "write words of lower-case letters and digits, with dashes between them: group/rule-name"}
	}
	pkg := strings.NewReplacer("/", ".", "-", "_").Replace(o.id)
	if pkg == "penstock" || strings.HasPrefix(pkg, "penstock.") {
		return &usageError{"the package penstock belongs to the built-in rules", "choose another group"}
	}
	if word, reserved := policies.Reserved(pkg); reserved {
		return &usageError{fmt.Sprintf("%s is a word of Rego, and cannot be in the name of a package", word), "choose another ID"}
	}
	dir, err := o.target(ctx)
	if err != nil {
		return err
	}
	text := strings.NewReplacer("ID", o.id, "PACKAGE", pkg, "RULE", "data."+pkg)
	files := [][2]string{{"rule.rego", text.Replace(ruleTemplate)}, {"rule_test.rego", text.Replace(testTemplate)}}
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, f[0])); err == nil {
			return &usageError{filepath.Join(dir, f[0]) + " is there", "choose another ID, or remove it"}
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the directory of the rule: %w", err)
	}
	for _, f := range files {
		if err := createFile(filepath.Join(dir, f[0]), f[1]); err != nil {
			return err
		}
		fmt.Fprintln(o.Out, filepath.Join(dir, f[0]))
	}
	fmt.Fprintf(o.Err, "say in METADATA what the rule is about, and then: penstock policy test %s --watch\n", dir)
	return nil
}

// createFile writes a file that must not be there.
func createFile(name, text string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, cause(err))
	}
	_, err = f.WriteString(text)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, cause(err))
	}
	return nil
}

// target is the directory of the new rule, as the user would type it. An ID that
// is taken is an error, since two rules cannot share it.
func (o *policyNewOptions) target(ctx context.Context) (string, error) {
	dir := o.dir
	o.dir = ""
	set, err := o.read(ctx)
	if err != nil {
		return "", err
	}
	engine, err := policies.Load(ctx, set.all()...)
	if err != nil {
		return "", err
	}
	if rules := engine.Rules(); slices.ContainsFunc(rules, func(r verdict.Rule) bool { return r.ID == o.id }) {
		return "", &usageError{"there is a rule " + o.id + " already", "choose another ID; penstock policy explain " + o.id + " says what it does"}
	}
	if dir == "" {
		dir = "policies"
		if len(set.sources) > 0 {
			dir = set.sources[0].Dir
		}
		here, err := os.Getwd()
		if err != nil {
			return "", fmt.Errorf("finding the working directory: %w", err)
		}
		if dir, err = filepath.Rel(here, filepath.Join(set.top, filepath.FromSlash(dir))); err != nil {
			return "", fmt.Errorf("finding the directory of policies: %w", err)
		}
	}
	return filepath.Join(dir, filepath.FromSlash(path.Clean(o.id))), nil
}

const ruleTemplate = `# METADATA
# scope: package
# title: Deployments have an owner
# description: >-
#   Nobody knows whom to call when a Deployment without an owner fails.
# custom:
#   id: ID
#   severity: warning
#   match:
#     kinds: [Deployment]
#   remediation: Set the label owner to the name of a team.
#   parameters:
#     label:
#       default: owner
#       description: The label that names the owner.
package PACKAGE

violation contains v if {
	label := input.review.parameters.label
	object.get(input, ["metadata", "labels", label], "") == ""
	v := {
		"msg": sprintf("the label %s is missing", [label]),
		"at": input.metadata,
		"path": ["metadata", "labels"],
	}
}
`

const testTemplate = `package PACKAGE_test

import RULE as rule

deployment(labels) := {
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": {"name": "web", "labels": labels},
	"review": {"parameters": {"label": "owner"}},
}

test_allow if {
	rule.violation == set() with input as deployment({"owner": "shop"})
}

test_deny[note] if {
	some note, labels in {"none": {}, "empty": {"owner": ""}, "another": {"team": "shop"}}
	some v in rule.violation with input as deployment(labels)
	v.msg == "the label owner is missing"
}
`
