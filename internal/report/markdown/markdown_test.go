package markdown_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/penstock-dev/penstock/internal/diff"
	"github.com/penstock-dev/penstock/internal/report"
	"github.com/penstock-dev/penstock/internal/report/markdown"
	"github.com/penstock-dev/penstock/internal/verdict"
)

var update = flag.Bool("update", false, "write the golden files")

// sample reads one of the reports that the text encoder is tested with.
func sample(t testing.TB, name string) *report.Report {
	t.Helper()
	data, err := os.ReadFile("../text/testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func encode(t testing.TB, r *report.Report, opts markdown.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := markdown.Encode(&out, r, opts); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEncode(t *testing.T) {
	for name, r := range map[string]*report.Report{
		"fail": sample(t, "fail"), "undecided": sample(t, "undecided"), "pass": sample(t, "pass"),
		"many": many(60, "dev", "prod-eu", "prod-us", "staging"),
	} {
		t.Run(name, func(t *testing.T) {
			got := encode(t, r, markdown.Options{})
			if err := check(got); err != nil {
				t.Error(err)
			}
			golden := "testdata/" + name + ".md"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s\nrun go test with -update if that is right", got, want)
			}
		})
	}
}

// TestLimit cuts a large report to every size, and expects the verdict, and the
// count of what is left out, in each.
func TestLimit(t *testing.T) {
	r := large()
	for _, limit := range []int{markdown.MinBytes, 5000, 10_000, 20_000, 40_000, markdown.CheckRunLimit, 200_000, markdown.JobSummaryLimit} {
		got := encode(t, r, markdown.Options{MaxBytes: limit})
		if len(got) > limit {
			t.Errorf("limit %d: %d bytes", limit, len(got))
		}
		if err := check(got); err != nil {
			t.Errorf("limit %d: %v", limit, err)
		}
		if !strings.HasPrefix(got, "## Penstock: FAIL\n") || !strings.Contains(got, "\n**3 errors, 200 warnings**\n") {
			t.Errorf("limit %d: no verdict or counts:\n%.300s", limit, got)
		}
		kept := strings.Count(got, "<details><summary>created")
		left := 0
		if m := regexp.MustCompile(`(\d+) diffs?[,.]`).FindStringSubmatch(got); m != nil {
			if _, err := fmt.Sscan(m[1], &left); err != nil {
				t.Fatal(err)
			}
		}
		if kept+left != 100 {
			t.Errorf("limit %d: %d diffs are there and %d left out, of 100", limit, kept, left)
		}
		if strings.Count(got, "broken-")+strings.Count(got, "errors,") == 0 {
			t.Errorf("limit %d: errors are neither there nor counted", limit)
		}
	}
}

// TestParts expects the two parts to hold together what the whole does.
func TestParts(t *testing.T) {
	r := sample(t, "fail")
	whole := encode(t, r, markdown.Options{})
	judgement := encode(t, r, markdown.Options{Part: markdown.Judgement})
	changes := encode(t, r, markdown.Options{Part: markdown.Changes})
	foot := whole[strings.LastIndex(whole, "\n\n59 objects rendered"):]
	if want := strings.TrimSuffix(judgement, foot) + "\n" + changes + foot; strings.Join(strings.Fields(want), " ") != strings.Join(strings.Fields(whole), " ") {
		t.Errorf("the parts are\n%s\nand\n%s", judgement, changes)
	}
	for _, part := range []string{judgement, changes} {
		if err := check(part); err != nil {
			t.Error(err)
		}
	}
	if got := encode(t, &report.Report{}, markdown.Options{Part: markdown.Changes}); got != "" {
		t.Errorf("without changes there are\n%s", got)
	}
	noted := encode(t, r, markdown.Options{Note: "200 of 2000 are <here>, @octocat"})
	if !strings.Contains(noted, "as well\n\n&#50;00 of 2000 are &#60;here&#62;, @\u200boctocat\n\n- prod: ") {
		t.Errorf("the note is not below the title, or is active:\n%.400s", noted)
	}
}

