package eas

import "time"

// The typed items follow one rule about absence: where zero is a value of its own (a reminder of 0 minutes is not "no
// reminder") the field is a pointer and nil means absent; elsewhere (strings, times, lists, a body's type, an interval) the
// zero value means absent. Or reads a pointer with a default.

// Or is the value that p points to, or absent when the property did not come.
func Or[T any](p *T, absent T) T {
	if p == nil {
		return absent
	}
	return *p
}

// BodyType is the format of a body. MS-ASAIRS 2.2.2.41.
type BodyType int

const (
	BodyPlain BodyType = 1
	BodyHTML  BodyType = 2
	BodyRTF   BodyType = 3 // base64 of compressed RTF
	BodyMIME  BodyType = 4 // a whole message, RFC 5322
)

func (t BodyType) String() string {
	switch t {
	case BodyPlain:
		return "plain text"
	case BodyHTML:
		return "HTML"
	case BodyRTF:
		return "RTF"
	case BodyMIME:
		return "MIME"
	}
	return "unknown body type"
}

// InlineBody is airsyncbase:Body with its data in the tree. MS-ASAIRS 2.2.2.9, from 12.0 on. The MIME body of a mail that
// the client received is not here: see Item.Body.
type InlineBody struct {
	Type              BodyType `wbxml:"AirSyncBase:Type"`              // 2.2.2.41.1
	EstimatedDataSize *int64   `wbxml:"AirSyncBase:EstimatedDataSize"` // 2.2.2.23.2, bytes; a hint only
	Truncated         *bool    `wbxml:"AirSyncBase:Truncated"`         // 2.2.2.39.1
	Data              string   `wbxml:"AirSyncBase:Data"`              // 2.2.2.20.1
	Preview           string   `wbxml:"AirSyncBase:Preview"`           // 2.2.2.35.1, from 14.0 on
	Part              *int     `wbxml:"ItemOperations:Part"`           // MS-ASCMD 2.2.3.130: index of the part of a multipart answer
}

// BodyPart is airsyncbase:BodyPart: the part of a message that is new in its conversation. MS-ASAIRS 2.2.2.10, from 14.1 on.
type BodyPart struct {
	Status            *int     `wbxml:"AirSyncBase:Status"`            // 2.2.2.37: 1, or 176 when it is too long
	Type              BodyType `wbxml:"AirSyncBase:Type"`              // 2.2.2.41.2
	EstimatedDataSize *int64   `wbxml:"AirSyncBase:EstimatedDataSize"` // 2.2.2.23.3
	Truncated         *bool    `wbxml:"AirSyncBase:Truncated"`         // 2.2.2.39.2
	Data              string   `wbxml:"AirSyncBase:Data"`              // 2.2.2.20.2
	Preview           string   `wbxml:"AirSyncBase:Preview"`           // 2.2.2.35.2
}

// AttachmentMethod says what an attachment is. MS-ASAIRS 2.2.2.31.2.
type AttachmentMethod int

const (
	AttachNormal   AttachmentMethod = 1
	AttachEmbedded AttachmentMethod = 5 // an e-mail message
	AttachOLE      AttachmentMethod = 6
)

// Attachments is airsyncbase:Attachments. MS-ASAIRS 2.2.2.8, from 12.0 on. Add and Delete are for requests of 16.0 and 16.1.
type Attachments struct {
	Attachment []Attachment       `wbxml:"AirSyncBase:Attachment"` // 2.2.2.7
	Add        []AttachmentAdd    `wbxml:"AirSyncBase:Add"`        // 2.2.2.2
	Delete     []AttachmentDelete `wbxml:"AirSyncBase:Delete"`     // 2.2.2.21
}

// Attachment describes an attachment; its bytes are fetched by FileReference. MS-ASAIRS 2.2.2.7.
type Attachment struct {
	DisplayName       string           `wbxml:"AirSyncBase:DisplayName"`       // 2.2.2.22.2
	FileReference     string           `wbxml:"AirSyncBase:FileReference"`     // 2.2.2.24.1
	ClientID          string           `wbxml:"AirSyncBase:ClientId"`          // 2.2.2.14, from 16.0 on
	Method            AttachmentMethod `wbxml:"AirSyncBase:Method"`            // 2.2.2.31.2
	EstimatedDataSize *int64           `wbxml:"AirSyncBase:EstimatedDataSize"` // 2.2.2.23.1, bytes
	ContentID         string           `wbxml:"AirSyncBase:ContentId"`         // 2.2.2.16.2
	ContentLocation   string           `wbxml:"AirSyncBase:ContentLocation"`   // 2.2.2.17.2
	IsInline          *bool            `wbxml:"AirSyncBase:IsInline"`          // 2.2.2.26.2
	UmAttDuration     *int             `wbxml:"Email2:UmAttDuration"`          // MS-ASEMAIL 2.2.2.81, seconds
	UmAttOrder        *int             `wbxml:"Email2:UmAttOrder"`             // MS-ASEMAIL 2.2.2.82
}

