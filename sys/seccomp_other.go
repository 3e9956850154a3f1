//go:build !amd64 && !arm64 && !s390x

package sys

const auditArch = 0

var syscallNumbers map[string]int
