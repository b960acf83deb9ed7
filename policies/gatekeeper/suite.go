package gatekeeper

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/penstock-dev/penstock/internal/manifest"
)

// Suite is a file of tests as gator verify reads it
// (https://open-policy-agent.github.io/gatekeeper/website/docs/gator#the-gator-verify-subcommand).
// Paths in it are relative to the directory of the file.
type Suite struct {
	File  string `json:"-"`
	Tests []Test `json:"tests"`
	Skip  bool   `json:"skip"`
}

// Test is a template and a constraint with cases.
type Test struct {
	// Line is where the test begins.
	Line       int    `json:"-"`
	Name       string `json:"name"`
	Template   string `json:"template"`
	Constraint string `json:"constraint"`
	// Expansion is optional.
	Expansion string `json:"expansion"`
	Cases     []Case `json:"cases"`
	// Invalid says that the constraint must not fit the schema of the template.
	Invalid bool `json:"invalid"`
	Skip    bool `json:"skip"`
}

// Case is an object to review, and what is expected of that.
type Case struct {
	// Line is where the case begins.
	Line int    `json:"-"`
	Name string `json:"name"`
	// Object is a file with one object, which may be an AdmissionReview.
	Object     string      `json:"object"`
	Inventory  []string    `json:"inventory"`
	Assertions []Assertion `json:"assertions"`
	Skip       bool        `json:"skip"`
}

// Assertion expects violations.
type Assertion struct {
	Violations Violations `json:"violations"`
	// Message is a regular expression; only violations whose message it matches
	// count.
	Message string `json:"message"`
}

// Violations is how many violations are expected: yes, no or a number.
type Violations struct {
	// Exactly is the number, or -1 for yes: at least one.
	Exactly int
	set     bool
}

// UnmarshalJSON implements json.Unmarshaler. In YAML 1.1 a plain yes is a boolean.
func (v *Violations) UnmarshalJSON(data []byte) error {
	v.set = true
	switch string(data) {
	case "true", `"yes"`:
		v.Exactly = -1
		return nil
	case "false", `"no"`:
		v.Exactly = 0
		return nil
	}
	if err := json.Unmarshal(data, &v.Exactly); err != nil || v.Exactly < 0 {
		return fmt.Errorf(`violations is %s; write yes, no or a number`, data)
	}
	return nil
}

// IsSuite reports whether a document is a suite.
func IsSuite(d manifest.Document) bool {
	group, kind := groupKind(d.Fields)
	return group == "test.gatekeeper.sh" && kind == "Suite"
}

// NewSuite reads a suite. Fields that are not known are refused: an assertion
// whose field is misspelt would hold whatever happens.
func NewSuite(d manifest.Document) (*Suite, error) {
	var file struct {
		APIVersion string         `json:"apiVersion"`
		Kind       string         `json:"kind"`
		Metadata   map[string]any `json:"metadata"`
		Name       string         `json:"name"`
		Suite
	}
	if err := strictly(d.Fields, &file); err != nil {
		return nil, fmt.Errorf("%s:%d: the suite cannot be read: %w", d.File, d.Line(), err)
	}
	s := file.Suite
	s.File = d.File
	for i := range s.Tests {
		t := &s.Tests[i]
		t.Line, _, _ = d.Lookup(fmt.Sprintf("/tests/%d", i))
		for j := range t.Cases {
			t.Cases[j].Line, _, _ = d.Lookup(fmt.Sprintf("/tests/%d/cases/%d", i, j))
		}
	}
	return &s, nil
}

// Holds says why an assertion does not hold for the messages of the violations;
// nil if it does.
func (a Assertion) Holds(messages []string) error {
	pattern, err := regexp.Compile(a.Message)
	if err != nil {
		return fmt.Errorf("the message %q is not a regular expression: %w", a.Message, err)
	}
	count := 0
	for _, m := range messages {
		if pattern.MatchString(m) {
			count++
		}
	}
	want := "at least one violation"
	switch exactly := a.Violations.Exactly; {
	case !a.Violations.set || exactly < 0:
		if count > 0 {
			return nil
		}
	case count == exactly:
		return nil
	case exactly == 0:
		want = "no violation"
	default:
		want = fmt.Sprintf("%d violations", exactly)
	}
	if a.Message != "" {
		want += fmt.Sprintf(" with %q", a.Message)
	}
	return fmt.Errorf("want %s, got %d: %q", want, count, messages)
}

// Check says why a case does not hold for the messages of the violations.
func (c Case) Check(messages []string) error {
	if len(c.Assertions) == 0 {
		return errors.New("the case has no assertions")
	}
	for _, a := range c.Assertions {
		if err := a.Holds(messages); err != nil {
			return err
		}
	}
	return nil
}
