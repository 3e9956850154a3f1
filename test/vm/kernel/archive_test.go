package kernel

import "testing"

// found is what apt-cache search says, with the pitfalls of Debian's names.
const found = `linux-image-6.1.0-47-cloud-amd64 - Linux 6.1 for x86-64 cloud (signed)
linux-image-6.1.0-50-cloud-amd64 - Linux 6.1 for x86-64 cloud (signed)
linux-image-6.1.0-50-cloud-amd64-dbg - Debug symbols
linux-image-6.1.0-9-amd64 - Linux 6.1 for 64-bit PCs (signed)
linux-image-6.12.90+deb12-cloud-amd64 - Linux 6.12 for x86-64 cloud (signed)
linux-image-6.12.90+deb12.1-cloud-amd64 - Linux 6.12 for x86-64 cloud (signed)
linux-image-6.12.9+deb12-cloud-amd64-unsigned - Linux 6.12 for x86-64 cloud
linux-image-7.2.13+deb14-rt-amd64 - Linux 7.2.13 for 64-bit PCs, PREEMPT_RT
linux-image-7.3.4+deb13-arm64-16k - Linux 7.3.4 with 16k pages
linux-image-7.3.4+deb13-arm64 - Linux 7.3.4
`

func TestNewestRelease(t *testing.T) {
	for _, row := range []struct{ series, flavour, want string }{
		{"6.1", "cloud-amd64", "6.1.0-50-cloud-amd64"},
		{"6.12", "cloud-amd64", "6.12.90+deb12.1-cloud-amd64"},
		{"6", "cloud-amd64", "6.12.90+deb12.1-cloud-amd64"},
		{"", "amd64", "6.1.0-9-amd64"},
		{"7", "cloud-amd64", ""},
		{"7", "arm64", "7.3.4+deb13-arm64"},
		{"7", "arm64-16k", "7.3.4+deb13-arm64-16k"},
	} {
		if got := newestRelease(found, row.series, row.flavour); got != row.want {
			t.Errorf("%q %s: got %q, want %q", row.series, row.flavour, got, row.want)
		}
	}
}

func TestSources(t *testing.T) {
	m := Mirrors{"http://a/debian/", "http://b/security/"}
	const want = "deb [signed-by=" + keyring + "] http://a/debian/ bookworm main\n" +
		"deb [signed-by=" + keyring + "] http://b/security/ bookworm-security main\n"
	if got := m.sources([]string{"bookworm", "bookworm-security"}); got != want {
		t.Errorf("got %q", got)
	}
}
