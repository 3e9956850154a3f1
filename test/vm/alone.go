package main

import (
	"fmt"
	"regexp"
	"strings"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

// alone stands among the packages for kptr-demo as /init, the only file of an initramfs.
const alone = "init"

// aloneVerdict makes a verdict of what kptr-demo says as /init: as one test, which passes if check and run end as they have to on
// this kernel, with the exit codes that README.md gives, and the machine is powered off after that.
func aloneVerdict(console []byte, release string) (*kerneltest.Verdict, error) {
	version, err := sys.ParseVersion(release)
	if err != nil {
		return nil, err
	}
	want := []string{`^init: kptr-demo check: exit code 0$`, `^result 3$`, `^init: kptr-demo run: exit code 0$`, `^init: power off$`}
	if version.Before(since) {
		refusal := regexp.QuoteMeta("Linux "+version.String()) + `\..*needs Linux 6\.13`
		want = []string{refusal, `^init: kptr-demo check: exit code 3$`, refusal, `^init: kptr-demo run: exit code 3$`, `^init: power off$`}
	}
	for line := range strings.Lines(string(console)) {
		if len(want) > 0 && regexp.MustCompile(want[0]).MatchString(strings.TrimRight(line, "\r\n")) {
			want = want[1:]
		}
	}
	if len(want) > 0 {
		return nil, fmt.Errorf("%w: no line like %s, or not in its place", errFailed, want[0])
	}
	return &kerneltest.Verdict{Release: release, Counts: map[string]int{kerneltest.Passed: 1}}, nil
}
