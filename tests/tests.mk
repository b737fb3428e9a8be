# tests.mk - how tests are built and run; included by the Makefile.
#
# tests/unit/<folder>/<module>_test.c links the folder's archive and those it
# may include (and nothing else: what a layer needs from above is a bug).

TEST_LIBS_base = base
TEST_LIBS_base_sys = base/sys base
TEST_LIBS_lists = lists base
TEST_LIBS_filters = filters lists base
TEST_LIBS_proxy_wire = proxy/wire base
TEST_LIBS_feeds = feeds review filters lists base/sys base
TEST_LIBS_config = config feeds review filters lists base/sys base
TEST_LIBS_review = review filters lists base/sys base
TEST_LIBS_proxy = proxy review config feeds proxy/wire filters lists base/sys base
TEST_LIBS_cli = cli $(TEST_LIBS_proxy)

UNIT_SRCS = $(wildcard tests/unit/*/*_test.c tests/unit/*/*/*_test.c)
UNIT_BINS = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SRCS))
unit_key = $(subst /,_,$(patsubst %/,%,$(dir $(1))))
unit_libs = $(foreach f,$(TEST_LIBS_$(call unit_key,$(1))),$(call lib,$(f)))

.SECONDEXPANSION:
$(BUILD)/unit/%: tests/unit/%.c $$(call unit_libs,$$*) $(BUILD)/llhttp.a
	@mkdir -p $(@D)
	@echo "  TEST $<"
	$(Q)$(CC) $(CPPFLAGS) $(PC_CFLAGS) $(CFLAGS) -Wno-missing-prototypes \
		-DTEST_DATA='"$(CURDIR)/tests/data"' -DTEST_BUILD='"$(BUILD)"' \
		$(LDFLAGS) -MMD -MP -MF $@.d -o $@ $< -Wl,--start-group \
		$(call unit_libs,$*) $(BUILD)/llhttp.a -Wl,--end-group \
		$(LDLIBS) -lcmocka
-include $(wildcard $(BUILD)/unit/*/*.d $(BUILD)/unit/*/*/*.d)

unit: $(UNIT_BINS)

# One folder's tests alone: make unit-lists, make unit-proxy_wire
unit-%:
	@$(MAKE) --no-print-directory $(foreach b,$(UNIT_BINS),$(if \
		$(filter $*,$(call unit_key,$(patsubst $(BUILD)/unit/%,%,$(b)))),$(b)))
	@for t in $(foreach b,$(UNIT_BINS),$(if \
		$(filter $*,$(call unit_key,$(patsubst $(BUILD)/unit/%,%,$(b)))),$(b))); \
		do $$t || exit 1; done
.PHONY: unit

# ------------------------------------------------------------------ fuzz
# tests/fuzz/fuzz_<name>.c has LLVMFuzzerTestOneInput() and no main(). Here it
# gets one that replays tests/fuzz/corpus/<name>/; `make fuzz` adds libFuzzer.
FUZZ_SRCS = $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_NAMES = $(patsubst tests/fuzz/fuzz_%.c,%,$(FUZZ_SRCS))
REPLAY_BINS = $(patsubst %,$(BUILD)/replay/%,$(FUZZ_NAMES))
ALL_BUT_CLI = proxy review config feeds proxy/wire filters lists base/sys base
ALL_LIBS = $(foreach f,$(ALL_BUT_CLI),$(call lib,$(f))) $(BUILD)/llhttp.a
LINK_ALL = -Wl,--start-group $(ALL_LIBS) -Wl,--end-group $(LDLIBS)
TEST_CC = $(CC) $(CPPFLAGS) $(PC_CFLAGS) $(CFLAGS) -Wno-missing-prototypes \
	-DTEST_DATA='"$(CURDIR)/tests/data"' -DTEST_BUILD='"$(BUILD)"' \
	$(LDFLAGS)

$(BUILD)/replay/%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(ALL_LIBS)
	@mkdir -p $(@D)
	@echo "  FUZZ $< (replay)"
	$(Q)$(TEST_CC) -MMD -MP -MF $@.d -o $@ $< tests/fuzz/replay.c \
		$(LINK_ALL)
