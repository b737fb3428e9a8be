# tests.mk - how tests are built and run; included by the Makefile.
#
# tests/unit/<folder>/<module>_test.c links the folder's archive and those it
# may include (and nothing else: what a layer needs from above is a bug).

TEST_LIBS_base = base
TEST_LIBS_base_sys = base/sys base
TEST_LIBS_lists = lists base
TEST_LIBS_filters = filters lists base
TEST_LIBS_proxy_wire = proxy/wire base
TEST_LIBS_config = config filters lists base/sys base
TEST_LIBS_review = review filters lists base/sys base
TEST_LIBS_proxy = proxy review config proxy/wire filters lists base/sys base

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
