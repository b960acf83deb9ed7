package cli

import (
	"cmp"
	"slices"

	"github.com/spf13/cobra"
)

// newCompletion prints the scripts that cobra makes.
func newCompletion(s Streams) *cobra.Command {
	shells := []string{"bash", "zsh", "fish"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print the script that completes penstock's commands, flags and environments in a shell",
		Long: `completion prints a script for a shell. To use it:

  bash  source <(penstock completion bash)        in ~/.bashrc; needs bash-completion
  zsh   source <(penstock completion zsh)         in ~/.zshrc, after compinit
  fish  penstock completion fish > ~/.config/fish/completions/penstock.fish`,
		DisableFlagsInUseLine: true,
		ValidArgs:             shells,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells, args[0]) {
				return &usageError{"completion takes the name of a shell", "penstock completion bash, zsh or fish"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			switch args[0] {
			case "bash":
				return c.Root().GenBashCompletionV2(s.Out, true)
			case "zsh":
				return c.Root().GenZshCompletion(s.Out)
			}
			return c.Root().GenFishCompletion(s.Out, true)
		},
	}
}

// complete sets how the shell completes the values of a flag. It panics if the
// command does not have the flag.
func complete(c *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err)
	}
}

func directories(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

func yamlFiles(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return []cobra.Completion{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

// completions sets the completion of the flags that sourceOptions adds.
func (o *sourceOptions) completions(c *cobra.Command) {
	for _, flag := range []string{"repo", "base-dir", "head-dir"} {
		complete(c, flag, directories)
	}
	complete(c, "base", cobra.NoFileCompletions)
	complete(c, "head", cobra.NoFileCompletions)
	complete(c, "config", yamlFiles)
	complete(c, "env", o.environments)
}

// environments completes --env. It takes the configuration of HEAD, since to
// find the merge-base would take the time of whoever waits for the completion;
// an error is no completion.
func (o *sourceOptions) environments(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	here := *o
	if here.BaseDir == "" && here.HeadDir == "" {
		here.Base = cmp.Or(here.Base, "HEAD")
	}
	change, cfg, err := here.open(c.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	envs, err := cfg.Resolve(change.Base, change.Head)
	if closeErr := change.Close(); err != nil || closeErr != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var out []cobra.Completion
	for _, env := range envs {
		out = append(out, cobra.CompletionWithDesc(env.Name, env.Found))
	}
	slices.Sort(out)
	return out, cobra.ShellCompDirectiveNoFileComp
}
