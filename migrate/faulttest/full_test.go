package faulttest

import "os"

// repeats is how often something is done: few times, and with AIRLIFT_FAULTS=full or bugs many.
func repeats(few, many int) int {
	if os.Getenv("AIRLIFT_FAULTS") != "" {
		return many
	}
	return few
}

// bugs tells whether to run also what the engine is known to get wrong.
func bugs() bool { return os.Getenv("AIRLIFT_FAULTS") == "bugs" }
