package btfc

import "kptr/btf"

// need writes the definitions that C wants to see before a declaration with the type of id. Whole: the declaration
// wants its size, so that a declared struct will not do. Owner is the type whose definition the declaration is part of: its
// name is known there.
func (p *printer) need(id, owner btf.ID, whole bool, depth int) {
	for depth <= maxDepth {
		t := p.spec.Type(id)
		switch {
		case t == nil || !p.spend(0):
			return
		case t.Kind == btf.KindArray:
			whole = true // C wants to know the element, even behind a pointer to an array
		case t.Kind == btf.KindPtr:
			whole = false
		case t.Kind == btf.KindFuncProto:
			for i := range t.Members {
				p.need(t.Members[i].Type, owner, false, depth+1)
			}
			whole = false
		case t.Kind == btf.KindTypedef:
			p.typedef(id, t, whole, depth)
			if !whole {
				return
			}
		case !isModifier(t):
			p.needBase(id, t, owner, whole, depth)
			return
		}
		id = t.Type
	}
}

func (p *printer) needBase(id btf.ID, t *btf.Type, owner btf.ID, whole bool, depth int) {
	switch {
	case t.Kind == btf.KindFwd:
		p.forward(id, t)
	case t.Kind == btf.KindStruct || t.Kind == btf.KindUnion:
		switch {
		case !isTagged(t):
			p.needMembers(t, owner, depth) // defined where it is used
		case p.state[id]&defined != 0 || id == owner && !whole:
		case whole && p.state[id]&active == 0:
			p.define(id, t, depth)
		case !whole:
			if owner != 0 {
				p.forward(id, t) // else the queue is flushed before the declaration
			}
			p.queue = append(p.queue, id)
		}
	case isTagged(t) && p.state[id]&defined == 0:
		p.define(id, t, depth)
	}
}

func (p *printer) needMembers(t *btf.Type, owner btf.ID, depth int) {
	for i := range t.Members {
		p.need(t.Members[i].Type, owner, true, depth+1)
	}
}

// flush defines what pointers led to; that may lead to more.
func (p *printer) flush() {
	for len(p.queue) > 0 && p.budget >= 0 {
		id := p.queue[0]
		p.queue = p.queue[1:]
		if p.state[id]&(defined|active) == 0 {
			p.define(id, p.spec.Type(id), 0)
		}
	}
}

func (p *printer) define(id btf.ID, t *btf.Type, depth int) {
	p.state[id] |= active
	p.needMembers(t, id, depth)
	p.state[id] |= defined
	if p.spend(0) {
		p.block(p.definition(id, t, 0) + ";" + p.sizeComment(id, t))
	}
}

// forward declares a struct. One that is first named in a prototype would be unknown outside it.
func (p *printer) forward(id btf.ID, t *btf.Type) {
	if p.state[id]&(declared|defined) != 0 {
		return
	}
	p.state[id] |= declared
	text := p.keyword(t) + " " + t.Name + ";"
	if t.Kind == btf.KindFwd {
		text += " /* only declared (FWD) */"
	}
	p.block(text)
}

func (p *printer) typedef(id btf.ID, t *btf.Type, whole bool, depth int) {
	if p.state[id]&(defined|active) != 0 {
		return
	}
	p.state[id] |= active
	p.need(t.Type, id, whole, depth+1)
	p.state[id] |= defined
	if p.spend(len(t.Name)) {
		p.block("typedef " + p.declare(t.Type, t.Name, 0) + ";")
	}
}
