package peers

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"kptr/internal/kerneltest"
)

// TestTables: docs/other-loaders.md has the tables of this package.
func TestTables(t *testing.T) {
	kerneltest.NeedHost(t, "the source tree")
	text, err := os.ReadFile("../../docs/other-loaders.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"differences": differenceTable(), "needs": needsTable()} {
		_, got, begins := strings.Cut(string(text), "<!-- "+name+" -->\n")
		got, _, ends := strings.Cut(got, "<!-- /"+name+" -->\n")
		if !begins || !ends || got != want {
			t.Errorf("between the comments %q and %q stands not:\n%s", name, "/"+name, want)
		}
	}
}

// differenceTable has the differences in order, those of one cause together.
func differenceTable() string {
	const head = "| object | of it | | this project | cilium/ebpf | cause |\n|---|---|---|---|---|---|\n"
	first := make(map[string]int)
	for i, d := range slices.Backward(differences) {
		first[d.cause] = i
	}
	rows := slices.Clone(differences)
	slices.SortStableFunc(rows, func(a, b difference) int { return cmp.Compare(first[a.cause], first[b.cause]) })
	var s strings.Builder
	s.WriteString(head)
	for i, d := range rows {
		cause := d.cause
		if i > 0 && rows[i-1].cause == cause {
			cause = "as above"
		}
		fmt.Fprintf(&s, "| %s | %s | %s | %s | %s | %s |\n", d.object, d.subjects, d.field, d.ours, d.theirs, cause)
	}
	return s.String()
}

func needsTable() string {
	s := "| object | loads on a kernel with |\n|---|---|\n"
	for _, object := range slices.Sorted(maps.Keys(needs)) {
		s += "| " + object + " | " + needs[object].name + " |\n"
	}
	return s
}

// TestExample: the program whose size is measured is Example of the project's tests.
func TestExample(t *testing.T) {
	kerneltest.NeedHost(t, "the source tree")
	test, err := os.ReadFile("../../example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("example/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(test), "\nfunc Example() {\n")
	body, _, found := strings.Cut(body, "\n}\n")
	if !found || !strings.Contains(string(program), "\nfunc main() {\n"+body+"\n}\n") {
		t.Error("func main of example/main.go is not Example of example_test.go")
	}
}
