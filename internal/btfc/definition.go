package btfc

import (
	"fmt"
	"strconv"
	"strings"

	"kptr/btf"
)

// definition returns a STRUCT, UNION, ENUM or ENUM64 with its body.
func (p *printer) definition(id btf.ID, t *btf.Type, indent int) string {
	var b strings.Builder
	b.WriteString(spaced(p.keyword(t), t.Name) + " {\n")
	margin := strings.Repeat("\t", indent+1)
	if isEnum(t) {
		p.values(&b, t, margin)
	} else {
		p.members(&b, t, p.shape(id, t).packed, margin, indent+1)
	}
	b.WriteString(margin[1:] + "}")
	if p.shape(id, t).packed {
		b.WriteString(" __attribute__((packed))")
	}
	return b.String()
}

func (p *printer) values(b *strings.Builder, t *btf.Type, margin string) {
	suffix := ""
	if t.Kind == btf.KindEnum64 {
		suffix = "LL"
	}
	for _, v := range t.Members {
		if !p.spend(len(margin) + len(v.Name)) {
			return
		}
		if t.Flag {
			fmt.Fprintf(b, "%s%s = %d%s,\n", margin, v.Name, int64(v.Value), suffix)
		} else {
			fmt.Fprintf(b, "%s%s = %d%s,\n", margin, v.Name, v.Value, strings.Replace(suffix, "LL", "ULL", 1))
		}
	}
}

func (p *printer) members(b *strings.Builder, t *btf.Type, packed bool, margin string, indent int) {
	var end uint64 // bits
	for i := range t.Members {
		m := &t.Members[i]
		if !p.spend(len(margin) + len(m.Name)) {
			return
		}
		b.WriteString(margin + p.declare(m.Type, m.Name, indent))
		if n := p.fieldBits(m); n != 0 {
			b.WriteString(": " + strconv.Itoa(int(n)))
		}
		b.WriteString(";")
		natural, next := p.place(m, end, packed)
		if uint64(m.BitOffset) != natural && t.Kind == btf.KindStruct {
			b.WriteString(offsetComment(m))
		}
		b.WriteString("\n")
		end = uint64(m.BitOffset) + next
	}
}

func offsetComment(m *btf.Member) string {
	if m.BitOffset%8 != 0 {
		return fmt.Sprintf(" /* bit %d */", m.BitOffset)
	}
	return fmt.Sprintf(" /* offset %d */", m.BitOffset/8)
}

// sizeComment says the size of a type that does not follow from its members: C has attributes for that,
// BTF does not keep them.
func (p *printer) sizeComment(id btf.ID, t *btf.Type) string {
	natural := uint64(4)
	switch t.Kind {
	case btf.KindEnum:
	case btf.KindEnum64:
		natural = 8
	default:
		natural = p.naturalSize(id, t)
	}
	if natural == uint64(t.Size) {
		return ""
	}
	return fmt.Sprintf(" /* size %d */", t.Size)
}

// naturalSize is where the last member ends, rounded up to the alignment.
func (p *printer) naturalSize(id btf.ID, t *btf.Type) uint64 {
	sh := p.shape(id, t)
	var end uint64 // bits
	for i := range t.Members {
		_, size := p.place(&t.Members[i], end, sh.packed)
		end = max(end, uint64(t.Members[i].BitOffset)+size)
	}
	return roundUp(end, 8*sh.align) / 8
}

// place returns where C puts a member that follows end, and its size, both in bits.
func (p *printer) place(m *btf.Member, end uint64, packed bool) (offset, size uint64) {
	bytes, _ := p.spec.Size(m.Type)
	if n := uint64(p.fieldBits(m)); n != 0 {
		// A bit field stays where it is unless it would straddle a unit of its type (System V ABI).
		if unit := 8 * bytes; unit != 0 && !packed && end/unit != (end+n-1)/unit {
			end = roundUp(end, unit)
		}
		return end, n
	}
	align := uint64(1)
	if !packed {
		align = p.align(m.Type, maxDepth)
	}
	return roundUp(end, 8*align), 8 * bytes
}

// fieldBits returns the width of a bit field, 0 for another member. Before kind_flag, its INT had the width.
func (p *printer) fieldBits(m *btf.Member) uint8 {
	if m.BitSize != 0 {
		return m.BitSize
	}
	if t := p.spec.Type(p.spec.Resolve(m.Type)); t != nil && t.Kind == btf.KindInt && uint32(t.Bits) != 8*t.Size {
		return t.Bits
	}
	return 0
}

func roundUp(n, to uint64) uint64 { return (n + to - 1) / to * to }

// shape is what BTF does not keep of a STRUCT or UNION.
type shape struct {
	align  uint64 // bytes
	packed bool
}

// shape finds out how a struct was laid out. It is packed if it has a member or a size that C allows only in a
// packed one.
func (p *printer) shape(id btf.ID, t *btf.Type) shape { return p.shapeWithin(id, t, maxDepth) }

func (p *printer) shapeWithin(id btf.ID, t *btf.Type, depth int) shape {
	if sh, ok := p.shapes[id]; ok {
		return sh
	}
	sh := shape{align: 1}
	for i := range t.Members {
		m := &t.Members[i]
		align := p.align(m.Type, depth-1)
		sh.align = max(sh.align, align)
		if p.fieldBits(m) == 0 && uint64(m.BitOffset)%(8*align) != 0 {
			sh.packed = true
		}
	}
	if sh.packed || uint64(t.Size)%sh.align != 0 {
		sh = shape{align: 1, packed: true}
	}
	p.shapes[id] = sh
	return sh
}

// align returns the alignment in bytes that C gives a type on a 64-bit target.
func (p *printer) align(id btf.ID, depth int) uint64 {
	for ; depth > 0; depth-- {
		t := p.spec.Type(id)
		switch {
		case t == nil:
			return 1
		case t.Kind == btf.KindPtr:
			return 8
		case t.Kind == btf.KindStruct || t.Kind == btf.KindUnion:
			return p.shapeWithin(id, t, depth).align
		case t.Kind != btf.KindArray && !isModifier(t):
			return scalarAlign(t)
		}
		id = t.Type
	}
	return 1
}

// scalarAlign is the size, for the sizes that are powers of two.
func scalarAlign(t *btf.Type) uint64 {
	if size := uint64(t.Size); size&(size-1) == 0 && size != 0 {
		return min(size, 16)
	}
	return 1
}
