package sys

import "golang.org/x/sys/unix"

// Exists tells whether there is a file of that path, of whatever kind: lstat(2) succeeds.
func Exists(path string) bool {
	var st unix.Stat_t
	return unix.Lstat(path, &st) == nil
}
