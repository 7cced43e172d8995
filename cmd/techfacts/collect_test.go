package main

import (
	"runtime/debug"
	"testing"
)

func TestServeCollectsLessOftenUnlessToldOtherwise(t *testing.T) {
	usual := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(usual) })
	for told, want := range map[string]int{"": serveGrowth, "77": 100} { // Go itself heeds it, when the process starts
		t.Setenv("GOGC", told)
		collectLess()
		if got := debug.SetGCPercent(100); got != want {
			t.Errorf("with GOGC=%q it is %d, want %d", told, got, want)
		}
	}
}
