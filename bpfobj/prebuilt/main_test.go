package prebuilt

import (
	"embed"
	"testing"

	"kptr/internal/kerneltest"
)

//go:embed *.o *.c *.h manifest.txt
var files embed.FS

func TestMain(m *testing.M) { kerneltest.MainUnlocked(m, kerneltest.Files{"": files}) }
