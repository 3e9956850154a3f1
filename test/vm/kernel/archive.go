// Package kernel fetches Debian's kernels and boots them in QEMU.
package kernel

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// keyring verifies the archive; it is of the package debian-archive-keyring.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// An Archive is an apt of its own for some suites and one architecture, which Debian calls as Go does, with the host's mirror. It
// leaves the host's lists and packages alone.
type Archive struct{ dir, arch string }

// A Kernel is a kernel's package in an archive.
type Kernel struct {
	archive *Archive
	name    string // of the package
	Release string // as uname -r gives it
	Version string // of the package
}

// Mirrors are where the host has its Debian from.
type Mirrors struct{ release, security string }

// HostMirrors asks the host's apt.
func HostMirrors() (Mirrors, error) {
	out, err := Output(exec.Command("apt-get", "indextargets",
		"--format", "$(REPO_URI) $(SUITE) $(COMPONENT)", "Created-By: Packages", "Origin: Debian"))
	if err != nil {
		return Mirrors{}, err
	}
	var m Mirrors
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) != 3 || f[2] != "main" {
			continue
		}
		switch {
		case releaseSuite.MatchString(f[1]):
			m.release = f[0]
		case strings.HasSuffix(f[1], "-security"):
			m.security = f[0]
		}
	}
	if m.release == "" || m.security == "" {
		return Mirrors{}, errNoRelease
	}
	return m, nil
}

// releaseSuite matches the archive names of Debian's releases, not those of their updates.
var releaseSuite = regexp.MustCompile(`^(old)*stable$`)

var errNoRelease = errors.New("apt has no lists of a Debian release and its security updates: run apt-get update first")

func (m Mirrors) sources(suites []string) string {
	var b strings.Builder
	for _, suite := range suites {
		mirror := m.release
		if strings.HasSuffix(suite, "-security") {
			mirror = m.security
		}
		fmt.Fprintf(&b, "deb [signed-by=%s] %s %s main\n", keyring, mirror, suite)
	}
	return b.String()
}

// OpenArchive fetches the lists, unless they were less than a day ago.
func OpenArchive(dir, arch string, suites []string, m Mirrors) (*Archive, error) {
	a := &Archive{filepath.Join(dir, arch+"-"+suites[0]), arch}
	for _, sub := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(a.dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	list, sources := filepath.Join(a.dir, "sources.list"), m.sources(suites)
	if old, err := os.ReadFile(list); err == nil && string(old) == sources && fresh(list) {
		return a, nil
	}
	if err := os.WriteFile(list, []byte(sources), 0o644); err != nil {
		return nil, err
	}
	if _, err := Output(a.apt("apt-get", "update", "--error-on=any")); err != nil {
		return nil, errors.Join(err, os.Remove(list))
	}
	return a, nil
}

func fresh(list string) bool {
	info, err := os.Stat(list)
	return err == nil && time.Since(info.ModTime()) < 24*time.Hour
}

// apt makes a command of apt that works on the lists of a.
func (a *Archive) apt(name string, args ...string) *exec.Cmd {
	options := []string{
		"-o", "APT::Architecture=" + a.arch,
		"-o", "APT::Architectures::=" + a.arch,
		"-o", "Dir::State::status=/dev/null", // what the host has installed is no matter
		"-o", "Dir::Etc::SourceList=" + filepath.Join(a.dir, "sources.list"),
		"-o", "Dir::Etc::SourceParts=/dev/null",
		"-o", "Dir::State::Lists=" + filepath.Join(a.dir, "lists"),
		"-o", "Dir::Cache=" + filepath.Join(a.dir, "cache"),
		"-o", "APT::Sandbox::User=root", // apt's own user cannot write to dir
		"-o", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
		"-o", "Acquire::Languages=none",
	}
	return exec.Command(name, append(options, args...)...)
}

// Newest gives the newest kernel of a series and flavour, nil if the archive has none.
func (a *Archive) Newest(series, flavour string) (*Kernel, error) {
	out, err := Output(a.apt("apt-cache", "search", "--names-only", "^linux-image-[0-9]"))
	if err != nil {
		return nil, err
	}
	release := newestRelease(string(out), series, flavour)
	if release == "" {
		return nil, nil
	}
	k := &Kernel{archive: a, name: "linux-image-" + release, Release: release}
	about, err := Output(a.apt("apt-cache", "show", "--no-all-versions", k.name))
	k.Version = field(about, "Version")
	return k, err
}

// newestRelease finds the newest kernel of a series and flavour in what apt-cache search says.
func newestRelease(found, series, flavour string) string {
	newest := ""
	for line := range strings.Lines(found) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		version, ok := strings.CutSuffix(strings.TrimPrefix(name, "linux-image-"), "-"+flavour)
		if !ok || !numbers.MatchString(version) || series != "" && !IsPrefix(series, version) {
			continue
		}
		if newest == "" || compareNumbers(version, newest) > 0 {
			newest = version
		}
	}
	if newest == "" {
		return ""
	}
	return newest + "-" + flavour
}

