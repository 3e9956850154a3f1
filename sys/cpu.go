package sys

import (
	"errors"
	"strconv"
	"strings"
)

// ErrCPUList matches the refusal of [ParseCPUList].
var ErrCPUList = errors.New("malformed CPU list")

// CPUListError says which part of a CPU list is wrong.
type CPUListError struct {
	List string
	Part string // the entry between two commas
}

// Error gives the list and the part.
func (e *CPUListError) Error() string {
	return "CPU list " + strconv.Quote(e.List) + ": " + strconv.Quote(e.Part) + " is no ascending range"
}

// Is matches [ErrCPUList].
func (e *CPUListError) Is(target error) bool { return target == ErrCPUList }

// PossibleCPUs counts the CPUs that may ever come online: a per-CPU map has a value for each.
func PossibleCPUs() (int, error) {
	b, err := ReadFile("/sys/devices/system/cpu/possible", 1<<16)
	if err != nil {
		return 0, err
	}
	return ParseCPUList(string(b))
}

// ParseCPUList counts the CPUs of a list as sysfs prints it, "0-3,6,8-9" and a newline: the format
// %*pbl, with ascending ranges that do not touch (bitmap_list_string in the kernel's lib/vsprintf.c).
func ParseCPUList(list string) (int, error) {
	count, next := 0, uint64(0)
	for part := range strings.SplitSeq(strings.TrimSuffix(list, "\n"), ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		a, errA := strconv.ParseUint(first, 10, 16)
		b, errB := strconv.ParseUint(last, 10, 16)
		if errA != nil || errB != nil || a < next || b < a {
			return 0, &CPUListError{List: list, Part: part}
		}
		count += int(b - a + 1)
		next = b + 1
	}
	return count, nil
}
