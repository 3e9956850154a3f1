package btf

// counts says how many records of each sort follow the types.
type counts struct {
	members, values, params, vars int
}

func (n *counts) add(t *Type) {
	n.members += len(t.Members)
	n.values += len(t.Values)
	n.params += len(t.Params)
	n.vars += len(t.Vars)
}

// slabs are the arrays that the slices of all types of a Spec are cut from: four allocations
// instead of one a type.
type slabs struct {
	members []Member
	values  []EnumValue
	params  []Param
	vars    []VarSecinfo
}

func (n *counts) slabs() slabs {
	return slabs{
		members: make([]Member, n.members),
		values:  make([]EnumValue, n.values),
		params:  make([]Param, n.params),
		vars:    make([]VarSecinfo, n.vars),
	}
}

// take cuts n elements off a slab, nil for none. The capacity ends there, so that appending to one
// type's slice does not write into the next one's.
func take[E any](slab *[]E, n int) []E {
	if n == 0 {
		return nil
	}
	cut := (*slab)[:n:n]
	*slab = (*slab)[n:]
	return cut
}
