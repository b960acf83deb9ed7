package githubtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"
)

// Comment is a comment on a pull request.
type Comment struct {
	ID          int64
	Issue       int
	Body, Login string
	// Type is User or Bot.
	Type string
}

// Pull is a pull request.
type Pull struct {
	Number            int
	Head, Base, Merge string
}

// maxComment is GitHub's limit; longer bodies are refused with
// "Body is too long (maximum is 65536 characters)".
const maxComment = 65_535

// Comments are all comments, oldest first.
func (s *Server) Comments() []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Comment
	for _, c := range s.comments {
		out = append(out, *c)
	}
	return out
}

// AddComment puts a comment there as if somebody had written it.
func (s *Server) AddComment(c Comment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	c.ID = s.last
	c.Type = cmp.Or(c.Type, "User")
	s.comments = append(s.comments, &c)
	s.keep()
}

// me is the login and the type of the token's owner.
func (s *Server) me() (string, string) {
	if s.user == "" {
		return "penstock[bot]", "Bot"
	}
	return s.user, "User"
}

func (s *Server) body(w http.ResponseWriter, r request) (string, bool) {
	var b struct {
		Body string `json:"body"`
	}
	if err := json.Unmarshal(r.body, &b); err != nil {
		return "", s.refuse(w, "Problems parsing JSON: %v", err)
	}
	if len(b.Body) > maxComment {
		return "", s.refuse(w, "Body is too long (maximum is 65536 characters)")
	}
	return b.Body, true
}

func (s *Server) createComment(w *httptest.ResponseRecorder, r request) bool {
	body, ok := s.body(w, r)
	if !ok {
		return false
	}
	if _, known := s.pulls[int(r.number("issue_number"))]; !known {
		s.fault(w, http.StatusNotFound, "Not Found")
		return false
	}
	s.keep()
	s.last++
	login, kind := s.me()
	c := &Comment{ID: s.last, Issue: int(r.number("issue_number")), Body: body, Login: login, Type: kind}
	s.comments = append(slices.Clone(s.comments), c)
	respond(s, w, http.StatusCreated, c.json())
	return true
}

// findComment finds a comment that the token may change: its own.
func (s *Server) findComment(w http.ResponseWriter, r request) int {
	i := slices.IndexFunc(s.comments, func(c *Comment) bool { return c.ID == r.number("comment_id") })
	if i < 0 {
		s.fault(w, http.StatusNotFound, "Not Found")
		return -1
	}
	if login, _ := s.me(); s.comments[i].Login != login {
		s.refuse(w, "the comment %d is of %s", s.comments[i].ID, s.comments[i].Login)
		return -1
	}
	return i
}

func (s *Server) updateComment(w *httptest.ResponseRecorder, r request) bool {
	body, ok := s.body(w, r)
	if !ok {
		return false
	}
	i := s.findComment(w, r)
	if i < 0 {
		return false
	}
	s.keep()
	c := *s.comments[i]
	c.Body = body
	s.comments = slices.Clone(s.comments)
	s.comments[i] = &c
	respond(s, w, http.StatusOK, c.json())
	return true
}

func (s *Server) deleteComment(w *httptest.ResponseRecorder, r request) bool {
	i := s.findComment(w, r)
	if i < 0 {
		return false
	}
	s.keep()
	s.comments = slices.Delete(slices.Clone(s.comments), i, i+1)
	w.Header().Del("Content-Type")
	w.WriteHeader(http.StatusNoContent)
	return true
}

func (state snapshot) listComments(s *Server, w http.ResponseWriter, r request) {
	found := []any{}
	for _, c := range state.comments {
		if c.Issue == int(r.number("issue_number")) {
			found = append(found, c.json())
		}
	}
	respond(s, w, http.StatusOK, page(w, r.Request, found))
}

func (c *Comment) json() any {
	url := fmt.Sprintf("https://api.github.com/repos/octo/shop/issues/comments/%d", c.ID)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Format(time.RFC3339)
	return map[string]any{
		"id": c.ID, "node_id": fmt.Sprintf("IC_%d", c.ID), "url": url, "html_url": url, "body": c.Body, "user": user(c.Login, c.Type),
		"created_at": at, "updated_at": at, "issue_url": fmt.Sprintf("https://api.github.com/repos/octo/shop/issues/%d", c.Issue),
		"author_association": "NONE",
	}
}

func (s *Server) getUser(w http.ResponseWriter) {
	if s.user == "" {
		s.fault(w, http.StatusForbidden, "Resource not accessible by integration")
		return
	}
	out := user(s.user, "User").(map[string]any)
	for _, name := range []string{"public_repos", "public_gists", "followers", "following"} {
		out[name] = 0
	}
	for _, name := range []string{"name", "company", "location", "email", "hireable", "bio"} {
		out[name] = nil
	}
	out["user_view_type"] = "public"
	out["blog"], out["created_at"], out["updated_at"] = "", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
	respond(s, w, http.StatusOK, out)
}
