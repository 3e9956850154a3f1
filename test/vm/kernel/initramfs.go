package kernel

import (
	"bytes"
	"os"

	"github.com/cavaliergopher/cpio"
)

// Initramfs packs programs of the host, by the names that they are to have in the guest's root. The kernel starts /init.
// /dev/console is of the archive that the kernel itself has built in.
func Initramfs(programs map[string]string) ([]byte, error) {
	var b bytes.Buffer
	w := cpio.NewWriter(&b)
	for name, file := range programs {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := w.WriteHeader(&cpio.Header{Name: name, Mode: cpio.TypeReg | 0o755, Size: int64(len(data))}); err != nil {
			return nil, err
		}
		if _, err := w.Write(data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}
