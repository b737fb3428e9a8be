/*
 * emit.h - entries in, an image out. For lists/ alone; docs/formats/image.md
 * says what is written.
 *
 * Names are gone through three times, part by part: to learn what all parts
 * must agree on, to write, to look each one up again. The image goes out in
 * pieces: each section is a stream that knows its place.
 */
#ifndef LISTS_EMIT_H
#define LISTS_EMIT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "lists/classes.h"
#include "lists/compile.h"
#include "lists/dict.h"
#include "lists/image.h"
#include "lists/image_format.h"
#include "lists/parts.h"
#include "lists/sample.h"

struct err;

/* What was collected; all borrowed, the entries are sorted on the way. */
struct emit_input {
	const struct compile_options *opt;
	struct parts *names;
	struct entries *nets, *patterns, *digests;
	struct image_source *sources; /* by number; <entries> is filled in */
	const uint16_t *number;       /* of each posting's source */
	uint32_t nsources;
	const struct compile_out *out;
};

/* A section on its way out. */
struct emit_stream {
	uint64_t at;  /* where it begins, once placed */
	uint64_t len; /* so much went out */
	struct buf b; /* owned; and this is still to go */
};

/* What is being written; the steps below fill it in their order. */
struct emit {
	struct emit_input in;
	struct err *err;
	bool failed; /* <err> says why */

	/* learnt in the first pass */
	uint64_t nnames, npostings, content[2];
	struct classes classes; /* owned */
	struct sample sample;   /* owned */
	struct buf pairs;       /* owned; uint64_t: host's hash, path length */
	struct hash128 *says;   /* owned; of each source, and room for them */
	struct buf class_says;  /* owned; struct hash128 by first number */
	uint32_t *alone; /* owned; of each source alone: first class + 1 */
	uint16_t *ids;   /* owned; room for the sources of an entry */
	struct posted_list posted; /* owned; of the entry at hand */
	struct dict *dict;         /* owned */

	struct emit_stream to[IMAGE_NSECTIONS];
	uint64_t end; /* of what is placed */
	uint32_t nbuckets, nnets4, nnets, ndigests, npatterns;
	uint64_t posting; /* so many numbers of LINES are written */
};

/* Write the image of what <in> has: its length, or 0 with <err> set. */
uint64_t emit_image(const struct emit_input *in, struct err *err);

/* ---- emit_learn.c: the first pass */
bool emit_learn(struct emit *em);

/* The sources of <slot> into em->posted, and its number as a class; false
 * where it has none (or em->failed). */
bool emit_class(
    struct emit *em, const struct entries *e, uint64_t slot, uint32_t *class);

/* ---- emit_content.c */
bool emit_content_begin(struct emit *em);
/* What the <n> sources say together. */
struct hash128 emit_says(struct emit *em, const uint16_t *ids, size_t n);
void emit_content_add(struct emit *em, struct str key, struct hash128 says);

/* ---- emit_out.c: sections */

/* The next section has <len> bytes: decide where. */
void emit_place(struct emit *em, enum image_section s, uint64_t len);
/* Bytes at its end. */
void emit_put(struct emit *em, enum image_section s, const void *p, size_t n);
void emit_put32(struct emit *em, enum image_section s, uint32_t v);
/* A section that was put together in its buffer before it had a place. */
void emit_whole(struct emit *em, enum image_section s);
/* The lines of em->posted. */
void emit_lines(struct emit *em);
bool emit_flush(struct emit *em);
/* <what> was too much, or there is no memory. False. */
bool emit_fail(struct emit *em, const char *what);

/* A compile_out that writes into <b>. */
struct compile_out emit_into(struct buf *b);

/* ---- emit_parts.c, emit_more.c: what the sections hold */
void emit_prefixes(struct emit *em);
bool emit_names(struct emit *em);
void emit_nets(struct emit *em);
void emit_patterns(struct emit *em);
void emit_digests(struct emit *em);

/*
 * Look every entry up in the finished <image>, as a reader would: domains and
 * URLs by their text, networks by their address, digests by their bytes.
 */
bool emit_verify(struct emit *em, struct bytes image);

static inline void
emit_wr16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void
emit_wr32(uint8_t *p, uint32_t v)
{
	emit_wr16(p, v & 0xffff);
	emit_wr16(p + 2, v >> 16);
}

static inline void
emit_wr64(uint8_t *p, uint64_t v)
{
	emit_wr32(p, (uint32_t)v);
	emit_wr32(p + 4, (uint32_t)(v >> 32));
}

/* Byte <off> of a section that is still in its buffer. */
static inline uint8_t *
emit_byte(struct emit *em, enum image_section s, uint64_t off)
{
	return (uint8_t *)em->to[s].b.p + off;
}

#endif
