package bpfobj

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"kptr/btf"
	"kptr/elf"
)

// refusals has an input for each branch of Parse that returns an error of its own.
var refusals = []struct {
	name   string
	object string
	break_ func(t *testing.T, im *image)
	err    error
	where  FormatError // Section, Offset and Name
	what   string      // part of the text
}{
	{"licence without NUL", "task_local", func(t *testing.T, im *image) {
		im.section("license").data[3] = '!'
	}, ErrFormat, FormatError{Section: "license"}, "no terminating NUL"},
	{"struct bpf_map_def", "task_local", func(t *testing.T, im *image) {
		im.sections = append(im.sections, imageSection{name: "maps", typ: elf.SHT_PROGBITS, data: make([]byte, 20)})
	}, ErrFormat, FormatError{Section: "maps"}, "struct bpf_map_def"},
	{"struct_ops", "task_local", func(t *testing.T, im *image) {
		im.sections = append(im.sections, imageSection{name: ".struct_ops.link", typ: elf.SHT_PROGBITS, data: make([]byte, 8)})
	}, ErrFormat, FormatError{Section: ".struct_ops.link"}, "not described in BTF"},
	{"struct_ops without link", "task_local", func(t *testing.T, im *image) {
		im.sections = append(im.sections, imageSection{name: ".struct_ops", typ: elf.SHT_PROGBITS, data: make([]byte, 8)})
	}, ErrFormat, FormatError{Section: ".struct_ops"}, "use .struct_ops.link"},
	{"arena", "task_local", func(t *testing.T, im *image) {
		im.sections = append(im.sections, imageSection{name: ".addr_space.1", typ: elf.SHT_NOBITS, size: 8})
	}, ErrFormat, FormatError{Section: ".addr_space.1"}, "not supported"},
	{"exception callback", "task_local", func(t *testing.T, im *image) {
		im.editBTF(t, func(types *btf.Spec) {
			id, err := types.Find(btf.KindFunc, "on_sys_enter")
			if err != nil {
				t.Fatal(err)
			}
			types.Add(btf.Type{Kind: btf.KindDeclTag, Name: "exception_callback:clean_up", Type: id, Component: -1})
		})
	}, ErrFormat, FormatError{Section: ".BTF", Name: "on_sys_enter"}, `exception callback "clean_up"`},
	{"a type of too many", "task_local", func(t *testing.T, im *image) {
		im.editBTF(t, func(types *btf.Spec) {
			id := types.Add(btf.Type{Kind: btf.KindStruct})
			for range 20 { // of 3, 7, 15 ... 2097151
				id = types.Add(btf.Type{Kind: btf.KindStruct, Name: "twice", Members: []btf.Member{{Type: id}, {Type: id}}})
			}
		})
	}, ErrFormat, FormatError{Section: ".BTF", Name: "twice"}, "made of more than 1048576 types"},
	{"extern of .kconfig", "kconfig", nil, ErrFormat, FormatError{Section: ".kconfig", Name: "LINUX_KERNEL_VERSION"}, "extern kconfig variables"},
	{"a section that BTF describes is missing", "task_local", func(t *testing.T, im *image) {
		im.section("license").name = "licence"
	}, ErrFormat, FormatError{Section: "license", Name: "_license"}, "the file does not have it"},

	{"no BTF in .BTF", "core_missing", func(t *testing.T, im *image) {
		im.section(".BTF").data = []byte("not BTF, but longer than a header is")
		im.section(".BTF").relocs = nil
	}, btf.ErrNotBTF, FormatError{}, ".BTF: "},
	{"BTF of the other order", "core_missing", func(t *testing.T, im *image) {
		other := binary.ByteOrder(binary.BigEndian)
		if im.order == other {
			other = binary.LittleEndian
		}
		im.section(".BTF").data, im.section(".BTF").relocs = takeApart(t, readObject(t, "core_missing", other)).section(".BTF").data, nil
	}, ErrFormat, FormatError{Section: ".BTF"}, "differ in byte order"},
	{"relocated value of 33 bits", "task_local", func(t *testing.T, im *image) {
		r := im.section(".BTF").relocs[0]
		im.order.PutUint32(im.section(".BTF").data[r.Offset:], 0xfffffffc)
		im.symbols[r.Symbol].Value = 4
	}, ErrFormat, FormatError{Section: ".BTF"}, "does not fit in 32 bits"},
	{"relocated value of 33 bits in .BTF.ext", "task_local", func(t *testing.T, im *image) {
		r := im.section(".BTF.ext").relocs[0]
		im.order.PutUint32(im.section(".BTF.ext").data[r.Offset:], 0xfffffff8)
		im.symbols[r.Symbol].Value = 8
	}, ErrFormat, FormatError{Section: ".BTF.ext"}, "does not fit in 32 bits"},
	{"code relocation in .BTF", "task_local", func(t *testing.T, im *image) {
		s := im.section(".BTF")
		s.flags |= elf.SHF_EXECINSTR
		s.relocs = []elf.Reloc{{Offset: 8, Type: elf.R_BPF_64_64, Symbol: 1}}
	}, ErrFormat, FormatError{Section: ".BTF", Offset: 8}, "R_BPF_64_64 in a section without code"},
	{".BTF.ext cut off", "task_local", func(t *testing.T, im *image) {
		s := im.section(".BTF.ext")
		s.data, s.relocs = s.data[:40], nil
	}, btf.ErrTruncated, FormatError{}, ".BTF.ext: "},
	{"CO-RE relocations of a section that is not there", "core_missing", func(t *testing.T, im *image) {
		im.section("tp_btf/sys_enter").name = "tp_btf/sys_exit" // .BTF.ext still has the name before
	}, ErrFormat, FormatError{Section: ".BTF.ext", Name: "tp_btf/sys_enter"}, "of which there is none"},
	{"CO-RE relocations of a section that is there twice", "core_missing", func(t *testing.T, im *image) {
		im.section("?tp_btf/sys_enter").name = "tp_btf/sys_enter"
	}, ErrFormat, FormatError{Section: ".BTF.ext", Name: "tp_btf/sys_enter"}, "or two"},
	{"DATASEC of an empty section", "task_local", func(t *testing.T, im *image) {
		im.section(".bss").size = 0
		for i := range im.symbols {
			if s := &im.symbols[i]; int(s.Section) < len(im.sections) && im.sections[s.Section].name == ".bss" {
				s.Value, s.Size = 0, 0
			}
		}
	}, ErrFormat, FormatError{Section: ".bss", Name: "target_pid"}, "section is empty"},
	{"DATASEC of a section of 4 GiB", "task_local", func(t *testing.T, im *image) {
		im.section(".bss").size = 1 << 32
	}, ErrFormat, FormatError{Section: ".bss", Name: "target_pid"}, "larger than 4 GiB"},
	{"variable past the end", "task_local", func(t *testing.T, im *image) {
		im.symbol("target_pid").Size = 0
		im.symbol("target_pid").Value = im.section(".bss").size - 2
	}, ErrFormat, FormatError{Section: ".bss", Offset: 14, Name: "target_pid"}, "past the end of its section"},

	{"undefined symbol without BTF", "kfunc_missing", func(t *testing.T, im *image) {
		im.remove(".BTF")
		im.remove(".BTF.ext")
	}, ErrFormat, FormatError{Section: ".symtab", Name: "bpf_kptr_no_such_kfunc"}, "the object has no BTF"},
	{"undefined symbol that BTF does not have", "kfunc_missing", func(t *testing.T, im *image) {
		im.symbol("bpf_kptr_no_such_kfunc").Name = "another_name"
	}, ErrFormat, FormatError{Section: ".symtab", Name: "another_name"}, "not declared as a kfunc"},
	{"extern variable", "kfunc_missing", func(t *testing.T, im *image) {
		im.editBTF(t, func(types *btf.Spec) {
			types.Add(btf.Type{Kind: btf.KindVar, Name: "an_address", Linkage: btf.LinkageExtern})
		})
		im.symbol("bpf_kptr_no_such_kfunc").Name = "an_address"
	}, ErrFormat, FormatError{Section: ".symtab", Name: "an_address"}, "extern variable: link"},

	{"variable initialised with an address", "globals", func(t *testing.T, im *image) {
		im.section(".data").relocs = []elf.Reloc{{Offset: 0x18, Type: elf.R_BPF_64_ABS64, Symbol: im.symbolIndex("bss_sum")}}
	}, ErrFormat, FormatError{Section: ".data", Offset: 0x18, Name: "data_u64"}, "initialised with an address"},
	{"two sections of variables of one name", "globals", func(t *testing.T, im *image) {
		im.section(".data.foo").name = ".bss.baz"
		im.remove(".BTF")
		im.remove(".BTF.ext")
	}, ErrFormat, FormatError{Section: ".bss.baz"}, "second section of this name"},
	{"section of variables of 2 GiB", "globals", func(t *testing.T, im *image) {
		im.section(".bss").size = 1 << 31
	}, ErrFormat, FormatError{Section: ".bss"}, "has 2147483648 bytes, a map takes 2147483647"},

	{"unknown section", "bad_section", nil, ErrFormat, FormatError{Section: "no_such_type/sys_enter", Name: "in_unknown_section"}, "stands for no program type"},
	{"target too much", "globals", func(t *testing.T, im *image) {
		im.section("syscall").name = "syscall/read"
	}, ErrFormat, FormatError{Section: "syscall/read", Name: "step"}, "is named syscall, and no more"},
	{"no sleepable form", "globals", func(t *testing.T, im *image) {
		im.section("syscall").name = "syscall.s"
	}, ErrFormat, FormatError{Section: "syscall.s", Name: "step"}, "is named syscall, and no more"},
	{"static program", "task_local", func(t *testing.T, im *image) {
		im.symbol("on_sys_enter").Bind = elf.STB_LOCAL
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Name: "on_sys_enter"}, "static function that no program calls"},
	{"half an instruction", "task_local", func(t *testing.T, im *image) {
		im.symbol("on_sys_enter").Size -= 4
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Name: "on_sys_enter"}, "not a run of 8-byte instructions"},
	{"function off an instruction", "subprogs", func(t *testing.T, im *image) {
		im.symbol("leaf").Value += 4
	}, ErrFormat, FormatError{Section: ".text", Offset: 0xec, Name: "leaf"}, "not a run of 8-byte instructions"},
	{"empty function", "subprogs", func(t *testing.T, im *image) {
		im.symbol("leaf").Size = 0
	}, ErrFormat, FormatError{Section: ".text", Offset: 0xe8, Name: "leaf"}, "function of 0 bytes"},
	{"function without bytes", "task_local", func(t *testing.T, im *image) {
		s := im.section("tp_btf/sys_enter")
		s.typ, s.size, s.data, s.relocs = elf.SHT_NOBITS, uint64(len(s.data)), nil, nil
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Name: "on_sys_enter"}, "inside the section (0 bytes)"},
	{"functions overlap", "subprogs", func(t *testing.T, im *image) {
		im.symbol("middle").Size += 8
	}, ErrFormat, FormatError{Section: ".text", Offset: 0x88, Name: "weak_double"}, `overlaps "middle"`},

	{"program too long", "core_missing", func(t *testing.T, im *image) {
		s := im.section("tp_btf/sys_enter")
		s.data = append(make([]byte, maxInsns*insnSize), s.data...)
		im.symbol("read_missing").Size = uint64(len(s.data))
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Name: "read_missing"}, "more than 1000000 instructions"},
	{"a subprogram of all too many programs", "kfunc_missing", func(t *testing.T, im *image) {
		manyPrograms(im, 120, 20_000)
	}, ErrFormat, FormatError{Section: ".text", Name: "shared"}, "part of too many programs"},
	{"relocation in the middle of an instruction", "task_local", func(t *testing.T, im *image) {
		im.section("tp_btf/sys_enter").relocs[0].Offset += 8
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Offset: 0x18, Name: "target_pid"}, "does not stand at an instruction that takes one"},
	{"call relocation of a load", "task_local", func(t *testing.T, im *image) {
		im.section("tp_btf/sys_enter").relocs[0].Type = elf.R_BPF_64_32
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Offset: 0x10, Name: "target_pid"}, "R_BPF_64_32 does not fit instruction with opcode 0x18"},
	{"address relocation of a call", "task_local", func(t *testing.T, im *image) {
		im.section("tp_btf/sys_enter").relocs = []elf.Reloc{{Offset: 0, Type: elf.R_BPF_64_64, Symbol: im.symbolIndex("target_pid")}}
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Name: "target_pid"}, "R_BPF_64_64 does not fit instruction with opcode 0x85"},
	{"load cut off by the function's end", "task_local", func(t *testing.T, im *image) {
		im.symbol("on_sys_enter").Size = 0x18
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Offset: 0x10, Name: "target_pid"}, "does not fit instruction with opcode 0x18"},
	{"nameless undefined symbol", "task_local", func(t *testing.T, im *image) {
		im.section("tp_btf/sys_enter").relocs[0].Symbol = len(im.symbols)
		im.symbols = append(im.symbols, elf.Symbol{Bind: elf.STB_GLOBAL})
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Offset: 0x10}, "undefined symbol without a name"},
	{"file descriptor of whoever loads", "task_local", func(t *testing.T, im *image) {
		s := im.section("tp_btf/sys_enter")
		r := s.relocs[1] // the map
		code{s.data, im.order}.setSrc(int(r.Offset)/insnSize, 1 /* BPF_PSEUDO_MAP_FD */)
		s.relocs = s.relocs[:1]
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Offset: 0x30}, "instruction with src_reg 1 has no relocation"},
	{"variables in a section that comes second", "task_local", func(t *testing.T, im *image) {
		*im.section(".text") = imageSection{name: ".bss", typ: elf.SHT_STRTAB, data: make([]byte, 153)} // larger than .bss
	}, ErrFormat, FormatError{Section: ".bss"}, "second section of this name"},
	{"call of the middle of a function", "subprogs", func(t *testing.T, im *image) {
		r := im.section("syscall").relocs[0]
		im.order.PutUint32(im.section("syscall").data[r.Offset+4:], 0)
	}, ErrFormat, FormatError{Section: "syscall", Name: "global_add"}, "where no function starts"},
	{"call without relocation to nowhere", "subprogs", func(t *testing.T, im *image) {
		s := im.section("syscall")
		s.relocs = nil
	}, ErrFormat, FormatError{Section: "syscall"}, `of section "syscall", where no function starts`},
	{"callback in the middle of a function", "subprogs", func(t *testing.T, im *image) {
		s := im.section("syscall")
		im.order.PutUint32(s.data[callback(im)+4:], 8)
	}, ErrFormat, FormatError{Section: "syscall"}, `section ".text", where no function starts`},
	{"address of a constant", "task_local", func(t *testing.T, im *image) {
		im.symbol("target_pid").Section = elf.SHN_ABS
		im.section(".BTF").relocs = nil
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Offset: 0x10, Name: "target_pid"}, "symbol of no section (SHN_ABS)"},
	{"address between two maps", "maps", func(t *testing.T, im *image) {
		im.symbol("a_hash").Value += 8
		im.symbol("a_hash").Size = 0
		im.section(".BTF").relocs = nil
	}, ErrFormat, FormatError{Section: "syscall", Name: "a_hash"}, "of .maps, where no map starts"},
	{"address past a section", "task_local", func(t *testing.T, im *image) {
		im.order.PutUint32(im.section("tp_btf/sys_enter").data[0x14:], 16)
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Offset: 0x10, Name: "target_pid"}, `address of offset 0x10 of section ".bss", which has 16 bytes`},
	{"address of no variable", "task_local", func(t *testing.T, im *image) {
		im.section("tp_btf/sys_enter").relocs[0].Symbol = im.symbolIndex("_license")
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Offset: 0x10, Name: "_license"}, `address of section "license", which is neither`},
	{"CO-RE without func_info", "task_local", func(t *testing.T, im *image) {
		s := im.section(".BTF.ext")
		// struct btf_ext_header has offset and length of func_info, line_info and core_relo from byte 8 on.
		header, parts := s.data[:32], s.data[32:]
		relos := parts[im.order.Uint32(header[24:]):]
		clear(header[8:28])
		s.data, s.relocs = append(slices.Clip(header), relos...), nil
	}, ErrFormat, FormatError{Section: "tp_btf/sys_enter", Name: "on_sys_enter"}, "the kernel would ignore them"},
}

