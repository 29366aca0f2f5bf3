# till: one Makefile, not recursive. `make` builds, `make check` tests.
VERSION := 0.1.0
BUILD := build
CC ?= gcc
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wcast-qual -Wwrite-strings -Wvla -Wformat=2
TILL_CFLAGS := -std=c17 -D_POSIX_C_SOURCE=200809L -Iinclude -I. -ffp-contract=off -fvisibility=hidden -fPIC -pthread $(WARNINGS)
LIBS := -lcsv -lgsl -lgslcblas -lz -ljansson -lm -pthread

LIB_SOURCES := $(sort $(wildcard lib/*/*.c lib/*/*/*.c))
TOOL_MAINS := $(sort $(wildcard tools/till-*.c tools/till.c))
TOOL_SHARED := $(filter-out $(TOOL_MAINS),$(sort $(wildcard tools/*.c)))
UNIT_TESTS := $(sort $(wildcard tests/unit/*.c tests/laws/*.c))
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/%.o)
SHARED_OBJECTS := $(TOOL_SHARED:%.c=$(BUILD)/%.o)
TOOLS := $(TOOL_MAINS:tools/%.c=$(BUILD)/bin/%)
TESTS := $(UNIT_TESTS:%.c=$(BUILD)/%)

all: $(BUILD)/libtill.a $(TOOLS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(TILL_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libtill.a: $(LIB_OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/bin/%: $(BUILD)/tools/%.o $(SHARED_OBJECTS) $(BUILD)/libtill.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/%: tests/%.c $(BUILD)/libtill.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(TILL_CFLAGS) $(CFLAGS) -MMD -MP -o $@ $< $(BUILD)/libtill.a -lcmocka $(LIBS)

check: all $(TESTS)
	@CMOCKA_MESSAGE_OUTPUT=TAP prove --exec '' $(TESTS)

clean:
	rm -rf $(BUILD)

.PHONY: all check clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
