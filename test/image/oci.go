package main

import (
	"errors"
	"fmt"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// tag is the image's name within the layout.
const tag = "latest"

// labels are annotations of the image specification, by the names that it predefines. The Go runtime and
// golang.org/x/sys in the binary are BSD-3-Clause.
var labels = map[string]string{
	"org.opencontainers.image.title":       "kptr-demo",
	"org.opencontainers.image.description": "Shares memory with a BPF program through user kptrs",
	"org.opencontainers.image.licenses":    "MIT AND BSD-3-Clause",
}

var errTwice = errors.New("two binaries for one architecture")

// writeLayout writes an OCI image layout. Its index.json names one index, which has an image for each architecture: if
// it listed the images itself, a tool that is told no more than the directory could not choose one.
func writeLayout(dir string, programs []*program) error {
	index := v1.ImageIndex(empty.Index)
	seen := map[string]bool{}
	for _, p := range programs {
		if seen[p.arch] {
			return fmt.Errorf("%s: %w", p.arch, errTwice)
		}
		seen[p.arch] = true
		img, err := image(p)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: p.arch}},
		})
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	return path.AppendIndex(index, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": tag}))
}

// image has the binary as its only file. By its own name and not as /init: process 1 of a container is not to behave as
// that of a machine.
func image(p *program) (v1.Image, error) {
	l, err := layer("kptr-demo", p.data)
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	base, err = mutate.ConfigFile(base, &v1.ConfigFile{
		OS: "linux", Architecture: p.arch, Created: v1.Time{Time: epoch}, RootFS: v1.RootFS{Type: "layers"},
		Config: v1.Config{Entrypoint: []string{"/kptr-demo"}, Cmd: []string{"check"}, Labels: labels},
	})
	if err != nil {
		return nil, err
	}
	history := v1.History{Created: v1.Time{Time: epoch}, CreatedBy: "make image"}
	return mutate.Append(base, mutate.Addendum{Layer: l, History: history})
}
