package manifest

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// parserFault matches the errors of the YAML library's parser. It counts their
// lines from 0, and those of its scanner from 1.
var parserFault = regexp.MustCompile(`^did not find expected (node content|key|'-' indicator|',' or|<document start>)`)

var unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)

// yamlError turns "yaml: line 3: did not find …" into a *SyntaxError. The
// library tells the line in no other way, and of the first line not at all.
func yamlError(file string, data []byte, err error) error {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if n, _ := fmt.Sscanf(msg, "line %d:", &line); n == 1 {
		_, msg, _ = strings.Cut(msg, ": ")
		if parserFault.MatchString(msg) {
			line++
		}
	} else if m := unknownAnchor.FindStringSubmatch(msg); m != nil {
		line = lineOf(data, bytes.Index(data, []byte("*"+m[1])))
	} else if at := badByte(data); at >= 0 {
		line = lineOf(data, at)
	}
	last := lineOf(data, len(bytes.TrimRight(data, "\n")))
	return &SyntaxError{Position: Position{file, min(line, last)}, Msg: msg}
}

// lineOf is the line of an offset; an offset that is none is in the first.
func lineOf(data []byte, offset int) int {
	return 1 + bytes.Count(data[:max(offset, 0)], []byte("\n"))
}

// badByte is the offset of the first character that a YAML stream must not
// hold (https://yaml.org/spec/1.2.2/#51-character-set), or -1.
func badByte(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			return i
		}
		i += size
	}
	return -1
}
