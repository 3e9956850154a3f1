package btf

import "strings"

// snake returns the C name of a Go field: TargetPid gives target_pid, HTTPServer http_server, ID2 id2. A capital begins a word if
// it follows a small letter or a digit, or if it is the last of several and a small letter follows it. What is outside ASCII
// stays, and isIdentifier refuses it.
func snake(name string) string {
	var b []byte
	for i := range len(name) {
		c := name[i]
		if isUpper(c) {
			if i > 0 && name[i-1] != '_' && (!isUpper(name[i-1]) || i+1 < len(name) && isLower(name[i+1])) {
				b = append(b, '_')
			}
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return string(b)
}

// sameName reports whether a Go name and a C name are the same but for case and underscores.
func sameName(goName, cName string) bool {
	return strings.EqualFold(strings.ReplaceAll(goName, "_", ""), strings.ReplaceAll(cName, "_", ""))
}

// ksymNameLen is KSYM_NAME_LEN of include/linux/kallsyms.h, NUL included: the kernel's
// btf_name_valid_identifier refuses longer names.
const ksymNameLen = 512

// isIdentifier reports whether C takes the name, and the kernel its length.
func isIdentifier(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !isUpper(c) && !isLower(c) && c != '_' && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != "" && len(name) < ksymNameLen
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
