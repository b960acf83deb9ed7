package diff

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gonvenience/bunt"
	"github.com/gonvenience/ytbx"
	"github.com/homeport/dyff/pkg/dyff"
	"github.com/penstock-dev/penstock/internal/manifest"
	"go.yaml.in/yaml/v3"
)

// TextOptions say how a delta is shown.
type TextOptions struct {
	// Key makes the hashes that stand for secret values; see Redact.
	Key []byte
	// MaxBytes bounds the text; 0 means 16 KiB. What is left out is counted.
	MaxBytes int
}

// Text shows a delta for people, in the form of a diff without colours: the
// values that differ, each under its path, or the whole object when it comes or
// goes. Members of lists are matched by name. No secret value is shown.
func (d Delta) Text(opts TextOptions) (string, error) {
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = 16 << 10
	}
	text, err := d.text(opts.Key)
	if err != nil {
		return "", fmt.Errorf("showing %s: %w", d.ID(), err)
	}
	return cut(text, opts.MaxBytes), nil
}

func (d Delta) text(key []byte) (string, error) {
	switch d.Operation {
	case Create:
		return whole("+ ", d.Object, key)
	case Delete:
		return whole("- ", d.OldObject, key)
	}
	from, err := input("base", d.OldObject, key)
	if err != nil {
		return "", err
	}
	to, err := input("head", d.Object, key)
	if err != nil {
		return "", err
	}
	report, err := dyff.CompareInputFiles(from, to, dyff.KubernetesEntityDetection(true))
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	writer := dyff.DiffSyntaxReport{
		PathPrefix: "@@", RootDescriptionPrefix: "#", ChangeTypePrefix: "!",
		HumanReport: dyff.HumanReport{Report: report, NoTableStyle: true, OmitHeader: true, DoNotInspectCerts: true},
	}
	if err := writer.WriteReport(&out); err != nil {
		return "", err
	}
	// Whether the library colours its text hangs on the terminal; this does not.
	return strings.TrimSpace(bunt.RemoveAllEscapeSequences(out.String())) + "\n", nil
}

func input(name string, o *manifest.Object, key []byte) (ytbx.InputFile, error) {
	data, err := yaml.Marshal(Redact(o.Fields(), key))
	if err != nil {
		return ytbx.InputFile{}, err
	}
	docs, err := ytbx.LoadYAMLDocuments(data)
	return ytbx.InputFile{Location: name, Documents: docs}, err
}

// whole shows every line of an object with a prefix.
func whole(prefix string, o *manifest.Object, key []byte) (string, error) {
	data, err := yaml.Marshal(Redact(o.Fields(), key))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for line := range strings.Lines(string(data)) {
		b.WriteString(prefix + line)
	}
	return b.String(), nil
}

// cut shortens text to whole lines of at most max bytes.
func cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	end := strings.LastIndexByte(text[:max], '\n') + 1
	return fmt.Sprintf("%s… %d more lines\n", text[:end], strings.Count(text[end:], "\n"))
}
