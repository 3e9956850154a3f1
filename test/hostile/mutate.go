// Package hostile breaks BPF objects at what their formats are made of, and looks at what this project's loader makes of them:
// see docs/hostile.md.
package hostile

import (
	"bytes"
	"fmt"
	"math/rand/v2"
)

// A Mutant is an object that something was done to.
type Mutant struct {
	Bytes []byte
	Done  []string
}

// Mutate breaks an object. The same object and seed give the same mutant on every host.
func Mutate(b []byte, seed uint64) Mutant {
	m := &mutator{object: analyse(bytes.Clone(b)), Rand: rand.New(rand.NewPCG(seed, seed))}
	changes := 1
	if m.IntN(4) == 0 {
		m.grow()
		changes = 0
	}
	for changes += m.IntN(3); changes > 0; changes-- {
		m.change()
	}
	if m.IntN(32) == 0 {
		m.did("cut")
		m.b = m.b[:m.IntN(len(m.b))]
	}
	return Mutant{m.b, m.done}
}

type mutator struct {
	*object
	*rand.Rand
	done []string
}

func (m *mutator) did(format string, args ...any) {
	m.done = append(m.done, fmt.Sprintf(format, args...))
}

// change does something to one record.
func (m *mutator) change() {
	s := pick(m, m.shapes)
	of := m.records[s]
	i, j := m.IntN(len(of)), m.IntN(len(of))
	a, b := of[i], of[j]
	f := pick(m, s.fields)
	switch m.IntN(8) {
	case 0:
		m.did("%s %d becomes that of %d", s.name, i, j)
		copy(m.b[a:][:s.size], m.b[b:][:s.size])
	case 1:
		m.did("%s %d and %d change places", s.name, i, j)
		old := bytes.Clone(m.b[a:][:s.size])
		copy(m.b[a:][:s.size], m.b[b:][:s.size])
		copy(m.b[b:][:s.size], old)
	case 2:
		m.did("%s %d: %s becomes that of %d", s.name, i, f.name, j)
		m.put(a, f, m.get(b, f))
	default:
		v := m.value(s, f, m.get(a, f), i)
		m.did("%s %d: %s %#x becomes %#x", s.name, i, f.name, m.get(a, f), v)
		m.put(a, f, v)
	}
}

// value chooses what a field becomes that is old in the i-th record of a shape.
func (m *mutator) value(s *shape, f field, old uint64, i int) uint64 {
	if special := m.special(s, f, old); special != old && m.IntN(2) == 0 {
		return special
	}
	n, top := uint64(len(m.records[s])), uint64(1)<<(8*f.size-1)
	return pick(m, []uint64{
		0, 1, 2, old + 1, old - 1, old + 8, old - 8, 2 * old, -old, old ^ 1<<m.IntN(8*f.size), // beside it, and what wraps around with it
		top - 1, top, 2*top - 1, 2*top - 2, 2*top - 8, 1 << m.IntN(8*f.size), // bounds
		uint64(i), uint64(i) + 1, n - 1, n, n + 1, m.Uint64N(n + 1), // itself, others, and one too many
		uint64(len(m.b)), uint64(len(m.b)) - 1, m.Uint64N(64), m.Uint64(),
	}) & (2*top - 1)
}

// special chooses a value that means something there.
func (m *mutator) special(s *shape, f field, old uint64) uint64 {
	switch {
	case s == btfType && f.name == "info":
		return old&^(0x7f<<24) | uint64(m.IntN(kindMax+2))<<24
	case s == relocation && f.name == "r_info":
		return m.Uint64N(uint64(len(m.records[symbol])+1))<<32 | pick(m, []uint64{0, 1, 2, 3, 4, 10})
	case s == symbol && f.name == "st_info":
		return m.Uint64N(4)<<4 | m.Uint64N(8)
	case s == sectionHeader && f.name == "sh_type":
		return pick(m, []uint64{0, 1, 2, 3, 4, 8, 9, 17, 0x6fff4c03})
	case s == mapNumber:
		return pick(m, []uint64{m.Uint64N(36), 1 << m.IntN(32), 4096})
	case s == instruction && f.name == "code":
		return pick(m, []uint64{0x18, 0x85, 0x95, 0x05, 0x06, 0xb7, 0xbf, 0x61, 0x79, 0x7b, 0x63, 0x0f, 0x07, 0x15, 0x1d, 0xdb, 0xc3, 0x8d, 0xe5})
	case s == instruction && f.name == "regs":
		return m.Uint64N(11)<<4 | m.Uint64N(11)
	case s == text:
		return uint64(pick(m, []byte("\x00\n\x1b/.?_a\xff")))
	}
	return old
}

// pick chooses one of several.
func pick[T any](m *mutator, from []T) T { return from[m.IntN(len(from))] }
