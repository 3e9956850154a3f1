package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"kptr/test/vm/kernel"
)

// arch is Go's name of the only architecture that the experiment runs on.
const arch = "amd64"

// The programs in the guest's root.
var (
	goPrograms = map[string]string{"init": "./guest", "collector": "./collector"}
	cPrograms  = []string{"sleepers", "phases", "locks", "hogs"}
)

// build builds the programs and packs them as an initramfs.
func build(dir string) (initramfs string, err error) {
	files := make(map[string]string)
	for name, pkg := range goPrograms {
		files[name] = filepath.Join(dir, name)
		if _, err := kernel.GoTool(".", arch, "build", "-trimpath", "-ldflags=-s -w", "-o", files[name], pkg); err != nil {
			return "", err
		}
	}
	for _, name := range cPrograms {
		files[name] = filepath.Join(dir, name)
		cc := exec.Command("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-pthread", "-s",
			"-I", filepath.Join(root, "bpfobj", "prebuilt"), "-o", files[name], filepath.Join("c", name+".c"))
		if _, err := kernel.Output(cc); err != nil {
			return "", err
		}
	}
	image, err := kernel.Initramfs(files)
	if err != nil {
		return "", err
	}
	initramfs = filepath.Join(dir, "initramfs.cpio")
	return initramfs, os.WriteFile(initramfs, image, 0o644)
}

// fetchKernel gives the newest 7.x of the kernel matrix, as a file and by its name.
func fetchKernel() (image, release string, err error) {
	if err := kernel.FindQEMU(arch); err != nil {
		return "", "", err
	}
	cache, err := filepath.Abs(filepath.Join(root, ".cache", "vm"))
	if err != nil {
		return "", "", err
	}
	m, err := kernel.HostMirrors()
	if err != nil {
		return "", "", err
	}
	a, err := kernel.OpenArchive(cache, arch, []string{"trixie-backports"}, m)
	if err != nil {
		return "", "", err
	}
	k, err := a.Newest("7", "cloud-amd64")
	if err != nil {
		return "", "", err
	}
	if k == nil {
		return "", "", fmt.Errorf("%w: a kernel 7.x in trixie-backports", errName)
	}
	dir, err := k.Fetch(cache)
	return filepath.Join(dir, "vmlinuz"), k.Release, err
}
