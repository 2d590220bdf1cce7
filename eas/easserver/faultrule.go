package easserver

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func knownFault(f Fault) bool {
	return slices.ContainsFunc(AllFaults(), func(i FaultInfo) bool { return i.Fault == f })
}

// ParseFaultRule reads NAME or NAME:RATE, where RATE is a probability as in 0.05 or 5%.
func ParseFaultRule(s string) (FaultRule, error) {
	name, rate, rated := strings.Cut(s, ":")
	r := FaultRule{Fault: Fault(name)}
	if !knownFault(r.Fault) {
		var names []string
		for _, i := range AllFaults() {
			names = append(names, string(i.Fault))
		}
		return r, fmt.Errorf("fault %q is unknown; there are: %s", name, strings.Join(names, ", "))
	}
	if !rated {
		return r, nil
	}
	number, percent := strings.CutSuffix(rate, "%")
	p, err := strconv.ParseFloat(number, 64)
	if percent {
		p /= 100
	}
	if err != nil || !(p > 0 && p <= 1) {
		return r, fmt.Errorf("fault %s: the rate %q is no probability: more than 0 and at most 1, or in percent as 5%%", name, rate)
	}
	r.Rate = p
	return r, nil
}
