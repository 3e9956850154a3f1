package main

import (
	"reflect"
	"strconv"
	"strings"
)

// decisions counts those that a hint has changed; it mirrors the variable stats of sched.bpf.c, which says what each is.
type decisions struct {
	BackgroundQueued    uint64 `json:"background_queued"`
	BackgroundPreempted uint64 `json:"background_preempted"`
	BackgroundDue       uint64 `json:"background_due"`
	CriticalSpared      uint64 `json:"critical_spared"`
	CriticalExtended    uint64 `json:"critical_extended"`
	CriticalExpired     uint64 `json:"critical_expired"`
	LatencyFirst        uint64 `json:"latency_first"`
	WeightLowered       uint64 `json:"weight_lowered"`
}

// since gives what has been counted since.
func (d decisions) since(before decisions) decisions {
	v, b := reflect.ValueOf(&d).Elem(), reflect.ValueOf(before)
	for i := range v.NumField() {
		v.Field(i).SetUint(v.Field(i).Uint() - b.Field(i).Uint())
	}
	return d
}

// String gives each under its name of the document.
func (d decisions) String() string {
	var b strings.Builder
	v := reflect.ValueOf(d)
	for i := range v.NumField() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(v.Type().Field(i).Tag.Get("json") + "=" + strconv.FormatUint(v.Field(i).Uint(), 10))
	}
	return b.String()
}
