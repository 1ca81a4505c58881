# SPDX-License-Identifier: AGPL-3.0-or-later
# Commonhold. `make help` lists the targets; each folder's sources.mk lists its sources.

BUILD   ?= build
VARIANT ?= release
CC      ?= cc
PREFIX  ?= /usr/local
PKGS    := libpq libevent libevent_openssl libevent_pthreads jansson openssl libcurl expat zlib
WERROR  ?=

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wvla -Wswitch-enum -Wno-missing-field-initializers
HARDEN_release := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE -fcf-protection
HARDEN_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
HARDEN_tsan := -O1 -fsanitize=thread -fno-omit-frame-pointer -fPIE
LINK_release := -pie -Wl,-z,relro,-z,now
LINK_asan := -fsanitize=address,undefined
LINK_tsan := -fsanitize=thread -pie

CPPFLAGS_ALL := -D_GNU_SOURCE -Iinclude -I$(BUILD) $(shell pkg-config --cflags $(PKGS) 2>/dev/null) $(CPPFLAGS)
CFLAGS_ALL := -std=gnu17 -g $(HARDEN_$(VARIANT)) $(WARN) $(WERROR) -pthread $(CFLAGS)
LDFLAGS_ALL := $(LINK_$(VARIANT)) -pthread $(LDFLAGS)
LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

ROLES := governance licensing metering payout log portal

all: $(BUILD)/bin/commonholdd $(BUILD)/bin/commonhold $(BUILD)/bin/commonhold-audit $(BUILD)/bin/commonhold-witness

# Each fragment sets <folder>_SRC (and for a role <folder>_CORE_SRC: pure code that links alone),
# and adds to UNIT_TESTS, FUZZ_TARGETS and BENCH_PROGRAMS.
UNIT_TESTS :=
FUZZ_TARGETS :=
BENCH_PROGRAMS :=
include common/sources.mk $(ROLES:%=services/%/sources.mk) services/audit/sources.mk services/witness/sources.mk services/cli/sources.mk tests/sources.mk

