package verdict

// Outcome is the answer to "may this be merged?".
type Outcome string

// Pass: everything was looked at and nothing blocks. Fail: a finding blocks.
// Undecided: something that had to be looked at was not.
const (
	Pass      Outcome = "pass"
	Fail      Outcome = "fail"
	Undecided Outcome = "undecided"
)

// Verdict is an outcome and the reasons for it, as sentences.
type Verdict struct {
	Outcome Outcome  `json:"outcome"`
	Reasons []string `json:"reasons"`
}
