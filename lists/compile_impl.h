/*
 * compile_impl.h - what a compiler is made of. For lists/compile*.c alone.
 */
#ifndef LISTS_COMPILE_IMPL_H
#define LISTS_COMPILE_IMPL_H

#include "base/buf.h"
#include "base/err.h"
#include "lists/compile.h"
#include "lists/entries.h"
#include "lists/origins.h"
#include "lists/parts.h"
#include "lists/source.h"

#define PATTERN_TEXT_MAX SOURCE_LINE_MAX
#define PATTERN_KEY_MAX  (2 + 255 + PATTERN_TEXT_MAX)

enum source_state {
	SOURCE_HEADING = 0, /* collecting what its format is recognised by */
	SOURCE_READING,
	SOURCE_ENDED,
};

struct source {
	char *text; /* owned; the names below, one after another */
	struct str list, category, file, only; /* inside <text> */
	enum list_format format;
	enum source_state state;
	bool has_origin; /* it has given an entry */
	uint64_t date;
	struct source_reader *reader; /* owned; while reading */
	struct buf carry; /* the head, or a line that has not ended yet */
	struct compile_report report;
};

struct compile {
	struct compile_options opt;
	struct parts names;
	struct entries nets, patterns, digests;
	struct origins origins;
	struct source *sources; /* owned */
	size_t nsources, cap;
	uint32_t bare; /* sources without an origin: each must get one */
	bool failed;   /* nothing can be finished: <err> says why */
	bool finished;
	struct err err;
	/* the line at hand, for the sink's functions */
	struct source *at;
	struct str line;
	uint16_t id;
	char key[PATTERN_KEY_MAX];
};

/* Where what the lines of c->at give is taken to: entries and the report. */
struct source_sink compile_sink(struct compile *c);

#endif
