/* compile_take.c - what becomes of a line: an entry, or a reason in the
 * report. */
#include "lists/compile_impl.h"

/* How <line> begins, to be shown: printable as it is, the rest as \xNN. */
static void
show_line(struct str line, char *out, size_t size)
{
	static const char digit[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < line.n && n + 5 < size; i++) {
		unsigned c = (unsigned char)line.p[i];

		if (c >= 0x20 && c < 0x7f && c != '\\') {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = digit[c >> 4];
		out[n++] = digit[c & 15];
	}
	out[n] = '\0';
}

/* Count <why>; what has no place is counted with the others. */
static void
count_reason(struct compile_report *r, const char *why)
{
	unsigned i = 0;

	while (i < r->nreasons && strcmp(r->reason[i].why, why) != 0)
		i++;
	if (i >= COMPILE_REASONS - 1) {
		i = COMPILE_REASONS - 1;
		why = "other reasons";
	}
	if (i >= r->nreasons) {
		r->nreasons = i + 1;
		r->reason[i].why = why;
	}
	r->reason[i].n++;
}

/* What is skipped takes no more than half of the places. */
static void
keep_line(struct compile *c, const char *why, bool skipped)
{
	struct compile_report *r = &c->at->report;
	struct compile_reject *k = &r->kept[r->nkept];

	count_reason(r, why);
	if (r->nkept == COMPILE_REJECTS_KEPT ||
	    (skipped && r->skipped > COMPILE_REJECTS_KEPT / 2))
		return;
	k->line = r->lines;
	k->why = why;
	k->skipped = skipped;
	show_line(str_trim(c->line), k->text, sizeof(k->text));
	r->nkept++;
}

static void
take_reject(void *ctx, const char *why)
{
	struct compile *c = ctx;

	c->at->report.rejected++;
	keep_line(c, why, false);
}

static void
take_skip(void *ctx, const char *why)
{
	struct compile *c = ctx;

	c->at->report.skipped++;
	keep_line(c, why, true);
}

/* The source of the image that <e> belongs to; false: there is none. */
static bool
origin_of(struct compile *c, const struct source_entry *e, uint16_t *id)
{
	struct origin_key key = {
	    .file = c->id, .group = e->group, .role = e->role};
	uint32_t spare = c->bare - !c->at->has_origin;

	switch (origins_intern(&c->origins, key, spare, id)) {
	case ORIGINS_OK:
		c->bare = spare;
		c->at->has_origin = true;
		return true;
	case ORIGINS_FULL:
		take_reject(c, "too many groups of exceptions");
		return false;
	case ORIGINS_NO_MEMORY:
		break;
	}
	c->failed = true;
	return false;
}

/* Where entries of a kind are held, and the key of one. */
static struct entries *
key_of(struct compile *c, const struct source_entry *e, struct str *key)
{
	char *p = c->key;

	switch (e->kind) {
	case SOURCE_DOMAIN:
	case SOURCE_URL:
		*key = e->text;
		return &c->names.entries;
	case SOURCE_NET:
		*key = entries_net_key(p, e->addr, e->bytes, e->bits);
		return &c->nets;
	case SOURCE_DIGEST:
		*key = str_make((const char *)e->digest, sizeof(e->digest));
		return &c->digests;
	case SOURCE_PATTERN:
		break;
	}
	p[0] = (char)e->flags;
	p[1] = (char)(unsigned char)e->anchor.n;
	if (e->anchor.n)
		memcpy(p + 2, e->anchor.p, e->anchor.n);
	memcpy(p + 2 + e->anchor.n, e->text.p, e->text.n);
	*key = str_make(p, 2 + e->anchor.n + e->text.n);
	return &c->patterns;
}

/* Longer ones than a source can have (a line) are none. */
static bool
fits(const struct source_entry *e)
{
	return e->kind != SOURCE_PATTERN ||
	       (e->text.n && e->text.n <= PATTERN_TEXT_MAX &&
	           e->anchor.n < NAME_ROOM);
}

static enum entries_result
add(struct compile *c, const struct source_entry *e, uint16_t id, bool cancel)
{
	uint64_t lines = c->at->report.lines;
	uint32_t line = lines > UINT32_MAX ? 0 : (uint32_t)lines;
	struct str key;
	struct entries *to = key_of(c, e, &key);

	if (to == &c->names.entries)
		return cancel ? parts_cancel(&c->names, key, id, &c->err)
		              : parts_add(&c->names, key, id, line, &c->err);
	return cancel ? entries_cancel(to, key, id)
	              : entries_add(to, key, id, line);
}

static void
take_entry(void *ctx, const struct source_entry *e)
{
	struct compile *c = ctx;
	struct compile_report *r = &c->at->report;
	uint16_t id;

	if (!fits(e)) {
		take_reject(c, "the pattern is too long");
		return;
	}
	if (c->failed || !origin_of(c, e, &id))
		return;
	switch (add(c, e, id, false)) {
	case ENTRIES_ADDED:
		r->entries++;
		break;
	case ENTRIES_DUPLICATE:
		r->duplicates++;
		break;
	case ENTRIES_CANCELLED:
		r->cancelled++;
		break;
	case ENTRIES_FULL:
		c->failed = true;
		break;
	}
}

static void
take_cancel(void *ctx, const struct source_entry *e)
{
	struct compile *c = ctx;
	struct compile_report *r = &c->at->report;
	uint16_t id;

	if (c->failed || !fits(e) || !origin_of(c, e, &id))
		return;
	switch (add(c, e, id, true)) {
	case ENTRIES_CANCELLED:
		r->entries--;
		r->cancelled++;
		break;
	case ENTRIES_FULL:
		c->failed = true;
		break;
	case ENTRIES_ADDED:
	case ENTRIES_DUPLICATE:
		break;
	}
}

struct source_sink
compile_sink(struct compile *c)
{
	return (struct source_sink){
	    take_entry, take_reject, take_skip, take_cancel, c};
}
