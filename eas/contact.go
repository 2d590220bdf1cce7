package eas

import "time"

// Contact is the typed view of a contact. MS-ASCNTC 2.2.2.
type Contact struct {
	Anniversary               time.Time   `wbxml:"Contacts:Anniversary"`                  // 2.2.2.3: a date; the time of day means nothing
	AssistantName             string      `wbxml:"Contacts:AssistantName"`                // 2.2.2.4
	AssistantPhoneNumber      string      `wbxml:"Contacts:AssistantPhoneNumber"`         // 2.2.2.5
	Birthday                  time.Time   `wbxml:"Contacts:Birthday"`                     // 2.2.2.6: a date; the time of day means nothing
	Business2PhoneNumber      string      `wbxml:"Contacts:Business2PhoneNumber"`         // 2.2.2.17
	BusinessAddressCity       string      `wbxml:"Contacts:BusinessAddressCity"`          // 2.2.2.10
	BusinessPhoneNumber       string      `wbxml:"Contacts:BusinessPhoneNumber"`          // 2.2.2.16
	WebPage                   string      `wbxml:"Contacts:WebPage"`                      // 2.2.2.63
	BusinessAddressCountry    string      `wbxml:"Contacts:BusinessAddressCountry"`       // 2.2.2.11
	Department                string      `wbxml:"Contacts:Department"`                   // 2.2.2.26
	Email1Address             string      `wbxml:"Contacts:Email1Address"`                // 2.2.2.27
	Email2Address             string      `wbxml:"Contacts:Email2Address"`                // 2.2.2.28
	Email3Address             string      `wbxml:"Contacts:Email3Address"`                // 2.2.2.29
	BusinessFaxNumber         string      `wbxml:"Contacts:BusinessFaxNumber"`            // 2.2.2.15
	FileAs                    string      `wbxml:"Contacts:FileAs"`                       // 2.2.2.30: the name to sort and show by
	Alias                     string      `wbxml:"Contacts:Alias"`                        // 2.2.2.2, from 14.0 on
	WeightedRank              *int        `wbxml:"Contacts:WeightedRank"`                 // 2.2.2.64, from 14.0 on
	FirstName                 string      `wbxml:"Contacts:FirstName"`                    // 2.2.2.31
	MiddleName                string      `wbxml:"Contacts:MiddleName"`                   // 2.2.2.47
	HomeAddressCity           string      `wbxml:"Contacts:HomeAddressCity"`              // 2.2.2.33
	HomeAddressCountry        string      `wbxml:"Contacts:HomeAddressCountry"`           // 2.2.2.34
	HomeFaxNumber             string      `wbxml:"Contacts:HomeFaxNumber"`                // 2.2.2.38
	HomePhoneNumber           string      `wbxml:"Contacts:HomePhoneNumber"`              // 2.2.2.39
	Home2PhoneNumber          string      `wbxml:"Contacts:Home2PhoneNumber"`             // 2.2.2.40
	HomeAddressPostalCode     string      `wbxml:"Contacts:HomeAddressPostalCode"`        // 2.2.2.35
	HomeAddressState          string      `wbxml:"Contacts:HomeAddressState"`             // 2.2.2.36
	HomeAddressStreet         string      `wbxml:"Contacts:HomeAddressStreet"`            // 2.2.2.37
	MobilePhoneNumber         string      `wbxml:"Contacts:MobilePhoneNumber"`            // 2.2.2.49
	Suffix                    string      `wbxml:"Contacts:Suffix"`                       // 2.2.2.61
	CompanyName               string      `wbxml:"Contacts:CompanyName"`                  // 2.2.2.24
	OtherAddressCity          string      `wbxml:"Contacts:OtherAddressCity"`             // 2.2.2.52
	OtherAddressCountry       string      `wbxml:"Contacts:OtherAddressCountry"`          // 2.2.2.53
	CarPhoneNumber            string      `wbxml:"Contacts:CarPhoneNumber"`               // 2.2.2.18
	OtherAddressPostalCode    string      `wbxml:"Contacts:OtherAddressPostalCode"`       // 2.2.2.54
	OtherAddressState         string      `wbxml:"Contacts:OtherAddressState"`            // 2.2.2.55
	OtherAddressStreet        string      `wbxml:"Contacts:OtherAddressStreet"`           // 2.2.2.56
	PagerNumber               string      `wbxml:"Contacts:PagerNumber"`                  // 2.2.2.57
	Title                     string      `wbxml:"Contacts:Title"`                        // 2.2.2.62
	BusinessAddressPostalCode string      `wbxml:"Contacts:BusinessAddressPostalCode"`    // 2.2.2.12
	LastName                  string      `wbxml:"Contacts:LastName"`                     // 2.2.2.45
	Spouse                    string      `wbxml:"Contacts:Spouse"`                       // 2.2.2.60
	BusinessAddressState      string      `wbxml:"Contacts:BusinessAddressState"`         // 2.2.2.13
	BusinessAddressStreet     string      `wbxml:"Contacts:BusinessAddressStreet"`        // 2.2.2.14
	JobTitle                  string      `wbxml:"Contacts:JobTitle"`                     // 2.2.2.44
	YomiFirstName             string      `wbxml:"Contacts:YomiFirstName"`                // 2.2.2.66
	YomiLastName              string      `wbxml:"Contacts:YomiLastName"`                 // 2.2.2.67
	YomiCompanyName           string      `wbxml:"Contacts:YomiCompanyName"`              // 2.2.2.65
	OfficeLocation            string      `wbxml:"Contacts:OfficeLocation"`               // 2.2.2.51
	RadioPhoneNumber          string      `wbxml:"Contacts:RadioPhoneNumber"`             // 2.2.2.59
	Picture                   []byte      `wbxml:"Contacts:Picture"`                      // 2.2.2.58, decoded from base64; at most 48 KiB
	Categories                []string    `wbxml:"Contacts:Categories>Contacts:Category"` // 2.2.2.19
	Children                  []string    `wbxml:"Contacts:Children>Contacts:Child"`      // 2.2.2.21
	CustomerID                string      `wbxml:"Contacts2:CustomerId"`                  // 2.2.2.25
	GovernmentID              string      `wbxml:"Contacts2:GovernmentId"`                // 2.2.2.32
	IMAddress                 string      `wbxml:"Contacts2:IMAddress"`                   // 2.2.2.41
	IMAddress2                string      `wbxml:"Contacts2:IMAddress2"`                  // 2.2.2.42
	IMAddress3                string      `wbxml:"Contacts2:IMAddress3"`                  // 2.2.2.43
	ManagerName               string      `wbxml:"Contacts2:ManagerName"`                 // 2.2.2.46
	CompanyMainPhone          string      `wbxml:"Contacts2:CompanyMainPhone"`            // 2.2.2.23
	AccountName               string      `wbxml:"Contacts2:AccountName"`                 // 2.2.2.1
	NickName                  string      `wbxml:"Contacts2:NickName"`                    // 2.2.2.50
	MMS                       string      `wbxml:"Contacts2:MMS"`                         // 2.2.2.48
	Body                      *InlineBody `wbxml:"AirSyncBase:Body"`                      // 2.2.2.7.1
	NativeBodyType            BodyType    `wbxml:"AirSyncBase:NativeBodyType"`            // MS-ASAIRS 2.2.2.32

	// Protocol 2.5.
	LegacyBody          string `wbxml:"Contacts:Body"`
	LegacyBodySize      *int64 `wbxml:"Contacts:BodySize"` // bytes
	LegacyBodyTruncated *bool  `wbxml:"Contacts:BodyTruncated"`
	LegacyRTF           string `wbxml:"Contacts:Rtf"` // base64 of compressed RTF
}