// IsPrefix tells whether a version begins with a prefix of whole numbers.
func IsPrefix(prefix, version string) bool { return strings.HasPrefix(version+".", prefix+".") }

// numbers matches a version without a flavour: 6.1.0-50, 7.3.4+deb13. An "rt-amd64" is no amd64.
var numbers = regexp.MustCompile(`^[0-9.]+(\+deb[0-9.]+)?(-[0-9]+)?$`)

var digits = regexp.MustCompile(`[0-9]+`)

// compareNumbers compares two versions by the numbers in them.
func compareNumbers(a, b string) int {
	return slices.CompareFunc(digits.FindAllString(a, -1), digits.FindAllString(b, -1), func(x, y string) int {
		m, _ := strconv.Atoi(x)
		n, _ := strconv.Atoi(y)
		return cmp.Compare(m, n)
	})
}

// Fetch downloads the kernel into the directory, unless it is there, as the files vmlinuz and
// config. The modules are not needed: all that the tests use is built in. Of a kernel that another
// has replaced, the archive may have the signed image still, and the configuration no more.
func (k *Kernel) Fetch(dir string) (string, error) {
	place := filepath.Join(dir, k.name+"_"+k.Version)
	if _, err := os.Stat(place); err == nil {
		return place, nil
	}
	work, err := os.MkdirTemp(dir, "download-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	if err := k.unpack(work); err != nil {
		return "", err
	}
	ready := filepath.Join(work, "ready")
	if err := os.Mkdir(ready, 0o755); err != nil {
		return "", err
	}
	modules := filepath.Join(work, "usr/lib/modules", k.Release)
	images := []string{
		filepath.Join(work, "boot/vmlinuz-"+k.Release), filepath.Join(modules, "vmlinuz"),
		filepath.Join(work, "boot/vmlinux-"+k.Release), filepath.Join(modules, "vmlinux"),
	}
	if err := renameFirst(images, filepath.Join(ready, "vmlinuz")); err != nil {
		return "", fmt.Errorf("package %s: %w", k.name, err)
	}
	configs := []string{filepath.Join(work, "boot/config-"+k.Release), filepath.Join(modules, "config")}
	if err := renameFirst(configs, filepath.Join(ready, "config")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	return place, os.Rename(ready, place)
}

// renameFirst renames the first of some files that is there.
func renameFirst(from []string, to string) error {
	var err error
	for _, name := range from {
		if err = os.Rename(name, to); err == nil {
			return nil
		}
	}
	return err
}

// unpack unpacks the package, and those that newer releases of Debian keep the image and its
// configuration in, as far as there are any.
func (k *Kernel) unpack(dir string) error {
	packages := []string{k.name}
	for _, kind := range []string{"linux-binary-", "linux-base-"} {
		about, err := Output(k.archive.apt("apt-cache", "show", kind+k.Release))
		if err == nil && len(about) > 0 {
			packages = append(packages, kind+k.Release)
		}
	}
	get := k.archive.apt("apt-get", append([]string{"download"}, packages...)...)
	get.Dir = dir
	if _, err := Output(get); err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil {
		return err
	}
	for _, deb := range debs {
		if _, err := Output(exec.Command("dpkg-deb", "-x", deb, dir)); err != nil {
			return err
		}
	}
	return nil
}

// field gives the value of a field in what apt-cache show prints.
func field(text []byte, name string) string {
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Output runs a command and gives its standard output; an error carries the other one.
func Output(cmd *exec.Cmd) ([]byte, error) {
	var text strings.Builder
	cmd.Stderr = &text
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", cmd.Args[0]+" "+cmd.Args[len(cmd.Args)-1], err, text.String())
	}
	return out, nil
}
