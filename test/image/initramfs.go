package main

import (
	"bytes"
	"os"

	"github.com/cavaliergopher/cpio"
)

// writeInitramfs writes an archive with one entry, /init. /dev/console, which the kernel opens before it starts /init
// (console_on_rootfs, init/main.c), need not be in it: it is in the archive that is built into the kernel
// (usr/default_cpio_list), unpacked before this one (do_populate_rootfs, init/initramfs.c).
func writeInitramfs(name string, p *program) error {
	var buf bytes.Buffer
	w := cpio.NewWriter(&buf) // the newc format, no time, owned by root
	if err := w.WriteHeader(&cpio.Header{Name: "init", Mode: cpio.TypeReg | 0o755, Size: int64(len(p.data))}); err != nil {
		return err
	}
	if _, err := w.Write(p.data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, buf.Bytes(), 0o644)
}
