// Package elf reads ELF64 relocatable files for the BPF machine, in either
// byte order: what clang, gcc and bpftool gen object write.
//
// It takes what such a file can hold and refuses everything else by name. A
// [File] that [Parse] returns is consistent: every index is in range, every
// name ends inside its string table, every section lies in the file, shares no
// byte with another, and holds the whole of each field that a relocation
// patches.
//
// The format is that of the System V gABI, chapters 4 and 5 of the 4.1
// edition; the relocation types are those of the kernel's
// Documentation/bpf/llvm_reloc.rst. Constants keep their names from there and
// from elf.h.
package elf

import "encoding/binary"

// File is a decoded object. It aliases the bytes that it was parsed from, so
// they must not be changed while it is in use.
type File struct {
	// ByteOrder is binary.LittleEndian or binary.BigEndian.
	ByteOrder binary.ByteOrder
	// Flags is e_flags: 0 from LLVM. GNU as puts the instruction set version
	// into its low four bits (EF_BPF_CPUVER), the only ones accepted.
	Flags uint32
	// Sections is the section header table, SHN_UNDEF at index 0 included.
	Sections []Section
	// Symbols is the symbol table, the null symbol at index 0 included. It is
	// empty in a file without SHT_SYMTAB, which then has no relocations either.
	Symbols []Symbol

	raw      []byte
	shoff    uint64
	shstrndx int
	names    stringTable // of the sections
	symtab   *Section    // nil if there is none
	relocs   uint64      // in all sections
}

// Parse decodes the whole file. Its errors are of type *[Error] and match
// exactly one of [ErrNotELF], [ErrUnsupported], [ErrTruncated] and
// [ErrMalformed]; a file that is refused yields no File.
//
// Section data aliases b. The memory that Parse allocates is bounded by a
// small multiple of len(b), whatever sizes b claims.
func Parse(b []byte) (f *File, err error) {
	defer func() {
		if e := recover(); e != nil {
			f, err = nil, e.(*Error) // of record.refuse; panics again if it is anything else
		}
	}()
	f = &File{raw: b[:len(b):len(b)]}
	// The order matters: tables are disjoint parts of the file once checkLayout
	// has passed, so those decoded after it are no larger than the file.
	f.parseIdent()
	f.parseHeader()
	f.findSections()
	f.parseSections()
	f.checkLayout()
	f.parseSymbols()
	f.parseRelocs()
	return f, nil
}

// Section returns the first section of that name, or nil. SHN_UNDEF is never
// found.
func (f *File) Section(name string) *Section {
	for i := range f.Sections {
		if i != 0 && f.Sections[i].Name == name {
			return &f.Sections[i]
		}
	}
	return nil
}
