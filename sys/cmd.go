package sys

import "strconv"

// Cmd is a command of bpf(2): enum bpf_cmd in linux/bpf.h.
type Cmd uint32

// The commands that this project issues.
const (
	BPF_MAP_CREATE          Cmd = 0
	BPF_MAP_LOOKUP_ELEM     Cmd = 1
	BPF_MAP_UPDATE_ELEM     Cmd = 2
	BPF_MAP_DELETE_ELEM     Cmd = 3
	BPF_PROG_LOAD           Cmd = 5
	BPF_OBJ_PIN             Cmd = 6
	BPF_OBJ_GET             Cmd = 7
	BPF_PROG_TEST_RUN       Cmd = 10
	BPF_PROG_GET_NEXT_ID    Cmd = 11
	BPF_MAP_GET_NEXT_ID     Cmd = 12
	BPF_PROG_GET_FD_BY_ID   Cmd = 13
	BPF_MAP_GET_FD_BY_ID    Cmd = 14
	BPF_OBJ_GET_INFO_BY_FD  Cmd = 15
	BPF_RAW_TRACEPOINT_OPEN Cmd = 17
	BPF_BTF_LOAD            Cmd = 18
	BPF_BTF_GET_FD_BY_ID    Cmd = 19
	BPF_MAP_FREEZE          Cmd = 22
	BPF_BTF_GET_NEXT_ID     Cmd = 23
	BPF_LINK_CREATE         Cmd = 28
	BPF_LINK_GET_FD_BY_ID   Cmd = 30
	BPF_LINK_GET_NEXT_ID    Cmd = 31
	BPF_ITER_CREATE         Cmd = 33
)

var cmdNames = [...]string{
	BPF_MAP_CREATE:          "BPF_MAP_CREATE",
	BPF_MAP_LOOKUP_ELEM:     "BPF_MAP_LOOKUP_ELEM",
	BPF_MAP_UPDATE_ELEM:     "BPF_MAP_UPDATE_ELEM",
	BPF_MAP_DELETE_ELEM:     "BPF_MAP_DELETE_ELEM",
	BPF_PROG_LOAD:           "BPF_PROG_LOAD",
	BPF_OBJ_PIN:             "BPF_OBJ_PIN",
	BPF_OBJ_GET:             "BPF_OBJ_GET",
	BPF_PROG_TEST_RUN:       "BPF_PROG_TEST_RUN",
	BPF_PROG_GET_NEXT_ID:    "BPF_PROG_GET_NEXT_ID",
	BPF_MAP_GET_NEXT_ID:     "BPF_MAP_GET_NEXT_ID",
	BPF_PROG_GET_FD_BY_ID:   "BPF_PROG_GET_FD_BY_ID",
	BPF_MAP_GET_FD_BY_ID:    "BPF_MAP_GET_FD_BY_ID",
	BPF_OBJ_GET_INFO_BY_FD:  "BPF_OBJ_GET_INFO_BY_FD",
	BPF_RAW_TRACEPOINT_OPEN: "BPF_RAW_TRACEPOINT_OPEN",
	BPF_BTF_LOAD:            "BPF_BTF_LOAD",
	BPF_BTF_GET_FD_BY_ID:    "BPF_BTF_GET_FD_BY_ID",
	BPF_MAP_FREEZE:          "BPF_MAP_FREEZE",
	BPF_BTF_GET_NEXT_ID:     "BPF_BTF_GET_NEXT_ID",
	BPF_LINK_CREATE:         "BPF_LINK_CREATE",
	BPF_LINK_GET_FD_BY_ID:   "BPF_LINK_GET_FD_BY_ID",
	BPF_LINK_GET_NEXT_ID:    "BPF_LINK_GET_NEXT_ID",
	BPF_ITER_CREATE:         "BPF_ITER_CREATE",
}

// String gives the C name, or the type and the number of a command that the project does not use.
func (c Cmd) String() string { return enumName(cmdNames[:], uint32(c), "bpf_cmd") }

// enumName looks v up in names; a value without a name prints as "enum(v)".
func enumName(names []string, v uint32, enum string) string {
	if uint64(v) < uint64(len(names)) && names[v] != "" {
		return names[v]
	}
	return enum + "(" + strconv.FormatUint(uint64(v), 10) + ")"
}
