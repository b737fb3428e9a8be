/*
 * compile.h - many sources of text in, one image out (bytes in, bytes out).
 *
 *	struct compile *c = compile_new(&opt);
 *	int id = compile_source(c, &(struct compile_source){...});
 *	compile_feed(c, id, text, n);      (any split; lines may span calls)
 *	compile_source_end(c, id);
 *	compile_finish(c, &buf, &err);
 *
 * Malformed lines never fail a build: they are counted and the first few
 * kept, with line and reason, for the report. The result does not depend on
 * the order in which lines came; the same input and seed give the same bytes.
 */
#ifndef LISTS_COMPILE_H
#define LISTS_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct compile; /* opaque; one thread */
struct err;

enum list_format {
	LIST_AUTO = 0, /* recognised from the first lines and the file's name */
	LIST_DOMAINS,  /* a domain a line: it and all below; addresses, CIDR */
	LIST_EXACT,    /* a host a line: only itself */
	LIST_HOSTS,    /* "0.0.0.0 name ...": only the names themselves */
	LIST_URLS,     /* host/path prefixes, scheme optional */
	LIST_UT1,      /* a tree: folder = category; domains, urls files */
};
#define LIST_FORMATS 6
/* "auto", "domains", ... and back; false where there is no such format. */
const char *list_format_name(enum list_format f);
bool list_format_from(struct str s, enum list_format *f);

struct compile_options {
	uint64_t seed;       /* of the image's hash: chance, from the caller */
	uint64_t generation; /* stored, not interpreted */
	uint64_t
	    fingerprint[2]; /* of the sources: stored; the loader compares */
};

struct compile_source {
	struct str list, category, file; /* copied */
	enum list_format format; /* not LIST_UT1: that is many sources */
};

struct compile_reject {
	uint64_t line;
	char text[64]; /* how the line begins; what is not printable as \xNN */
	const char *why; /* static */
};
#define COMPILE_REJECTS_KEPT 20

struct compile_report {
	uint64_t lines, entries, rejected, duplicates;
	unsigned nkept;
	struct compile_reject kept[COMPILE_REJECTS_KEPT];
};

struct compile *compile_new(
    const struct compile_options *opt); /* NULL: memory */
void compile_free(struct compile *c);   /* NULL: nothing */

/* Begin a source; its id (>= 0), or -1 with <err> set (too many, memory). */
int compile_source(
    struct compile *c, const struct compile_source *s, struct err *err);

/* Text of source <id>. 0, or -1 with <err> set (memory only). */
int compile_feed(
    struct compile *c, int id, const char *p, size_t n, struct err *err);
int compile_source_end(struct compile *c, int id, struct err *err);

/* What became of source <id>'s lines; valid until compile_free(). */
const struct compile_report *compile_report(const struct compile *c, int id);

/*
 * Write the image into <out> (emptied first). Every entry is looked up again
 * in the finished bytes before it returns: 0, or -1 with <err> set and <out>
 * empty. <c> can only be freed afterwards.
 */
int compile_finish(struct compile *c, struct buf *out, struct err *err);

/* The fingerprint that was stored in an image. */
struct image;
void image_fingerprint(const struct image *im, uint64_t out[2]);

/*
 * A digest of what is listed: each entry with its lists, its categories and
 * whether it holds exactly. Equal lists give the same one, in whatever files,
 * places and order they were read and with whatever seed.
 */
void image_content(const struct image *im, uint64_t out[2]);

#endif
