package easserver

import "github.com/airlift-eas/airlift/eas/wbxml"

// lookupRules are the children of the elements of the commands that look things up, of
// Settings and of Provision, whose order is free: the schemas have them as a choice.
var lookupRules = map[wbxml.Tag][]allowed{
	wbxml.SearchSearch: {{tag: wbxml.SearchStore, required: true}},                                                                      // 2.2.3.159
	wbxml.SearchStore:  {{tag: wbxml.SearchName, required: true}, {tag: wbxml.SearchQuery, required: true}, {tag: wbxml.SearchOptions}}, // 2.2.3.178.3
	wbxml.SearchOptions: { // 2.2.3.125.5
		{tag: wbxml.AirSyncMIMESupport, since: 120},
		{tag: wbxml.AirSyncBaseBodyPreference, many: true, since: 120},
		{tag: wbxml.AirSyncBaseBodyPartPreference, since: 141},
		{tag: wbxml.RightsManagementRightsManagementSupport, since: 141},
		{tag: wbxml.SearchRange},
		{tag: wbxml.SearchUserName, since: 121},
		{tag: wbxml.SearchPassword, since: 121},
		{tag: wbxml.SearchDeepTraversal, since: 120},
		{tag: wbxml.SearchRebuildResults, since: 120},
		{tag: wbxml.SearchPicture, since: 141},
	},
	wbxml.ResolveRecipientsResolveRecipients: { // 2.2.3.152
		{tag: wbxml.ResolveRecipientsTo, required: true, many: true}, {tag: wbxml.ResolveRecipientsOptions},
	},
	wbxml.ResolveRecipientsOptions: { // 2.2.3.125.4
		{tag: wbxml.ResolveRecipientsCertificateRetrieval},
		{tag: wbxml.ResolveRecipientsMaxCertificates},
		{tag: wbxml.ResolveRecipientsMaxAmbiguousRecipients},
		{tag: wbxml.ResolveRecipientsAvailability, since: 140},
		{tag: wbxml.ResolveRecipientsPicture, since: 141},
	},
	wbxml.ResolveRecipientsAvailability: {{tag: wbxml.ResolveRecipientsStartTime, required: true}, {tag: wbxml.ResolveRecipientsEndTime}}, // 2.2.3.16
	wbxml.ResolveRecipientsPicture:      {{tag: wbxml.ResolveRecipientsMaxSize}, {tag: wbxml.ResolveRecipientsMaxPictures}},               // 2.2.3.135.2
	wbxml.ValidateCertValidateCert: { // 2.2.3.195
		{tag: wbxml.ValidateCertCertificateChain}, {tag: wbxml.ValidateCertCertificates, required: true}, {tag: wbxml.ValidateCertCheckCRL},
	},
	wbxml.ValidateCertCertificateChain: {{tag: wbxml.ValidateCertCertificate, required: true, many: true}}, // 2.2.3.20
	wbxml.ValidateCertCertificates:     {{tag: wbxml.ValidateCertCertificate, required: true, many: true}}, // 2.2.3.23.2

	wbxml.FindFind:                   {{tag: wbxml.FindSearchId, required: true}, {tag: wbxml.FindExecuteSearch, required: true}}, // 2.2.3.69
	wbxml.FindExecuteSearch:          {{tag: wbxml.FindMailBoxSearchCriterion}, {tag: wbxml.FindGalSearchCriterion}},              // 2.2.3.66
	wbxml.FindMailBoxSearchCriterion: {{tag: wbxml.FindQuery, required: true}, {tag: wbxml.FindOptions}},                          // 2.2.3.99
	wbxml.FindGalSearchCriterion:     {{tag: wbxml.FindQuery, required: true}, {tag: wbxml.FindOptions}},                          // 2.2.3.82
	wbxml.FindQuery:                  {{tag: wbxml.FindFreeText}, {tag: wbxml.AirSyncClass}, {tag: wbxml.AirSyncCollectionId}},    // 2.2.3.142.1
	wbxml.FindOptions:                {{tag: wbxml.FindRange}, {tag: wbxml.FindDeepTraversal}, {tag: wbxml.FindPicture}},          // 2.2.3.125.1
	wbxml.FindPicture:                {{tag: wbxml.FindMaxSize}, {tag: wbxml.FindMaxPictures}},                                    // 2.2.3.135.1
	wbxml.ProvisionProvision: { // MS-ASPROV 2.2.2.44
		{tag: wbxml.SettingsDeviceInformation, since: 141},
		{tag: wbxml.ProvisionPolicies},
		{tag: wbxml.ProvisionRemoteWipe},
		{tag: wbxml.ProvisionAccountOnlyRemoteWipe, since: 161},
	},
	wbxml.ProvisionPolicies: {{tag: wbxml.ProvisionPolicy, required: true}}, // MS-ASPROV 2.2.2.40
	wbxml.ProvisionPolicy: { // MS-ASPROV 2.2.2.41
		{tag: wbxml.ProvisionPolicyType, required: true}, {tag: wbxml.ProvisionPolicyKey}, {tag: wbxml.ProvisionStatus},
	},
	wbxml.ProvisionRemoteWipe:            {{tag: wbxml.ProvisionStatus, required: true}},               // MS-ASPROV 2.2.2.45
	wbxml.ProvisionAccountOnlyRemoteWipe: {{tag: wbxml.ProvisionStatus, required: true}},               // MS-ASPROV 2.2.2.1
	wbxml.SearchPicture:                  {{tag: wbxml.SearchMaxSize}, {tag: wbxml.SearchMaxPictures}}, // 2.2.3.135.3
}

// The children of the elements of a Query, which have a status of their own.
var (
	comparison = []allowed{{tag: wbxml.EmailDateReceived, required: true}, {tag: wbxml.SearchValue, required: true}} // 2.2.3.86
	queryRules = map[wbxml.Tag][]allowed{
		wbxml.SearchAnd: { // 2.2.3.10
			{tag: wbxml.SearchFreeText},
			{tag: wbxml.AirSyncClass, many: true},
			{tag: wbxml.AirSyncCollectionId, many: true},
			{tag: wbxml.SearchConversationId, since: 140},
			{tag: wbxml.SearchGreaterThan},
			{tag: wbxml.SearchLessThan},
		},
		wbxml.SearchGreaterThan: comparison,
		wbxml.SearchLessThan:    comparison,                                                                                     // 2.2.3.96
		wbxml.SearchEqualTo:     {{tag: wbxml.DocumentLibraryLinkId, required: true}, {tag: wbxml.SearchValue, required: true}}, // 2.2.3.62
	}
)

// storeOptions are the options that a store has. MS-ASCMD 2.2.3.125.5.
var storeOptions = map[string][]wbxml.Tag{
	"GAL": path(wbxml.SearchRange, wbxml.SearchUserName, wbxml.SearchPassword, wbxml.SearchPicture),
	"Mailbox": path(wbxml.SearchRange, wbxml.SearchDeepTraversal, wbxml.SearchRebuildResults, wbxml.AirSyncMIMESupport,
		wbxml.AirSyncBaseBodyPreference, wbxml.AirSyncBaseBodyPartPreference, wbxml.RightsManagementRightsManagementSupport),
	"DocumentLibrary": path(wbxml.SearchRange, wbxml.SearchUserName, wbxml.SearchPassword),
}
