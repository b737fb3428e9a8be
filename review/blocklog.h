/*
 * blocklog.h - read block.jsonl and what was rotated out of it.
 *
 * Lines that are no JSON (torn by a crash before they were mended) are left
 * out and counted. Compressed files are not read.
 *
 *	struct blocklog *l = blocklog_open(dir, &err);
 *	while (blocklog_next(l, &e))
 *		if (blocklog_match(&filter, &e)) ...
 */
#ifndef REVIEW_BLOCKLOG_H
#define REVIEW_BLOCKLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct blocklog; /* opaque */
struct err;

/* One line. All borrowed from the log until the next is asked for; texts that
 * the line has not are empty. */
struct blocklog_event {
	struct str line; /* as it stands, without its newline */
	struct str ts, id, action, reason, stage, visibility, intent, client;
	struct str group, policy, listener, method, scheme, host, site, url;
	struct str connect, sni, rule_file, rule_text, list, category, entry;
	struct str source, user, tier, search, theme, severity, override;
	struct str nested, trace, live;
	uint64_t status, ms, port, rule_line, source_line, generation, count;
	bool tunnel;
	int64_t wall_ms; /* ts as a number; -1: malformed */
};

/* Empty: everything. Hosts hold for what is below them too. */
struct blocklog_filter {
	struct str host, category, action, id, theme;
	struct str text; /* anywhere in the line's values, ASCII case folded */
	/* a line may name its client by address or by pseudonym: it matches
	 * if it is one of these */
	const struct str *clients, *users; /* and a user likewise */
	unsigned nclients, nusers;
	int64_t since_ms, until_ms; /* wall; 0: no bound; until is exclusive */
};

/* Oldest first: block.jsonl.N ... block.jsonl.1, block.jsonl. NULL with <err>
 * set where there is none at all. */
struct blocklog *blocklog_open(const char *dir, struct err *err);
void blocklog_close(struct blocklog *l); /* NULL: nothing */

/* Begin in block.jsonl, at most <bytes> before its end. Before the first
 * blocklog_next(). False where that file is not there. */
bool blocklog_tail(struct blocklog *l, uint64_t bytes);

/* False at the end, for the time being: more may be appended. */
bool blocklog_next(struct blocklog *l, struct blocklog_event *e);

/*
 * At the end: was the file replaced (rotated) while it was read? Then go on
 * in the new one; true if there is one.
 */
bool blocklog_follow(struct blocklog *l);

uint64_t blocklog_skipped(const struct blocklog *l);    /* lines left out */
unsigned blocklog_compressed(const struct blocklog *l); /* files not read */

bool blocklog_match(
    const struct blocklog_filter *f, const struct blocklog_event *e);

/* "2026-11-22T19:38:07.123Z", "2026-11-22 19:38", "2026-11-22" (UTC) to wall
 * milliseconds; false where it is none of these. */
bool blocklog_time(struct str text, int64_t *wall_ms);

#endif
