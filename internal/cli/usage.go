package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-dev/penstock/internal/pipeline"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError is a command line that makes no sense.
type usageError struct{ msg, hint string }

func (e *usageError) Error() string    { return e.msg }
func (e *usageError) UserHint() string { return e.hint }

// hintOf is what to type next, after an error, or nothing.
func hintOf(err error) string {
	var unknown *pipeline.UnknownEnvironment
	if errors.As(err, &unknown) {
		return environmentHint(unknown)
	}
	var hint interface{ UserHint() string }
	if errors.As(err, &hint) {
		return hint.UserHint()
	}
	return ""
}

func environmentHint(e *pipeline.UnknownEnvironment) string {
	if len(e.Known) == 0 {
		return "neither base nor head holds manifests: is it the right directory (--repo DIR) and revision (--head REV)?"
	}
	hint := fmt.Sprintf("the environments are %s; penstock env says how each was found", strings.Join(e.Known, ", "))
	if near := nearest(e.Name, e.Known); near != "" {
		return fmt.Sprintf("did you mean %s? %s", near, hint)
	}
	return hint
}

// flagError adds what to type to an error of the flags of a command.
func flagError(c *cobra.Command, err error) error {
	help := c.CommandPath() + " --help lists the flags"
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return &usageError{err.Error(), help}
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if near := nearest(unknown.GetSpecifiedName(), known); near != "" {
		help = fmt.Sprintf("did you mean --%s? %s", near, help)
	}
	return &usageError{fmt.Sprintf("%s has no flag %s", c.CommandPath(), dashed(unknown)), help}
}

func dashed(e *pflag.NotExistError) string {
	if e.GetSpecifiedShortnames() != "" {
		return "-" + e.GetSpecifiedName()
	}
	return "--" + e.GetSpecifiedName()
}

// noEmptyFlag refuses a flag that is given without a value, as by a variable
// that is not set: to leave it out silently would check something else.
func noEmptyFlag(c *cobra.Command) error {
	var empty error
	c.Flags().Visit(func(f *pflag.Flag) {
		if empty == nil && f.Value.Type() == "string" && f.Value.String() == "" {
			empty = &usageError{fmt.Sprintf("--%s is empty", f.Name), "give it a value, or leave the flag out"}
		}
	})
	return empty
}

// noArgs is for commands that take flags only.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := c.CommandPath() + " --help lists the flags"
	if c.Flags().Lookup("env") != nil {
		hint = fmt.Sprintf("for one environment: --env %[1]s; for another directory: --repo %[1]s", args[0])
	}
	return &usageError{fmt.Sprintf("%s takes no argument, and got %s", c.CommandPath(), args[0]), hint}
}

// noCommand is the error of a command line that names no command, or one that
// is not there. It must not end like a check that passed.
func noCommand(root *cobra.Command, args []string) error {
	help := root.CommandPath() + " --help lists the commands"
	if len(args) == 0 {
		if root.HasParent() {
			return &usageError{root.CommandPath() + " needs to know what to do", help}
		}
		return &usageError{"no command was given", help + "; penstock check judges a change"}
	}
	var known []string
	for _, c := range root.Commands() {
		known = append(known, c.Name())
	}
	if near := nearest(args[0], known); near != "" {
		help = fmt.Sprintf("did you mean %s %s? %s", root.CommandPath(), near, help)
	}
	return &usageError{fmt.Sprintf("there is no command %s", strings.TrimPrefix(root.CommandPath()+" "+args[0], root.Root().Name()+" ")), help}
}

// nearest is the known word that a misspelt or shortened one most likely stands
// for, or nothing. Words are compared as cobra compares commands; shorter words
// may differ in fewer letters.
func nearest(word string, known []string) string {
	c := &cobra.Command{}
	for _, k := range known {
		c.AddCommand(&cobra.Command{Use: k, Run: func(*cobra.Command, []string) {}})
	}
	for distance := 1; word != "" && distance <= min(3, (len(word)+1)/2); distance++ {
		c.SuggestionsMinimumDistance = distance
		for _, near := range c.SuggestionsFor(word) {
			if slices.Contains(known, near) { // not so for the first word of a name
				return near
			}
		}
	}
	return ""
}
