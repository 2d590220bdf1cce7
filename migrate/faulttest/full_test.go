package faulttest

import "os"

// repeats is how often something is done: few times, and with AIRLIFT_FAULTS=full many.
func repeats(few, many int) int {
	if os.Getenv("AIRLIFT_FAULTS") == "full" {
		return many
	}
	return few
}