// TestWhatIsLeftOutFirst expects the largest diffs to go before the others, and
// errors to stay when warnings must go.
func TestWhatIsLeftOutFirst(t *testing.T) {
	got := encode(t, large(), markdown.Options{MaxBytes: 20_000})
	for _, want := range []string{"broken-0 ", "broken-2 ", "100 diffs"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	got = encode(t, large(), markdown.Options{MaxBytes: 150_000})
	if !strings.Contains(got, "ConfigMap shop/c0<") || strings.Contains(got, "ConfigMap shop/c99<") {
		t.Error("the smallest diff is to be kept and the largest left out")
	}
}

func large() *report.Report {
	r := &report.Report{Verdict: verdict.Verdict{Outcome: verdict.Fail, Reasons: []string{"prod: 3 blocking findings"}}}
	env := report.Environment{Name: "prod", Affected: true}
	for i := range 100 {
		env.Deltas = append(env.Deltas, report.Delta{
			Operation: diff.Create, Object: verdict.Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: "shop", Name: fmt.Sprintf("c%d", i)},
			Diff: strings.Repeat(fmt.Sprintf("+ line of c%d\n", i), 20*i+1),
		})
	}
	for i := range 3 {
		r.Findings = append(r.Findings, verdict.Finding{Rule: "a/b", Level: verdict.Error, Message: fmt.Sprintf("broken-%d !", i), Environment: "prod", Baseline: verdict.New})
	}
	for i := range 200 {
		r.Findings = append(r.Findings, verdict.Finding{Rule: "a/c", Level: verdict.Warning, Message: fmt.Sprintf("doubtful-%d %s", i, strings.Repeat("x", 200)), Environment: "prod", Baseline: verdict.New})
	}
	r.Environments = []report.Environment{env}
	r.Counts = report.Counts{Environments: 1, Affected: 1, Errors: 3, Warnings: 200}
	return r
}

func TestTooSmall(t *testing.T) {
	if err := markdown.Encode(&bytes.Buffer{}, &report.Report{}, markdown.Options{MaxBytes: 100}); err == nil {
		t.Error("a limit that has no room for the verdict is accepted")
	}
}

func TestExistingErrorsThatBlockAreShown(t *testing.T) {
	r := sample(t, "fail")
	r.Findings = []verdict.Finding{{Rule: "a/b", Level: verdict.Error, Message: "an old fault", Environment: "prod", Baseline: verdict.Unchanged}}
	r.Counts.Errors, r.Gate = 0, verdict.GateAll
	if got := encode(t, r, markdown.Options{}); !strings.Contains(got, "an old fault") {
		t.Errorf("the finding that refuses the change is not shown:\n%s", got)
	}
}

// TestInert puts everything that GitHub gives a meaning into every field.
func TestInert(t *testing.T) {
	for _, s := range hostileTexts {
		got := encode(t, hostile(s), markdown.Options{})
		if err := check(got); err != nil {
			t.Errorf("%q: %v in\n%s", s, err, got)
		}
	}
}

var hostileTexts = []string{
	"@octocat and @org/team",
	"#123, org/repo#123, GH-123, gh-5",
	"0123abc and 1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d, octocat@1a2b3c4",
	"![image](https://example.com/x.png) [link](http://example.com) www.example.com a@example.com",
	"<img src=x onerror=alert(1)><script>x</script></details></summary><!-- ",
	"`code` ``` ```` ~~~\n```\n# heading\n</details>\n---\n| a | b |",
	"a | b \\| c \\\\| d",
	"$x$ $`y`$ $$z$$ :rocket: **bold** __bold__ ~~gone~~ [^1] &lt; &amp; &#64;octocat",
	"\x1b[2J\u202e\u200b\r\xff\x00",
	"# heading",
	"$# no heading",
	"- item",
	"1. item",
	"---",
	"",
	" ",
	strings.Repeat("`", 5000),
	strings.Repeat("@a ", 50_000),
}

func FuzzEncode(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s, 0)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < markdown.MinBytes {
			limit = markdown.MinBytes
		}
		got := encode(t, hostile(s), markdown.Options{MaxBytes: limit})
		if len(got) > limit {
			t.Fatalf("%d bytes, the limit is %d", len(got), limit)
		}
		if err := check(got); err != nil {
			t.Fatalf("%v in\n%s", err, got)
		}
	})
}

// hostile is a report with the same text in every place that a repository can fill.
func hostile(s string) *report.Report {
	object := verdict.Object{APIVersion: s, Kind: s, Namespace: s, Name: s}
	place := &verdict.Location{File: s, Line: 1}
	return &report.Report{
		Tool:    report.Tool{Version: s, Kubernetes: s},
		Change:  report.Change{Base: s, Head: s, BaseCommit: s, HeadCommit: s},
		Verdict: verdict.Verdict{Outcome: verdict.Outcome(s), Reasons: []string{s, s}},
		Environments: []report.Environment{
			{Name: s, Affected: true, Deltas: []report.Delta{{Operation: diff.Operation(s), Object: object, Diff: s}, {Operation: diff.Create, Object: object}}},
			{Name: s + "2", Affected: true, Deltas: []report.Delta{{Operation: diff.Operation(s), Object: object, Diff: s}}},
		},
		Findings: []verdict.Finding{
			{Rule: s, Level: verdict.Level(s), Message: s, Environment: s, Object: object, Container: s, Path: s, Location: place, Baseline: verdict.New, Remediation: s},
			{Rule: s, Level: verdict.Error, Message: s, Environment: s + "3", Baseline: verdict.New},
			{Rule: s, Level: verdict.Level(s), Message: s, Environment: s, Baseline: verdict.Unchanged},
			{Rule: s, Level: verdict.Error, Message: s, Environment: s, Baseline: verdict.New, Waiver: &verdict.Waived{Reason: s, Owner: s, Expires: s, Location: *place}},
		},
		NotEvaluated: []verdict.Entry{{Environment: s, Object: object, Stage: verdict.Stage(s), Reason: verdict.Reason(s), Detail: s, Location: place}},
		Unowned:      []string{s},
	}
}

