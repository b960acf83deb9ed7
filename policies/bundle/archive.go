package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// The bounds of a bundle. The largest ones in use have some thousand rules and a
// few megabytes of data; a bomb reaches any bound at once.
const (
	// MaxSize bounds the archive.
	MaxSize     = 32 << 20
	maxUnpacked = 128 << 20
	maxFiles    = 20_000
)

// unpack reads a gzipped tar archive of plain files, by names without a leading slash.
func unpack(name string, data []byte) (map[string][]byte, error) {
	fault := func(hint, format string, args ...any) error {
		return &Error{name, fmt.Sprintf(format, args...), hint}
	}
	if len(data) > MaxSize {
		return nil, fault("split it", "it has %d bytes; at most %d are read", len(data), MaxSize)
	}
	zipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fault("a bundle is a .tar.gz, as penstock policy build and opa build write it", "it is not a gzipped archive")
	}
	left := int64(maxUnpacked)
	files := map[string][]byte{}
	// Headers count, too: an archive can be all headers.
	for r := tar.NewReader(io.LimitReader(zipped, 2*maxUnpacked)); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fault("fetch it again, or build it anew", "it cannot be read: %s", err)
		}
		switch header.Typeflag {
		case tar.TypeDir, tar.TypeXGlobalHeader:
			continue
		case tar.TypeReg:
		default:
			return nil, fault("build it anew of plain files", "%q is a link or a special file", header.Name)
		}
		file := strings.TrimPrefix(strings.TrimPrefix(header.Name, "./"), "/")
		if !fs.ValidPath(file) || file == "." || strings.ContainsAny(file, "\\\x00") {
			return nil, fault("build it anew of plain files", "%q is not a name within the bundle", header.Name)
		}
		if _, twice := files[file]; twice {
			return nil, fault("build it anew", "%q is there twice", file)
		}
		text, err := io.ReadAll(io.LimitReader(r, left+1))
		if err != nil {
			return nil, fault("fetch it again, or build it anew", "%s cannot be read: %s", file, err)
		}
		if left -= int64(len(text)); left < 0 || len(files) == maxFiles {
			return nil, fault("split it", "it has more than %d files or %d bytes unpacked", maxFiles, maxUnpacked)
		}
		files[file] = text
	}
	if len(files) == 0 {
		return nil, fault("build it anew", "it is empty")
	}
	return files, nil
}

// pack writes an archive as OPA does; the same files give the same bytes.
func pack(files map[string][]byte) ([]byte, error) {
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	for _, file := range slices.Sorted(maps.Keys(files)) {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: "/" + file, Size: int64(len(files[file])), Mode: 0o644, Format: tar.FormatPAX}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("packing %s: %w", file, err)
		}
		if _, err := w.Write(files[file]); err != nil {
			return nil, fmt.Errorf("packing %s: %w", file, err)
		}
	}
	if err := errors.Join(w.Close(), zipped.Close()); err != nil {
		return nil, fmt.Errorf("packing the bundle: %w", err)
	}
	return out.Bytes(), nil
}
