package main

import (
	"strings"
	"testing"
)

func TestAloneVerdict(t *testing.T) {
	const (
		good = "ok  user kptrs\r\ninit: kptr-demo check: exit code 0\r\nresult 3\r\ninit: kptr-demo run: exit code 0\r\ninit: power off\r\n"
		old  = "no  user kptrs (this is Linux 6.12.117): not supported by this kernel (needs Linux 6.13)\n"
		bad  = old + "init: kptr-demo check: exit code 3\n" + old + "init: kptr-demo run: exit code 3\ninit: power off\n"
	)
	for _, row := range []struct {
		name, release, console string
		ok                     bool
	}{
		{"as it has to be", "7.3.4", good, true},
		{"without user kptrs", "6.12.117", bad, true},
		{"refused by a kernel that has them", "6.13.1", bad, false},
		{"works where it cannot", "6.12.117", good, false},
		{"another result", "7.3.4", strings.Replace(good, "result 3", "result 4", 1), false},
		{"not powered off", "7.3.4", strings.TrimSuffix(good, "init: power off\r\n"), false},
		{"powered off too early", "7.3.4", "init: power off\n" + strings.TrimSuffix(good, "init: power off\r\n"), false},
		{"the refusal names another version", "6.1.9", bad, false},
		{"nothing", "7.3.4", "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if v, err := aloneVerdict([]byte(row.console), row.release); (err == nil) != row.ok || (v != nil) != row.ok {
				t.Errorf("got %+v, %v", v, err)
			}
		})
	}
}
