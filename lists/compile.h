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
struct bytes;
struct compile; /* opaque; one thread */
struct err;

enum list_format {
	LIST_AUTO = 0, /* recognised from the first lines and the file's name */
	LIST_DOMAINS,  /* a domain a line: it and all below; addresses, CIDR */
	LIST_EXACT,    /* a host a line: only itself */
	LIST_HOSTS,    /* "0.0.0.0 name ...": only the names themselves */
	LIST_URLS,     /* host/path prefixes, scheme optional */
	LIST_PATTERNS, /* a PCRE2 pattern a line, on the whole URL */
	LIST_ADBLOCK,  /* AdBlock's syntax: ||x^, @@, modifiers, URL rules */
	LIST_DNSMASQ,  /* address=/x/..., local=/x/, server=/x/... */
	LIST_RPZ,      /* a response policy zone */
	LIST_DSTDOMAIN,  /* Squid: "x" is itself, ".x" itself and all below */
	LIST_V2FLY,      /* domain: full: keyword: regexp: include: @attr */
	LIST_E2_SITES,   /* E2Guardian's site lists, with .Include<> */
	LIST_E2_URLS,    /* its URL lists */
	LIST_E2_REGEXPS, /* its regexp URL lists */
	LIST_HASHED,     /* CSV: sha256,kind,category,added */
	LIST_UT1,        /* a tree: folder = category; domains, urls,
			 * expressions files */
};
#define LIST_FORMATS 16
/* "auto", "domains", ... and back; false where there is no such format. */
const char *list_format_name(enum list_format f);
bool list_format_from(struct str s, enum list_format *f);

/*
 * Where entries wait if memory is bounded. Nothing here does I/O: the caller
 * brings it. A part is a run of bytes that only grows.
 */
#define COMPILE_PARTS 64
struct compile_spill {
	void *ctx;
	/* Append <n> bytes to part <part> (below COMPILE_PARTS): some hundred
	 * KB at a time. 0, or -1 with <err> set. */
	int (*append)(
	    void *ctx, unsigned part, const void *p, size_t n, struct err *err);
	/* Read <n> bytes of a part from <off> on: all were appended before.
	 * From front to back, several times over. 0, or -1 with <err> set. */
	int (*read)(void *ctx, unsigned part, uint64_t off, void *p, size_t n,
	    struct err *err);
};

struct compile_options {
	uint64_t seed;       /* of the image's hash: chance, from the caller */
	uint64_t generation; /* stored, not interpreted */
	uint64_t
	    fingerprint[2]; /* of the sources: stored; the loader compares */
	/* So many bytes of names and URLs are held; the others are spilled. 0:
	 * as many as there are. The bytes of the image do not depend on it. */
	size_t memory;
	const struct compile_spill *spill; /* borrowed; NULL: memory is 0 */
};

struct compile_source {
	struct str list, category, file; /* copied */
	struct str only;                 /* v2fly: attributes; copied */
	enum list_format format; /* not LIST_UT1: that is many sources */
	uint64_t date;           /* of the file; 0: unknown */
};

struct compile_reject {
	uint64_t line;
	bool skipped;  /* not rejected: not for a proxy to do */
	char text[64]; /* how the line begins; what is not printable as \xNN */
	const char *why; /* static */
};
#define COMPILE_REJECTS_KEPT 20

#define COMPILE_REASONS 32

struct compile_report {
	uint64_t lines, entries, rejected, skipped, duplicates;
	uint64_t cancelled; /* entries that another line takes back */
	unsigned nreasons;  /* how many lines for each reason; the last has
			    * all others, with why = "other reasons" */
	struct {
		const char *why;
		uint64_t n;
	} reason[COMPILE_REASONS];
	unsigned nkept;
	struct compile_reject kept[COMPILE_REJECTS_KEPT];
};

struct compile *compile_new(
    const struct compile_options *opt); /* NULL: memory */
void compile_free(struct compile *c);   /* NULL: nothing */

/* Begin a source; its id (>= 0), or -1 with <err> set (too many, memory). */
int compile_source(
    struct compile *c, const struct compile_source *s, struct err *err);

/* Text of source <id>. 0, or -1 with <err> set (memory, or spilling). */
int compile_feed(
    struct compile *c, int id, const char *p, size_t n, struct err *err);
int compile_source_end(struct compile *c, int id, struct err *err);

/* What became of source <id>'s lines; valid until compile_free(). How many of
 * them are entries and how many duplicates is final after compile_finish():
 * what was spilled or cancelled is only then seen. */
const struct compile_report *compile_report(const struct compile *c, int id);

/*
 * Where an image goes that need not be in memory: a file, as a rule.
 */
struct compile_out {
	void *ctx;
	/* Write <n> bytes at <at>, not in order. A byte that is not written
	 * is zero. 0, or -1 with <err> set. */
	int (*write)(
	    void *ctx, uint64_t at, const void *p, size_t n, struct err *err);
	/* Show all <n> bytes, until compile_finish_to() returns; called once.
	 * What is written later shows in them (MAP_SHARED). 0 or -1. */
	int (*view)(
	    void *ctx, uint64_t n, struct bytes *bytes, struct err *err);
};

/* As compile_finish(), but the image goes to <out>: 0 and its length in <n>,
 * or -1 with <err> set, and what was written is no image. */
int compile_finish_to(struct compile *c, const struct compile_out *out,
    uint64_t *n, struct err *err);

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
