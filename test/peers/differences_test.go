package peers

import "strings"

// A difference is what the two loaders make of an object in different ways, for a known cause.
type difference struct {
	object       string
	subjects     string // separated by ", "
	field        string
	ours, theirs string
	cause        string
}

func (d difference) findings() []finding {
	var all []finding
	for s := range strings.SplitSeq(d.subjects, ", ") {
		all = append(all, finding{s, d.field, d.ours, d.theirs})
	}
	return all
}

func differencesOf(object string) []difference {
	var all []difference
	for _, d := range differences {
		if d.object == object {
			all = append(all, d)
		}
	}
	return all
}

// Causes that several objects share.
const (
	causeBSS      = "cilium/ebpf takes `.bss` for variables, `.bss.NAME` for nothing"
	causeOneBTF   = "cilium/ebpf builds a BTF for each map and program from the types that each one refers to, so that a kptr to a struct of the object is of two types"
	causeTagNames = "cilium/ebpf's BTF of the map lacks the struct of the list: a decl tag names it, and nothing refers to it"
	causeNamed    = "refused by name: this loader is for tracing programs, sched_ext and syscall programs"
)

// differences is the table of docs/other-loaders.md, which is printed by a test that finds it different.
var differences = []difference{
	{"btf_list", "map .bss.list, map queues, program pop_from_map, program push_and_pop", verdict, loads, refused, causeBSS},
	{"btf_obj_new", "program renew", verdict, loads, refused, causeOneBTF},
	{"btf_rbtree", "map .bss.tree, program add_and_remove", verdict, loads, refused, causeBSS},
	{"call_kfunc", "program with_masks", verdict, loads, refused,
		"cilium/ebpf compares a kfunc's prototype with the kernel's, and takes a struct that is only declared for another one"},
	{"call_kfunc_flavour", "program on_sys_enter", "translated instructions", "11", "4",
		"cilium/ebpf takes `bpf_task_acquire___first` for a name of the kernel's, so a weak one is absent; here the name is then cut at its last `___`"},
	{"call_same_section", "program behind", verdict, unknown, loads,
		"cilium/ebpf takes a static function in a section of programs for a program too"},
	{"call_same_section", "program before", verdict, unknown, refused,
		"cilium/ebpf takes it for a program too, and the verifier refuses that: its argument is no context"},
	{"core_types_missing", "program ask", verdict, loads, refused,
		"the size of a type that the kernel lacks is 0 where the kernel relocates, and an invalid instruction where cilium/ebpf does"},
	{"data_kptr", "map .bss, map .bss.saved, program save", verdict, loads, refused, causeBSS},
	{"data_list", "program push", verdict, loads, refused, causeTagNames},
	{"data_lock", "map .bss.a, map .bss.b, program move", verdict, loads, refused, causeBSS},
	{"data_named", "map .bss.mine, map .bss.totals, map .data.cold, map .data.hot, map .rodata.limits, program add", verdict, loads, refused,
		causeBSS},
	{"map_numa", "map near", verdict, loads, refused, "cilium/ebpf has `numa_node` in its API, not in definitions of maps"},
	{"map_ringbuf", "map odd, map tiny, program exchange", verdict, loads, refused,
		"the size is rounded up to a power of two and whole pages here, as libbpf does; cilium/ebpf hands it on"},
	{"map_sizes", "map .rodata", verdict, loads, unknown,
		"cilium/ebpf leaves a section of nameless constants out that no instruction refers to"},
	{"map_tail_calls_static", "map next, program landing", verdict, refused, loads,
		"refused by name: static initialisers of prog arrays"},
	{"prog_optional_unknown", "program on_read", verdict, refused, loads, causeNamed},
	{"refuse_arena", "map arena", verdict, refused, loads, "refused by name: arenas"},
	{"refuse_kconfig", "program use", verdict, refused, loads, "refused by name: kconfig externs"},
	{"refuse_kprobe", "program on_read", verdict, refused, loads, causeNamed},
	{"refuse_legacy_maps", "map old, program use", verdict, refused, loads, "refused by name: legacy map definitions"},
	{"refuse_list_tag", "map .bss.list", verdict, loads, refused, causeBSS},
	{"refuse_uptr_declared", "map values", verdict, refused, loads,
		"the kernel creates the map without its user kptr, in silence; this loader says so"},
	{"refuse_xdp", "program also_pass, program pass", verdict, refused, loads, causeNamed},
	{"uptr_kptr", "program on_sys_enter", verdict, loads, refused, causeOneBTF},
	{"uptr_rfc_tag", "program on_sys_enter", verdict, loads, refused,
		"cilium/ebpf leaves the tag of the RFC as it is, which no kernel honours: the map has no user kptr"},
}
