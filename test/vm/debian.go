package main

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

// backports is Debian's suite that has the kernels newer than those of a stable release.
const backports = "trixie-backports"

// keyring verifies the archive; it is of the package debian-archive-keyring.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// debian is an apt of its own: it knows the Debian suites that the host's apt knows, from the same
// mirror, and backports, and leaves the host's lists alone.
type debian struct{ dir string }

func openDebian(dir string) (*debian, error) {
	d := &debian{dir}
	for _, sub := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	sources, err := hostSources()
	if err != nil {
		return nil, err
	}
	list := filepath.Join(dir, "sources.list")
	if old, err := os.ReadFile(list); err == nil && string(old) == sources && fresh(list) {
		return d, nil
	}
	if err := os.WriteFile(list, []byte(sources), 0o644); err != nil {
		return nil, err
	}
	if _, err := d.run("apt-get", "update", "--error-on=any"); err != nil {
		os.Remove(list)
		return nil, err
	}
	return d, nil
}

// fresh tells whether the lists were fetched less than a day ago.
func fresh(list string) bool {
	info, err := os.Stat(list)
	return err == nil && time.Since(info.ModTime()) < 24*time.Hour
}

// hostSources writes the lines of a sources.list: those of the host's Debian suites, and backports
// from where the host has its release.
func hostSources() (string, error) {
	out, err := output(exec.Command("apt-get", "indextargets",
		"--format", "$(REPO_URI) $(RELEASE) $(SUITE) $(COMPONENT)", "Created-By: Packages", "Origin: Debian"))
	if err != nil {
		return "", err
	}
	var lines []string
	mirror := ""
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) != 4 || f[3] != "main" {
			continue
		}
		lines = append(lines, sourceLine(f[0], f[1]))
		if release.MatchString(f[2]) {
			mirror = f[0]
		}
	}
	if mirror == "" {
		return "", errNoRelease
	}
	lines = append(lines, sourceLine(mirror, backports))
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), ""), nil
}

// release matches the archive names of Debian's releases, not those of their updates.
var release = regexp.MustCompile(`^(old)*stable$`)

var errNoRelease = errors.New("apt has no lists of a Debian release: run apt-get update first")

func sourceLine(mirror, suite string) string {
	return fmt.Sprintf("deb [signed-by=%s] %s %s main\n", keyring, mirror, suite)
}

func (d *debian) run(name string, args ...string) ([]byte, error) {
	return output(d.command(name, args...))
}

// command makes a command of apt that works on the lists of d.
func (d *debian) command(name string, args ...string) *exec.Cmd {
	options := []string{
		"-o", "Dir::Etc::SourceList=" + filepath.Join(d.dir, "sources.list"),
		"-o", "Dir::Etc::SourceParts=/dev/null",
		"-o", "Dir::State::Lists=" + filepath.Join(d.dir, "lists"),
		"-o", "Dir::Cache=" + filepath.Join(d.dir, "cache"),
		"-o", "APT::Sandbox::User=root", // apt's own user cannot write to dir
		"-o", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
		"-o", "Acquire::Languages=none",
	}
	return exec.Command(name, append(options, args...)...)
}

// newest gives the package with the newest kernel of a series, such as "6.12" or "7".
func (d *debian) newest(series string) (string, error) {
	pattern := `^linux-image-` + regexp.QuoteMeta(series) + `\.[0-9.]+\+deb[0-9]+-cloud-amd64$`
	out, err := d.run("apt-cache", "search", "--names-only", pattern)
	if err != nil {
		return "", err
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		name, _, _ := strings.Cut(line, " ")
		names = append(names, name)
	}
	if len(names) == 0 {
		return "", fmt.Errorf("apt has no package %s", pattern)
	}
	return slices.MaxFunc(names, compareNumbers), nil
}

var digits = regexp.MustCompile(`[0-9]+`)

// compareNumbers compares two names by the numbers in them.
func compareNumbers(a, b string) int {
	return slices.CompareFunc(digits.FindAllString(a, -1), digits.FindAllString(b, -1), func(x, y string) int {
		m, _ := strconv.Atoi(x)
		n, _ := strconv.Atoi(y)
		return cmp.Compare(m, n)
	})
}

// kernel gives the path of the package's bzImage, which it fetches unless it has it. The modules
// are not needed: all that the tests use is built in.
func (d *debian) kernel(name string) (string, error) {
	about, err := d.run("apt-cache", "show", "--no-all-versions", name)
	if err != nil {
		return "", err
	}
	image := filepath.Join(d.dir, "kernels", name+"_"+field(about, "Version"))
	if _, err := os.Stat(image); err == nil {
		return image, nil
	}
	work, err := os.MkdirTemp(d.dir, "download-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	release := strings.TrimPrefix(name, "linux-image-")
	if err := d.unpack(work, name, about, release); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(image), 0o755); err != nil {
		return "", err
	}
	for _, place := range []string{"boot/vmlinuz-" + release, "usr/lib/modules/" + release + "/vmlinuz"} {
		if err = os.Rename(filepath.Join(work, place), image); err == nil {
			return image, nil
		}
	}
	return "", fmt.Errorf("package %s: no vmlinuz: %w", name, err)
}

// unpack unpacks the package into the directory, and the one that newer releases of Debian keep the
// image itself in.
func (d *debian) unpack(dir, name string, about []byte, release string) error {
	packages := []string{name}
	if binary := "linux-binary-" + release; strings.Contains(field(about, "Depends"), binary+" ") {
		packages = append(packages, binary)
	}
	get := d.command("apt-get", append([]string{"download"}, packages...)...)
	get.Dir = dir
	if _, err := output(get); err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil {
		return err
	}
	for _, deb := range debs {
		if _, err := output(exec.Command("dpkg-deb", "-x", deb, dir)); err != nil {
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