-include $(wildcard $(BUILD)/replay/*.d)

replay: $(REPLAY_BINS)

# make fuzz T=name [SECS=60]: clang's libFuzzer with ASan and UBSan. What it
# finds is kept beside the build; a crash belongs into the corpus.
OPT_fuzz = -O1 -g -DSUZGI_DEV -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LINK_fuzz = -fsanitize=address,undefined
SECS ?= 60
$(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c $(ALL_LIBS)
	@mkdir -p $(@D)
	@echo "  FUZZ $<"
	$(Q)$(TEST_CC) -fsanitize=fuzzer -MMD -MP -MF $@.d -o $@ $< $(LINK_ALL)

fuzz:
	@[ -n "$(T)" ] || { echo "make fuzz T=name, one of:" $(FUZZ_NAMES); \
		exit 2; }
	@packaging/deps.sh ci
	@$(MAKE) --no-print-directory PROFILE=fuzz CC=clang \
		BUILD=$(call side,fuzz) $(call side,fuzz)/fuzz/$(T)
	@mkdir -p $(call side,fuzz)/found/$(T)
	$(call side,fuzz)/fuzz/$(T) -max_total_time=$(SECS) -timeout=10 \
		-artifact_prefix=$(call side,fuzz)/found/$(T)- \
		$(call side,fuzz)/found/$(T) $(wildcard tests/fuzz/corpus/$(T))

# ----------------------------------------------------------------- bench
# make bench [CORPUS=DIR]: see tests/bench/run.py for what DIR may have.
BENCH_SRCS = $(wildcard tests/bench/bench_*.c)
BENCH_BINS = $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(BENCH_SRCS))
$(BUILD)/bench/%: tests/bench/%.c $(ALL_LIBS)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(TEST_CC) -MMD -MP -MF $@.d -o $@ $< $(LINK_ALL)
-include $(wildcard $(BUILD)/bench/*.d)
bench:
	@packaging/deps.sh build
	@$(MAKE) --no-print-directory $(BENCH_BINS) $(BUILD)/suzgi
	@python3 tests/bench/run.py $(BUILD) $(CORPUS)

# ----------------------------------------------------------------- check
# tests/run.py runs what it is named, counts cases and ends with the line
# "N passed, N failed, N skipped". A build that fails is a failed case; what
# could be built is still run.
#
# Where BUILD is given, another profile's build stands beside it.
side = $(if $(filter command line,$(origin BUILD)),$(BUILD)-$(1),build/$(1))
given = $(if $(filter command line,$(origin BUILD)),$(BUILD),build/$(1))
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
# $(1) profile, $(2) build folder, $(3) suites, $(4) what to build for them
run_suites = rc=0; $(MAKE) --no-print-directory $(JOBS) -k PROFILE=$(1) \
	BUILD=$(2) $(4) || rc=1; \
	exec python3 tests/run.py --build $(2) --profile $(1) \
		--build-failed $$rc $(3)

check:
	@packaging/deps.sh test
	@$(call run_suites,dev,$(call given,dev),check unit fuzz e2e,all unit replay)
check-unit:
	@$(call run_suites,dev,$(call given,dev),unit,unit)
check-tables:
	@$(call run_suites,dev,$(call given,dev),tables,all unit)
check-fuzz:
	@$(call run_suites,dev,$(call given,dev),fuzz,replay)
check-e2e:
	@$(call run_suites,dev,$(call given,dev),e2e,all)
# The house rules; of the archives pure looks at.
check-house:
	@$(call run_suites,dev,$(call given,dev),check,all)
check-pure:
	@$(call run_suites,dev,$(call given,dev),check/pure,$(foreach \
		f,$(LIBS_core),$(subst $(BUILD),$(call given,dev),$(call lib,$(f)))))
check-layers check-size check-defs check-docs:
	@exec python3 tests/run.py --build $(call given,dev) --profile dev \
		$(subst check-,check/,$@)

asan:
	@packaging/deps.sh test
	@$(call run_suites,asan,$(call side,asan),unit fuzz e2e,all unit replay)
tsan:
	@packaging/deps.sh test
	@$(call run_suites,tsan,$(call side,tsan),unit/base unit/review \
		unit/proxy e2e/basics e2e/reload,all unit)

coverage:
	@packaging/deps.sh test
	@$(call run_suites,cov,$(call side,cov),unit fuzz e2e,all unit replay) \
		|| true
	@python3 tests/coverage.py $(call side,cov)

.PHONY: replay fuzz bench check check-unit check-tables check-fuzz check-e2e \
	check-house check-pure check-layers check-size check-defs check-docs \
	asan tsan coverage
