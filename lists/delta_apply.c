/* delta_apply.c - the entries of one image, less and more, make another. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"
#include "lists/delta_format.h"
#include "lists/emit.h"

/* From this line (of the old image) on, lines have moved by so much. */
struct run {
	uint64_t begin;
	int64_t shift;
};

struct apply {
	const struct image *a;
	const struct delta *d;
	struct err *err;
	struct delta_reader r;
	struct image_source *sources; /* owned; of the new image */
	uint32_t *to;         /* owned; of each old source: the new one + 1 */
	bool *stays;          /* owned; of each new source: it is an old one */
	struct buf runs;      /* owned; struct run, source after source */
	uint32_t *first;      /* owned; of each new source: its first run */
	uint64_t tombs, tomb; /* left to be read; the next one's posting */
	/* the new image's entries */
	struct parts names; /* owned, and so are the others */
	struct entries nets, digests, patterns;
};

/* Why nothing can come of it. False. */
static bool
malformed(struct apply *ap)
{
	if (!ap->err || ap->err->code == ERR_NONE)
		err_set(ap->err, ERR_CORRUPT, "the delta is malformed");
	return false;
}

static bool
no_memory(struct apply *ap)
{
	err_set(ap->err, ERR_MEMORY, "no memory to apply a delta of lists");
	return false;
}

/* --------------------------------------------------------------- sources */

static bool
read_text(struct apply *ap, struct str *out)
{
	uint64_t n = delta_get(&ap->r);
	const uint8_t *p = delta_get_bytes(&ap->r, n);

	*out = str_make((const char *)p, p ? (size_t)n : 0);
	return p;
}

/* What a source is, where that was not known before. */
static bool
read_identity(struct apply *ap, struct image_source *s)
{
	const uint8_t *role;
	uint64_t group;

	if (!read_text(ap, &s->list) || !read_text(ap, &s->category) ||
	    !read_text(ap, &s->file))
		return false;
	role = delta_get_bytes(&ap->r, 1);
	group = delta_get(&ap->r);
	if (!role || group > UINT16_MAX)
		return false;
	s->role = *role;
	s->group = (uint16_t)group;
	return true;
}

static bool
read_source(struct apply *ap, uint32_t i)
{
	struct image_source *s = &ap->sources[i];
	uint64_t origin = delta_get(&ap->r);

	if (origin == 0) {
		if (!read_identity(ap, s))
			return false;
	} else if (origin > ap->a->nsources || ap->to[origin - 1] ||
	           !image_source(ap->a, (uint16_t)(origin - 1), s)) {
		return false;
	} else {
		ap->to[origin - 1] = i + 1;
		ap->stays[i] = true;
	}
	s->entries = 0; /* are counted */
	s->lines = delta_get(&ap->r);
	s->rejected = delta_get(&ap->r);
	s->skipped = delta_get(&ap->r);
	s->date = delta_get(&ap->r);
	return !ap->r.bad;
}

static bool
read_runs(struct apply *ap, uint32_t source)
{
	uint64_t n = ap->stays[source] ? delta_get(&ap->r) : 0;
	struct run run = {0, 0};

	ap->first[source] = (uint32_t)(ap->runs.n / sizeof(run));
	/* a run takes two bytes at least */
	if (n > (uint64_t)(ap->r.end - ap->r.p) / 2)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t gap = delta_get(&ap->r);
		int64_t by = delta_get_signed(&ap->r);

		if ((i && !gap) || gap > UINT32_MAX - run.begin ||
		    by > UINT32_MAX || by < -(int64_t)UINT32_MAX)
			return false;
		run.begin += gap;
		run.shift += by;
		if (run.shift > UINT32_MAX || run.shift < -(int64_t)UINT32_MAX)
			return false;
		buf_add(&ap->runs, &run, sizeof(run));
	}
	return true;
}

/* Sources, lines, and up to the first tombstone. */
static bool
read_front(struct apply *ap)
{
	uint32_t n = ap->d->nsources;

	for (uint32_t i = 0; i < n; i++)
		if (!read_source(ap, i))
			return malformed(ap);
	for (uint32_t i = 0; i < n; i++)
		if (!read_runs(ap, i))
			return malformed(ap);
	ap->first[n] = (uint32_t)(ap->runs.n / sizeof(struct run));
	if (ap->runs.failed)
		return no_memory(ap);
	ap->tombs = delta_get(&ap->r);
	ap->tomb = ap->tombs ? delta_get(&ap->r) : 0;
	return !ap->r.bad || malformed(ap);
}

/* ---------------------------------------------------------- what there was */

