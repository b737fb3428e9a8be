/*
 * parts.c - names and URLs put aside by the upper bits of their hashes.
 *
 * What is put aside is a row of records: length of the key (2 bytes, with
 * POSTING_GONE), source (2), line (4), key. They are written sorted, so each
 * part gets a long run at a time.
 */
#include "lists/parts.h"

#include "base/err.h"
#include "lists/image_format.h"

#define PART_BITS 6
#define IO_BYTES  (256u << 10)
#define RECORD    8

_Static_assert(COMPILE_PARTS == 1u << PART_BITS, "parts are of upper bits");

void
parts_init(struct parts *p, const struct compile_options *opt)
{
	*p = (struct parts){.io = BUF_EMPTY};
	entries_init(&p->entries, opt->seed, IMAGE_KEY_MAX);
	if (opt->spill) {
		p->spill = opt->spill;
		p->memory = opt->memory;
	}
}

void
parts_fini(struct parts *p)
{
	entries_fini(&p->entries);
	buf_fini(&p->io);
}

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_MEMORY, "no memory to compile lists");
}

static int
put_aside(struct parts *p, struct err *err)
{
	if (p->io.failed)
		return no_memory(err);
	if (p->io.n &&
	    p->spill->append(p->spill->ctx, p->part, p->io.p, p->io.n, err) < 0)
		return -1;
	p->len[p->part] += p->io.n;
	buf_reset(&p->io);
	return 0;
}

static void
add_record(struct parts *p, const struct posting *post, struct str key)
{
	uint16_t n = (uint16_t)(key.n | (post->nkey & POSTING_GONE));
	const uint8_t head[RECORD] = {(uint8_t)n, (uint8_t)(n >> 8),
	    (uint8_t)post->source, (uint8_t)(post->source >> 8),
	    (uint8_t)post->line, (uint8_t)(post->line >> 8),
	    (uint8_t)(post->line >> 16), (uint8_t)(post->line >> 24)};

	buf_add(&p->io, head, sizeof(head));
	buf_add_str(&p->io, key);
}

/* All postings of <slot>: which of a source's lines is the first one is seen
 * from their numbers. */
static int
spill_entry(struct parts *p, uint64_t slot, struct err *err)
{
	const struct entries *e = &p->entries;
	const struct posting *post = entries_first(e, slot);
	struct str key = entries_key(post);
	unsigned part = entries_hash(slot) >> (32 - PART_BITS);

	if ((part != p->part || p->io.n >= IO_BYTES) && put_aside(p, err) < 0)
		return -1;
	p->part = part;
	for (;; post = entries_posting(e, post->next)) {
		add_record(p, post, key);
		if (!post->next)
			return 0;
	}
}

static int
spill(struct parts *p, struct err *err)
{
	struct entries *e = &p->entries;

	entries_sort(e);
	for (size_t i = 0; i < e->n; i++)
		if (spill_entry(p, e->slots[i], err) < 0)
			return -1;
	p->spilled = true;
	entries_reset(e, 0);
	return put_aside(p, err);
}

static bool
is_full(const struct parts *p)
{
	return p->memory && entries_bytes(&p->entries) >= p->memory;
}

enum entries_result
parts_add(struct parts *p, struct str key, uint16_t source, uint32_t line,
    struct err *err)
{
	enum entries_result r = entries_add(&p->entries, key, source, line);

	if (r == ENTRIES_FULL)
		no_memory(err);
	else if (is_full(p) && spill(p, err) < 0)
		r = ENTRIES_FULL;
	return r;
}

enum entries_result
parts_cancel(struct parts *p, struct str key, uint16_t source, struct err *err)
{
	enum entries_result r = entries_cancel(&p->entries, key, source);

	if (r == ENTRIES_FULL)
		no_memory(err);
	else if (is_full(p) && spill(p, err) < 0)
		r = ENTRIES_FULL;
	return r;
}

int
parts_end(struct parts *p, struct err *err)
{
	uint64_t seed;

	if (!p->spilled) {
		entries_sort(&p->entries);
		return 0;
	}
	if (spill(p, err) < 0)
		return -1;
	/* parts are smaller than what was held: give the rest back */
	seed = p->entries.seed;
	entries_fini(&p->entries);
	entries_init(&p->entries, seed, IMAGE_KEY_MAX);
	return 0;
}

unsigned
parts_count(const struct parts *p)
{
	return p->spilled ? COMPILE_PARTS : 1;
}

/* Take in the records of p->io; what is left is the front of one. */
static bool
take_records(struct parts *p)
{
	const uint8_t *at = (const uint8_t *)p->io.p;
	const uint8_t *end = at + p->io.n;

	while (end - at >= RECORD) {
		uint32_t n = image_rd16(at), source = image_rd16(at + 2);
		struct str key =
		    str_make((const char *)at + RECORD, n & ~POSTING_GONE);
		enum entries_result r;

		if ((size_t)(end - at) < RECORD + key.n)
			break;
		r = n & POSTING_GONE
		        ? entries_cancel(&p->entries, key, (uint16_t)source)
		        : entries_add(&p->entries, key, (uint16_t)source,
		              image_rd32(at + 4));
		if (r == ENTRIES_FULL)
			return false;
		at += RECORD + key.n;
	}
	buf_eat(&p->io, (size_t)(at - (const uint8_t *)p->io.p));
	return true;
}

static int
read_part(struct parts *p, unsigned i, struct err *err)
{
	for (uint64_t off = 0; off < p->len[i];) {
		uint64_t left = p->len[i] - off;
		size_t n = left < IO_BYTES ? (size_t)left : IO_BYTES;

		if (!buf_room(&p->io, n))
			return no_memory(err);
		if (p->spill->read(
		        p->spill->ctx, i, off, p->io.p + p->io.n, n, err) < 0)
			return -1;
		p->io.n += n;
		off += n;
		if (!take_records(p))
			return no_memory(err);
	}
	if (p->io.n)
		return err_set(
		    err, ERR_CORRUPT, "what was put aside did not come back");
	return 0;
}

int
parts_load(struct parts *p, unsigned i, struct err *err)
{
	if (!p->spilled || p->at == i + 1)
		return 0;
	p->at = 0;
	buf_reset(&p->io);
	entries_reset(&p->entries, PART_BITS);
	if (read_part(p, i, err) < 0)
		return -1;
	entries_sort(&p->entries);
	p->at = i + 1;
	return 0;
}
