package bpfobj

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"

	"kptr/btf"
	"kptr/elf"
	"kptr/internal/kerneltest"
	"kptr/sys"

	"golang.org/x/sys/unix"
)

func structopsSpec(t *testing.T) *Spec {
	t.Helper()
	kerneltest.NeedJIT(t) // struct_ops are of CONFIG_BPF_JIT too (kernel/bpf/Makefile)
	s, err := Parse(readObject(t, "structops", nativeOrder()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var dropNoSuchOp = &Options{DropOps: []string{"no_such_op"}}

// TestStructOps loads a TCP congestion control whose struct differs from the kernel's, and sends over a connection that uses it.
func TestStructOps(t *testing.T) {
	kerneltest.NeedLinux(t, "6.9", "a DATASEC named ?.struct_ops.link")
	kerneltest.NoLeaks(t)
	s := structopsSpec(t)
	name := [16]int8{'k', 'p', 't', 'r', '_', 'g', 'o'}
	if err := s.Variable("congestion.name").Set(name); err != nil {
		t.Fatal(err)
	}
	obj, err := s.Load(dropNoSuchOp)
	kerneltest.Require(t, err)
	defer obj.Close()
	if _, err := obj.Map("unwanted").FD(); !errors.Is(err, ErrNotFound) || len(obj.Maps()) != 2 {
		t.Errorf("a map that was not asked for: %v", err)
	}
	if got := len(obj.Programs()); got != 3 {
		t.Errorf("%d programs, want those of the three operations that the kernel has", got)
	}
	if _, err := setCongestion(t, "kptr_go"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("before Attach: %v, want ENOENT", err)
	}
	if err := obj.Attach(); err != nil {
		t.Fatal(err)
	}
	if _, err := obj.Map("congestion").Attach(); !errors.Is(err, syscall.EEXIST) && !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a second link: %v", err)
	}
	conn, err := setCongestion(t, "kptr_go")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(conn, bytes.NewReader(make([]byte, 1<<20))); err != nil {
		t.Fatal(err)
	}
	var acked int32
	if err := obj.Variable("acked").Get(&acked); err != nil || acked == 0 {
		t.Errorf("cong_avoid ran %d times, %v", acked, err)
	}
	conn.Close()
	if err := obj.Close(); err != nil {
		t.Error(err)
	}
	if _, err := setCongestion(t, "kptr_go"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("after Close: %v, want ENOENT", err)
	}
}

// setCongestion connects to a peer that reads all, with a congestion control.
func setCongestion(t *testing.T, name string) (conn *net.TCPConn, err error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if peer, err := l.Accept(); err == nil {
			io.Copy(io.Discard, peer)
			peer.Close()
		}
	}()
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		var set error
		if err := c.Control(func(fd uintptr) {
			set = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
		}); err != nil {
			return err
		}
		return set
	}}
	c, err := dialer.Dial("tcp", l.Addr().String())
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), nil
}

// TestPlanStructOps compares what is planned with the kernel's own struct as Decode reads it.
func TestPlanStructOps(t *testing.T) {
	k, err := Running()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	p, err := structopsSpec(t).Plan(k, dropNoSuchOp)
	kerneltest.Require(t, err)
	types, err := btf.Decode(k.BTF)
	if err != nil {
		t.Fatal(err)
	}
	wrapper, err := types.Find(btf.KindStruct, "bpf_struct_ops_tcp_congestion_ops")
	if err != nil {
		t.Fatal(err)
	}
	ops, err := types.Find(btf.KindStruct, "tcp_congestion_ops")
	if err != nil {
		t.Fatal(err)
	}
	offset := func(id btf.ID, name string) (int, uint32) {
		i := slices.IndexFunc(types.Type(id).Members, func(m btf.Member) bool { return m.Name == name })
		return i, types.Type(id).Members[i].BitOffset / 8
	}
	_, data := offset(wrapper, "data")
	programs := make(map[string]int) // steps
	for i, step := range p.Steps {
		switch a := step.Attr.(type) {
		case *sys.MapCreateAttr:
			if a.MapType == sys.BPF_MAP_TYPE_ARRAY {
				continue
			}
			if a.ValueSize != types.Type(wrapper).Size || a.BTFVmlinuxValueTypeID != uint32(wrapper) || a.MapFlags != sys.BPF_F_LINK {
				t.Errorf("%v", &step)
			}
		case *sys.ProgLoadAttr:
			name := strings.TrimPrefix(a.ProgName.String(), "kptr_")
			index, _ := offset(ops, name)
			if int(a.ExpectedAttachType) != index || a.AttachBTFID != uint32(ops) {
				t.Errorf("%s: member %d of type %d, want %d of %d", name, a.ExpectedAttachType, a.AttachBTFID, index, ops)
			}
			programs[name] = i
		case *sys.MapUpdateElemAttr:
			value := p.maps[step.thing.index].ops.value
			if len(value) != int(types.Type(wrapper).Size) || len(value) != int(a.ValueSize) {
				t.Errorf("value of %d bytes, value_size %d", len(value), a.ValueSize)
			}
			for name, at := range programs {
				_, off := offset(ops, name)
				want := fmt.Sprintf("value[%d]", data+off)
				if !slices.ContainsFunc(step.Uses, func(u Use) bool { return u.Field == want && u.Step == at && &u.in[0] == &value[data+off] }) {
					t.Errorf("%v: no use of step %d for %s", &step, at, want)
				}
			}
			_, off := offset(ops, "name")
			if got := string(value[data+off:][:9]); got != "kptr_test" {
				t.Errorf("name %q", got)
			}
		}
	}
	if len(programs) != 3 {
		t.Errorf("programs %v", programs)
	}
}

