package wbxml

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// field is what the `wbxml` tag of a struct's field says.
type field struct {
	index []int   // for reflect.Value.FieldByIndex
	paths [][]Tag // alternatives; the last tag of a path is the value's, those before it wrap it
	form  form
}

// form is how a value is written.
type form struct {
	presence bool // true is the empty element, false is none
	opaque   bool // []byte as OPAQUE, not as base64
	compact  bool // time.Time as CompactDateTime
}

type plan struct {
	fields []field
	err    error
}

// plans caches the plan of every struct type: reflect.Type to *plan.
var plans sync.Map

var (
	typeTime    = reflect.TypeFor[time.Time]()
	typeBytes   = reflect.TypeFor[[]byte]()
	typeElement = reflect.TypeFor[Element]()
)

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := &plan{}
	p.err = p.add(t, nil)
	q, _ := plans.LoadOrStore(t, p)
	return q.(*plan)
}

// add takes in the fields of t, which is embedded at index.
func (p *plan) add(t reflect.Type, index []int) error {
	for i := range t.NumField() {
		sf := t.Field(i)
		at := slices.Concat(index, []int{i})
		tag, tagged := sf.Tag.Lookup("wbxml")
		switch {
		case tag == "-":
		case !tagged && sf.Anonymous && sf.Type.Kind() == reflect.Struct:
			if err := p.add(sf.Type, at); err != nil {
				return err
			}
		case tagged && !sf.IsExported():
			return fmt.Errorf("wbxml: %s.%s has a wbxml tag but is not exported", t, sf.Name)
		case tagged:
			f, err := parseField(tag, sf.Type)
			if err != nil {
				return fmt.Errorf("wbxml: %s.%s: %w", t, sf.Name, err)
			}
			f.index = at
			p.fields = append(p.fields, f)
		}
	}
	return nil
}

// parseField reads a tag such as "Contacts:Categories>Contacts:Category",
// "Calendar:Location|AirSyncBase:Location" or "Calendar:DtStamp,compact".
func parseField(tag string, t reflect.Type) (field, error) {
	var f field
	names, options, _ := strings.Cut(tag, ",")
	for alternative := range strings.SplitSeq(names, "|") {
		var path []Tag
		for name := range strings.SplitSeq(alternative, ">") {
			namespace, local, _ := strings.Cut(name, ":")
			tag, ok := Lookup(namespace, local)
			if !ok {
				return f, fmt.Errorf("no such tag: %q", name)
			}
			path = append(path, tag)
		}
		f.paths = append(f.paths, path)
	}
	if t.Kind() == reflect.Slice && t != typeBytes {
		t = t.Elem()
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !supported(t) {
		return f, fmt.Errorf("no form for the type %s", t)
	}
	if options == "" {
		return f, nil
	}
	for option := range strings.SplitSeq(options, ",") {
		switch {
		case option == "presence" && t.Kind() == reflect.Bool:
			f.form.presence = true
		case option == "opaque" && t == typeBytes:
			f.form.opaque = true
		case option == "compact" && t == typeTime:
			f.form.compact = true
		default:
			return f, fmt.Errorf("no such option for %s: %q", t, option)
		}
	}
	return f, nil
}

func supported(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64, reflect.Struct,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return t == typeBytes
}

// structOf returns the struct that v is or points to.
func structOf(v any, pointer bool) (reflect.Value, error) {
	rv := reflect.ValueOf(v)
	isPointer := rv.Kind() == reflect.Pointer
	if isPointer && !rv.IsNil() {
		rv = rv.Elem()
	}
	if rv.Kind() != reflect.Struct || pointer && !isPointer {
		return rv, fmt.Errorf("wbxml: %T: %w", v, errNoStruct)
	}
	return rv, nil
}

var errNoStruct = errors.New("a pointer to a struct is wanted")
