package wbxml

import (
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// ValueError is a value that does not parse as its field's type.
type ValueError struct {
	Tag   Tag
	Value string
	Err   error
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("wbxml: %s: value %.64q: %v", e.Tag, e.Value, e.Err)
}

func (e *ValueError) Unwrap() error { return e.Err }

// Decode fills the struct that v points to from the children of e.
//
// A field names its element: `wbxml:"Email:DateReceived"`. Alternatives are parted
// by "|" (the first that is there counts), a path by ">"
// ("Contacts:Categories>Contacts:Category"). Fields may be string, bool, any integer
// or float, [time.Time] (see [ParseTime]), []byte (OPAQUE, or base64 text), [Element],
// a struct, a pointer to one of these (nil: absent), or a slice of them (repeated
// elements; empty and not nil when only the wrapping element is there). Structs that
// are embedded are part of the outer one. Fields without the tag are left alone, and
// so are children that no field names.
//
// An empty element is true for a bool (MS-ASDTYPE 2.1), "" for a string, and leaves
// a number or time as it is.
//
// A value that does not parse is not fatal: its field stays zero, Decode goes on,
// and returns the [ValueError]s joined.
func Decode(e *Element, v any) error {
	rv, err := structOf(v, true)
	if err != nil {
		return err
	}
	return errors.Join(decodeStruct(e, rv)...)
}

func decodeStruct(e *Element, v reflect.Value) (errs []error) {
	p := planOf(v.Type())
	if p.err != nil {
		return []error{p.err}
	}
	for i := range p.fields {
		f := &p.fields[i]
		fv := v.FieldByIndex(f.index)
		if fv.Kind() == reflect.Slice && fv.Type() != typeBytes {
			errs = append(errs, decodeSlice(e, fv, f)...)
			continue
		}
		for _, path := range f.paths {
			if x := descend(e, path); x != nil {
				errs = append(errs, decodeValue(x, fv)...)
				break
			}
		}
	}
	return errs
}

func descend(e *Element, path []Tag) *Element {
	for _, tag := range path {
		e = e.Child(tag)
	}
	return e
}

func decodeSlice(e *Element, v reflect.Value, f *field) (errs []error) {
	for _, path := range f.paths {
		last := len(path) - 1
		parent := descend(e, path[:last])
		if parent != nil && last > 0 && v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, len(parent.Children)))
		}
		for x := range parent.All(path[last]) {
			item := reflect.New(v.Type().Elem()).Elem()
			bad := decodeValue(x, item)
			errs = append(errs, bad...)
			if len(bad) == 0 || structured(item.Type()) {
				v.Set(reflect.Append(v, item))
			}
		}
	}
	return errs
}

// structured tells whether t has fields of its own, so that a bad value in one
// of them does not spoil the others.
func structured(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct && t != typeTime
}

func decodeValue(x *Element, v reflect.Value) []error {
	if v.Kind() == reflect.Pointer {
		if x.Text == "" && !structured(v.Type()) && !emptyIsValue(v.Type().Elem()) {
			return nil
		}
		p := reflect.New(v.Type().Elem())
		errs := decodeValue(x, p.Elem())
		if len(errs) == 0 || structured(v.Type()) {
			v.Set(p)
		}
		return errs
	}
	switch {
	case v.Type() == typeElement:
		v.Set(reflect.ValueOf(*x.Clone()))
		return nil
	case structured(v.Type()):
		return decodeStruct(x, v)
	}
	if err := decodeScalar(x, v); err != nil {
		return []error{&ValueError{x.Tag, x.Text, err}}
	}
	return nil
}

// emptyIsValue tells whether the empty element is a value of type t.
func emptyIsValue(t reflect.Type) bool {
	return t.Kind() == reflect.String || t.Kind() == reflect.Bool || t == typeBytes
}

func decodeScalar(x *Element, v reflect.Value) error {
	if v.Kind() == reflect.String {
		v.SetString(x.Text)
		return nil
	}
	if v.Type() == typeBytes {
		b, err := decodeBytes(x)
		v.SetBytes(b)
		return err
	}
	text := strings.TrimSpace(x.Text)
	if v.Kind() == reflect.Bool {
		b, err := decodeBool(text)
		v.SetBool(b)
		return err
	}
	if text == "" {
		return nil
	}
	switch {
	case v.Type() == typeTime:
		t, err := parseTime(text)
		v.Set(reflect.ValueOf(t))
		return err
	case v.CanInt():
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err == nil {
			v.SetInt(n)
		}
		return reason(err)
	case v.CanUint():
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		if err == nil {
			v.SetUint(n)
		}
		return reason(err)
	default:
		n, err := strconv.ParseFloat(text, v.Type().Bits())
		if err == nil {
			v.SetFloat(n)
		}
		return reason(err)
	}
}

func decodeBool(text string) (bool, error) {
	switch text {
	case "", "1", "true":
		return true, nil
	case "0", "false":
		return false, nil
	}
	return false, errors.New("no boolean")
}

func decodeBytes(x *Element) ([]byte, error) {
	if x.Opaque {
		return []byte(x.Text), nil
	}
	text := strings.Join(strings.Fields(x.Text), "")
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// reason takes the function and the value, which ValueError has, out of an error of strconv.
func reason(err error) error {
	var numError *strconv.NumError
	if errors.As(err, &numError) {
		return numError.Err
	}
	return err
}
