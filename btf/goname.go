package btf

// appendSnake appends the C name of a Go field: TargetPid gives target_pid, HTTPServer http_server, ID2 id2.
// Only ASCII letters are words' bounds; what is outside ASCII stays, and isIdentifier refuses it.
func appendSnake(b []byte, name string) []byte {
	for i := range len(name) {
		c := name[i]
		if isUpper(c) {
			if startsWord(name, i) {
				b = append(b, '_')
			}
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

// startsWord reports whether the capital at i begins a word: it follows a small letter or a digit, or it is the last
// of several capitals and a small letter follows it.
func startsWord(name string, i int) bool {
	if i == 0 || name[i-1] == '_' {
		return false
	}
	return !isUpper(name[i-1]) || i+1 < len(name) && isLower(name[i+1])
}

// sameName reports whether a Go name and a C name are the same but for case and underscores.
func sameName(goName, cName string) bool {
	i, j := 0, 0
	for {
		i, j = skipUnderscores(goName, i), skipUnderscores(cName, j)
		if i == len(goName) || j == len(cName) {
			return i == len(goName) && j == len(cName)
		}
		if lower(goName[i]) != lower(cName[j]) {
			return false
		}
		i, j = i+1, j+1
	}
}

func skipUnderscores(s string, i int) int {
	for i < len(s) && s[i] == '_' {
		i++
	}
	return i
}

// ksymNameLen is KSYM_NAME_LEN of include/linux/kallsyms.h, NUL included: the kernel's
// btf_name_valid_identifier refuses longer names.
const ksymNameLen = 512

// isIdentifier reports whether C takes the name, and the kernel its length.
func isIdentifier(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !isUpper(c) && !isLower(c) && c != '_' && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return name != "" && len(name) < ksymNameLen
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func lower(c byte) byte {
	if isUpper(c) {
		return c + 'a' - 'A'
	}
	return c
}
