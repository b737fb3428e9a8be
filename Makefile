# suzgi: build, check, install.
#
#   make            build build/release/suzgi (installs nothing)
#   make run        install what is missing, build, start a demo filter
#   make check      install what tests need, build with warnings as errors,
#                   run every test; last line "N passed, N failed, N skipped"
#   make install    DESTDIR= PREFIX=/usr/local
#
#   make check-unit | check-tables | check-fuzz | check-e2e   parts of check
#   make check-layers | check-pure | check-size | check-defs   the house rules
#   make asan | tsan                 check-unit, -fuzz and -e2e sanitised
#   make fuzz T=h1 SECS=60           run one fuzz target (clang)
#   make bench                       micro-benchmarks, in instructions
#   make format | lint | coverage | clean | dist
#
#   PROFILE=release|dev|asan|tsan    BUILD=DIR    CC=gcc|clang    V=1
#   LLHTTP_DIR=DIR                   llhttp's sources, if not Debian's
#
# A folder is an archive, by wildcard. libcore = base (without base/sys) +
# lists + filters; check-pure shows that it does no I/O.

PROFILE ?= release
BUILD ?= build/$(PROFILE)
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= gcc
VERSION := $(shell sed -n 's/^\#define SUZGI_VERSION "\(.*\)"/\1/p' base/version.h)
Q = $(if $(V),,@)

# ---------------------------------------------------------------- flags
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wvla -Wswitch-enum -Wformat=2 -Wnull-dereference
CONVERT = -Wconversion -Wno-sign-conversion
OPT_release = -O2 -g -D_FORTIFY_SOURCE=2
OPT_dev = -O1 -g -Werror -DSUZGI_DEV
OPT_asan = -O1 -g -Werror -DSUZGI_DEV -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_tsan = -O1 -g -Werror -DSUZGI_DEV -fsanitize=thread
OPT_cov = -O0 -g --coverage -DSUZGI_DEV
LINK_asan = -fsanitize=address,undefined
LINK_tsan = -fsanitize=thread
LINK_cov = --coverage

PC_LIBS = libevent_core libpcre2-8 libcrypto hiredis libcares libidn2 libpsl \
	libutf8proc
FETCH_LDLIBS := $(shell pkg-config --libs libcurl libarchive \
	libutf8proc 2>/dev/null)
PC_CFLAGS := $(shell pkg-config --cflags $(PC_LIBS) 2>/dev/null)
PC_LDLIBS := $(shell pkg-config --libs $(PC_LIBS) 2>/dev/null)

CPPFLAGS += -I. -I$(BUILD)/gen -include base/banned.h -D_GNU_SOURCE \
	-DSUZGI_DATADIR='"$(PREFIX)/share/suzgi"' \
	-DSUZGI_LIBDIR='"$(PREFIX)/lib/suzgi"' \
	-DSUZGI_SYSCONFDIR='"/etc/suzgi"'
CFLAGS += -std=c11 $(WARN) $(OPT_$(PROFILE)) -fstack-protector-strong -fPIE \
	-fno-strict-aliasing -pthread
LDFLAGS += -pie -Wl,-z,relro,-z,now -pthread $(LINK_$(PROFILE))
LDLIBS = $(PC_LDLIBS) -lcrypt

# -------------------------------------------------------------- sources
FOLDERS = base base/sys lists filters proxy/wire feeds feeds/fetch config \
	review proxy cli
