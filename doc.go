// Package kptr shares memory of this process with BPF programs through user kptrs: pointers in the values of a task-storage map
// that the program follows as if they were its own. A thread registers a block once; from then on both sides read and write it
// with plain loads and stores, no system call between them.
//
// # The mistake to avoid
//
// Task storage belongs to a thread, not to a goroutine. A goroutine that calls
//
//	mine, err := m.Share(kptr.ThisThread()) // WRONG without runtime.LockOSThread
//
// registers the thread that it happens to be on. A moment later it is on another one, and what it writes BPF takes for the
// hint of a thread that runs something else; nothing reports that. Either lock it first, and keep it locked for as long as
// the share is open,
//
//	runtime.LockOSThread()
//	defer runtime.UnlockOSThread()
//
// or use [Map.OnThread], which does that, or [Map.ShareAll], after which every thread has an element.
//
// # Use
//
// [Open] takes a map of package bpfobj and a Go type that mirrors the C value type, and compares the two. [Map.Share] gives a
// [Task] an element whose user kptrs point to blocks of the map's arena; [Shared.Value] is the way to them. Values with
// pointers of one's own go through [Map.Update], for memory that was vouched for ([Map.Vouch]).
//
// [Dial] is for programs that do not hold the map: a broker registers their threads, and theirs alone.
//
// Tasks are named by thread id, by process or by pidfd. All threads of the process can be registered from any one of them,
// since pointers belong to the address space. A task of another process is refused: its hints are its own affair.
//
// # What BPF sees, and when
//
// Fields of a block are seen at once. The other fields of a value, those beside the user kptrs, are copied: to BPF by
// [Shared.Update], from BPF by [Map.Lookup]. A field that both sides may touch at the same time is best declared as a type of
// sync/atomic, which matches the C integer of its size; plain ones are right where only one CPU is concerned, such as for
// what the thread itself leaves for a program that its own next system call runs.
//
// # Memory
//
// Blocks lie in pages outside the Go heap, many to a page, none across a page boundary, and no two tasks' in one cache line
// (but see [Dense]). The kernel pins a page for as long as an element points to it; pinned pages are charged to no limit.
// A block is handed out again only when its element is gone and BPF has left it, and pages that fall empty go back to the
// system. What happens to elements and pages at fork, exec and exit is in docs/lifetime.md.
//
// # Kernels
//
// The type tag is kptr_user in the kernel's RFC and uptr in Linux 6.13 and later, the first release with user kptrs; here both
// mean the same, and bpfobj loads the one that the running kernel honours. Threads other than a process's first need Linux
// 6.9 (PIDFD_THREAD). Opened maps may be shared through without privilege: a write-only file descriptor is enough.
package kptr
