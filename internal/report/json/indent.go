package json

import "io"

// indenter writes the compact JSON that it is given with line breaks and two
// spaces for each level, as json.Indent does. That checks every byte once more
// and keeps a second copy of the document, which for a large report takes longer
// than making it.
type indenter struct {
	w     io.Writer
	out   []byte
	depth int
	// open says that the last byte opened an object or a list, text that the next
	// one is inside a string, and escaped that it follows a backslash there.
	open, text, escaped bool
}

// chunk is from how many bytes on they are handed on.
const chunk = 64 << 10

// Write takes any part of a document that is valid. What it keeps, flush writes.
func (i *indenter) Write(p []byte) (int, error) {
	for n := 0; n < len(p); {
		if i.text {
			n += i.string(p[n:])
		} else {
			i.byte(p[n])
			n++
		}
		if len(i.out) >= chunk {
			if err := i.flush(); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

// string copies what is left of a string, and tells how much it was.
func (i *indenter) string(p []byte) int {
	for n, c := range p {
		switch {
		case i.escaped:
			i.escaped = false
		case c == '\\':
			i.escaped = true
		case c == '"':
			i.text = false
			i.out = append(i.out, p[:n+1]...)
			return n + 1
		}
	}
	i.out = append(i.out, p...)
	return len(p)
}

// byte writes a byte that is not in a string.
func (i *indenter) byte(c byte) {
	opened := i.open
	i.open = false
	switch c {
	case '}', ']':
		i.depth--
		if !opened {
			i.line()
		}
		i.out = append(i.out, c)
		return
	}
	if opened {
		i.line()
	}
	i.out = append(i.out, c)
	switch c {
	case '{', '[':
		i.depth++
		i.open = true
	case '"':
		i.text = true
	case ',':
		i.line()
	case ':':
		i.out = append(i.out, ' ')
	}
}

func (i *indenter) line() {
	i.out = append(i.out, '\n')
	for range i.depth {
		i.out = append(i.out, "  "...)
	}
}

func (i *indenter) flush() error {
	_, err := i.w.Write(i.out)
	i.out = i.out[:0]
	return err
}