lib = $(BUILD)/lib$(subst /,_,$(1)).a
srcs = $(wildcard $(1)/*.c)
objs = $(patsubst %.c,$(BUILD)/%.o,$(call srcs,$(1)))

# Archives in link order: a folder's name stands before what it uses.
LIBS_cli = cli proxy config feeds review proxy/wire filters lists base/sys \
	base
LIBS_fetch = feeds/fetch feeds base/sys base
LIBS_core = filters lists base

all: $(BUILD)/suzgi $(BUILD)/suzgi-fetch

$(BUILD)/suzgi: $(foreach f,$(LIBS_cli),$(call lib,$(f))) $(BUILD)/llhttp.a
	@echo "  LINK $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ -Wl,--whole-archive $(call lib,cli) \
		-Wl,--no-whole-archive -Wl,--start-group \
		$(foreach f,$(LIBS_cli),$(call lib,$(f))) \
		$(BUILD)/llhttp.a -Wl,--end-group $(LDLIBS)

# The only program with a library that reads from the network or unpacks.
$(BUILD)/suzgi-fetch: $(foreach f,$(LIBS_fetch),$(call lib,$(f)))
	@echo "  LINK $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ -Wl,--whole-archive \
		$(call lib,feeds/fetch) -Wl,--no-whole-archive \
		$(foreach f,$(LIBS_fetch),$(call lib,$(f))) $(FETCH_LDLIBS)

define folder_rule
$(call lib,$(1)): $(call objs,$(1))
	@mkdir -p $$(@D)
	$(Q)rm -f $$@ && $(AR) rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call folder_rule,$(f))))

$(BUILD)/lists/%.o $(BUILD)/filters/%.o $(BUILD)/proxy/wire/%.o: \
	CFLAGS += $(CONVERT)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CPPFLAGS) $(PC_CFLAGS) $(LLHTTP_CPPFLAGS) $(CFLAGS) \
		-MMD -MP -c -o $@ $<

$(BUILD)/proxy/wire/h1.o $(BUILD)/proxy/wire/h1_resp.o: | build/llhttp/llhttp.h
$(BUILD)/proxy/wire/%.o: LLHTTP_CPPFLAGS = -isystem build/llhttp

# --------------------------------------------------------------- llhttp
# Debian 12 has llhttp as C sources inside node-llhttp (MIT). The package is
# fetched and unpacked, not installed: it would bring node along.
LLHTTP_DIR ?=
build/llhttp/llhttp.h:
	@packaging/llhttp.sh build/llhttp "$(LLHTTP_DIR)"
LLHTTP_OBJS = $(BUILD)/llhttp/api.o $(BUILD)/llhttp/http.o \
	$(BUILD)/llhttp/llhttp.o
$(LLHTTP_OBJS): $(BUILD)/llhttp/%.o: | build/llhttp/llhttp.h
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -g -fPIE -DLLHTTP_STRICT_MODE=1 -w -isystem build/llhttp \
		$(filter -fsanitize=address%,$(LINK_$(PROFILE))) \
		-c -o $@ build/llhttp/$*.c
$(BUILD)/llhttp.a: $(LLHTTP_OBJS)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

-include $(wildcard $(BUILD)/*.d $(BUILD)/*/*.d $(BUILD)/*/*/*.d \
	$(BUILD)/*/*/*/*.d)

include tests/tests.mk

# ---------------------------------------------------------------- users
run:
	@packaging/deps.sh build
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@exec $(BUILD)/suzgi run --demo --data . --state ./run

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/suzgi
	install -d $(DESTDIR)$(PREFIX)/lib/suzgi
	install -m 755 $(BUILD)/suzgi $(DESTDIR)$(PREFIX)/bin/suzgi
	install -m 755 $(BUILD)/suzgi-fetch \
		$(DESTDIR)$(PREFIX)/lib/suzgi/suzgi-fetch
	cp -R packaging/lists $(DESTDIR)$(PREFIX)/share/suzgi/lists
	$(BUILD)/suzgi config example \
		> $(DESTDIR)$(PREFIX)/share/suzgi/example.conf

format:
	clang-format -i $$(git ls-files '*.[ch]')

lint:
	cppcheck --quiet --inline-suppr --enable=warning,performance,portability \
		-I. --error-exitcode=1 $(foreach f,$(FOLDERS),$(f))

clean:
	rm -rf build

dist:
	git archive --format=tar.gz --prefix=suzgi-$(VERSION)/ \
		-o suzgi-$(VERSION).tar.gz HEAD

.PHONY: all run install format lint clean dist
