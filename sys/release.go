package sys

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrVersion matches the refusal of [ParseVersion].
var ErrVersion = errors.New("no kernel version")

// Release gives the kernel's release, as "6.18.44": uname(2).
func Release() (string, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", os.NewSyscallError("uname", err)
	}
	return unix.ByteSliceToString(u.Release[:]), nil
}

// Version is the part of a release that features are tied to.
type Version struct{ Major, Minor int }

// ParseVersion reads the first two numbers of a release, as in "6.18.44-generic" or "6.13".
func ParseVersion(release string) (Version, error) {
	major, rest, _ := strings.Cut(release, ".")
	end := 0
	for end < len(rest) && '0' <= rest[end] && rest[end] <= '9' {
		end++
	}
	a, errA := strconv.ParseUint(major, 10, 16)
	b, errB := strconv.ParseUint(rest[:end], 10, 16)
	if errA != nil || errB != nil {
		return Version{}, &VersionError{Release: release}
	}
	return Version{Major: int(a), Minor: int(b)}, nil
}

// Before tells whether v is older than w.
func (v Version) Before(w Version) bool {
	return v.Major < w.Major || v.Major == w.Major && v.Minor < w.Minor
}

// String gives "6.18".
func (v Version) String() string { return strconv.Itoa(v.Major) + "." + strconv.Itoa(v.Minor) }

// VersionError says which release [ParseVersion] could not read.
type VersionError struct{ Release string }

// Error gives the release.
func (e *VersionError) Error() string {
	return "release " + strconv.Quote(e.Release) + ": no kernel version"
}

// Is matches [ErrVersion].
func (e *VersionError) Is(target error) bool { return target == ErrVersion }
