/*
 * parts.h - the names and URLs that the compiler collects, in memory or, where
 * that is bounded, in parts by the upper bits of their hashes. For lists/
 * alone.
 *
 *	parts_init(&p, opt);
 *	parts_add(&p, key, source, line, &result, &err); ...
 *	for (i = 0; i < parts_count(&p); i++) {
 *		parts_load(&p, i, &err);
 *		... p.entries, sorted ...
 *	}
 *
 * One part after the other they stand in the order of buckets, whether they
 * were put aside or not.
 */
#ifndef LISTS_PARTS_H
#define LISTS_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "lists/compile.h"
#include "lists/entries.h"

struct parts {
	struct entries entries;            /* owned; of the part at hand */
	const struct compile_spill *spill; /* borrowed; NULL: none */
	size_t memory;                     /* 0: no bound */
	uint64_t len[COMPILE_PARTS];       /* bytes put aside */
	struct buf io;                     /* owned */
	bool spilled;
	unsigned part, at; /* the one in <io>; the one that is loaded, + 1 */
};

void parts_init(struct parts *p, const struct compile_options *opt);
void parts_fini(struct parts *p);

/* As entries_add() and entries_cancel(); ENTRIES_FULL comes with <err> set.
 * Of what was put aside it is not seen that it is there already. */
enum entries_result parts_add(struct parts *p, struct str key, uint16_t source,
    uint32_t line, struct err *err);
enum entries_result parts_cancel(
    struct parts *p, struct str key, uint16_t source, struct err *err);

/* Nothing is added any more: put the rest aside too, where some was. */
int parts_end(struct parts *p, struct err *err);

unsigned parts_count(const struct parts *p);

/* Bring part <i> into p->entries, sorted. 0, or -1 with <err> set. */
int parts_load(struct parts *p, unsigned i, struct err *err);

#endif
