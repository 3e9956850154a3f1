package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestLayout: skopeo chooses the image of each architecture and checks it while it copies it, and tar(1) finds one file
// in it.
func TestLayout(t *testing.T) {
	dir := t.TempDir()
	binaries := allExecutables(t)
	must(t, run(append([]string{"oci", filepath.Join(dir, "layout")}, binaries...)))
	for i, arch := range []string{"amd64", "arm64", "s390x"} {
		t.Run(arch, func(t *testing.T) {
			inspect(t, dir, arch)
			tool(t, dir, "skopeo", "--insecure-policy", "--override-arch", arch, "copy", "oci:layout:latest", "dir:"+arch)
			var manifest struct{ Layers []struct{ Digest string } }
			decode(t, tool(t, dir, "skopeo", "inspect", "--raw", "dir:"+arch), &manifest)
			if len(manifest.Layers) != 1 {
				t.Fatalf("layers: %v, want one", manifest.Layers)
			}
			blob := filepath.Join(arch, strings.TrimPrefix(manifest.Layers[0].Digest, "sha256:"))
			list := tool(t, dir, "tar", "--list", "--verbose", "--gzip", "--numeric-owner", "--file", blob)
			if want := regexp.MustCompile(`^-rwxr-xr-x 0/0 +[0-9]+ 1970-01-01 [0-9:]+ kptr-demo\n$`); !want.Match(list) {
				t.Errorf("tar lists %q, want %v", list, want)
			}
			want, err := os.ReadFile(binaries[i])
			must(t, err)
			if got := tool(t, dir, "tar", "--extract", "--to-stdout", "--gzip", "--file", blob); string(got) != string(want) {
				t.Errorf("kptr-demo: %d bytes, not the binary's %d", len(got), len(want))
			}
		})
	}
}

// inspect checks what the image says of itself. The form is the image specification's, config.md.
func inspect(t *testing.T, dir, arch string) {
	t.Helper()
	var got struct {
		OS, Architecture, Created string
		Config                    struct {
			Entrypoint, Cmd []string
			Labels          map[string]string
		}
	}
	decode(t, tool(t, dir, "skopeo", "--override-arch", arch, "inspect", "--config", "oci:layout"), &got)
	if got.OS != "linux" || got.Architecture != arch {
		t.Errorf("platform %s/%s, want linux/%s", got.OS, got.Architecture, arch)
	}
	if got.Created != "1970-01-01T00:00:00Z" {
		t.Errorf("created %s, want the epoch", got.Created)
	}
	command := [][]string{got.Config.Entrypoint, got.Config.Cmd}
	if want := [][]string{{"/kptr-demo"}, {"check"}}; !reflect.DeepEqual(command, want) {
		t.Errorf("entrypoint and command %q, want %q", command, want)
	}
	for _, name := range []string{"title", "description", "licenses"} {
		if got.Config.Labels["org.opencontainers.image."+name] == "" {
			t.Errorf("labels: %v, want %s", got.Config.Labels, name)
		}
	}
}

func decode(t *testing.T, text []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
