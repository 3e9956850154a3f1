package bpfobj

import "kptr/sys"

// ofMaps tells whether the values of a map type are maps.
func ofMaps(t sys.MapType) bool {
	return t == sys.BPF_MAP_TYPE_ARRAY_OF_MAPS || t == sys.BPF_MAP_TYPE_HASH_OF_MAPS
}

// hasKey and hasValue tell whether a definition must say a key and a value size.
// Ring buffers have neither, queues, stacks and bloom filters no key.
func hasKey(t sys.MapType) bool {
	switch t {
	case sys.BPF_MAP_TYPE_RINGBUF, sys.BPF_MAP_TYPE_USER_RINGBUF, sys.BPF_MAP_TYPE_QUEUE,
		sys.BPF_MAP_TYPE_STACK, sys.BPF_MAP_TYPE_BLOOM_FILTER:
		return false
	}
	return true
}

func hasValue(t sys.MapType) bool {
	return t != sys.BPF_MAP_TYPE_RINGBUF && t != sys.BPF_MAP_TYPE_USER_RINGBUF
}

// isStorage tells whether a map type is local storage, which takes no map without
// BTF (bpf_local_storage_map_alloc_check, kernel/bpf/bpf_local_storage.c).
func isStorage(t sys.MapType) bool {
	switch t {
	case sys.BPF_MAP_TYPE_SK_STORAGE, sys.BPF_MAP_TYPE_INODE_STORAGE, sys.BPF_MAP_TYPE_TASK_STORAGE, sys.BPF_MAP_TYPE_CGRP_STORAGE:
		return true
	}
	return false
}

// takesBTF tells whether a map type may have BTF for its key and value: the ops of
// the others point map_check_btf to map_check_no_btf (kernel/bpf/syscall.c).
func takesBTF(t sys.MapType) bool {
	switch t {
	case sys.BPF_MAP_TYPE_HASH, sys.BPF_MAP_TYPE_ARRAY, sys.BPF_MAP_TYPE_PERCPU_HASH, sys.BPF_MAP_TYPE_PERCPU_ARRAY,
		sys.BPF_MAP_TYPE_LRU_HASH, sys.BPF_MAP_TYPE_LRU_PERCPU_HASH, sys.BPF_MAP_TYPE_LPM_TRIE,
		sys.BPF_MAP_TYPE_BLOOM_FILTER:
		return true
	}
	return isStorage(t)
}

// isPerCPU tells whether a map type holds a value for each possible CPU.
func isPerCPU(t sys.MapType) bool {
	switch t {
	case sys.BPF_MAP_TYPE_PERCPU_HASH, sys.BPF_MAP_TYPE_PERCPU_ARRAY, sys.BPF_MAP_TYPE_LRU_PERCPU_HASH, sys.BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return true
	}
	return false
}
