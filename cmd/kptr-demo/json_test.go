package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// MarshalJSON tells package encoding/json of the order, which it has no words for.
func (a attributes) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, f := range a {
		name, _ := json.Marshal(f.Name)
		value, _ := json.Marshal(f.Value)
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// TestJSON compares with package encoding/json.
func TestJSON(t *testing.T) {
	type inner struct {
		Name string `json:"name"`
		Odd  *inner `json:"odd,omitempty"`
	}
	n := int32(-7)
	for _, tt := range []struct {
		name string
		doc  any
	}{
		{"empty struct", struct{}{}},
		{"pointer to struct", &inner{Name: "x", Odd: &inner{}}},
		{"empty failure", failure{}},
		{"kinds", struct {
			A bool       `json:"a"`
			B int8       `json:"b"`
			C uint64     `json:"c"`
			D *int32     `json:"d"`
			E *int32     `json:"e"`
			F []string   `json:"f"`
			G []string   `json:"g"`
			H []inner    `json:"h"`
			I attributes `json:"i"`
			J attributes `json:"j"`
			L state      `json:"l"`
			m int
		}{true, -128, 1<<64 - 1, &n, nil, nil, []string{}, []inner{{}, {}}, nil, attributes{{Name: "b", Value: "2\n"}, {Name: "a"}}, stateNo, 1}},
		{"left out", struct {
			A bool       `json:"a,omitempty"`
			B int        `json:"b,omitempty"`
			C string     `json:"c,omitempty"`
			D []int      `json:"d,omitempty"`
			E attributes `json:"e,omitempty"`
			F *int       `json:"f,omitempty"`
			G uint32     `json:"g,omitempty"`
		}{D: []int{}, E: attributes{}}},
		{"not left out", struct {
			A bool       `json:"a,omitempty"`
			D []int      `json:"d,omitempty"`
			E attributes `json:"e,omitempty"`
			F *int32     `json:"f,omitempty"`
		}{true, []int{0}, attributes{{}}, &n}},
		{"text", []string{"", "plain", `"quoted" \ / <&>`, "\x00\x01\b\t\n\v\f\r\x1f\x7f", "é 漢 \U0001F600", "\xff\xfe half \xc3", "\u2028\u2029\ufffd"}},
		{"run", &runReport{Object: "o", Steps: []runStep{{"map", "m"}}, BPF: []bpfCall{{"C", attributes{{Name: "a", Value: "1"}}, -1, "EFAULT"}}, Result: &n}},
		{"run that failed", &runReport{Error: "e", Exit: 4}},
		{"plan", &planReport{Steps: []planStep{{Step: 1, Attributes: attributes{}, Yields: "fd"}, {}}}},
		{"inspect", &objectReport{Sections: []sectionReport{{Offset: 1 << 63}}, Maps: []mapReport{{UserKptrs: []kptrReport{{}}, Variables: []variableReport{{"v", 1, 2}}}}}},
		{"load", loadReport{Results: []loadResult{{Kind: "map", Name: "m", Log: "a\nb\tc"}}}},
		{"sched", schedReport{Pins: []pinReport{{"p", true}}, Decisions: decisions{CriticalSpared: 1 << 63}, Error: "e", Exit: 1}},
		{"hint", hintReport{[]string{"c", "-a"}, 7, 255}},
		{"top", topReport{[]registration{{Thread: 2, Process: 1, Command: "c\"", Level: "thread", Hint: &hintWords{Version: 1, Yield: 1<<32 - 1}}, {GC: &gcWord{1}}}}},
		{"check", checkReport{Findings: probe()}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want bytes.Buffer
			enc := json.NewEncoder(&want)
			enc.SetIndent("", "  ")
			enc.SetEscapeHTML(false)
			if err := enc.Encode(tt.doc); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), string(appendJSON(nil, tt.doc))); diff != "" {
				t.Errorf("-encoding/json +appendJSON:\n%s", diff)
			}
		})
	}
}