// TestPlanStructOpsRefuses: what does not fit the kernel is refused by name.
func TestPlanStructOpsRefuses(t *testing.T) {
	for _, row := range []struct {
		name string
		edit func(t *testing.T, s *Spec)
		opts *Options
		err  error
		text string
	}{
		{"an operation of no kernel", nil, nil, ErrNoOp, `map "congestion": struct tcp_congestion_ops___mine: member "no_such_op"`},
		{"a number of no kernel", func(t *testing.T, s *Spec) {
			if err := s.Variable("congestion.no_such_number").Set(uint64(1)); err != nil {
				t.Fatal(err)
			}
		}, dropNoSuchOp, ErrNoOp, `member "no_such_number"`},
		{"a struct of no kernel", func(_ *testing.T, s *Spec) {
			s.types.Type(s.Map("congestion").structOps.typ).Name = "no_such_ops"
		}, nil, ErrNotFound, "no_such_ops"},
		{"another size", func(t *testing.T, s *Spec) {
			mine := s.types.Type(s.Map("congestion").structOps.typ)
			mine.Members[0].Type = mine.Members[slices.IndexFunc(mine.Members, func(m btf.Member) bool { return m.Name == "flags" })].Type
		}, dropNoSuchOp, ErrOpType, `member "name": member does not fit the kernel's: it has 4 bytes, the kernel's 16`},
		{"a pointer to no program", func(t *testing.T, s *Spec) {
			m := s.Map("congestion")
			delete(m.structOps.ops, memberNamed(s.types.Type(m.structOps.typ), "undo_cwnd"))
			m.Contents[16] = 1
		}, dropNoSuchOp, ErrOpType, `member "undo_cwnd": member does not fit the kernel's: it is a pointer to no program`},
		{"a program for two operations", func(_ *testing.T, s *Spec) {
			m := s.Map("congestion")
			t := s.types.Type(m.structOps.typ)
			m.structOps.ops[memberNamed(t, "undo_cwnd")] = m.structOps.ops[memberNamed(t, "ssthresh")]
		}, dropNoSuchOp, ErrOpType, "is a different operation elsewhere"},
	} {
		t.Run(row.name, func(t *testing.T) {
			k, err := Running()
			if err != nil {
				t.Fatal(err)
			}
			defer k.Close()
			s := structopsSpec(t)
			if row.edit != nil {
				row.edit(t, s)
			}
			_, err = s.Plan(k, row.opts)
			if !errors.Is(err, row.err) || !strings.Contains(err.Error(), row.text) {
				t.Errorf("got %v, want %v with %q", err, row.err, row.text)
			}
		})
	}
}

// TestParseStructOpsRefuses: relocations that are none of operations.
func TestParseStructOpsRefuses(t *testing.T) {
	for _, row := range []struct {
		name   string
		break_ func(t *testing.T, im *image)
		what   string
	}{
		{"relocation of 4 bytes", func(t *testing.T, im *image) {
			im.section(".struct_ops.link").relocs[0].Type = elf.R_BPF_64_ABS32
		}, "R_BPF_64_ABS32 is not that of a function pointer"},
		{"relocation at no pointer", func(t *testing.T, im *image) {
			im.section(".struct_ops.link").relocs[0].Offset = 0
		}, "does not stand at a function pointer"},
		{"relocation against no program", func(t *testing.T, im *image) {
			r := im.section(".struct_ops.link").relocs[0]
			im.symbols[r.Symbol] = *im.symbol("acked")
		}, "operation is not a program"},
	} {
		t.Run(row.name, func(t *testing.T) {
			im := takeApart(t, readObject(t, "structops", nativeOrder()))
			row.break_(t, im)
			var refused *FormatError
			if _, err := Parse(im.write()); !errors.As(err, &refused) || !strings.Contains(err.Error(), row.what) {
				t.Errorf("got %v, want %q", err, row.what)
			}
		})
	}
}

