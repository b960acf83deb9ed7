//go:build race

package policies_test

// raceDetector says that the tests run with -race, which takes some ten times as
// long. What compares many inputs one after the other, and so cannot race more
// often with more of them, then takes fewer: the full number is for a run without.
const raceDetector = true
