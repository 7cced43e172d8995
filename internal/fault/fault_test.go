package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/fault"
)

func TestTheOutermostCodeCounts(t *testing.T) {
	t.Parallel()
	inner := fault.New(fault.NotFound, "no such page")
	err := fmt.Errorf("read: %w", fault.Wrap(fault.Unavailable, inner, "the archive does not answer"))
	if f := fault.Of(err); f.Code != fault.Unavailable || f.Message != "the archive does not answer" {
		t.Errorf("of = %+v", f)
	}
	if !fault.Is(err, fault.Unavailable) || fault.Is(err, fault.NotFound) || !errors.Is(err, inner) {
		t.Error("the chain is broken")
	}
	if !strings.Contains(err.Error(), "no such page") {
		t.Errorf("the log does not tell the cause: %v", err)
	}
}

func TestWithoutACodeNothingIsTold(t *testing.T) {
	t.Parallel()
	f := fault.Of(errors.New("password is hunter2"))
	if f.Code != fault.Internal || f.Message != "internal error" || fault.Is(errors.New("x"), fault.Internal) {
		t.Errorf("of = %+v", f)
	}
	if !strings.Contains(f.Error(), "hunter2") {
		t.Error("the log does not tell the cause")
	}
}

func TestCopiesLeaveTheSentinelAlone(t *testing.T) {
	t.Parallel()
	sentinel := fault.New(fault.Limited, "too often")
	if f := sentinel.After(time.Minute).With("input.urls"); f.RetryAfter != time.Minute || f.Field != "input.urls" || f.Code != fault.Limited {
		t.Errorf("copy = %+v", f)
	}
	if sentinel.RetryAfter != 0 || sentinel.Field != "" {
		t.Errorf("sentinel = %+v", sentinel)
	}
	if f := fault.InvalidField("input.urls[1]", "must be %s", "short"); f.Message != "input.urls[1]: must be short" || f.Field != "input.urls[1]" {
		t.Errorf("field = %+v", f)
	}
}
