package githubtest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
)

// example is a pull request out of the npm package @octokit/webhooks-examples.
//
//go:embed openapi/pull.json
var example []byte

func (s *Server) getPull(w http.ResponseWriter, r request) {
	p, known := s.pulls[int(r.number("pull_number"))]
	if !known {
		s.fault(w, http.StatusNotFound, "Not Found")
		return
	}
	var out map[string]any
	if err := json.Unmarshal(example, &out); err != nil {
		s.violation(fmt.Errorf("reading the example of a pull request: %w", err))
	}
	// The example is older than this property.
	out["auto_merge"] = nil
	out["number"], out["merge_commit_sha"] = p.Number, p.Merge
	for side, sha := range map[string]string{"head": p.Head, "base": p.Base} {
		if o, ok := out[side].(map[string]any); ok {
			o["sha"] = sha
		}
	}
	respond(s, w, http.StatusOK, out)
}

func (s *Server) getCommit(w http.ResponseWriter, r request) {
	parents, known := s.commits[r.params["commit_sha"]]
	if !known {
		s.fault(w, http.StatusNotFound, "Not Found")
		return
	}
	commit := func(sha string) map[string]any {
		url := "https://api.github.com/repos/" + repository(r) + "/git/commits/" + sha
		return map[string]any{"sha": sha, "url": url, "html_url": url}
	}
	who := map[string]any{"name": "Test", "email": "test@example.com", "date": "2026-01-02T03:04:05Z"}
	out := commit(r.params["commit_sha"])
	out["node_id"], out["author"], out["committer"], out["message"], out["tree"] = "C_1", who, who, "a commit", commit(r.params["commit_sha"])
	out["verification"] = map[string]any{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
	list := []any{}
	for _, p := range parents {
		list = append(list, commit(p))
	}
	out["parents"] = list
	respond(s, w, http.StatusOK, out)
}
