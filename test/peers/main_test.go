package peers

import (
	"testing"

	"kptr/internal/kerneltest"
)

func TestMain(m *testing.M) { kerneltest.Main(m, nil) }
