package dryrun

import "testing"

// A change of many policies names a few of them with each object.
func TestTold(t *testing.T) {
	for _, c := range []struct {
		list []string
		want string
	}{
		{nil, ""},
		{[]string{"adds the Namespace a"}, "adds the Namespace a"},
		{[]string{"adds a", "adds b", "adds c"}, "adds a, and adds b, and adds c"},
		{[]string{"adds a", "adds b", "adds c", "adds d", "adds e"}, "adds a, and adds b, and adds c, and adds d, and adds e"},
		{[]string{"adds a", "adds b", "adds c", "adds d", "adds e", "adds f", "adds g"}, "adds a, and adds b, and adds c, and adds d, and adds e, and 2 more like these"},
	} {
		if got := told(c.list); got != c.want {
			t.Errorf("%q are told as %q, want %q", c.list, got, c.want)
		}
	}
}
