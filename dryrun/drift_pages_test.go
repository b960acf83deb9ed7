package dryrun

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
)

// A server may say for ever that there is more, may have more than is looked at, and
// may refuse every list: the looking ends, and is told in a few words.
func TestListsEnd(t *testing.T) {
	const forever = "only 20000 objects of a cluster are looked at, in at most 5000 lists and further pages of lists"
	full := make([]string, surplusPage)
	for n := range full {
		full[n] = fmt.Sprintf(`{"metadata": {"name": "o%d", "namespace": "shop"}}`, n)
	}
	for name, c := range map[string]struct {
		status, found, asked int
		page, want           string
	}{
		"empty pages":  {200, 0, surplusAsked, `{"metadata": {"continue": "more"}, "items": []}`, forever},
		"many objects": {200, surplusLooked, surplusLooked/surplusPage + 1, `{"metadata": {"continue": "more"}, "items": [` + strings.Join(full, ",") + `]}`, forever},
		"refusals":     {403, 0, 60, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403, "message": "no"}`, "50 more lists failed"},
		"one page":     {200, 60, 60, `{"items": [{"metadata": {"name": "a"}}]}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.page)
			}))
			defer server.Close()
			client, err := newClient(&rest.Config{Host: server.URL, QPS: -1})
			if err != nil {
				t.Fatal(err)
			}
			var places []listing
			for n := range 20 {
				at := listing{name: "ConfigMap", namespace: fmt.Sprint("n", n)}
				at.Version, at.Resource = "v1", "configmaps"
				places = append(places, at)
			}
			s := &session{target: &target{}, client: client}
			l, found := lookout{objects: surplusLooked, asks: surplusAsked}, 0
			for range s.lists(t.Context(), places, []string{"a=b", "a=c", "a=d"}, &l) {
				found++
			}
			unseen := l.unseen()
			if got := strings.Join(unseen, "; "); found != c.found || asked != c.asked || !strings.HasSuffix(got, c.want) || (c.want == "") != (got == "") || len(unseen) > surplusFailed+1 {
				t.Errorf("%d objects, %d requests: %s", found, asked, got)
			}
		})
	}
}
