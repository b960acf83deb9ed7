package apiserver

import (
	"strings"
	"sync"
)

// The end of the log is kept, and of that the last lines are shown: what ends a
// server is said last.
const (
	tailBytes  = 64 << 10
	shownLines = 15
	shownWidth = 500
)

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	data []byte
}

// Write keeps the end; it never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, p...)
	// The double is kept before the copy, so that a line costs its length only.
	if len(t.data) > 2*tailBytes {
		t.data = append(t.data[:0], t.data[len(t.data)-tailBytes:]...)
	}
	return len(p), nil
}

// String is the last lines, each of bounded length.
func (t *tail) String() string {
	t.mu.Lock()
	text := strings.TrimSpace(string(t.data))
	t.mu.Unlock()
	lines := strings.Split(text, "\n")
	lines = lines[max(0, len(lines)-shownLines):]
	for i, line := range lines {
		if len(line) > shownWidth {
			lines[i] = strings.ToValidUTF8(line[:shownWidth], "") + "…"
		}
	}
	return strings.Join(lines, "\n")
}
