package hostile

func (o *object) btf(s *section) {
	o.add(btfHeader, s.off)
	start := s.off + int(o.get(s.off, btfHeader.field("hdr_len")))
	end := start + int(o.get(s.off, btfHeader.field("type_len")))
	for at := start; at < end; {
		o.types = append(o.types, at)
		o.add(btfType, at)
		kind, vlen := o.kind(at)
		at += btfType.size
		if tail, ok := btfTails[kind]; ok {
			n := 1
			if tail.vlen {
				n = vlen
			}
			o.table(tail.shape, at, at+n*tail.shape.size)
			at += n * tail.shape.size
		}
	}
	o.table(text, end, s.end())
	o.maps(end)
}

// maps finds what the definitions of maps say, which are the types of the variables in DATASEC .maps.
func (o *object) maps(names int) {
	datasec := o.datasec(names, ".maps")
	if datasec == 0 {
		return
	}
	_, vars := o.kind(datasec)
	for i := range vars {
		at := o.types[o.word(datasec+12+12*i)]
		definition := o.types[o.word(at+8)]
		kind, members := o.kind(definition)
		for j := 0; kind == kindStruct && j < members; j++ {
			member := definition + 12 + 12*j
			o.add(mapMember, member)
			ptr := o.types[o.word(member+4)]
			if kind, _ := o.kind(ptr); kind != kindPtr {
				continue
			}
			o.add(mapType, ptr+8)
			if kind, _ := o.kind(o.types[o.word(ptr+8)]); kind == kindArray {
				o.add(mapNumber, o.types[o.word(ptr+8)]+20)
			}
		}
	}
}

// datasec finds a DATASEC by its name; 0 if there is none.
func (o *object) datasec(names int, name string) int {
	for _, at := range o.types[1:] {
		if kind, _ := o.kind(at); kind == kindDatasec && o.string(names+int(o.word(at))) == name {
			return at
		}
	}
	return 0
}

func (o *object) ext(s *section) {
	o.add(extHeader, s.off)
	start := s.off + int(o.get(s.off, extHeader.field("hdr_len")))
	for _, part := range []struct {
		name  string
		shape *shape
	}{{"func_info", funcInfo}, {"line_info", lineInfo}, {"core_relo", coreRelo}} {
		at := start + int(o.get(s.off, extHeader.field(part.name+"_off")))
		end := at + int(o.get(s.off, extHeader.field(part.name+"_len")))
		if at == end {
			continue
		}
		o.add(extRecordSize, at)
		for at += extRecordSize.size; at < end; {
			o.add(extSection, at)
			n := int(o.word(at + 4))
			at += extSection.size
			o.table(part.shape, at, at+n*part.shape.size)
			at += n * part.shape.size
		}
	}
}

// kind gives the kind and the vlen of the type that stands there; void for 0.
func (o *object) kind(at int) (kind uint32, vlen int) {
	if at == 0 {
		return 0, 0
	}
	info := o.word(at + 4)
	return info >> 24 & 0x7f, int(info & 0xffff)
}
