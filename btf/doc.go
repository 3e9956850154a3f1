// Package btf reads, checks, builds and writes BTF, the type format of the kernel and of BPF objects:
// Documentation/bpf/btf.rst and include/uapi/linux/btf.h of Linux.
//
// [Decode] takes a .BTF section, [DecodeExt] the .BTF.ext section beside it, [New] and [Spec.Add] make types from
// nothing, and [Spec.Encode] writes them. [Scan] finds names in the kernel's own BTF without decoding it. Input is
// validated once, strictly: what is accepted encodes to the same bytes again, and nobody after that has to check an id, a
// chain or an offset.
//
// The package takes bytes and gives values: it knows neither ELF nor system calls.
package btf
