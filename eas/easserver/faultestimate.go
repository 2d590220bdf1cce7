package easserver

// Faults of GetItemEstimate, which servers understand each in its own way.
const (
	FaultEstimateHigh    Fault = "estimate-high"
	FaultEstimateLow     Fault = "estimate-low"
	FaultEstimateZero    Fault = "estimate-zero"
	FaultEstimateDeleted Fault = "estimate-deleted"
	FaultEstimateTotal   Fault = "estimate-total"
)

var estimateFaults = []FaultInfo{
	{FaultEstimateHigh, "the estimate is one more than there is (SOGo 5.8)"},
	{FaultEstimateLow, "the estimate is half of what there is"},
	{FaultEstimateZero, "the estimate is nothing, whatever there is"},
	{FaultEstimateDeleted, "the estimate counts deleted items (SOGo 5.8)"},
	{FaultEstimateTotal, "the estimate is what the folder holds, whatever the key (SOGo 5.8, Z-Push 2.7)"},
}

// misestimate returns what the device is told when n items are to come.
func (x *exchange) misestimate(st *syncState, n int) int {
	f := st.folder
	deleted := len(f.items) - f.live
	switch {
	case n != f.live && x.hit(FaultEstimateTotal, f.id) != nil:
		return f.live
	case x.hit(FaultEstimateHigh, f.id) != nil:
		return n + 1
	case n > 0 && x.hit(FaultEstimateLow, f.id) != nil:
		return n / 2
	case n > 0 && x.hit(FaultEstimateZero, f.id) != nil:
		return 0
	case deleted > 0 && x.hit(FaultEstimateDeleted, f.id) != nil:
		return n + deleted
	}
	return n
}
