package prebuilt

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kptr/internal/kerneltest"
)

// A Go runtime's marking word is not BPF's to write, and the verifier would let a program do it. These tests follow, through the
// instructions of each function of an object, every value that may be the address of the word: what bpf_task_storage_get gives
// for the map kptr_gc, and what is loaded from there. They err on the side of refusing: such an address may be kept in
// registers and on the stack, and loaded through, and nothing else may be done with it.

// mark says what a register or a slot of the stack may hold.
type mark uint8

const (
	isMap   mark = 1 << iota // the map kptr_gc
	isValue                  // the address of a value of it
	isWord                   // the address of the word, or one computed from it
	isStack                  // an address on the stack
)

// insn is a struct bpf_insn (include/uapi/linux/bpf.h).
type insn struct {
	op       byte
	dst, src byte
	off      int16
	imm      int32
}

// Classes, modes and operations of an opcode, from include/uapi/linux/bpf_common.h and bpf.h.
const (
	bpfLD, bpfLDX, bpfST, bpfSTX, bpfALU, bpfJMP, bpfJMP32, bpfALU64 = 0, 1, 2, 3, 4, 5, 6, 7

	bpfMOV, bpfJA, bpfCALL, bpfEXIT = 0xb0, 0x00, 0x80, 0x90

	bpfX        = 0x08
	bpfATOMIC   = 0xc0
	pseudoCall  = 1
	frame       = 10
	slots       = 512 / 8
	bytesOfInsn = 8
)

func (i insn) class() byte     { return i.op & 7 }
func (i insn) operation() byte { return i.op & 0xf0 }
func (i insn) wide() bool      { return i.op == 0x18 } // BPF_LD | BPF_IMM | BPF_DW takes two

// state is what may be where before an instruction.
type state struct {
	reached bool
	regs    [11]mark
	stack   [slots]mark
}

func (s *state) merge(o *state) (changed bool) {
	changed = !s.reached
	s.reached = true
	for i, m := range o.regs {
		changed = changed || m&^s.regs[i] != 0
		s.regs[i] |= m
	}
	for i, m := range o.stack {
		changed = changed || m&^s.stack[i] != 0
		s.stack[i] |= m
	}
	return changed
}

func (s *state) anyOfStack() (m mark) {
	for _, slot := range s.stack {
		m |= slot
	}
	return m
}

// flow is a section of code.
type flow struct {
	insns  []insn
	maps   map[int]bool // which instructions load the address of the map
	called bool         // by other functions: what a program leaves in its register 0, nobody follows
	wrong  map[int]string
}

// run follows all paths from the functions that begin at these instructions.
func (f *flow) run(starts []int) {
	states := make([]state, len(f.insns)+1)
	var work []int
	reach := func(at int, s state) {
		if at < len(f.insns) && states[at].merge(&s) {
			work = append(work, at)
		}
	}
	for _, at := range starts {
		s := state{}
		s.regs[frame] = isStack
		reach(at, s)
	}
	for len(work) > 0 {
		at := work[len(work)-1]
		work = work[:len(work)-1]
		s := states[at]
		for _, next := range f.step(at, &s) {
			reach(next, s)
		}
	}
}

func (f *flow) refuse(at int, what string) { f.wrong[at] = what }

// step changes the state as an instruction does, and gives the instructions that may follow.
func (f *flow) step(at int, s *state) (next []int) {
	i := f.insns[at]
	switch i.class() {
	case bpfLD:
		s.regs[i.dst] = 0
		if f.maps[at] {
			s.regs[i.dst] = isMap
		}
		if i.wide() {
			return []int{at + 2}
		}
	case bpfLDX:
		s.regs[i.dst] = f.load(i, s)
	case bpfST, bpfSTX:
		f.store(at, i, s)
	case bpfALU, bpfALU64:
		from := mark(0)
		if i.op&bpfX != 0 {
			from = s.regs[i.src]
		}
		if i.operation() == bpfMOV {
			s.regs[i.dst] = 0
		}
		s.regs[i.dst] |= from
	case bpfJMP, bpfJMP32:
		return f.jump(at, i, s)
	}
	return []int{at + 1}
}

// load gives what a load may give.
func (f *flow) load(i insn, s *state) (m mark) {
	from := s.regs[i.src]
	if i.src == frame {
		return s.stack[slotOf(i.off)]
	}
	if from&isStack != 0 {
		m |= s.anyOfStack()
	}
	if from&isValue != 0 {
		m |= isWord
	}
	return m // what is loaded through the word's address is a number
}

func (f *flow) store(at int, i insn, s *state) {
	to, what := s.regs[i.dst], mark(0)
	if i.class() == bpfSTX {
		what = s.regs[i.src]
	}
	if to&(isValue|isWord) != 0 {
		f.refuse(at, "stores through the address")
	}
	switch {
	case i.dst == frame && i.op&0xe0 != bpfATOMIC:
		// The compiler spills eight bytes, aligned. What part of a slot is overwritten keeps its mark.
		s.stack[slotOf(i.off)] |= what
	case what&(isValue|isWord) != 0:
		f.refuse(at, "stores the address where it is not followed")
	}
	if i.class() == bpfSTX && i.op&0xe0 == bpfATOMIC && to&isStack != 0 { // it may fetch what was there
		s.regs[i.src] |= s.anyOfStack()
		s.regs[0] |= s.anyOfStack()
	}
}

