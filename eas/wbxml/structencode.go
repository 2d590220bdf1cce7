package wbxml

import (
	"encoding/base64"
	"reflect"
	"strconv"
	"time"
)

// Encode returns an element with a child for every field of the struct v, or that
// v points to, in the order of the fields: servers care for the order. It is the
// reverse of [Decode]; a field with alternatives is written as the first. Fields
// that are zero are left out, unless they are a pointer that is set, and a wrapped
// slice that is empty but not nil gives the empty wrapping element. Fields one after
// the other with the same wrapping element share it.
//
// Options in the tag: ",presence" writes true as the empty element and false not at
// all; ",opaque" writes []byte as OPAQUE instead of base64; ",compact" writes
// [time.Time] as [CompactDateTime] instead of [DateTime].
func Encode(tag Tag, v any) (Element, error) {
	rv, err := structOf(v, false)
	if err != nil {
		return Element{}, err
	}
	return encodeStruct(tag, rv)
}

func encodeStruct(tag Tag, v reflect.Value) (Element, error) {
	e := E(tag)
	p := planOf(v.Type())
	if p.err != nil {
		return e, p.err
	}
	var wrappers []Tag // of the field before
	for i := range p.fields {
		f := &p.fields[i]
		last := len(f.paths[0]) - 1
		items, present, err := encodeField(v.FieldByIndex(f.index), f.paths[0][last], f.form)
		if err != nil {
			return e, err
		}
		if !present {
			continue
		}
		wrapped(&e, wrappers, f.paths[0][:last]).Append(items...)
		wrappers = f.paths[0][:last]
	}
	return e, nil
}

// wrapped returns the element below e that path leads to. It adds the elements of
// the path, but for those that the field before has added.
func wrapped(e *Element, before, path []Tag) *Element {
	for i, tag := range path {
		if i >= len(before) || before[i] != tag {
			before = nil
			e.Append(E(tag))
		}
		e = &e.Children[len(e.Children)-1]
	}
	return e
}

// encodeField returns the elements of a field; not present is a field to leave out.
func encodeField(v reflect.Value, tag Tag, form form) (items []Element, present bool, err error) {
	if v.IsZero() || v.Type() == typeTime && v.Interface().(time.Time).IsZero() {
		return nil, false, nil
	}
	if v.Kind() == reflect.Slice && v.Type() != typeBytes {
		for i := range v.Len() {
			item, _, err := encodeValue(v.Index(i), tag, form)
			if err != nil {
				return nil, false, err
			}
			items = append(items, item)
		}
		return items, true, nil
	}
	item, present, err := encodeValue(v, tag, form)
	return []Element{item}, present, err
}

func encodeValue(v reflect.Value, tag Tag, form form) (item Element, present bool, err error) {
	if v.Kind() == reflect.Pointer {
		v = reflect.Indirect(v)
	}
	switch {
	case !v.IsValid(): // a nil pointer in a slice
		return Empty(tag), true, nil
	case v.Type() == typeElement:
		item = v.Interface().(Element)
		item.Tag = tag
		return item, true, nil
	case structured(v.Type()):
		item, err = encodeStruct(tag, v)
		return item, true, err
	case form.presence:
		return Empty(tag), v.Bool(), nil
	case form.opaque:
		return B(tag, v.Bytes()), true, nil
	}
	return T(tag, scalarText(v, form)), true, nil
}

func scalarText(v reflect.Value, form form) string {
	switch {
	case v.Type() == typeBytes:
		return base64.StdEncoding.EncodeToString(v.Bytes())
	case v.Type() == typeTime:
		t := v.Interface().(time.Time).UTC()
		if form.compact {
			return t.Format(CompactDateTime)
		}
		return t.Format(DateTime)
	case v.Kind() == reflect.String:
		return v.String()
	case v.Kind() == reflect.Bool:
		if v.Bool() {
			return "1"
		}
		return "0"
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	}
	return strconv.FormatFloat(v.Float(), 'f', -1, v.Type().Bits())
}
