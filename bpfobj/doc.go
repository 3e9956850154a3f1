// Package bpfobj loads BPF object files, in three steps that can be looked at
// one by one.
//
//   - [Parse] depends on the bytes alone: sections, maps, programs with their
//     subprograms linked in, variables. What it does not understand it refuses
//     by name.
//   - [Spec.Plan] adds the facts about a kernel (see [Kernel]) and gives a list
//     of steps, each one bpf(2) command with its attributes. Nothing has run yet:
//     a plan can be printed, compared, and made for a kernel that is elsewhere.
//   - [Plan.Load] executes the plan, and undoes all of it when a step fails.
//
// [Load] does the three at once.
//
// CO-RE relocations go to the kernel as they are (core_relos of BPF_PROG_LOAD,
// Linux 5.17), and instructions refer to maps by their index in fd_array (Linux
// 5.14), so that a plan's instructions are final before any fd exists. Linux 5.17
// is therefore the oldest kernel that objects can be loaded on; user kptrs need
// 6.13.
package bpfobj
