package eas

import "strconv"

// Action is what a client should do about a status, as the specifications' tables have it under "resolution".
type Action int

const (
	ActionNone      Action = iota // the status is an answer and no failure: success, a heartbeat that ended, no picture
	ActionRetry                   // send the same request again, later
	ActionProvision               // take and acknowledge the policy, then send the request again
	// ActionResync is to start over at key 0: the folder, or, for a command of the hierarchy, the hierarchy.
	ActionResync
	// ActionHierarchy is to bring the folder hierarchy up to date (FolderSync), then to send the request again, if its folder
	// is still there.
	ActionHierarchy
	ActionFix // send another request: this one breaks a rule, lacks something or asks for too much
	// ActionTell leaves the failure to the user, to know of and to act on, or the specifications know of nothing to do.
	// Sending the request again is no use until then.
	ActionTell
	// ActionStop is not to send this again. Of an item it says that the server will never take it; of anything else, that nothing works
	// until an administrator has changed something.
	ActionStop
)

var actionNames = [...]string{"none", "retry", "provision", "resync", "hierarchy", "fix", "tell", "stop"}

func (a Action) String() string {
	if a >= 0 && int(a) < len(actionNames) {
		return actionNames[a]
	}
	return "action " + strconv.Itoa(int(a))
}
