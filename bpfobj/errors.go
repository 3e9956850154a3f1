package bpfobj

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// What an error of this package is about; match with errors.Is. Errors from the
// kernel keep their errno, which matches too (errors.Is(err, unix.E2BIG)).
var (
	ErrFormat      = errors.New("object not understood") // [*FormatError]; errors of elf and btf come wrapped as they are
	ErrNotFound    = errors.New("not found")             // [*NotFoundError]
	ErrByteOrder   = errors.New("object of the other byte order")
	ErrPermission  = errors.New("not permitted")                  // [*PermissionError]
	ErrVerifier    = errors.New("refused by the verifier")        // [*VerifierError]
	ErrReadOnly    = errors.New("variable is read-only")          // in .rodata, after load
	ErrDepends     = errors.New("depends on what was not loaded") // of a step of [Plan.Try]
	ErrNotBPFFS    = errors.New("directory is not on a bpffs")
	ErrClosed      = errors.New("object is closed")
	ErrMismatch    = errors.New("map differs from its definition")  // a pinned map that is not what the object declares
	ErrNotMap      = errors.New("not a BPF map")                    // a file descriptor or pin of something else
	ErrNoOp        = errors.New("operation unknown to this kernel") // of a struct_ops: see Options.DropOps
	ErrOpType      = errors.New("member does not fit the kernel's") // of a struct_ops
	ErrEnumSize    = errors.New("variable too small for the enumerator")
	ErrNotAttached = errors.New("program type does not attach") // syscall programs run by Program.Run
)

// Rules of user kptrs that a map's value type or definition breaks: the Rule of a
// [*RuleError]. Linux enforces them in btf_parse_fields (kernel/bpf/btf.c) and
// map_check_btf (kernel/bpf/syscall.c), some of them by ignoring the field in
// silence.
var (
	ErrTagUnknown      = errors.New("type tag not honoured by this kernel")
	ErrTagMissing      = errors.New("pointer has no user kptr tag")
	ErrTagTwice        = errors.New("more than one type tag on the pointer")
	ErrNotStruct       = errors.New("value type is not a struct")
	ErrPointeeDeclared = errors.New("pointee is only declared (BTF_KIND_FWD)")
	ErrPointeeKind     = errors.New("pointee is not a struct")
	ErrPointeeSize     = errors.New("pointee is larger than a page")
	ErrPointeeEmpty    = errors.New("pointee is empty")
	ErrPointeeName     = errors.New("pointee is named like a struct of the kernel")
	ErrFieldCount      = errors.New("more than 11 special fields (BTF_FIELDS_MAX)")
	ErrFieldConst      = errors.New("user kptr is const or behind a typedef")
	ErrFieldUnion      = errors.New("user kptr inside a union")
	ErrFieldAlign      = errors.New("user kptr not at a multiple of 8 bytes")
	ErrMapType         = errors.New("only BPF_MAP_TYPE_TASK_STORAGE holds user kptrs")
	ErrNoPrealloc      = errors.New("task storage needs BPF_F_NO_PREALLOC, a 4-byte int key and max_entries 0")
	ErrFieldBeside     = errors.New("a field stands beside the user kptr that task storage does not hold")
	ErrValueSize       = errors.New("value is larger than task storage takes")
	ErrPlainMap        = errors.New("the kernel created the map without its user kptrs")
)

// A FormatError says what Parse refused, and where in the file.
type FormatError struct {
	Section string // ELF section
	Offset  uint64 // byte offset in the section
	Name    string // program, map or variable; empty if none is concerned
	What    string // what is wrong, with the value seen
	Err     error  // the cause, if another package found it
}

func (e *FormatError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "section %q: offset %#x: ", e.Section, e.Offset)
	if e.Name != "" {
		fmt.Fprintf(&b, "%q: ", e.Name)
	}
	b.WriteString(e.What)
	if e.Err != nil {
		if e.What != "" {
			b.WriteString(": ")
		}
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Is matches ErrFormat.
func (e *FormatError) Is(target error) bool { return target == ErrFormat }

func (e *FormatError) Unwrap() error { return e.Err }

// A NotFoundError says which name an object or a kernel does not have.
type NotFoundError struct {
	Kind string   // "map", "program", "variable", "kfunc", ...
	Name string   // as asked for
	Have []string // the names there are, where they are few
}

func (e *NotFoundError) Error() string {
	s := fmt.Sprintf("%s %q: not found", e.Kind, e.Name)
	if len(e.Have) > 0 {
		s += " (there is " + strings.Join(e.Have, ", ") + ")"
	}
	return s
}

// Is matches ErrNotFound.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// A RuleError says which rule of user kptrs a map breaks, and in which field.
type RuleError struct {
	Map    string // map name
	Struct string // value type, as named in BTF
	Field  string // path of the field in the value type, such as "nested.udata"; empty if the map as a whole is meant
	Offset uint64 // of the field in the value, in bytes
	Rule   error  // one of the sentinels above
	Detail string // the value seen, and what to do
	Err    error  // the kernel's answer; the bare errno where Plan knows it without asking, nil where the kernel is silent
}

// answer gives the errno with which BPF_MAP_CREATE meets what breaks a rule that Plan
// checks (btf_check_and_fixup_fields in kernel/bpf/btf.c, map_check_btf in
// kernel/bpf/syscall.c, bpf_local_storage_map_alloc_check). It gives nil where the
// map is created, but plain.
func answer(rule error) error {
	switch rule {
	case ErrMapType:
		return syscall.EOPNOTSUPP
	case ErrPointeeSize, ErrValueSize:
		return syscall.E2BIG
	case ErrPointeeEmpty, ErrNoPrealloc:
		return syscall.EINVAL
	}
	return nil
}

func (e *RuleError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "map %q: ", e.Map)
	if e.Struct != "" {
		fmt.Fprintf(&b, "value type %q: ", e.Struct)
	}
	if e.Field != "" {
		fmt.Fprintf(&b, "field %q (offset %d): ", e.Field, e.Offset)
	}
	b.WriteString(e.Rule.Error())
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if _, unasked := e.Err.(syscall.Errno); e.Err != nil && !unasked {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Is matches the rule.
func (e *RuleError) Is(target error) bool { return target == e.Rule }

func (e *RuleError) Unwrap() error { return e.Err }

// A PermissionError is an EPERM or EACCES of the kernel, with the capabilities
// that the command needs and the process does not have.
type PermissionError struct {
	Missing []string // such as "CAP_BPF"; empty if none is missing
	Err     error    // from sys, with the errno
}

func (e *PermissionError) Error() string {
	if len(e.Missing) == 0 {
		return e.Err.Error() + " (no capability is missing: a security module, lockdown, or a kernel without BPF trampolines for fentry, fexit and lsm)"
	}
	caps := strings.ToLower(strings.Join(e.Missing, ","))
	if caps == "cap_bpf" { // a program that traces needs the other next
		caps = "cap_bpf,cap_perfmon"
	}
	return fmt.Sprintf("%v: %s missing: run as root, or give the file the capabilities (setcap %s+ep FILE)", e.Err, strings.Join(e.Missing, " and "), caps)
}

// Is matches ErrPermission.
func (e *PermissionError) Is(target error) bool { return target == ErrPermission }

func (e *PermissionError) Unwrap() error { return e.Err }
