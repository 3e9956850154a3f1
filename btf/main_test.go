package btf

import (
	"embed"
	"testing"

	"kptr/internal/kerneltest"
)

//go:embed testdata
var testdata embed.FS

func TestMain(m *testing.M) { kerneltest.MainUnlocked(m, kerneltest.Files{"": testdata}) }