// TestUnusedOperation: a program that is no operation of any variable refuses the object; an optional one only what asks for it.
func TestUnusedOperation(t *testing.T) {
	kerneltest.NeedJIT(t)
	const text = "program is not an operation of any variable"
	for _, optional := range []string{"", "?"} {
		im := takeApart(t, readObject(t, "structops", nativeOrder()))
		im.section("struct_ops/no_such_op").name = optional + "struct_ops/no_such_op"
		ops := im.section(".struct_ops.link")
		ops.relocs = slices.DeleteFunc(ops.relocs, func(r elf.Reloc) bool { return im.symbols[r.Symbol].Name == "kptr_no_such_op" })
		s, err := Parse(im.write())
		if optional == "" {
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), text) {
				t.Errorf("got %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		k, err := Running()
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		if _, err := s.Plan(k, nil); err != nil {
			t.Errorf("not asked for: %v", err)
		}
		if _, err = s.Plan(k, &Options{Programs: []string{"kptr_no_such_op"}}); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), text) {
			t.Errorf("asked for: %v", err)
		}
	}
}

// TestPlanStructOpsBitField: one at the end of the struct, whose type is wider than what is left of it.
func TestPlanStructOpsBitField(t *testing.T) {
	kerneltest.NeedJIT(t)
	im := takeApart(t, readObject(t, "structops", nativeOrder()))
	im.editBTF(t, func(types *btf.Spec) {
		id, err := types.Find(btf.KindStruct, "tcp_congestion_ops___mine")
		if err != nil {
			t.Fatal(err)
		}
		s := types.Type(id)
		s.Flag = true
		m := &s.Members[len(s.Members)-1]
		m.BitOffset, m.BitSize = 8*s.Size-3, 3
	})
	k, err := Running()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if _, err := mustParse(t, im.write()).Plan(k, dropNoSuchOp); !errors.Is(err, ErrOpType) {
		t.Errorf("got %v", err)
	}
}

// TestOptionalStructOps: what a section with '?' has is loaded when it is asked for.
func TestOptionalStructOps(t *testing.T) {
	k, err := Running()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	for _, row := range []struct {
		opts Options
		maps int
	}{{Options{}, 1}, {Options{AllPrograms: true}, 2}, {Options{Programs: []string{"unwanted"}}, 2}} {
		row.opts.DropOps = dropNoSuchOp.DropOps
		p, err := structopsSpec(t).Plan(k, &row.opts)
		kerneltest.Require(t, err)
		maps := 0
		for i := range p.Steps {
			if a, ok := p.Steps[i].Attr.(*sys.MapCreateAttr); ok && a.MapType == sys.BPF_MAP_TYPE_STRUCT_OPS {
				maps++
			}
		}
		if maps != row.maps {
			t.Errorf("%+v: %d maps, want %d", row.opts, maps, row.maps)
		}
	}
}

// TestPlanOpsWithoutBTF: a kernel without BTF is noted at what needs it, and the rest is planned.
func TestPlanOpsWithoutBTF(t *testing.T) {
	k := recordedKernel(t, binary.LittleEndian)
	k.BTF = nil
	p, err := mustParse(t, readObject(t, "structops", binary.LittleEndian)).Plan(k, &Options{KeepGoing: true})
	if err != nil {
		t.Fatal(err)
	}
	var broken []string
	for _, step := range p.Steps {
		if errors.Is(step.Err, sys.ErrNotSupported) {
			broken = append(broken, step.Subject)
		}
	}
	if want := []string{`map "congestion"`}; !slices.Equal(broken, want) || len(p.Steps) < 3 {
		t.Errorf("%q of %d steps, want %q", broken, len(p.Steps), want)
	}
}

// TestPlanLostOps: of a map that does not fit the kernel, each program is listed: those that are an operation of the kernel are to be
// loaded all the same, the others depend on the map.
func TestPlanLostOps(t *testing.T) {
	k, err := Running()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	s := structopsSpec(t)
	for _, row := range []struct {
		rename  string
		depends int
	}{{"tcp_congestion_ops___mine", 1}, {"no_such_ops", len(s.Map("congestion").structOps.ops)}} {
		s.types.Type(s.Map("congestion").structOps.typ).Name = row.rename
		p, err := s.Plan(k, &Options{KeepGoing: true})
		kerneltest.Require(t, err)
		programs, depends := 0, 0
		for _, r := range p.Results(make([]error, len(p.Steps))) {
			if r.Kind == "program" {
				programs++
			}
		}
		for i := range p.Steps {
			if errors.Is(p.Steps[i].Err, ErrDepends) {
				depends++
			}
		}
		if want := len(s.Map("congestion").structOps.ops); programs != want || depends != row.depends {
			t.Errorf("%s: %d programs of which %d depend, want %d and %d", row.rename, programs, depends, want, row.depends)
		}
	}
}
