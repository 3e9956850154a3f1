package wire_test

import (
	"testing"

	"kptr/internal/kerneltest"
)

func TestMain(m *testing.M) { kerneltest.MainUnlocked(m, nil) }