/* Where line <line> of a source has gone; false: nowhere. */
static bool
move_line(const struct apply *ap, uint32_t source, uint32_t line, uint32_t *to)
{
	const struct run *runs = (const struct run *)(const void *)ap->runs.p;
	uint32_t lo = ap->first[source], hi = ap->first[source + 1];
	uint32_t first = lo;
	int64_t moved = line;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (runs[mid].begin <= line)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo > first)
		moved += runs[lo - 1].shift;
	*to = (uint32_t)moved;
	return moved >= 0 && moved <= UINT32_MAX;
}

/* <source> of the new image names <key> in <line>. */
static bool
add(struct apply *ap, const struct delta_entry *e, uint32_t source,
    uint32_t line)
{
	struct entries *to[DELTA_KINDS] = {
	    NULL, &ap->nets, &ap->digests, &ap->patterns};
	uint16_t id = (uint16_t)source;
	enum entries_result r;

	if (!delta_key_is_sound(e->kind, e->key))
		return malformed(ap);
	if (e->kind == DELTA_NAME)
		r = parts_add(&ap->names, e->key, id, line, ap->err);
	else
		r = entries_add(to[e->kind], e->key, id, line);
	if (r != ENTRIES_FULL)
		return r == ENTRIES_ADDED || malformed(ap);
	return e->kind == DELTA_NAME ? false : no_memory(ap);
}

/* Is <posting> of the old image a tombstone? They come in their order. */
static bool
is_dead(struct apply *ap, uint64_t posting)
{
	uint64_t gap;

	if (!ap->tombs || posting != ap->tomb)
		return false;
	if (--ap->tombs) {
		gap = delta_get(&ap->r);
		/* beyond all that there is: seen when all were walked */
		ap->tomb = gap < UINT64_MAX - posting - 1 ? posting + 1 + gap
		                                          : UINT64_MAX;
	}
	return true;
}

static bool
keep_entry(void *arg, const struct delta_entry *e)
{
	struct apply *ap = arg;

	for (uint32_t i = 0; i < e->n; i++) {
		uint32_t old = image_rd16(e->ids + 2 * (size_t)i);
		uint32_t line = image_rd32(e->lines + 4 * (size_t)i), to;

		if (old >= ap->a->nsources)
			return malformed(ap);
		if (is_dead(ap, e->posting + i) || !ap->to[old])
			continue;
		if (!move_line(ap, ap->to[old] - 1, line, &to))
			return malformed(ap);
		if (!add(ap, e, ap->to[old] - 1, to))
			return false;
	}
	return true;
}

static bool
keep_old(struct apply *ap)
{
	if (delta_each(ap->a, DELTA_WALK_ALL, keep_entry, ap) && !ap->tombs &&
	    !ap->r.bad)
		return true;
	return malformed(ap);
}

/* -------------------------------------------------------------- additions */

static bool
read_key(struct apply *ap, char room[DELTA_KEY_MAX], struct delta_entry *e)
{
	struct delta_reader *r = &ap->r;
	const uint8_t *p = r->p, *head;
	size_t n = 0;

	switch (e->kind) {
	case DELTA_NAME:
		return delta_get_name(r, ap->a, room, &e->key);
	case DELTA_NET:
		head = delta_get_bytes(r, 1);
		n = head ? *head + (size_t)2 : 0;
		break;
	case DELTA_DIGEST:
		n = SHA256_BYTES;
		break;
	case DELTA_PATTERN:
		head = delta_get_bytes(r, 2);
		if (!head || !delta_get_bytes(r, head[1]))
			return false;
		memcpy(room, head, 2 + (size_t)head[1]);
		n = (size_t)head[1] + 2;
		if (!read_text(ap, &e->key) || e->key.n > DELTA_KEY_MAX - n)
			return false;
		if (e->key.n)
			memcpy(room + n, e->key.p, e->key.n);
		e->key = str_make(room, n + e->key.n);
		return true;
	}
	r->p = p; /* it begins with what was looked at */
	e->key = str_make((const char *)p, n);
	return delta_get_bytes(r, n);
}

static bool
add_group(struct apply *ap, enum delta_kind kind)
{
	uint64_t source = delta_get(&ap->r), n = delta_get(&ap->r), line = 0;
	struct delta_entry e = {.kind = kind};
	char room[DELTA_KEY_MAX];

	if (source >= ap->d->nsources || n == 0 ||
	    n > (uint64_t)(ap->r.end - ap->r.p))
		return malformed(ap);
	for (; n; n--) {
		uint64_t gap = delta_get(&ap->r);

		if (gap > UINT32_MAX - line || !read_key(ap, room, &e) ||
		    ap->r.bad)
			return malformed(ap);
		line += gap;
		if (!add(ap, &e, (uint32_t)source, (uint32_t)line))
			return false;
	}
	return true;
}