GEN := $(BUILD)/gen/sql.h $(BUILD)/gen/sql.c
SQL_FILES := $(sort $(wildcard sql/grants.sql sql/event_triggers.sql sql/grants/*.sql sql/migrations/*.sql sql/functions/*/*.sql sql/queries/*/*.sql sql/reference/*.csv))

role_SRC := $(foreach r,$(ROLES),$($(r)_SRC))
core_SRC := $(foreach r,$(ROLES),$($(r)_CORE_SRC)) $(witness_CORE_SRC)
obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

# The names of the SQL files: written only when they change, so that a renamed or deleted file makes sql.c anew.
SQL_LIST := $(BUILD)/gen/sql.list
$(SQL_LIST): FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(SQL_FILES) > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(BUILD)/gen/sql.c: sql/embed.awk $(SQL_LIST) $(SQL_FILES)
	@mkdir -p $(@D)
	LC_ALL=C awk -v header=$(BUILD)/gen/sql.h -f sql/embed.awk $(SQL_FILES) > $@.new
	mv $@.new $@
$(BUILD)/gen/sql.h: $(BUILD)/gen/sql.c

$(BUILD)/obj/%.o: %.c | $(BUILD)/gen/sql.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
$(BUILD)/obj/gen/sql.o: $(BUILD)/gen/sql.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

$(BUILD)/libcommonhold.a: $(call obj,$(common_SRC)) $(BUILD)/obj/gen/sql.o
	rm -f $@
	ar qcs $@ $^
$(BUILD)/libcore.a: $(call obj,$(core_SRC))
	rm -f $@
	ar qcs $@ $^

$(BUILD)/bin/commonholdd: $(call obj,services/commonholdd.c $(role_SRC)) $(BUILD)/libcore.a $(BUILD)/libcommonhold.a
$(BUILD)/bin/commonhold: $(call obj,$(cli_SRC) $(audit_COMMAND_SRC) $(foreach r,$(ROLES),$($(r)_COMMAND_SRC))) $(BUILD)/libcore.a $(BUILD)/libcommonhold.a
$(BUILD)/bin/commonhold-audit: $(call obj,$(audit_SRC)) $(BUILD)/libcommonhold.a
$(BUILD)/bin/commonhold-audit: LIBS += $(shell pkg-config --libs libxml-2.0 2>/dev/null)
$(call obj,$(audit_SRC)): CPPFLAGS_ALL += $(shell pkg-config --cflags libxml-2.0 2>/dev/null)
# Runs where there is no PostgreSQL, nor its library.
$(BUILD)/bin/commonhold-witness: $(call obj,$(witness_SRC)) $(BUILD)/libcore.a $(BUILD)/libcommonhold.a
$(BUILD)/bin/commonhold-witness: LIBS := $(shell pkg-config --libs libevent openssl jansson)

$(BUILD)/bin/%:
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

# Unit tests: tests/unit/<name>.c, linked with common/ and every core/. A fragment may name further objects as prerequisites of one.
unit: $(UNIT_TESTS:%=$(BUILD)/tests/%)
print-unit-tests:
	@echo $(UNIT_TESTS)
$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libcore.a $(BUILD)/libcommonhold.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS) -lcmocka
# Test daemons of the API tests.
$(BUILD)/api/%: $(BUILD)/obj/tests/api/%.o $(BUILD)/libcommonhold.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
# Calculators that read many documents, for the tests against second implementations.
$(BUILD)/reference/%: $(BUILD)/obj/tests/reference/%.o $(BUILD)/libcore.a $(BUILD)/libcommonhold.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
# The daemon with the rails of a test in the place of its own.
$(BUILD)/api/mockrailsd: $(call obj,tests/api/mockrailsd.c services/commonholdd.c $(filter-out services/payout/rails.c,$(role_SRC))) $(BUILD)/libcore.a $(BUILD)/libcommonhold.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/libcore.a $(BUILD)/libcommonhold.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)
# The same targets without a fuzzer: they repeat what is kept in tests/fuzz/corpus.
replay: $(FUZZ_TARGETS:%=$(BUILD)/replay/%)
print-fuzz-targets:
	@echo $(FUZZ_TARGETS)
$(BUILD)/replay/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/replay.o $(BUILD)/libcore.a $(BUILD)/libcommonhold.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)
# Fuzz targets: everything they link is compiled once more, by clang and with its counters.
FUZZ_CFLAGS := -std=gnu17 -g -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -Wall -Wno-unknown-warning-option
fuzz_obj = $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(1))
$(BUILD)/fuzz/obj/%.o: %.c | $(BUILD)/gen/sql.h
	@mkdir -p $(@D)
	clang $(CPPFLAGS_ALL) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/fuzz/obj/gen/sql.o: $(BUILD)/gen/sql.c
	@mkdir -p $(@D)
	clang $(CPPFLAGS_ALL) $(FUZZ_CFLAGS) -c -o $@ $<
$(BUILD)/fuzz/lib.a: $(call fuzz_obj,$(core_SRC) $(common_SRC)) $(BUILD)/fuzz/obj/gen/sql.o
	rm -f $@
	ar qcs $@ $^
$(BUILD)/fuzz/%: $(BUILD)/fuzz/obj/tests/fuzz/%.o $(BUILD)/fuzz/lib.a
	@mkdir -p $(@D)
	clang -fsanitize=fuzzer,address,undefined -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS) -pthread

help:
	@echo 'all           the binaries, in $(BUILD)/bin'
	@echo 'check-source  style and consistency, in seconds, without a compiler'
	@echo 'unit          build the unit tests'
	@echo 'test          everything tests/run.sh runs'
	@echo 'asan, tsan    the same tests in a sanitizer build (TSan: the unit tests that use threads)'
	@echo 'fuzz          build the fuzz targets and run each for FUZZ_SECONDS (60)'
	@echo 'bench         speed against baselines measured in the same run'
	@echo 'portal        the web pages, in $(BUILD)/portal'
	@echo 'portal-update after a change of services/portal/package.json: its lock file and vendor.sha256'
	@echo 'install       into $(PREFIX)'
	@echo 'format        clang-format in place'
	@echo 'clean         remove $(BUILD)'

test:
	sh tests/run.sh
asan:
	VARIANT=asan BUILD=$(BUILD)-asan sh tests/run.sh
tsan:
	VARIANT=tsan BUILD=$(BUILD)-tsan sh tests/run.sh unit
bench: all $(BENCH_PROGRAMS:%=$(BUILD)/bench/%)
	BUILD=$(BUILD) sh tests/bench/run.sh
fuzz: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)
	BUILD=$(BUILD) sh tests/fuzz/run.sh $(FUZZ_TARGETS)
check-source:
	@sh tests/check-source.sh
portal:
	@BUILD=$(BUILD) sh services/portal/build.sh
portal-update:
	@sh services/portal/build.sh update
format:
	git ls-files '*.c' '*.h' | xargs clang-format -i
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/commonhold
	install -m 755 $(BUILD)/bin/commonholdd $(BUILD)/bin/commonhold $(BUILD)/bin/commonhold-audit $(BUILD)/bin/commonhold-witness $(DESTDIR)$(PREFIX)/bin
	cp -r docs deploy $(wildcard $(BUILD)/portal) $(DESTDIR)$(PREFIX)/share/commonhold
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj $(BUILD)/fuzz/obj -name '*.d' 2>/dev/null)
FORCE:
.PHONY: FORCE all help unit print-unit-tests replay print-fuzz-targets test asan tsan bench fuzz check-source portal portal-update format install clean
.DELETE_ON_ERROR:
.SECONDARY:
