/*
 * journal.h - the overrides that people made, on the disk:
 * {state}/overrides.jsonl, one line an act. Its format, and what becomes of
 * damaged lines, is docs/formats/overrides.md.
 *
 *	struct journal j;
 *	if (journal_read(&j, path, hear, arg, &err) == 0)
 *		... j.v[i].o, j.v[i].ended ...
 *	journal_fini(&j);
 *
 *	journal_append(path, &line, &err);
 *
 * Blocks: on the disk, and for at most JOURNAL_LOCK_MS on who else has the
 * file. Never for a worker's thread, nor for the daemon's main one.
 */
#ifndef CONFIG_JOURNAL_H
#define CONFIG_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "filters/overrides.h"

struct buf;
struct err;

#define JOURNAL_FILE       "overrides.jsonl"
#define JOURNAL_LINE_MAX   4000 /* bytes of a line, its line feed included */
#define JOURNAL_AUTHOR_MAX 100  /* bytes */
#define JOURNAL_MAX        (64u << 20) /* bytes of the file; more is refused */
#define JOURNAL_LOCK_MS    5000
/* When to compact: so many lines, more than half of them of no use; and what
 * is past is kept for so long, for who asks and for clocks that are wrong. */
#define JOURNAL_COMPACT    2000
#define JOURNAL_KEEP_S     (30 * 86400)

enum journal_act { JOURNAL_ADD = 0, JOURNAL_END };

/* One line. */
struct journal_line {
	enum journal_act act;
	struct override o; /* END: its id and author alone */
	int64_t at;        /* seconds, UTC */
};

/* The line and its line feed; what is no valid line is the caller's bug, and
 * will not be read back. */
void journal_line_write(struct buf *out, const struct journal_line *l);
/* <line> without its line feed; texts go into <a>. False: <why>. */
bool journal_line_read(struct arena *a, struct str line,
    struct journal_line *out, const char **why);

/*
 * What a person named: "kids.test", "http://kids.test/a?b", into o->scope and
 * the canonical o->subject in <a>. <site>: a host and all below it. -1 with
 * <err> set.
 */
int journal_subject(struct arena *a, struct str text, bool site,
    struct override *o, struct err *err);
/* o->client as text. */
#define JOURNAL_CLIENT_ROOM 46
void journal_client_text(
    const uint8_t client[16], char out[JOURNAL_CLIENT_ROOM]);

/* One override with what became of it. */
struct journal_entry {
	struct override o;
	int64_t at;
	int64_t ended;       /* by a person, when; 0: not */
	struct str ended_by; /* "" : nobody */
};

struct journal {
	struct arena arena;      /* owned: all text */
	struct journal_entry *v; /* owned; in the order of the file */
	unsigned n, cap;
	uint32_t *slot;   /* owned: where in v[], + 1, by hash of id */
	unsigned nslots;  /* a power of two; 0: none yet */
	unsigned lines;   /* that were read */
	unsigned damaged; /* lines that were skipped */
	bool torn;        /* bytes behind the last line feed were no line */
};

typedef void journal_hear(
    void *arg, bool error, unsigned line, const char *text);

/* There need be none yet. -1 with <err>: it cannot be read, or is too large;
 * <j> is then empty. */
int journal_read(struct journal *j, const char *path, journal_hear *hear,
    void *arg, struct err *err);
/* The same of bytes at hand. -1: no memory. */
int journal_parse(
    struct journal *j, struct str text, journal_hear *hear, void *arg);
void journal_fini(struct journal *j);

const struct journal_entry *journal_find(
    const struct journal *j, struct str id);

/* The one that can be ended; NULL with <err>: there is none, or it has been. */
const struct journal_entry *journal_to_end(
    const struct journal *j, struct str id, struct err *err);

/* Does it hold at <now>? */
bool journal_holds(const struct journal_entry *e, int64_t now);

/* Behind the others, and on disk for good; -1 with <err>: nothing has
 * changed. Compacts where it is time; by <l>'s time. */
int journal_append(
    const char *path, const struct journal_line *l, struct err *err);

/* What the file is like now, to see whether it has changed. */
struct journal_stamp {
	uint64_t inode, size;
	int64_t mtime_ns;
};
bool journal_stamp(const char *path, struct journal_stamp *out);
/* False: there is none */

#endif
