package githubtest

import (
	"fmt"
	"io"
	"strings"
)

// Show prints what the server holds: a line for each check run and for each
// comment, oldest first.
func (s *Server) Show(w io.Writer) {
	for _, r := range s.Runs() {
		fmt.Fprintf(w, "%.7s %s: %s %s: %s (%d annotations)\n", r.HeadSHA, r.Name, r.Status, r.Conclusion, r.Title, len(r.Annotations))
	}
	for _, c := range s.Comments() {
		first, rest, _ := strings.Cut(c.Body, "\n")
		second, _, _ := strings.Cut(rest, "\n")
		fmt.Fprintf(w, "comment on %d: %s %s\n", c.Issue, first, second)
	}
}
