package hostile

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"kptr/bpfobj"
	"kptr/btf"
	"kptr/elf"
)

// classes are what a refusal can match. A *bpfobj.RuleError, of which there are many, is one class.
var classes = []struct {
	name string
	err  error
}{
	{"elf.ErrNotELF", elf.ErrNotELF}, {"elf.ErrUnsupported", elf.ErrUnsupported}, {"elf.ErrTruncated", elf.ErrTruncated},
	{"elf.ErrMalformed", elf.ErrMalformed},
	{"bpfobj.ErrFormat", bpfobj.ErrFormat}, {"bpfobj.ErrNotFound", bpfobj.ErrNotFound}, {"bpfobj.ErrDepends", bpfobj.ErrDepends},
	{"bpfobj.ErrNoOp", bpfobj.ErrNoOp}, {"bpfobj.ErrOpType", bpfobj.ErrOpType}, {"bpfobj.ErrByteOrder", bpfobj.ErrByteOrder},
	{"btf.ErrNotBTF", btf.ErrNotBTF}, {"btf.ErrTruncated", btf.ErrTruncated}, {"btf.ErrMalformed", btf.ErrMalformed},
	{"btf.ErrUnsupported", btf.ErrUnsupported}, {"btf.ErrTooLarge", btf.ErrTooLarge}, {"btf.ErrNoSize", btf.ErrNoSize},
}

// classOf names what an error matches; it is "" for one that matches nothing.
func classOf(err error) string {
	var rule *bpfobj.RuleError
	if errors.As(err, &rule) {
		return "*bpfobj.RuleError"
	}
	for _, c := range classes {
		if errors.Is(err, c.err) {
			return c.name
		}
	}
	return ""
}

// maxError bounds the text of an error, which may quote a name of up to 4096 bytes.
const maxError = 32 << 10

// checkError: an error is one line that can be shown, matches a sentinel, and names its place.
func checkError(err error) error {
	text := err.Error()
	if strings.ContainsFunc(text, unicode.IsControl) {
		return fmt.Errorf("%w: not for a terminal: %q", errError, text)
	}
	var inELF *elf.Error
	var inBTF *btf.Error
	var format *bpfobj.FormatError
	var step *bpfobj.StepError
	switch {
	case len(text) > maxError:
		return fmt.Errorf("%w: %d bytes long: %.100q", errError, len(text), text)
	case classOf(err) == "":
		return fmt.Errorf("%w: matches no sentinel: %q", errError, text)
	case errors.As(err, &step) && step.Subject != "":
	case errors.As(err, &format) && format.Section+format.Name != "":
	case errors.As(err, &inELF) && inELF.Where != "":
	case errors.As(err, &inBTF) && inBTF.Section != "":
	default:
		return fmt.Errorf("%w: names no place: %q", errError, text)
	}
	return nil
}
