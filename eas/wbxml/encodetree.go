package wbxml

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Marshal returns the document with root e.
func Marshal(e *Element) ([]byte, error) {
	var b bytes.Buffer
	enc := NewEncoder(&b)
	enc.Element(e)
	if err := enc.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Element writes an element with all below it. One whose value was diverted is an
// error: the tree does not have what it would have to write.
func (e *Encoder) Element(x *Element) {
	if !e.begun {
		if e.table = literals(x); len(e.table) > (Limits{}).withDefaults().Name {
			e.fail(errors.New("too many literal tags"))
		}
	}
	e.element(x)
}

func (e *Encoder) element(x *Element) {
	if x.Diverted {
		e.fail(fmt.Errorf("%s: its value was diverted", x.Tag))
	}
	if name := x.Literal(); name != "" {
		e.startLiteral(x.Tag.Page(), name)
	} else {
		e.Start(x.Tag)
	}
	switch {
	case x.Opaque:
		e.beginOpaque(int64(len(x.Text)))
		e.writeString(x.Text)
	case x.Text != "":
		e.String(x.Text)
	}
	content := x.content()
	for i := range content {
		if e.err != nil {
			return
		}
		e.element(&content[i])
	}
	e.End()
}

// startLiteral opens an element whose name is in the string table.
func (e *Encoder) startLiteral(page uint8, name string) {
	i := strings.Index(e.table, name+"\x00")
	if i < 0 || name == "" {
		e.fail(fmt.Errorf("tag %q is in no code page and not in the string table", name))
		return
	}
	if e.start(Tag(page)<<8 | literal) {
		e.buf = appendUint32(append(e.buf, tokLiteral), uint32(i))
	}
}

// literals returns a string table with the names of all literal tags below x.
func literals(x *Element) string {
	var t literalTable
	t.add(x)
	return t.names.String()
}

type literalTable struct {
	names strings.Builder
	seen  map[string]bool
}

func (t *literalTable) add(x *Element) {
	if name := x.Literal(); name != "" && !t.seen[name] {
		if t.seen == nil {
			t.seen = map[string]bool{}
		}
		t.seen[name] = true
		t.names.WriteString(name)
		t.names.WriteByte(0)
	}
	for i := range x.Children {
		t.add(&x.Children[i])
	}
}
