package bpfobj

import "kptr/sys"

// mapTraits say what there is to know of a map type.
type mapTraits uint8

const (
	typed      mapTraits = 1 << iota // may have BTF: of the others map_check_btf is map_check_no_btf (kernel/bpf/syscall.c)
	localStore                       // local storage, which takes no map without BTF (bpf_local_storage_map_alloc_check)
	perCPU                           // holds a value for each possible CPU
	noKey                            // a definition says no key
	noValue                          // nor a value
	ring                             // max_entries is a size, a power of two of pages (ringbuf_map_alloc, kernel/bpf/ringbuf.c)
	ofMaps                           // values are maps
)

// traits gives those of a map type; a type that is not named here has none.
func traits(t sys.MapType) mapTraits {
	switch t {
	case sys.BPF_MAP_TYPE_HASH, sys.BPF_MAP_TYPE_ARRAY, sys.BPF_MAP_TYPE_LRU_HASH, sys.BPF_MAP_TYPE_LPM_TRIE:
		return typed
	case sys.BPF_MAP_TYPE_PERCPU_HASH, sys.BPF_MAP_TYPE_PERCPU_ARRAY, sys.BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return typed | perCPU
	case sys.BPF_MAP_TYPE_SK_STORAGE, sys.BPF_MAP_TYPE_INODE_STORAGE, sys.BPF_MAP_TYPE_TASK_STORAGE, sys.BPF_MAP_TYPE_CGRP_STORAGE:
		return typed | localStore
	case sys.BPF_MAP_TYPE_BLOOM_FILTER:
		return typed | noKey
	case sys.BPF_MAP_TYPE_QUEUE, sys.BPF_MAP_TYPE_STACK:
		return noKey
	case sys.BPF_MAP_TYPE_RINGBUF, sys.BPF_MAP_TYPE_USER_RINGBUF:
		return noKey | noValue | ring
	case sys.BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return perCPU
	case sys.BPF_MAP_TYPE_ARRAY_OF_MAPS, sys.BPF_MAP_TYPE_HASH_OF_MAPS:
		return ofMaps
	}
	return 0
}

func (m *MapSpec) is(t mapTraits) bool { return traits(m.Type)&t != 0 }