static bool
add_new(struct apply *ap)
{
	for (unsigned kind = 0; kind < DELTA_KINDS; kind++) {
		uint64_t groups = delta_get(&ap->r);

		if (groups > (uint64_t)(ap->r.end - ap->r.p))
			return malformed(ap);
		for (; groups; groups--)
			if (!add_group(ap, (enum delta_kind)kind))
				return false;
	}
	return (!ap->r.bad && ap->r.p == ap->r.end) || malformed(ap);
}

/* ---------------------------------------------------------------- all of it */

/* Where the image goes, and all of it once it was viewed. */
struct proven {
	const struct compile_out *to;
	struct bytes image;
};

static int
proven_write(void *ctx, uint64_t at, const void *p, size_t n, struct err *err)
{
	struct proven *pr = ctx;

	return pr->to->write(pr->to->ctx, at, p, n, err);
}

static int
proven_view(void *ctx, uint64_t n, struct bytes *bytes, struct err *err)
{
	struct proven *pr = ctx;

	if (pr->to->view(pr->to->ctx, n, bytes, err) < 0)
		return -1;
	pr->image = *bytes;
	return 0;
}

static uint64_t
compile(struct apply *ap, const struct compile_options *opt,
    const struct compile_out *out)
{
	struct proven pr = {.to = out};
	struct compile_out through = {&pr, proven_write, proven_view};
	struct emit_input in = {.opt = opt,
	    .names = &ap->names,
	    .nets = &ap->nets,
	    .patterns = &ap->patterns,
	    .digests = &ap->digests,
	    .sources = ap->sources,
	    .nsources = ap->d->nsources,
	    .out = &through};
	const struct delta_end *want = &ap->d->to;
	uint64_t n;

	if (parts_end(&ap->names, ap->err) < 0)
		return 0;
	n = emit_image(&in, ap->err);
	if (n == 0)
		return 0;
	if (n == want->length &&
	    image_rd64(pr.image.p + IMAGE_CHECKSUM) == want->checksum[0] &&
	    image_rd64(pr.image.p + IMAGE_CHECKSUM + 8) == want->checksum[1])
		return n;
	err_set(ap->err, ERR_CORRUPT,
	    "the delta does not make the image that it names");
	return 0;
}

static uint64_t
apply(struct apply *ap, const struct compile_options *opt,
    const struct compile_out *out)
{
	size_t new = ap->d->nsources + (size_t)1;
	size_t old = ap->a->nsources + (size_t)1;

	ap->sources = calloc(new, sizeof(*ap->sources));
	ap->stays = calloc(new, sizeof(*ap->stays));
	ap->first = calloc(new, sizeof(*ap->first));
	ap->to = calloc(old, sizeof(*ap->to));
	if (!ap->sources || !ap->stays || !ap->first || !ap->to) {
		no_memory(ap);
		return 0;
	}
	if (!read_front(ap) || !keep_old(ap) || !add_new(ap))
		return 0;
	return compile(ap, opt, out);
}

int
delta_apply(const struct image *a, const struct delta *d,
    const struct delta_room *room, const struct compile_out *out, uint64_t *n,
    struct err *err)
{
	struct compile_options opt = {.seed = d->seed,
	    .generation = d->generation,
	    .fingerprint = {d->fingerprint[0], d->fingerprint[1]},
	    .memory = room->memory,
	    .spill = room->spill};
	struct err local = {.code = ERR_NONE};
	struct apply ap = {.a = a, .d = d, .err = &local};

	*n = 0;
	if (!delta_fits(d, a))
		return err_set(
		    err, ERR_REFUSED, "the delta is one of another image");
	ap.r.p = d->bytes.p + DELTA_HEADER;
	ap.r.end = d->bytes.p + d->bytes.n;
	parts_init(&ap.names, &opt);
	entries_init(&ap.nets, opt.seed, ENTRIES_NET_KEY);
	entries_init(&ap.digests, opt.seed, SHA256_BYTES);
	entries_init(&ap.patterns, opt.seed, DELTA_PATTERN_MAX);
	*n = apply(&ap, &opt, out);
	parts_fini(&ap.names);
	entries_fini(&ap.nets);
	entries_fini(&ap.digests);
	entries_fini(&ap.patterns);
	buf_fini(&ap.runs);
	free(ap.sources);
	free(ap.stays);
	free(ap.first);
	free(ap.to);
	if (*n == 0 && err)
		*err = local;
	return *n ? 0 : -1;
}