// callback gives the offset of the first load of a function's address in the
// syscall programs of subprogs.
func callback(im *image) uint64 {
	for _, r := range im.section("syscall").relocs {
		target := im.symbols[r.Symbol].Section
		if r.Type == elf.R_BPF_64_64 && im.sections[target].name == ".text" {
			return r.Offset
		}
	}
	panic("no callback")
}

// manyPrograms leaves n programs of one call each, of the same subprogram.
func manyPrograms(im *image, n, insns int) {
	*im = image{order: im.order, sections: im.sections[:1], symbols: im.symbols[:1]}
	im.sections = append(im.sections,
		imageSection{name: ".text", typ: elf.SHT_PROGBITS, flags: elf.SHF_EXECINSTR, data: make([]byte, insns*insnSize)},
		imageSection{name: "syscall", typ: elf.SHT_PROGBITS, flags: elf.SHF_EXECINSTR, data: make([]byte, n*insnSize)})
	im.symbols = append(im.symbols, elf.Symbol{Name: "shared", Bind: elf.STB_GLOBAL, Type: elf.STT_FUNC, Section: 1, Size: uint64(insns * insnSize)})
	s := im.section("syscall")
	for i := range n {
		off := uint64(i * insnSize)
		s.data[off] = opCall
		im.order.PutUint32(s.data[off+4:], ^uint32(0)) // -1: the symbol itself
		s.relocs = append(s.relocs, elf.Reloc{Offset: off, Type: elf.R_BPF_64_32, Symbol: 1})
		im.symbols = append(im.symbols, elf.Symbol{Name: "program", Bind: elf.STB_GLOBAL, Type: elf.STT_FUNC, Section: 2, Value: off, Size: insnSize})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
				b := readObject(t, tt.object, order)
				if tt.break_ != nil {
					im := takeApart(t, b)
					tt.break_(t, im)
					b = im.write()
				}
				checkRefusal(t, b, tt.err, tt.where, tt.what)
			})
		})
	}
}

