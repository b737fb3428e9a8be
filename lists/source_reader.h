/*
 * source_reader.h - a source being read: what the formats keep from one line
 * to the next. For lists/source*.c alone.
 */
#ifndef LISTS_SOURCE_READER_H
#define LISTS_SOURCE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "lists/source.h"

/* Rules of one source with exceptions of their own. Each makes two sources of
 * the image, and these are numbered with two bytes. */
#define SOURCE_GROUPS_MAX 1000

/* Wider networks hold so much that they can only be a mistake. */
#define SOURCE_NET4_LEAST 8
#define SOURCE_NET6_LEAST 16

/* "::ffff:192.0.2.1" is how IPv6 writes 192.0.2.1, not another address: who
 * lists it means the one that clients ask for. */
#define SOURCE_MAPPED_BITS 96
bool source_is_mapped(const uint8_t addr[16]);

/* Bytes of another character set: which one is not guessed. Latin-1 and the
 * Cyrillic ones cannot be told apart, and a wrong guess is another name. */
#define SOURCE_NOT_UTF8 "not UTF-8, and other character sets are not guessed"

struct source_zone;

struct source_reader {
	enum list_format format;
	bool begun;               /* the first line was seen */
	bool wide;                /* it is UTF-16 */
	uint16_t groups;          /* given out: the last one's number */
	unsigned conditions;      /* AdBlock: !#if that are open */
	char *only_text;          /* owned */
	struct str only;          /* v2fly: inside <only_text> */
	struct source_zone *zone; /* owned; RPZ alone */
	struct buf text;          /* a pattern that is being written */
};

/* One line, as it stands. */
void source_patterns(
    struct source_reader *r, struct str line, const struct source_sink *sink);
void source_adblock(
    struct source_reader *r, struct str line, const struct source_sink *sink);
void source_dnsmasq(
    struct source_reader *r, struct str line, const struct source_sink *sink);
void source_v2fly(
    struct source_reader *r, struct str line, const struct source_sink *sink);
void source_e2_sites(
    struct source_reader *r, struct str line, const struct source_sink *sink);
void source_e2_urls(
    struct source_reader *r, struct str line, const struct source_sink *sink);
void source_e2_regexps(
    struct source_reader *r, struct str line, const struct source_sink *sink);
void source_rpz(
    struct source_reader *r, struct str line, const struct source_sink *sink);
struct source_zone *source_zone_new(void);    /* NULL: memory */
void source_zone_free(struct source_zone *z); /* NULL: nothing */
/* The zone ends: is a record left open? */
void source_rpz_end(struct source_reader *r, const struct source_sink *sink);

/* Hand <s> to <plain>, one of source.h's, unless it is empty or no UTF-8. */
void source_checked(struct str s,
    void (*plain)(struct str, const struct source_sink *),
    const struct source_sink *sink);

/* A comment begins with '#', at the front or behind a blank: what stands
 * before it, without blanks around. */
struct str source_content(struct str line);

/* Is <s> "key" and what follows, in any case? Then <rest> is that. */
bool source_after(struct str s, struct str key, struct str *rest);

/* The next word of <s>, which loses it; blanks part words. */
struct str source_word(struct str *s);

/* 0.0.0.0, ::, and the loopback: a host that is sent there is blocked. */
bool source_is_sink(struct name n);

/* A regular expression on the way to being an entry. */
#define SOURCE_PATTERN_MAX 4096

/* Why <text> cannot be a pattern of a list; NULL: it can. */
const char *source_pattern_why(struct str text);

/* Judge <e>, a pattern, and hand it on. */
void source_emit_pattern(
    const struct source_entry *e, const struct source_sink *sink);

/*
 * A name with '*' in it for any bytes: where in a host it may match. Neither
 * flag at the front: anywhere; none at the end: whatever follows.
 */
struct source_glob {
	struct str text;
	bool label; /* begins where a label does */
	bool start; /* begins where the host does */
	bool end;   /* ends where the host does */
};

/* As a pattern on hosts. What would hold for a top-level domain is refused. */
void source_emit_glob(struct source_reader *r, const struct source_glob *g,
    const struct source_sink *sink);

/* Add <s> to a pattern as it is: what PCRE2 would take for more is escaped,
 * what is not ASCII becomes what a browser sends, "%XX". */
void source_add_literal(struct buf *b, struct str s);

#endif
