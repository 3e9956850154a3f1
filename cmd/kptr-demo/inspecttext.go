package main

import "fmt"

func (r *objectReport) print(out *output) {
	fmt.Fprintf(out, "%s: %s, licence %q\n", r.File, r.ByteOrder, r.License)

	fmt.Fprintf(out, "\nsections: %d\n", len(r.Sections))
	for _, s := range r.Sections {
		fmt.Fprintf(out, "  %2d %-20s %-17s offset %#-7x %6d bytes", s.Index, shown(s.Name), s.Type, s.Offset, s.Size)
		if s.Flags != "0" {
			out.WriteString("  " + s.Flags)
		}
		if s.Relocations > 0 {
			fmt.Fprintf(out, "  %d relocations", s.Relocations)
		}
		out.WriteByte('\n')
	}

	fmt.Fprintf(out, "\nmaps: %d\n", len(r.Maps))
	for i := range r.Maps {
		r.Maps[i].print(out)
	}

	fmt.Fprintf(out, "\nprograms: %d\n", len(r.Programs))
	for i := range r.Programs {
		r.Programs[i].print(out)
	}

	fmt.Fprintf(out, "\nrelocations of what is loaded: %d\n", len(r.Relocations))
	for _, reloc := range r.Relocations {
		fmt.Fprintf(out, "  %s+%#x  %s  %s\n", shown(reloc.Section), reloc.Offset, reloc.Type, shown(reloc.Symbol))
	}
}

func (m *mapReport) print(out *output) {
	fmt.Fprintf(out, "  %s  %s, key %d bytes, value %d bytes, max_entries %d", shown(m.Name), m.Type, m.KeySize, m.ValueSize, m.MaxEntries)
	if m.Flags != "0" {
		out.WriteString(", " + m.Flags)
	}
	if m.Pinned {
		out.WriteString(", pinned by name")
	}
	out.WriteByte('\n')
	for _, u := range m.UserKptrs {
		fmt.Fprintf(out, "      user kptr %s (offset %d) to struct %s, %d bytes\n", u.Field, u.Offset, u.Pointee, u.Size)
	}
	if m.Broken != "" {
		out.WriteString("      breaks a rule: " + m.Broken + "\n")
	}
	out.WriteString(indent(m.Value, "      "))
}

func (p *programReport) print(out *output) {
	fmt.Fprintf(out, "  %s  section %s, %s", shown(p.Name), shown(p.Section), p.Type)
	for _, text := range []string{p.AttachType, target(p.Target)} {
		if text != "" {
			out.WriteString(", " + text)
		}
	}
	fmt.Fprintf(out, ", %d instructions, %d CO-RE relocations", p.Instructions, p.CORE)
	if p.Sleepable {
		out.WriteString(", sleepable")
	}
	if p.Optional {
		out.WriteString(", loaded only when asked for")
	}
	out.WriteByte('\n')
}

func target(name string) string {
	if name == "" {
		return ""
	}
	return "target " + shown(name)
}

// shown is a name of ELF without what a terminal would act on. Those of BTF, which has been checked, have no control characters.
func shown(name string) string { return printable([]byte(name)) }