// AttachmentAdd puts an attachment on a draft or an event. MS-ASAIRS 2.2.2.2, requests from 16.0 on.
type AttachmentAdd struct {
	ClientID        string           `wbxml:"AirSyncBase:ClientId"`          // 2.2.2.14
	Method          AttachmentMethod `wbxml:"AirSyncBase:Method"`            // 2.2.2.31.1
	ContentType     string           `wbxml:"AirSyncBase:ContentType"`       // 2.2.2.18.1
	Content         []byte           `wbxml:"AirSyncBase:Content,opaque"`    // 2.2.2.15
	DisplayName     string           `wbxml:"AirSyncBase:DisplayName"`       // 2.2.2.22.1
	ContentID       string           `wbxml:"AirSyncBase:ContentId"`         // 2.2.2.16.1
	ContentLocation string           `wbxml:"AirSyncBase:ContentLocation"`   // 2.2.2.17.1
	IsInline        bool             `wbxml:"AirSyncBase:IsInline,presence"` // 2.2.2.26.1
}

// AttachmentDelete removes an attachment. MS-ASAIRS 2.2.2.21, requests from 16.0 on.
type AttachmentDelete struct {
	FileReference string `wbxml:"AirSyncBase:FileReference"` // 2.2.2.24.2
}

// Location is airsyncbase:Location. MS-ASAIRS 2.2.2.28, from 16.0 on; before, a location is one string of the class.
type Location struct {
	DisplayName      string   `wbxml:"AirSyncBase:DisplayName"`      // 2.2.2.22.3
	Annotation       string   `wbxml:"AirSyncBase:Annotation"`       // 2.2.2.6
	Street           string   `wbxml:"AirSyncBase:Street"`           // 2.2.2.38
	City             string   `wbxml:"AirSyncBase:City"`             // 2.2.2.13
	State            string   `wbxml:"AirSyncBase:State"`            // 2.2.2.36
	Country          string   `wbxml:"AirSyncBase:Country"`          // 2.2.2.19
	PostalCode       string   `wbxml:"AirSyncBase:PostalCode"`       // 2.2.2.34
	Latitude         *float64 `wbxml:"AirSyncBase:Latitude"`         // 2.2.2.27, degrees
	Longitude        *float64 `wbxml:"AirSyncBase:Longitude"`        // 2.2.2.30, degrees
	Accuracy         *float64 `wbxml:"AirSyncBase:Accuracy"`         // 2.2.2.1, metres
	Altitude         *float64 `wbxml:"AirSyncBase:Altitude"`         // 2.2.2.4, metres
	AltitudeAccuracy *float64 `wbxml:"AirSyncBase:AltitudeAccuracy"` // 2.2.2.5, metres
	LocationURI      string   `wbxml:"AirSyncBase:LocationUri"`      // 2.2.2.29
}

// RightsManagementLicense says what may be done with a protected message. MS-ASRM 2.2.2.14, from 14.1 on.
type RightsManagementLicense struct {
	Owner                     *bool     `wbxml:"RightsManagement:Owner"`                     // 2.2.2.8
	ReplyAllowed              *bool     `wbxml:"RightsManagement:ReplyAllowed"`              // 2.2.2.13
	ReplyAllAllowed           *bool     `wbxml:"RightsManagement:ReplyAllAllowed"`           // 2.2.2.12
	ForwardAllowed            *bool     `wbxml:"RightsManagement:ForwardAllowed"`            // 2.2.2.6
	ModifyRecipientsAllowed   *bool     `wbxml:"RightsManagement:ModifyRecipientsAllowed"`   // 2.2.2.7
	ExtractAllowed            *bool     `wbxml:"RightsManagement:ExtractAllowed"`            // 2.2.2.5
	PrintAllowed              *bool     `wbxml:"RightsManagement:PrintAllowed"`              // 2.2.2.9
	ExportAllowed             *bool     `wbxml:"RightsManagement:ExportAllowed"`             // 2.2.2.4
	ProgrammaticAccessAllowed *bool     `wbxml:"RightsManagement:ProgrammaticAccessAllowed"` // 2.2.2.10
	EditAllowed               *bool     `wbxml:"RightsManagement:EditAllowed"`               // 2.2.2.3
	ContentExpiryDate         time.Time `wbxml:"RightsManagement:ContentExpiryDate"`         // 2.2.2.1
	ContentOwner              string    `wbxml:"RightsManagement:ContentOwner"`              // 2.2.2.2
	TemplateID                string    `wbxml:"RightsManagement:TemplateID"`                // 2.2.2.19.1
	TemplateName              string    `wbxml:"RightsManagement:TemplateName"`              // 2.2.2.20.1
	TemplateDescription       string    `wbxml:"RightsManagement:TemplateDescription"`       // 2.2.2.18.1
}