var (
	opening = regexp.MustCompile("^(`{3,})[a-z]*$")
	tag     = regexp.MustCompile(`</?[a-z]+>`)
	// active is what must not be outside a code block, in text without the tags
	// and character references of the encoder.
	active = []*regexp.Regexp{
		regexp.MustCompile(`@[A-Za-z0-9]`),
		regexp.MustCompile(`(?i)://|\bwww\.`),
		regexp.MustCompile(`[<>\[\]$~_\\]`),
	}
	codes      = regexp.MustCompile(`<code>.*?</code>`)
	references = regexp.MustCompile(`&#\d+;`)
	commits    = regexp.MustCompile(`\b[0-9a-fA-F]{7,40}\b`)
	nested     = regexp.MustCompile(`^- +([#=+-]|[0-9]+[.)])`)
	issues     = regexp.MustCompile(`(?i)(#|\bgh-)[0-9]`)
	known      = map[string]bool{"<br>": true, "<sub>": true, "</sub>": true, "<code>": true, "</code>": true, "<span>": true, "</span>": true,
		"<details>": true, "</details>": true, "<summary>": true, "</summary>": true}
)

// check finds what GitHub would act on in a Markdown text, and blocks that are
// not closed.
func check(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("not valid UTF-8")
	}
	if i := strings.IndexAny(text, "\x00\x1b\r\u202e"); i >= 0 {
		return fmt.Errorf("a control character at %d", i)
	}
	fence, details := "", 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if fence != "" {
			if line == fence {
				fence = ""
			} else if closes(line, fence) {
				return fmt.Errorf("the fence %q is closed by %q", fence, line)
			}
			continue
		}
		if m := opening.FindStringSubmatch(line); m != nil {
			fence = m[1]
			continue
		}
		details += strings.Count(line, "<details>") - strings.Count(line, "</details>")
		if details < 0 || details > 1 {
			return fmt.Errorf("details are not balanced at %q", line)
		}
		if err := inert(line); err != nil {
			return err
		}
	}
	if fence != "" || details != 0 {
		return fmt.Errorf("the text ends in an open block: fence %q, %d details", fence, details)
	}
	return nil
}

// closes follows CommonMark: a fence is closed by a line of at least as many
// backticks, indented by at most three spaces.
func closes(line, fence string) bool {
	s := strings.TrimRight(strings.TrimLeft(line, " "), " \t")
	return len(s) >= len(fence) && strings.Trim(s, "`") == ""
}

func inert(line string) error {
	for _, t := range tag.FindAllString(line, -1) {
		if !known[t] {
			return fmt.Errorf("the tag %s in %q", t, line)
		}
	}
	for _, pair := range []string{"code", "sub", "span", "summary"} {
		if strings.Count(line, "<"+pair+">") != strings.Count(line, "</"+pair+">") {
			return fmt.Errorf("%s is not closed in %q", pair, line)
		}
	}
	// Where an item starts with a tag, the mark behind it starts no block.
	if nested.MatchString(line) {
		return fmt.Errorf("a block inside the list item %q", line)
	}
	line = strings.ReplaceAll(line, "<span>$</span>", " ")
	// GitHub looks for no issues and commits in code.
	outside := codes.ReplaceAllString(references.ReplaceAllString(line, " "), "")
	for _, re := range []*regexp.Regexp{commits, issues} {
		if found := re.FindString(outside); found != "" {
			return fmt.Errorf("%q in %q", found, line)
		}
	}
	plain := references.ReplaceAllString(tag.ReplaceAllString(line, " "), " ")
	for _, re := range active {
		if found := re.FindString(strings.TrimPrefix(plain, "- ")); found != "" {
			return fmt.Errorf("%q in %q", found, line)
		}
	}
	return nil
}
