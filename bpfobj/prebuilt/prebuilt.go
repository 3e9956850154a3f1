// Package prebuilt holds BPF objects that are ready to load, so that a program that uses them needs no compiler.
//
// The C sources lie beside the objects; "make bpf" rebuilds them with clang and "make verify-bpf" shows that a rebuild
// gives the same bytes. manifest.txt records the compiler, its flags and the SHA-256 of each source and object. Authors
// of other BPF programs take kptr_user.h and kptr_hint.h from here. They are under the GPL, version 2, or the MIT licence; the
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

// Scheduler returns the object built from sched.bpf.c, in the host's byte order: a sched_ext scheduler, the struct_ops
// "kptr_sched", that reads the hints of kptr_hint.h. It needs Linux 6.13 with CONFIG_SCHED_CLASS_EXT. The constants of the
// kernel that it uses are to be filled in, by [bpfobj.Spec.SetEnums] with the prefix "__SCX_", before it is planned. The bytes
// are shared by all callers and must not be changed.
//
//   - Maps "kptr_hint" and "kptr_gc", which are pinned by name, hold the hints that programs have registered.
//   - Variable "hints_on" (bool, true, before loading): whether hints are looked at.
//   - Variable "stats": counts of decisions that a hint has changed, eight uint64, each named in sched.bpf.c.
//   - Variable "exit_info": why the kernel has thrown the scheduler out. It is complete when its "kind" is not 0.
//   - A program "on_exec" at tp_btf/sched_process_exec, which takes a task's elements away when it executes another
//     program; not that of a hint whose block says "keep".
func Scheduler() []byte { return sched }

// Registered returns the object built from registered.bpf.c, in the host's byte order: an iter/task program "on_task" that
// writes what each thread has registered in the maps "kptr_hint" and "kptr_gc" of Scheduler, which are pinned by name. The
// bytes are shared by all callers and must not be changed.
func Registered() []byte { return registered }

// Broker returns the object built from broker.bpf.c, in the host's byte order: what package broker asks the kernel about its
// clients. The bytes are shared by all callers and must not be changed.
//
//   - Map "clients" has a uint32 for each client, by process id; a tp_btf/sched_process_exec program "on_exec" sets it to 1, takes
//     the task's element away, and writes to the ring buffer "wake".
//   - Map "elements" stands for the one that the broker serves.
//   - A program "holders", iter/task, writes the id of each thread that has an element. It is loaded when asked for.
func Broker() []byte { return broker }

// Guard returns the object built from guard.bpf.c, in the host's byte order: programs that note in the map "kptr_guard", which is
// pinned by name, the elements of task storage that a task's own process has set, so that a program that includes kptr_guard.h
// ignores all others. It needs BPF trampolines. What it does not stop is in docs/threat-model.md. The bytes are shared by all
// callers and must not be changed.
//
//   - Variables "own_updates", "foreign_updates" and "unnoted_updates" (uint64) count them; "last_foreign" has the process id of the
//     last foreign writer in its upper half, and the thread id of the task in its lower.
//   - Variable "trusted_tgid" (int32, 0): the id of a process that may set the elements of others, such as a broker.
func Guard() []byte { return guard }
