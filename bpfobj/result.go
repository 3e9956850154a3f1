package bpfobj

// A Result says what became of one thing that a plan loads.
type Result struct {
	Kind string // "BTF", "map" or "program"
	Name string // as in the object; empty for the BTF
	Err  error  // of the first step about it that the kernel refused; nil if it was loaded
}

// Results sums up what [Plan.Try] gave, one error for each step: a map is loaded
// when all steps about it have succeeded, those of its inner maps included. The
// order is that of the plan.
func (p *Plan) Results(errs []error) []Result {
	results := make([]Result, 0, 1+len(p.maps)+len(p.Steps))
	ofMap := make([]int, len(p.maps)) // index in results, from 1
	for i := range p.Steps {
		r, of := p.result(&p.Steps[i])
		r.Err = errs[i]
		if of < 0 {
			results = append(results, r)
			continue
		}
		if ofMap[of] == 0 {
			results = append(results, r)
			ofMap[of] = len(results)
		} else if sum := &results[ofMap[of]-1]; sum.Err == nil {
			sum.Err = r.Err
		}
	}
	return results
}

// result names what a step is about, and gives the index of the map if it is one,
// else -1.
func (p *Plan) result(s *Step) (r Result, ofMap int) {
	switch s.kind {
	case stepBTF:
		return Result{Kind: "BTF"}, -1
	case stepProgram:
		return Result{Kind: "program", Name: p.spec.Programs[s.index].Name}, -1
	}
	return Result{Kind: "map", Name: p.spec.Maps[s.index].Name}, s.index
}
