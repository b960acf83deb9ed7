//go:build !race

package policies_test

// raceDetector is explained in race_test.go.
const raceDetector = false
