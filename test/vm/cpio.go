package main

import (
	"bytes"
	"fmt"
)

// File types of c_mode, as in stat(2).
const (
	modeDir  = 0o040000
	modeChar = 0o020000
	modeReg  = 0o100000
)

// cpio writes an archive in the "newc" format, the one that the kernel unpacks as its first root
// directory: Documentation/driver-api/early-userspace/buffer-format.rst.
type cpio struct {
	buf   bytes.Buffer
	inode int
}

func (c *cpio) dir(name string) { c.entry(name, modeDir|0o755, 0, 0, nil) }

func (c *cpio) file(name string, perm int, data []byte) {
	c.entry(name, modeReg|perm, 0, 0, data)
}

func (c *cpio) char(name string, major, minor int) {
	c.entry(name, modeChar|0o600, major, minor, nil)
}

// bytes ends the archive.
func (c *cpio) bytes() []byte {
	c.entry("TRAILER!!!", 0, 0, 0, nil)
	return c.buf.Bytes()
}

func (c *cpio) entry(name string, mode, major, minor int, data []byte) {
	c.inode++
	fields := [...]int{
		c.inode, mode, 0, 0 /* uid, gid */, 1 /* nlink */, 0 /* mtime */, len(data),
		0, 0 /* device */, major, minor, len(name) + 1, 0, /* chksum */
	}
	c.buf.WriteString("070701")
	for _, f := range fields {
		fmt.Fprintf(&c.buf, "%08X", f)
	}
	c.buf.WriteString(name)
	c.buf.WriteByte(0)
	c.align()
	c.buf.Write(data)
	c.align()
}

func (c *cpio) align() {
	for c.buf.Len()%4 != 0 {
		c.buf.WriteByte(0)
	}
}
