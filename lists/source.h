/*
 * source.h - a line of a list, in any of the formats, to entries or why not.
 *
 * Pure text to values: what is made of the values is the compiler's matter.
 * A line can be nothing (a comment), several entries (hosts files), or
 * rejected with a reason. What would match everything is always rejected.
 *
 *	source_line(LIST_DOMAINS, line, &(struct source_sink){...});
 */
#ifndef LISTS_SOURCE_H
#define LISTS_SOURCE_H

#include <stdint.h>

#include "base/str.h"
#include "lists/compile.h"
#include "lists/name.h"

/* A longer line is rejected: names have 253 bytes, and paths their own limit. */
#define SOURCE_LINE_MAX 4096
/* So much of a source is looked at to recognise its format. */
#define SOURCE_HEAD     16384

enum source_kind { SOURCE_DOMAIN = 0, SOURCE_URL, SOURCE_NET };

struct source_entry {
	enum source_kind kind;
	struct str text;     /* domain, or host/path; borrowed for the call */
	uint8_t addr[16];    /* network: masked, network order */
	uint8_t bytes, bits; /* network: 4 or 16; length of the prefix */
};

struct source_sink {
	void (*entry)(void *ctx, const struct source_entry *e);
	void (*reject)(void *ctx, const char *why); /* <why> is static */
	void *ctx;
};

/* One line, without its line end; <format> is not LIST_AUTO or LIST_UT1. */
void source_line(
    enum list_format format, struct str line, const struct source_sink *sink);

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

/* Hand on <n> as a domain or as an address. */
void source_emit_name(struct name n, const struct source_sink *sink);

void source_domains(struct str line, const struct source_sink *sink);
void source_exact(struct str line, const struct source_sink *sink);
void source_hosts(struct str line, const struct source_sink *sink);
void source_urls(struct str line, const struct source_sink *sink);

#endif
