package eas

// deviceStatus has the statuses of Settings and Provision.
var deviceStatus = []statusTable{
	{"Settings", []string{"Settings"}, "MS-ASCMD 2.2.3.177.15", map[int]meaning{
		1: success,
		2: {"ProtocolError", "protocol error", hintReport, ActionFix},
		3: {"AccessDenied", "access denied", hintAdmin, ActionTell},
		4: {"ServerUnavailable", "server unavailable", hintRetry, ActionRetry},
		5: {"InvalidArguments", "invalid arguments", hintReport, ActionFix},
		6: {"ConflictingArguments", "conflicting arguments", hintReport, ActionFix},
		7: {"DeniedByPolicy", "denied by policy", hintAdmin, ActionTell},
	}},
	{
		"Settings",
		[]string{"Oof", "DeviceInformation", "UserInformation", "RightsManagementInformation"},
		"MS-ASCMD 2.2.3.177.15",
		map[int]meaning{
			1: success,
			2: {"ProtocolError", "protocol error", hintReport, ActionFix},
			5: {"InvalidArguments", "invalid arguments", hintReport, ActionFix},
			6: {"ConflictingArguments", "conflicting arguments", hintReport, ActionFix},
		},
	},
	{"Settings", []string{"DevicePassword"}, "MS-ASCMD 2.2.3.177.15", map[int]meaning{
		1: success,
		2: {"ProtocolError", "protocol error", hintReport, ActionFix},
		5: {"PasswordTooLong", "password is too long", "", ActionFix},
		7: {"DeniedByPolicy", "the server does not keep passwords of devices", hintAdmin, ActionTell},
	}},
	{"Provision", []string{"Provision"}, "MS-ASPROV 2.2.2.54.2", map[int]meaning{
		1: success,
		2: {"ProtocolError", "protocol error", hintReport, ActionFix},
		3: {"ServerError", "server error", hintRetry, ActionRetry},
	}},
	{"Provision", []string{"Policy"}, "MS-ASPROV 2.2.2.54.1", map[int]meaning{
		1: success,
		2: {"NoPolicy", "no policy for this client", "", ActionNone},
		3: {"UnknownPolicyType", "unknown policy type", hintAdmin, ActionFix},
		4: {"PolicyCorrupt", "policy data on the server is corrupted", hintAdmin, ActionStop},
		5: {"PolicyKeyMismatch", "wrong policy key acknowledged", hintRetry, ActionProvision},
	}},
}
