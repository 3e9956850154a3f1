package bpfobj

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
)

// What an error of this package is about; match with errors.Is. Errors from the
// kernel keep their errno, which matches too (errors.Is(err, unix.E2BIG)).
var (
	ErrFormat      = errors.New("object not understood") // [*FormatError]; errors of elf and btf come wrapped as they are
	ErrNotFound    = errors.New("not found")             // [*NotFoundError]
	ErrByteOrder   = errors.New("object of the other byte order")
	ErrPermission  = errors.New("not permitted")                  // [*PermissionError], and a pin whose mode forbids it
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
// [*RuleError]. Linux enforces them in btf_parse_fields and btf_check_and_fixup_fields
// (kernel/bpf/btf.c), map_check_btf (kernel/bpf/syscall.c) and bpf_local_storage_map_alloc_check,
// some of them by ignoring the field in silence.
var (
	ErrTagUnknown      error = &rule{text: "type tag not honoured by this kernel"}
	ErrTagMissing      error = &rule{text: "pointer has no user kptr tag"}
	ErrTagTwice        error = &rule{text: "more than one type tag on the pointer"}
	ErrNotStruct       error = &rule{text: "value type is not a struct"}
	ErrPointeeDeclared error = &rule{text: "pointee is only declared (BTF_KIND_FWD)"}
	ErrPointeeKind     error = &rule{text: "pointee is not a struct"}
	ErrPointeeSize     error = &rule{"pointee is larger than a page", syscall.E2BIG}
	ErrPointeeEmpty    error = &rule{"pointee is empty", syscall.EINVAL}
	ErrPointeeName     error = &rule{text: "pointee is named like a struct of the kernel"}
	ErrFieldCount      error = &rule{text: "more than 11 special fields (BTF_FIELDS_MAX)"}
	ErrFieldConst      error = &rule{text: "user kptr is const or behind a typedef"}
	ErrFieldUnion      error = &rule{text: "user kptr inside a union"}
	ErrFieldAlign      error = &rule{text: "user kptr not at a multiple of 8 bytes"}
	ErrMapType         error = &rule{"only BPF_MAP_TYPE_TASK_STORAGE holds user kptrs", syscall.EOPNOTSUPP}
	ErrNoPrealloc      error = &rule{"task storage needs BPF_F_NO_PREALLOC, a 4-byte int key and max_entries 0", syscall.EINVAL}
	ErrFieldBeside     error = &rule{text: "a field stands beside the user kptr that task storage does not hold"}
	ErrValueSize       error = &rule{"value is larger than task storage takes", syscall.E2BIG}
	ErrPlainMap        error = &rule{text: "the kernel created the map without its user kptrs"}
)

// A rule is one of user kptrs.
type rule struct {
	text   string
	answer syscall.Errno // with which BPF_MAP_CREATE meets what breaks it; 0: the map is created, but plain, or the kernel has to be asked
}

func (r *rule) Error() string { return r.text }

// A FormatError says what Parse refused, and where in the file.
type FormatError struct {
	Section string // ELF section
	Offset  uint64 // byte offset in the section
	Name    string // program, map or variable; empty if none is concerned
	Err     error  // what is wrong, with the value seen
}

func (e *FormatError) Error() string {
	name := ""
	if e.Name != "" {
		name = strconv.Quote(e.Name) + ": "
	}
	return fmt.Sprintf("section %q: offset %#x: %s%v", e.Section, e.Offset, name, e.Err)
}

// Unwrap gives ErrFormat and the cause.
func (e *FormatError) Unwrap() []error { return []error{ErrFormat, e.Err} }

// refuse ends Parse with an error at this place.
func (e FormatError) refuse(format string, args ...any) {
	e.Err = fmt.Errorf(format, args...)
	check(&e)
}

// want refuses unless ok.
func (e FormatError) want(ok bool, what string) {
	if !ok {
		e.refuse("%s", what)
	}
}

// want refuses unless ok. Values of one type, rather than any, are not allocated where the rule holds.
func want[T any](at FormatError, ok bool, format string, values ...T) {
	if ok {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	at.refuse(format, args...)
}

// A refusal is what check panics with, and catch recovers: functions that catch runs do not hand errors on.
type refusal struct{ err error }

// check ends the function that catch runs, if there is an error.
func check(err error) {
	if err != nil {
		panic(refusal{err})
	}
}

// must gives a value that comes without an error.
func must[T any](v T, err error) T {
	check(err)
	return v
}

// catch runs a function and gives the error that check ended it with.
func catch(f func()) (err error) {
	defer func() {
		if e := recover(); e != nil {
			err = e.(refusal).err // panics again if it is anything else
		}
	}()
	f()
	return nil
}

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

// breaks gives a copy for a rule that is broken, with the kernel's answer where it has not been asked.
func (e RuleError) breaks(broken error, format string, args ...any) error {
	e.Rule, e.Detail = broken, fmt.Sprintf(format, args...)
	if errno := broken.(*rule).answer; e.Err == nil && errno != 0 {
		e.Err = errno
	}
	return &e
}

// want ends planning unless ok.
func (e RuleError) want(ok bool, rule error, format string, args ...any) {
	if !ok {
		check(e.breaks(rule, format, args...))
	}
}

func (e *RuleError) Error() string {
	s := fmt.Sprintf("map %q: ", e.Map)
	if e.Struct != "" {
		s += fmt.Sprintf("value type %q: ", e.Struct)
	}
	if e.Field != "" {
		s += fmt.Sprintf("field %q (offset %d): ", e.Field, e.Offset)
	}
	s += e.Rule.Error()
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if _, unasked := e.Err.(syscall.Errno); e.Err != nil && !unasked {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the rule and the kernel's answer.
func (e *RuleError) Unwrap() []error { return []error{e.Rule, e.Err} }

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
	if caps == "cap_bpf" || caps == "cap_perfmon" { // a program that traces needs both, and setcap replaces what was there
		caps = "cap_bpf,cap_perfmon"
	}
	return fmt.Sprintf("%v: %s missing: run as root, or give the file the capabilities (setcap %s+ep FILE)", e.Err, strings.Join(e.Missing, " and "), caps)
}

// Unwrap gives ErrPermission and the kernel's answer.
func (e *PermissionError) Unwrap() []error { return []error{ErrPermission, e.Err} }
