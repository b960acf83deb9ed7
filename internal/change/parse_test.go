package change

import (
	"io/fs"
	"testing"
)

func FuzzParseLsTree(f *testing.F) {
	f.Add([]byte("100644 blob e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\ta b\x00120000 blob e69de29b\tl\n\x00160000 commit e69d\tm\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		nodes, err := parseLsTree(data)
		if err != nil {
			return
		}
		for p := range nodes {
			if !fs.ValidPath(p) {
				t.Errorf("the path %q is not valid", p)
			}
		}
	})
}

func FuzzParseNameStatus(f *testing.F) {
	f.Add("M\x00a\x00R100\x00b\x00c\x00D\x00d\x00")
	f.Fuzz(func(t *testing.T, data string) {
		files, err := parseNameStatus(data)
		for _, file := range files {
			if file.Status == "" || (file.OldPath != "") != (file.Status == Renamed) && err == nil && file.OldPath != "" {
				t.Errorf("%+v", file)
			}
		}
	})
}
