/*
 * The UAPI as this machine's C compiler and headers see it, for TestLayoutHeader and
 * TestConstantsHeader. Rebuild layout.txt, which was made with linux-libc-dev 6.1 of Debian 12:
 *
 *	cc -o /tmp/layout layout.c && /tmp/layout >layout.txt
 *
 * A row is "field STRUCT PATH OFFSET SIZE", "size STRUCT BYTES" or "const NAME VALUE".
 */
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stddef.h>
#include <stdio.h>

#define FIELD(type, name, path) \
	printf("field %s %s %zu %zu\n", name, #path, offsetof(type, path), sizeof(((type *)0)->path))
#define ATTR(path) FIELD(union bpf_attr, "bpf_attr", path)
#define MAP(path) FIELD(struct bpf_map_info, "bpf_map_info", path)
#define PROG(path) FIELD(struct bpf_prog_info, "bpf_prog_info", path)
#define BTF(path) FIELD(struct bpf_btf_info, "bpf_btf_info", path)
#define LINK(path) FIELD(struct bpf_link_info, "bpf_link_info", path)
#define SIZE(type, name) printf("size %s %zu\n", name, sizeof(type))
#define CONST(name) printf("const %s %llu\n", #name, (unsigned long long)(name))

static void fields(void)
{
	ATTR(btf);
	ATTR(btf_log_buf);
	ATTR(btf_size);
	ATTR(btf_log_size);
	ATTR(btf_log_level);
	ATTR(start_id);
	ATTR(next_id);
	ATTR(open_flags);
	ATTR(raw_tracepoint.name);
	ATTR(raw_tracepoint.prog_fd);
	ATTR(link_create.prog_fd);
	ATTR(link_create.target_fd);
	ATTR(link_create.attach_type);
	ATTR(link_create.flags);
	ATTR(iter_create.link_fd);
	ATTR(iter_create.flags);
	ATTR(map_type);
	ATTR(key_size);
	ATTR(value_size);
	ATTR(max_entries);
	ATTR(map_flags);
	ATTR(inner_map_fd);
	ATTR(numa_node);
	ATTR(map_name);
	ATTR(map_ifindex);
	ATTR(btf_fd);
	ATTR(btf_key_type_id);
	ATTR(btf_value_type_id);
	ATTR(btf_vmlinux_value_type_id);
	ATTR(map_extra);
	ATTR(map_fd);
	ATTR(key);
	ATTR(value);
	ATTR(flags);
	ATTR(pathname);
	ATTR(bpf_fd);
	ATTR(file_flags);
	ATTR(prog_type);
	ATTR(insn_cnt);
	ATTR(insns);
	ATTR(license);
	ATTR(log_level);
	ATTR(log_size);
	ATTR(log_buf);
	ATTR(kern_version);
	ATTR(prog_flags);
	ATTR(prog_name);
	ATTR(prog_ifindex);
	ATTR(expected_attach_type);
	ATTR(prog_btf_fd);
	ATTR(func_info_rec_size);
	ATTR(func_info);
	ATTR(func_info_cnt);
	ATTR(line_info_rec_size);
	ATTR(line_info);
	ATTR(line_info_cnt);
	ATTR(attach_btf_id);
	ATTR(attach_btf_obj_fd);
	ATTR(core_relo_cnt);
	ATTR(fd_array);
	ATTR(core_relos);
	ATTR(core_relo_rec_size);
	ATTR(test.prog_fd);
	ATTR(test.retval);
	ATTR(test.data_size_in);
	ATTR(test.data_size_out);
	ATTR(test.data_in);
	ATTR(test.data_out);
	ATTR(test.repeat);
	ATTR(test.duration);
	ATTR(test.ctx_size_in);
	ATTR(test.ctx_size_out);
	ATTR(test.ctx_in);
	ATTR(test.ctx_out);
	ATTR(test.flags);
	ATTR(test.cpu);
	ATTR(info.bpf_fd);
	ATTR(info.info_len);
	ATTR(info.info);

	MAP(type);
	MAP(id);
	MAP(key_size);
	MAP(value_size);
	MAP(max_entries);
	MAP(map_flags);
	MAP(name);
	MAP(ifindex);
	MAP(btf_vmlinux_value_type_id);
	MAP(netns_dev);
	MAP(netns_ino);
	MAP(btf_id);
	MAP(btf_key_type_id);
	MAP(btf_value_type_id);
	MAP(map_extra);

	PROG(type);
	PROG(id);
	PROG(tag);
	PROG(jited_prog_len);
	PROG(xlated_prog_len);
	PROG(jited_prog_insns);
	PROG(xlated_prog_insns);
	PROG(load_time);
	PROG(created_by_uid);
	PROG(nr_map_ids);
	PROG(map_ids);
	PROG(name);

	BTF(btf);
	BTF(btf_size);
	BTF(id);
	BTF(name);
	BTF(name_len);
	BTF(kernel_btf);

	LINK(type);
	LINK(id);
	LINK(prog_id);
}

static void sizes(void)
{
	SIZE(union bpf_attr, "bpf_attr");
	SIZE(struct bpf_map_info, "bpf_map_info");
	SIZE(struct bpf_prog_info, "bpf_prog_info");
	SIZE(struct bpf_btf_info, "bpf_btf_info");
	SIZE(struct bpf_link_info, "bpf_link_info");
}

static void constants(void)
{
	CONST(BPF_MAP_CREATE);
	CONST(BPF_MAP_LOOKUP_ELEM);
	CONST(BPF_MAP_UPDATE_ELEM);
	CONST(BPF_MAP_DELETE_ELEM);
	CONST(BPF_PROG_LOAD);
	CONST(BPF_OBJ_PIN);
	CONST(BPF_OBJ_GET);
	CONST(BPF_PROG_TEST_RUN);
	CONST(BPF_PROG_GET_NEXT_ID);
	CONST(BPF_MAP_GET_NEXT_ID);
	CONST(BPF_PROG_GET_FD_BY_ID);
	CONST(BPF_MAP_GET_FD_BY_ID);
	CONST(BPF_OBJ_GET_INFO_BY_FD);
	CONST(BPF_RAW_TRACEPOINT_OPEN);
	CONST(BPF_BTF_LOAD);
	CONST(BPF_BTF_GET_FD_BY_ID);
	CONST(BPF_MAP_FREEZE);
	CONST(BPF_BTF_GET_NEXT_ID);
	CONST(BPF_LINK_CREATE);
	CONST(BPF_LINK_GET_FD_BY_ID);
	CONST(BPF_LINK_GET_NEXT_ID);
	CONST(BPF_ITER_CREATE);
	CONST(BPF_MAP_TYPE_UNSPEC);
	CONST(BPF_MAP_TYPE_HASH);
	CONST(BPF_MAP_TYPE_ARRAY);
	CONST(BPF_MAP_TYPE_PROG_ARRAY);
	CONST(BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	CONST(BPF_MAP_TYPE_PERCPU_HASH);
	CONST(BPF_MAP_TYPE_PERCPU_ARRAY);
	CONST(BPF_MAP_TYPE_STACK_TRACE);
	CONST(BPF_MAP_TYPE_CGROUP_ARRAY);
	CONST(BPF_MAP_TYPE_LRU_HASH);
	CONST(BPF_MAP_TYPE_LRU_PERCPU_HASH);
	CONST(BPF_MAP_TYPE_LPM_TRIE);
	CONST(BPF_MAP_TYPE_ARRAY_OF_MAPS);
	CONST(BPF_MAP_TYPE_HASH_OF_MAPS);
	CONST(BPF_MAP_TYPE_DEVMAP);
	CONST(BPF_MAP_TYPE_SOCKMAP);
	CONST(BPF_MAP_TYPE_CPUMAP);
	CONST(BPF_MAP_TYPE_XSKMAP);
	CONST(BPF_MAP_TYPE_SOCKHASH);
	CONST(BPF_MAP_TYPE_CGROUP_STORAGE);
	CONST(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
	CONST(BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE);
	CONST(BPF_MAP_TYPE_QUEUE);
	CONST(BPF_MAP_TYPE_STACK);
	CONST(BPF_MAP_TYPE_SK_STORAGE);
	CONST(BPF_MAP_TYPE_DEVMAP_HASH);
	CONST(BPF_MAP_TYPE_STRUCT_OPS);
	CONST(BPF_MAP_TYPE_RINGBUF);
	CONST(BPF_MAP_TYPE_INODE_STORAGE);
	CONST(BPF_MAP_TYPE_TASK_STORAGE);
	CONST(BPF_MAP_TYPE_BLOOM_FILTER);
	CONST(BPF_MAP_TYPE_USER_RINGBUF);
	CONST(BPF_PROG_TYPE_UNSPEC);
	CONST(BPF_PROG_TYPE_SOCKET_FILTER);
	CONST(BPF_PROG_TYPE_KPROBE);
	CONST(BPF_PROG_TYPE_SCHED_CLS);
	CONST(BPF_PROG_TYPE_SCHED_ACT);
	CONST(BPF_PROG_TYPE_TRACEPOINT);
	CONST(BPF_PROG_TYPE_XDP);
	CONST(BPF_PROG_TYPE_PERF_EVENT);
	CONST(BPF_PROG_TYPE_CGROUP_SKB);
	CONST(BPF_PROG_TYPE_CGROUP_SOCK);
	CONST(BPF_PROG_TYPE_LWT_IN);
	CONST(BPF_PROG_TYPE_LWT_OUT);
	CONST(BPF_PROG_TYPE_LWT_XMIT);
	CONST(BPF_PROG_TYPE_SOCK_OPS);
	CONST(BPF_PROG_TYPE_SK_SKB);
	CONST(BPF_PROG_TYPE_CGROUP_DEVICE);
	CONST(BPF_PROG_TYPE_SK_MSG);
	CONST(BPF_PROG_TYPE_RAW_TRACEPOINT);
	CONST(BPF_PROG_TYPE_CGROUP_SOCK_ADDR);
	CONST(BPF_PROG_TYPE_LWT_SEG6LOCAL);
	CONST(BPF_PROG_TYPE_LIRC_MODE2);
	CONST(BPF_PROG_TYPE_SK_REUSEPORT);
	CONST(BPF_PROG_TYPE_FLOW_DISSECTOR);
	CONST(BPF_PROG_TYPE_CGROUP_SYSCTL);
	CONST(BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE);
	CONST(BPF_PROG_TYPE_CGROUP_SOCKOPT);
	CONST(BPF_PROG_TYPE_TRACING);
	CONST(BPF_PROG_TYPE_STRUCT_OPS);
	CONST(BPF_PROG_TYPE_EXT);
	CONST(BPF_PROG_TYPE_LSM);
	CONST(BPF_PROG_TYPE_SK_LOOKUP);
	CONST(BPF_PROG_TYPE_SYSCALL);
	CONST(BPF_TRACE_RAW_TP);
	CONST(BPF_TRACE_FENTRY);
	CONST(BPF_TRACE_FEXIT);
	CONST(BPF_MODIFY_RETURN);
	CONST(BPF_LSM_MAC);
	CONST(BPF_TRACE_ITER);
	CONST(BPF_PERF_EVENT);
	CONST(BPF_LINK_TYPE_RAW_TRACEPOINT);
	CONST(BPF_LINK_TYPE_TRACING);
	CONST(BPF_LINK_TYPE_ITER);
	CONST(BPF_LINK_TYPE_PERF_EVENT);
	CONST(BPF_LINK_TYPE_STRUCT_OPS);
	CONST(BPF_ANY);
	CONST(BPF_NOEXIST);
	CONST(BPF_EXIST);
	CONST(BPF_F_LOCK);
	CONST(BPF_F_NO_PREALLOC);
	CONST(BPF_F_NUMA_NODE);
	CONST(BPF_F_RDONLY);
	CONST(BPF_F_WRONLY);
	CONST(BPF_F_RDONLY_PROG);
	CONST(BPF_F_WRONLY_PROG);
	CONST(BPF_F_CLONE);
	CONST(BPF_F_MMAPABLE);
	CONST(BPF_F_SLEEPABLE);
	CONST(BPF_F_TEST_RUN_ON_CPU);
	CONST(BPF_PSEUDO_BTF_ID);
	CONST(BPF_PSEUDO_FUNC);
	CONST(BPF_PSEUDO_MAP_IDX);
	CONST(BPF_PSEUDO_MAP_IDX_VALUE);
	CONST(BPF_PSEUDO_CALL);
	CONST(BPF_PSEUDO_KFUNC_CALL);
	CONST(BPF_OBJ_NAME_LEN);
	CONST(BPF_FS_MAGIC);
	CONST(CAP_NET_ADMIN);
	CONST(CAP_SYS_ADMIN);
	CONST(CAP_PERFMON);
	CONST(CAP_BPF);
}

int main(void)
{
	fields();
	sizes();
	constants();
	return 0;
}
