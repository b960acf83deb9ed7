package change

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// digest identifies the content of a node, for comparing trees without git.
func (t *Tree) digest(p string) ([sha256.Size]byte, error) {
	n := t.nodes[p]
	data, err := t.content.read(p, n)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("reading %s: %w", p, err)
	}
	return sha256.Sum256(append([]byte{byte(n.mode)}, data...)), nil
}

// compareTrees finds the files that differ. A deleted file whose content an
// added one has is a rename.
func compareTrees(base, head *Tree) ([]File, error) {
	var files []File
	gone := map[[sha256.Size]byte][]string{}
	for _, p := range sortedPaths(base.nodes) {
		if _, there := head.nodes[p]; !there {
			d, err := base.digest(p)
			if err != nil {
				return nil, err
			}
			gone[d] = append(gone[d], p)
		}
	}
	for _, p := range sortedPaths(head.nodes) {
		d, err := head.digest(p)
		if err != nil {
			return nil, err
		}
		if _, there := base.nodes[p]; there {
			before, err := base.digest(p)
			if err != nil {
				return nil, err
			}
			if before != d {
				files = append(files, File{Path: p, Status: Modified})
			}
			continue
		}
		if from := gone[d]; len(from) > 0 {
			files = append(files, File{Path: p, OldPath: from[0], Status: Renamed})
			gone[d] = from[1:]
			continue
		}
		files = append(files, File{Path: p, Status: Added})
	}
	for _, paths := range gone {
		for _, p := range paths {
			files = append(files, File{Path: p, Status: Deleted})
		}
	}
	sortFiles(files)
	return files, nil
}

func sortedPaths(nodes map[string]node) []string {
	paths := make([]string, 0, len(nodes))
	for p := range nodes {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	return paths
}

func sortFiles(files []File) {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
}
