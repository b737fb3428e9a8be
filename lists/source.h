/*
 * source.h - a line of a list, in any of the formats, to entries or why not.
 *
 * Pure text to values: what is made of the values is the compiler's matter.
 * A line can be nothing (a comment), several entries (hosts files), or
 * rejected with a reason. What would match everything is always rejected.
 *
 * Exceptions that a format has (AdBlock's @@, dnsmasq's server=) take from
 * their own list alone; they are entries with a role.
 */
#ifndef LISTS_SOURCE_H
#define LISTS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "lists/compile.h"
#include "lists/image.h"
#include "lists/name.h"

/* A longer line is rejected: names have 253 bytes, and paths their own limit. */
#define SOURCE_LINE_MAX 4096
/* So much of a source is looked at to recognise its format. */
#define SOURCE_HEAD     16384

enum source_kind {
	SOURCE_DOMAIN = 0,
	SOURCE_URL,
	SOURCE_NET,
	SOURCE_PATTERN, /* a regular expression */
	SOURCE_DIGEST,  /* SHA-256 of a domain or a URL */
};

struct source_entry {
	enum source_kind kind;
	uint8_t role;        /* enum image_role, ORed */
	uint16_t group;      /* what an exception excepts from: image.h */
	struct str text;     /* domain; host/path; pattern; borrowed */
	uint8_t addr[16];    /* network: masked, network order */
	uint8_t bytes, bits; /* network: 4 or 16; length of the prefix */
	uint8_t flags;       /* pattern: enum image_pattern_flag */
	struct str anchor;   /* pattern: matches on this domain and below it
			      * alone, canonical; empty: anywhere */
	uint8_t digest[32];
};

/*
 * Where a line's values go. <why> is static. What is *rejected* is malformed
 * or would match too much; what is *skipped* is well-formed and not for a
 * proxy to do (element hiding, answers of a name server).
 */
struct source_sink {
	void (*entry)(void *ctx, const struct source_entry *e);
	void (*reject)(void *ctx, const char *why);
	void (*skip)(void *ctx, const char *why);
	/* An entry that an earlier or later line of the same source gives is
	 * none (AdBlock's badfilter). */
	void (*cancel)(void *ctx, const struct source_entry *e);
	void *ctx;
};

/*
 * One source being read, for formats whose lines need each other. Lines come
 * without their line end; the format is not LIST_AUTO or LIST_UT1.
 *
 *	struct source_reader *r = source_reader_new(format, STR_NONE);
 *	source_reader_line(r, line, &sink); ...
 *	source_reader_end(r, &sink);
 *	source_reader_free(r);
 */
struct source_reader; /* opaque */

/* <only>: of a v2fly file the lines with these attributes ("@ads @!cn", as
 * behind an include); empty: all. NULL: memory. */
struct source_reader *source_reader_new(
    enum list_format format, struct str only);
void source_reader_line(
    struct source_reader *r, struct str line, const struct source_sink *sink);
void source_reader_end(struct source_reader *r, const struct source_sink *sink);
void source_reader_free(struct source_reader *r); /* NULL: nothing */

/* Does <line> ask for another file to be read in its place? (v2fly include,
 * E2Guardian .Include.) Borrowed from <line>. */
struct source_include {
	struct str name; /* of the file, as written */
	struct str only; /* v2fly: attributes */
};
bool source_include(
    enum list_format format, struct str line, struct source_include *out);

/*
 * Which format does <head> have, the first SOURCE_HEAD bytes of a source or
 * all of it, in a file called <file>? Never LIST_AUTO or LIST_UT1.
 */
enum list_format source_recognise(struct str head, struct str file);

/* ---- for the formats' own files */

/* What may stand in front of a path: taken apart, not yet judged. */
struct source_parts {
	struct str host; /* without scheme and default port */
	struct str rest; /* from the first of "/?#" on */
	bool scheme;
};

/* Take <s> apart. NULL, or why it cannot be an entry (<parts> may be empty). */
const char *source_parts(struct str s, struct source_parts *parts);

/*
 * <host> as a name into <room>, fit to be an entry: no label alone, nothing
 * that holds for the gateway itself. NULL, or why not.
 */
const char *source_name(struct str host, char *room, struct name *n);

/* Take "*." or "." off the front: was there one? */
bool source_wildcard(struct str *host);

/* Hand on <n> as a domain or as an address; <role>: enum image_role, ORed. */
void source_emit_name(
    struct name n, unsigned role, const struct source_sink *sink);

void source_domains(struct str line, const struct source_sink *sink);
void source_exact(struct str line, const struct source_sink *sink);
void source_dstdomain(struct str line, const struct source_sink *sink);
void source_hosts(struct str line, const struct source_sink *sink);
void source_urls(struct str line, const struct source_sink *sink);
void source_hashed(struct str line, const struct source_sink *sink);

#endif
