// Package prebuilt holds BPF objects that are ready to load, so that a program that uses them needs no compiler.
//
// The C sources lie beside the objects; "make bpf" rebuilds them with clang and "make verify-bpf" shows that a rebuild
// gives the same bytes. manifest.txt records the compiler, its flags and the SHA-256 of each source and object. Authors
// of other BPF programs take kptr_user.h from here. They are under the GPL, version 2, or the MIT licence; the
// objects declare the GPL, as the kernel asks of a program that calls its GPL-only helpers.
//
// Each object exists in both byte orders. Only the host's is embedded, chosen by build constraints: a BPF object of the
// other order is of no use to the running kernel, and costs every binary its size.
package prebuilt

// TaskLocal returns the object built from task_local.bpf.c, in the host's byte order: a task-storage map "datamap" whose
// value holds a user kptr, a variable "target_pid", and a tp_btf/sys_enter program "on_sys_enter" that adds two numbers
// in the memory of the task with that tid. The bytes are shared by all callers and must not be changed.
func TaskLocal() []byte { return taskLocal }

// EveryTask returns the object built from every_task.bpf.c, in the host's byte order: the map "datamap" of TaskLocal, a
// program "on_sys_enter" that adds the two numbers of whichever task has shared memory, and a tp_btf/sched_process_exec
// program "on_exec" that takes a task's element away when it executes another program. The bytes are shared by all callers
// and must not be changed.
func EveryTask() []byte { return everyTask }
