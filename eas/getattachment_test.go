package eas_test

import (
	"bytes"
	"errors"
	"net/http"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestGetAttachment finds the name in the message, and gets the bytes.
func TestGetAttachment(t *testing.T) {
	for _, v := range versionsFrom(eas.Version25, eas.Version121) {
		p := newPeer(t, easserver.Config{Gzip: true, OnViolation: func(easserver.Violation) {}})
		inbox := p.alice.Folder("Inbox")
		inbox.AddMessage(attached)
		c, _ := p.client(t, v, nil)
		q := eas.SyncRequest{Key: eas.InitialKey, CollectionID: inbox.ID(), Class: eas.ClassEmail, Options: eas.HeadersOnly(eas.ClassEmail, v)}
		name := ""
		for range 2 {
			page, err := c.Sync(t.Context(), q)
			if err != nil {
				t.Fatal(v, err)
			}
			commands(t, page, func(cmd *eas.Command) {
				props := cmd.Item.Properties
				name = props.Value(wbxml.EmailAttachments, wbxml.EmailAttachment, wbxml.EmailAttName) +
					props.Value(wbxml.AirSyncBaseAttachments, wbxml.AirSyncBaseAttachment, wbxml.AirSyncBaseFileReference)
			})
			q.Key = page.Key
			page.Close()
		}
		a, err := c.GetAttachment(t.Context(), name)
		if err != nil || string(content(t, a.Data)) != "data" || a.ContentType != "application/pdf" {
			t.Fatalf("%s: %+v %v", v, a, err)
		}
		if err := a.Data.Close(); err != nil {
			t.Error(err)
		}
		var he *eas.HTTPError
		if _, err := c.GetAttachment(t.Context(), "1:0:9"); !errors.As(err, &he) || he.Code != 500 {
			t.Errorf("%s: a missing attachment: %v", v, err)
		}
	}
	c := connect(t, answer(nil), nil)
	if _, err := c.GetAttachment(t.Context(), "x"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("14.1: %v", err)
	}
}

// TestGetAttachmentBounds: what comes is spooled, and no more than was allowed; what breaks off is no attachment.
func TestGetAttachmentBounds(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 1000)
	for name, tc := range map[string]struct {
		most int64
		h    http.HandlerFunc
		ok   bool
	}{
		"whole":     {10000, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(data) }, true},
		"too large": {9999, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(data) }, false},
		"empty":     {1, func(http.ResponseWriter, *http.Request) {}, true},
		"cut": {20000, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10001")
			_, _ = w.Write(data)
		}, false},
	} {
		c := connect(t, tc.h, func(c *eas.Config) {
			c.Version, c.SpoolMemory, c.Limits = eas.Version121, 256, wbxml.Limits{Value: tc.most}
		})
		a, err := c.GetAttachment(t.Context(), "a")
		if (err == nil) != tc.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			var re *eas.ResponseError
			if !errors.As(err, &re) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if got := content(t, a.Data); name == "whole" && !bytes.Equal(got, data) || name == "empty" && len(got) != 0 {
			t.Errorf("%s: %d bytes", name, len(got))
		}
		a.Data.Close()
	}
}