func (f *flow) jump(at int, i insn, s *state) []int {
	switch {
	case i.op == bpfJMP|bpfEXIT:
		if f.called && s.regs[0]&(isValue|isWord) != 0 {
			f.refuse(at, "returns the address")
		}
		return nil
	case i.op == bpfJMP|bpfCALL:
		f.call(at, i, s)
		return []int{at + 1}
	case i.op == bpfJMP|bpfJA:
		return []int{at + 1 + int(i.off)}
	case i.op == bpfJMP32|bpfJA:
		return []int{at + 1 + int(i.imm)}
	}
	return []int{at + 1, at + 1 + int(i.off)}
}

// call: arguments are in registers 1 to 5, the result is in 0. How many arguments there are is not known: what is left over from
// before counts.
func (f *flow) call(at int, i insn, s *state) {
	var args mark
	for r := 1; r <= 5; r++ {
		args |= s.regs[r]
		s.regs[r] = 0
	}
	if args&isStack != 0 {
		args |= s.anyOfStack() &^ isMap
	}
	s.regs[0] = 0
	switch {
	case args&(isValue|isWord) != 0:
		f.refuse(at, "passes the address on")
	case args&isMap != 0 && i.src == pseudoCall:
		f.refuse(at, "passes the map to a function")
	case args&isMap != 0:
		s.regs[0] = isValue
	}
}

// slotOf gives the slot of the stack at an offset from the frame pointer.
func slotOf(off int16) int { return (512 + int(off)) / 8 % slots }

// storesToWord lists what the functions of an object do with the word's address that they must not, by function.
func storesToWord(t *testing.T, name string) map[string]string {
	t.Helper()
	file, err := elf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	for index, section := range file.Sections {
		if section.Type != elf.SHT_PROGBITS || section.Flags&elf.SHF_EXECINSTR == 0 {
			continue
		}
		data, err := section.Data()
		if err != nil {
			t.Fatal(err)
		}
		f := &flow{insns: decode(data, file.ByteOrder), maps: mapLoads(t, file, symbols, index), called: section.Name == ".text", wrong: make(map[int]string)}
		var starts []int
		functions := make(map[int]string)
		for _, s := range symbols {
			if int(s.Section) == index && elf.ST_TYPE(s.Info) == elf.STT_FUNC {
				starts = append(starts, int(s.Value)/bytesOfInsn)
				functions[int(s.Value)/bytesOfInsn] = s.Name
			}
		}
		slices.Sort(starts)
		f.run(starts)
		for at, what := range f.wrong {
			i, exact := slices.BinarySearch(starts, at)
			if !exact {
				i--
			}
			found[functions[starts[i]]] = fmt.Sprintf("%s, instruction %d: %s", section.Name, at, what)
		}
	}
	return found
}

func decode(data []byte, order binary.ByteOrder) []insn {
	insns := make([]insn, len(data)/bytesOfInsn)
	for i := range insns {
		b := data[i*bytesOfInsn:]
		dst, src := b[1]&0xf, b[1]>>4
		if order == binary.ByteOrder(binary.BigEndian) {
			dst, src = src, dst
		}
		insns[i] = insn{b[0], dst, src, int16(order.Uint16(b[2:])), int32(order.Uint32(b[4:]))}
	}
	return insns
}

// mapLoads finds the instructions of a section that a relocation makes load the address of the map kptr_gc.
func mapLoads(t *testing.T, file *elf.File, symbols []elf.Symbol, section int) map[int]bool {
	t.Helper()
	loads := make(map[int]bool)
	for _, s := range file.Sections {
		if s.Type != elf.SHT_REL || int(s.Info) != section {
			continue
		}
		data, err := s.Data()
		if err != nil {
			t.Fatal(err)
		}
		for ; len(data) >= 16; data = data[16:] { // Elf64_Rel: r_offset, r_info
			symbol := file.ByteOrder.Uint64(data[8:]) >> 32
			if symbol > 0 && symbols[symbol-1].Name == "kptr_gc" {
				loads[int(file.ByteOrder.Uint64(data))/bytesOfInsn] = true
			}
		}
	}
	return loads
}

// TestMarkingWordReadOnly: no shipped program stores to it.
func TestMarkingWordReadOnly(t *testing.T) {
	names, err := filepath.Glob("*.o")
	if err != nil || len(names) < 4 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		for function, what := range storesToWord(t, name) {
			t.Errorf("%s: %s: %s", name, function, what)
		}
	}
	if !readsWord(t, "sched.bpfel.o") {
		t.Error("sched.bpfel.o does not use the map kptr_gc at all: does the test look for the right name?")
	}
}

func readsWord(t *testing.T, name string) bool {
	t.Helper()
	file, err := elf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for index := range file.Sections {
		n += len(mapLoads(t, file, symbols, index))
	}
	return n > 0
}

// TestMarkingWordStores: the test above would find a program that does.
func TestMarkingWordStores(t *testing.T) {
	kerneltest.NeedHost(t, "the objects of another directory")
	for _, order := range []string{"el", "eb"} {
		name := "../testdata/gcstore.bpf" + order + ".o"
		found := storesToWord(t, name)
		for function, want := range map[string]string{
			"read_only": "", "read_spilled": "",
			"store_plain": "stores through", "store_atomic": "stores through", "store_spilled": "stores through",
			"store_either": "stores through", "store_computed": "stores through",
			"store_by_helper": "passes the address", "store_by_function": "passes the address",
			"get":           "returns the address", // for store_from_function
			"store_address": "stores the address",
		} {
			if got := found[function]; !strings.Contains(got, want) || want == "" && got != "" {
				t.Errorf("%s: %s: found %q, want %q", name, function, got, want)
			}
		}
	}
}
