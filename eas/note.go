package eas

import "time"

// Note is the typed view of a note. MS-ASNOTE 2.2.2, from 14.0 on.
type Note struct {
	Subject          string      `wbxml:"Notes:Subject"`                   // 2.2.2.6
	MessageClass     string      `wbxml:"Notes:MessageClass"`              // 2.2.2.5
	LastModifiedDate time.Time   `wbxml:"Notes:LastModifiedDate,compact"`  // 2.2.2.4
	Categories       []string    `wbxml:"Notes:Categories>Notes:Category"` // 2.2.2.2
	Body             *InlineBody `wbxml:"AirSyncBase:Body"`                // 2.2.2.1
	NativeBodyType   BodyType    `wbxml:"AirSyncBase:NativeBodyType"`      // MS-ASAIRS 2.2.2.32
}
