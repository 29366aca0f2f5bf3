# till: one Makefile, not recursive. On a fresh Debian machine `make demo` shows the main job and `make check` runs all
# tests; both install what is missing. A new tool, method or test is found by its place: no edit here.
VERSION := $(shell sed -n 's/^.define TILL_VERSION "\(.*\)"/\1/p' include/till/version.h)
BUILD := build
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
JOBS ?= 2

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wcast-qual -Wwrite-strings -Wvla -Wformat=2
# A build under a sanitizer sets both to nothing.
HARDENING := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
HARDENING_LINK := -pie -Wl,-z,relro,-z,now
TILL_CFLAGS := -std=c17 -D_POSIX_C_SOURCE=200809L -Iinclude -I. -ffp-contract=off -fvisibility=hidden -fPIC -pthread \
	$(HARDENING) $(WARNINGS)
LIBS := -lcsv -lgsl -lgslcblas -lz -ljansson -lm -pthread

LIB_SOURCES := $(sort $(wildcard lib/*/*.c lib/*/*/*.c))
TOOL_MAINS := $(sort $(wildcard tools/till-*.c tools/till.c))
TOOL_SHARED := $(filter-out $(TOOL_MAINS),$(sort $(wildcard tools/*.c)))
UNIT_TESTS := $(sort $(wildcard tests/unit/*.c tests/laws/*.c))
SCRIPT_TESTS := $(sort $(wildcard tests/cli/*.bats tests/cli/*.t tests/golden/*.bats tests/lint/*.bats))
HEADERS := $(sort $(wildcard include/till/*.h))
PAGES := $(sort $(wildcard man/*.[1-9]))

LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/%.o)
SHARED_OBJECTS := $(TOOL_SHARED:%.c=$(BUILD)/%.o)
MAIN_OBJECTS := $(TOOL_MAINS:%.c=$(BUILD)/%.o)
TOOLS := $(TOOL_MAINS:tools/%.c=$(BUILD)/bin/%)
FUZZ_TARGETS := $(sort $(wildcard tests/fuzz/*.c))
TESTS := $(UNIT_TESTS:%.c=$(BUILD)/%) $(FUZZ_TARGETS:%.c=$(BUILD)/%)
PRELOADS := $(patsubst tests/support/%.c,$(BUILD)/tests/%.so,$(wildcard tests/support/*.c))
TEST_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/support/programs/*.c))
FUZZERS := $(FUZZ_TARGETS:tests/%.c=$(BUILD)/%)
STATIC := $(BUILD)/libtill.a
SHARED := $(BUILD)/libtill.so.0
TEST_ENVIRONMENT = TILL_BIN=$(abspath $(BUILD)/bin) TILL_BUILD=$(abspath $(BUILD)) PATH=$(abspath $(BUILD)/bin):$$PATH

all: $(STATIC) $(SHARED) $(TOOLS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(TILL_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(STATIC): $(LIB_OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

# What the tools share, also for the tests of it.
$(BUILD)/libtools.a: $(SHARED_OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(SHARED): $(LIB_OBJECTS) lib/libtill.map
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,relro,-z,now -Wl,-soname,libtill.so.0 -Wl,--version-script=lib/libtill.map \
		-o $@ $(LIB_OBJECTS) $(LIBS)
	@ln -sf libtill.so.0 $(BUILD)/libtill.so

$(BUILD)/bin/%: $(BUILD)/tools/%.o $(BUILD)/libtools.a $(STATIC)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(HARDENING_LINK) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/%: tests/%.c $(BUILD)/libtools.a $(STATIC)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(TILL_CFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(BUILD)/libtools.a $(STATIC) -lcmocka $(LIBS)

# The targets of the fuzzer, run once on their corpora.
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/replay/main.c $(wildcard tests/fuzz/*.h tests/support/*.h) \
		$(BUILD)/libtools.a $(STATIC)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(TILL_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< tests/fuzz/replay/main.c $(BUILD)/libtools.a $(STATIC) \
		$(LIBS)

# The laws make allocations of the library fail, under a sanitizer too: all go through the test.
comma := ,
WRAPPED := malloc calloc realloc free strdup strndup posix_memalign mmap munmap mremap
$(BUILD)/tests/laws/%: LDFLAGS += $(WRAPPED:%=-Wl$(comma)--wrap=%)

# Libraries that tests preload.
$(BUILD)/tests/%.so: tests/support/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(TILL_CFLAGS) -O2 -g -MMD -MP -shared -o $@ $< -ldl -pthread

# --- what has to be installed ---

# Nothing happens when all is there, so neither the network nor root is needed then.
deps:
	@sh tests/support/deps.sh build
deps-check:
	@sh tests/support/deps.sh build check

# --- tests ---

check: deps-check
	@$(MAKE) --no-print-directory check-run

check-run: all $(TESTS) $(PRELOADS) $(TEST_PROGRAMS)
	@$(TEST_ENVIRONMENT) prove -j$(JOBS) --exec 'sh tests/support/run.sh' $(TESTS) $(SCRIPT_TESTS)

# The tests of the library and the tools once more, under a sanitizer, in a build of its own. TILL_SANITIZER tells tests
# that preload an allocator, or hold memory down, to skip.
SANITIZED = $(MAKE) --no-print-directory HARDENING= HARDENING_LINK= check-run \
	SCRIPT_TESTS="$(wildcard tests/cli/*.bats tests/cli/*.t)"
asan: deps-check
	TILL_SANITIZER=address UBSAN_OPTIONS=print_stacktrace=1 $(SANITIZED) BUILD=build/asan \
		CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined'
tsan: deps-check
	TILL_SANITIZER=thread $(SANITIZED) BUILD=build/tsan CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=thread'

# Every fault that a night can have, on every tool: minutes. A part of it is in `make check`.
faults: deps-check
	@$(MAKE) --no-print-directory -s all $(PRELOADS)
	@$(TEST_ENVIRONMENT) bash tests/faults/run $(FAULTS)

FUZZ_SECONDS ?= 60
fuzz:
	@command -v clang >/dev/null || { echo 'make fuzz needs clang (with libFuzzer)'; exit 1; }
	@$(MAKE) --no-print-directory fuzz-run BUILD=build/fuzz CC=clang HARDENING= HARDENING_LINK= \
		CFLAGS='-O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined'
fuzz-run: $(FUZZERS)
	@for fuzzer in $^; do name=$$(basename $$fuzzer); mkdir -p $(BUILD)/corpus/$$name; \
		$$fuzzer -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -artifact_prefix=$(BUILD)/ \
			$(BUILD)/corpus/$$name \
			tests/fuzz/corpus/$$name || exit 1; done
$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/libtools.a $(STATIC)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(TILL_CFLAGS) $(CFLAGS) -fsanitize=fuzzer -MMD -MP -o $@ $< $(BUILD)/libtools.a $(STATIC) $(LIBS)

coverage: deps-check
	@TILL_SANITIZER=coverage $(MAKE) --no-print-directory check-run BUILD=build/coverage CFLAGS='-O0 -g --coverage' \
		HARDENING=; status=$$?; sh tests/support/coverage.sh build/coverage; exit $$status

bench: deps
	@$(MAKE) --no-print-directory all
	@$(TEST_ENVIRONMENT) sh tests/bench/run

lint: deps-check
	@$(MAKE) --no-print-directory all
	@$(TEST_ENVIRONMENT) CFLAGS='$(TILL_CFLAGS)' sh tests/lint/lint.sh

# What other programs find in the code: minutes.
analyze: lint
	@sh tests/lint/analyzer.sh
	@$(TEST_ENVIRONMENT) bash tests/lint/valgrind.sh

# --- for people ---

demo: deps
	@$(MAKE) --no-print-directory -s all
	@$(TEST_ENVIRONMENT) sh data-samples/demo.sh

# Writes the OPTIONS of each page from the table of its tool.
man: all
	@$(TEST_ENVIRONMENT) sh man/options.sh

# Draws the pictures of README.md, which are kept; needs gnuplot.
pictures: all
	@$(TEST_ENVIRONMENT) sh man/pictures.sh

# --- installing ---

$(BUILD)/till.h: $(HEADERS)
	@mkdir -p $(@D)
	@{ echo '/* till.h: all of libtill. */'; echo '#ifndef TILL_H'; echo '#define TILL_H'; \
		for header in $(notdir $^); do echo "#include <till/$$header>"; done; echo '#endif'; } > $@

$(BUILD)/till.pc: Makefile include/till/version.h
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' '' 'Name: till' \
		'Description: Customer analytics: transactions to scores, segments and models' 'Version: $(VERSION)' \
		'Libs: -L$${libdir} -ltill' 'Libs.private: $(LIBS)' 'Requires.private: jansson' 'Cflags: -I$${includedir}' > $@

NAMES = $(notdir $(TOOLS))
SECTIONS = $(sort $(patsubst .%,%,$(suffix $(PAGES))))
INSTALLED = $(NAMES:%=bin/%) $(HEADERS) include/till.h lib/libtill.a lib/libtill.so.0 lib/libtill.so lib/pkgconfig/till.pc \
	$(foreach page,$(PAGES),share/man/man$(patsubst .%,%,$(suffix $(page)))/$(notdir $(page))) \
	$(NAMES:%=share/bash-completion/completions/%) $(NAMES:%=share/zsh/site-functions/_%)

install: all $(BUILD)/till.h $(BUILD)/till.pc
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,$(sort $(dir $(INSTALLED))))
	install -m 755 $(TOOLS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(HEADERS) $(DESTDIR)$(PREFIX)/include/till
	install -m 644 $(BUILD)/till.h $(DESTDIR)$(PREFIX)/include
	install -m 644 $(STATIC) $(SHARED) $(DESTDIR)$(PREFIX)/lib
	ln -sf libtill.so.0 $(DESTDIR)$(PREFIX)/lib/libtill.so
	install -m 644 $(BUILD)/till.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig
	for section in $(SECTIONS); do install -m 644 man/*.$$section $(DESTDIR)$(PREFIX)/share/man/man$$section; done
	for name in $(NAMES); do \
		$(BUILD)/bin/$$name --help=bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$name && \
		$(BUILD)/bin/$$name --help=zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$name || exit 1; done

uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,$(INSTALLED))
	-rmdir $(DESTDIR)$(PREFIX)/include/till 2>/dev/null

dist:
	git archive --format=tar.gz --prefix=till-$(VERSION)/ -o till-$(VERSION).tar.gz HEAD

clean:
	rm -rf build $(BUILD)

.PHONY: all deps deps-check check check-run asan tsan faults fuzz fuzz-run coverage bench lint analyze demo man pictures install uninstall dist clean
.SECONDARY:
-include $(patsubst %.o,%.d,$(LIB_OBJECTS) $(SHARED_OBJECTS) $(MAIN_OBJECTS)) $(TESTS:=.d) $(TEST_PROGRAMS:=.d) $(PRELOADS:.so=.d) $(FUZZERS:=.d)