func checkRefusal(t *testing.T, b []byte, sentinel error, where FormatError, what string) {
	t.Helper()
	spec, err := Parse(b)
	if err == nil {
		t.Fatal("no error")
	}
	if spec != nil {
		t.Error("a Spec beside the error")
	}
	if !errors.Is(err, sentinel) || !strings.Contains(err.Error(), what) {
		t.Errorf("error %q, want one that matches %q and has %q", err, sentinel, what)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error of several lines: %q", err)
	}
	var format *FormatError
	if sentinel != ErrFormat {
		return
	}
	if !errors.As(err, &format) {
		t.Fatalf("error is a %T, want a *FormatError", err)
	}
	if format.Section != where.Section || where.Offset != 0 && format.Offset != where.Offset || format.Name != where.Name {
		t.Errorf("section %q, offset %#x, name %q; want %q, %#x, %q", format.Section, format.Offset, format.Name, where.Section, where.Offset, where.Name)
	}
}

// TestParseNotELF: errors of package elf come as they are.
func TestParseNotELF(t *testing.T) {
	b := readObject(t, "task_local", binary.LittleEndian)
	for _, tt := range []struct {
		name string
		b    []byte
		err  error
	}{
		{"empty", nil, elf.ErrNotELF},
		{"text", []byte("SPDX-License-Identifier: GPL-2.0, and more text than a header has bytes"), elf.ErrNotELF},
		{"half", b[:len(b)/2], elf.ErrTruncated},
	} {
		t.Run(tt.name, func(t *testing.T) { checkRefusal(t, tt.b, tt.err, FormatError{}, "") })
	}
}
