// Package sys is the ground floor: raw system calls, bpf(2) above all, and the few kernel facts
// that go with them. [BPF] is the one place that issues bpf(2); each command that the project uses
// has a struct of its own that mirrors the part of union bpf_attr in /usr/include/linux/bpf.h that
// the command reads.
//
// UAPI constants keep their C names, so that one grep hits the header and the code alike.
// A field of a mirror carries its C name in the tag `c`, as a path below union bpf_attr (or below
// the struct of an object's info); a field without the tag is never passed to the kernel.
//
// Errors keep the errno: bpf(2) gives an [*Error], every other call an [*os.SyscallError] or, of a file by its path, an
// [*os.PathError].
//
// Only 64-bit hosts are supported: pointer members of union bpf_attr are 8 bytes wide.
package sys
