/*
 * emit.h - entries in, an image out. For lists/ alone; docs/formats/image.md
 * says what is written.
 */
#ifndef LISTS_EMIT_H
#define LISTS_EMIT_H

#include <stdint.h>

#include "base/buf.h"
#include "lists/classes.h"
#include "lists/compile.h"
#include "lists/dict.h"
#include "lists/entries.h"
#include "lists/image.h"
#include "lists/image_format.h"

struct err;

/* What is being written; the steps below fill it in their order. */
struct emit {
	const struct compile_options *opt; /* borrowed, as the next three */
	struct entries *entries;           /* sorted; first all names, */
	const struct image_source *sources;
	const uint16_t *number; /* of each posting's source */
	uint32_t nsources;
	size_t nnames, nnets; /* then all networks */

	struct classes classes; /* owned */
	uint32_t *class_of;     /* owned; for each slot */
	struct dict *dict;      /* owned */

	struct buf *out;                                    /* borrowed */
	uint64_t at[IMAGE_NSECTIONS], len[IMAGE_NSECTIONS]; /* in <out> */
	uint32_t nbuckets, nnets4;
	uint64_t posting; /* so many numbers of LINES are written */
};

/*
 * Write the image of <entries> into <out>, which is empty. <entries> is sorted
 * on the way. 0, or -1 with <err> set.
 */
struct emit_input {
	const struct compile_options *opt;
	struct entries *entries;
	const struct image_source *sources;
	const uint16_t *number; /* of each posting's source: its place there */
	uint32_t nsources;
};
int emit_image(const struct emit_input *in, struct buf *out, struct err *err);

/* Its parts. Sections are begun and ended in their order. */
void emit_begin(struct emit *em, enum image_section s);
void emit_end(struct emit *em, enum image_section s);
int emit_names(struct emit *em, struct err *err);
int emit_nets(struct emit *em, struct err *err);
int emit_prefixes(struct emit *em, struct err *err);

/*
 * A digest of what the entries say: text, list, category, and whether it holds
 * exactly. Seed, order, files and lines do not matter. 0, or -1 with <err> set.
 */
int emit_content(const struct emit *em, uint64_t out[2], struct err *err);

/* The lines of slot <i>, in the order of its class, behind em->posting. */
void emit_lines(struct emit *em, size_t i);

/*
 * Look every entry up in the finished <image>, as a reader would: domains and
 * URLs by their text, networks by their address. 0, or -1 with <err> set.
 */
int emit_verify(struct emit *em, struct bytes image, struct err *err);

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

static inline void
emit_add32(struct buf *b, uint32_t v)
{
	uint8_t p[4];

	emit_wr32(p, v);
	buf_add(b, p, sizeof(p));
}

/* Byte <off> of section <s>, which is long enough. */
static inline uint8_t *
emit_byte(struct emit *em, enum image_section s, uint64_t off)
{
	return (uint8_t *)em->out->p + em->at[s] + off;
}

static inline struct str
emit_key(const struct emit *em, size_t i)
{
	return entries_key(entries_first(em->entries, em->entries->slots[i]));
}

#endif
