package kptr

// Stats is how a map's memory is used at a moment.
type Stats struct {
	Shares     int // open shares
	Blocks     int // that they have: one for each user kptr
	Pages      int // with memory; of the system's page size
	Quarantine int // slots (the blocks of one share, as a rule) that wait until BPF has left them
	Lost       int // slots that are not reused before their page falls empty: their task ended first, or Update lent them
}

// Stats counts the map's memory.
func (m *Map[V]) Stats() Stats {
	a := m.arena
	a.mu.Lock()
	defer a.mu.Unlock()
	st := Stats{Shares: m.shares.len()}
	st.Blocks = st.Shares * len(m.fields)
	for _, c := range a.classes {
		st.Pages += len(c.pages)
		st.Quarantine += c.count[slotWaiting] + c.count[slotFenced]
		st.Lost += c.count[slotLost]
	}
	return st
}
