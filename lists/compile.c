/* compile.c - text of many sources in, cut into lines; one image out. */
#include "lists/compile.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/bug.h"
#include "base/err.h"
#include "base/sha256.h"
#include "base/table.h"
#include "lists/emit.h"
#include "lists/entries.h"
#include "lists/image.h"
#include "lists/origins.h"
#include "lists/source.h"

#define PATTERN_TEXT_MAX SOURCE_LINE_MAX
#define PATTERN_KEY_MAX  (2 + 255 + PATTERN_TEXT_MAX)

enum source_state {
	SOURCE_HEADING = 0, /* collecting what its format is recognised by */
	SOURCE_READING,
	SOURCE_ENDED,
};

struct source {
	char *text; /* owned; the names below, one after another */
	struct str list, category, file, only; /* inside <text> */
	enum list_format format;
	enum source_state state;
	bool has_origin; /* it has given an entry */
	uint64_t date;
	struct source_reader *reader; /* owned; while reading */
	struct buf carry; /* the head, or a line that has not ended yet */
	struct compile_report report;
};

struct compile {
	struct compile_options opt;
	struct parts names;
	struct entries nets, patterns, digests;
	struct origins origins;
	struct source *sources; /* owned */
	size_t nsources, cap;
	uint32_t bare; /* sources without an origin: each must get one */
	bool failed;   /* nothing can be finished: <err> says why */
	bool finished;
	struct err err;
	/* the line at hand, for the sink's functions */
	struct source *at;
	struct str line;
	uint16_t id;
	char key[PATTERN_KEY_MAX];
};

struct compile *
compile_new(const struct compile_options *opt)
{
	struct compile *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->opt = *opt;
	parts_init(&c->names, opt);
	entries_init(&c->nets, opt->seed, ENTRIES_NET_KEY);
	entries_init(&c->patterns, opt->seed, PATTERN_KEY_MAX);
	entries_init(&c->digests, opt->seed, SHA256_BYTES);
	return c;
}

void
compile_free(struct compile *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->nsources; i++) {
		free(c->sources[i].text);
		source_reader_free(c->sources[i].reader);
		buf_fini(&c->sources[i].carry);
	}
	free(c->sources);
	origins_fini(&c->origins);
	parts_fini(&c->names);
	entries_fini(&c->nets);
	entries_fini(&c->patterns);
	entries_fini(&c->digests);
	free(c);
}

/* Nothing can go on; the first cause is the one that is told. */
static int
fail(struct compile *c, struct err *err)
{
	if (c->err.code == ERR_NONE)
		err_set(&c->err, ERR_MEMORY, "no memory to compile lists");
	c->failed = true;
	*err = c->err;
	return -1;
}

static bool
copy_names(struct source *s, const struct compile_source *from)
{
	struct str *to[] = {&s->list, &s->category, &s->file, &s->only};
	const struct str in[] = {
	    from->list, from->category, from->file, from->only};
	size_t n = in[0].n + in[1].n + in[2].n + in[3].n;
	char *at = s->text = malloc(n + 1);

	if (!at)
		return false;
	for (unsigned i = 0; i < ARRAY_LEN(in); i++) {
		if (in[i].n)
			memcpy(at, in[i].p, in[i].n);
		*to[i] = str_make(at, in[i].n);
		at += in[i].n;
	}
	return true;
}

static bool
start_reading(struct source *s)
{
	s->state = SOURCE_READING;
	s->reader = source_reader_new(s->format, s->only);
	return s->reader;
}

int
compile_source(
    struct compile *c, const struct compile_source *s, struct err *err)
{
	struct source new = {.format = s->format,
	    .date = s->date,
	    .state = s->format == LIST_AUTO ? SOURCE_HEADING : SOURCE_READING};

	if (c->origins.n + c->bare >= ORIGINS_MAX)
		return err_set(
		    err, ERR_LIMIT, "more than %d sources", ORIGINS_MAX);
	if (BUG(s->format == LIST_UT1))
		return err_set(err, ERR_INPUT, "a tree is many sources");
	if (c->nsources == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 16;
		struct source *p = realloc(c->sources, cap * sizeof(*p));

		if (!p)
			return fail(c, err);
		c->sources = p;
		c->cap = cap;
	}
	if (!copy_names(&new, s) ||
	    (new.state == SOURCE_READING && !start_reading(&new))) {
		free(new.text);
		return fail(c, err);
	}
	c->sources[c->nsources] = new;
	c->bare++;
	return (int)c->nsources++;
}

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

static void
take_line(struct compile *c, struct source *s, struct str line)
{
	struct source_sink sink = {
	    take_entry, take_reject, take_skip, take_cancel, c};

	if (s->report.lines++ == 0 && str_starts(line, STR("\xef\xbb\xbf")))
		line = str_sub(line, 3, line.n);
	/* of one too long, the same is seen however it came */
	line = str_sub(line, 0, SOURCE_LINE_MAX + 1);
	c->line = line;
	source_reader_line(s->reader, line, &sink);
}

/* Keep a piece of a line that goes on; of one too long only its beginning. */
static bool
carry(struct source *s, const char *p, size_t n)
{
	/* one more than permitted shows that it is too long */
	size_t room = SOURCE_LINE_MAX + 1 > s->carry.n
	                  ? SOURCE_LINE_MAX + 1 - s->carry.n
	                  : 0;

	buf_add(&s->carry, p, n < room ? n : room);
	return !s->carry.failed;
}

static bool
take_text(struct compile *c, struct source *s, const char *p, size_t n)
{
	const char *end, *nl;

	if (n == 0)
		return true;
	end = p + n;
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			return carry(s, p, (size_t)(end - p));
		if (s->carry.n == 0) {
			take_line(c, s, str_make(p, (size_t)(nl - p)));
			continue;
		}
		if (!carry(s, p, (size_t)(nl - p)))
			return false;
		take_line(c, s, buf_str(&s->carry));
		buf_reset(&s->carry);
	}
	return true;
}

/* The head is complete: decide on the format, then read it. */
static bool
take_head(struct compile *c, struct source *s)
{
	struct buf head = s->carry;
	bool ok;

	s->format = source_recognise(buf_str(&head), s->file);
	if (!start_reading(s))
		return false;
	s->carry = BUF_EMPTY;
	ok = take_text(c, s, head.p, head.n);
	buf_fini(&head);
	return ok;
}

static struct source *
source_at(struct compile *c, int id)
{
	if (BUG(id < 0 || (size_t)id >= c->nsources))
		return NULL;
	c->at = &c->sources[id];
	c->id = (uint16_t)id;
	return c->at;
}

int
compile_feed(
    struct compile *c, int id, const char *p, size_t n, struct err *err)
{
	struct source *s = source_at(c, id);

	if (!s || BUG(s->state == SOURCE_ENDED) || c->failed)
		return fail(c, err);
	if (s->state == SOURCE_HEADING) {
		/* exactly so much, however the text is cut */
		size_t room = SOURCE_HEAD - s->carry.n;
		size_t take = n < room ? n : room;

		buf_add(&s->carry, p, take);
		if (s->carry.failed)
			return fail(c, err);
		if (s->carry.n < SOURCE_HEAD)
			return 0;
		if (!take_head(c, s))
			return fail(c, err);
		p += take;
		n -= take;
	}
	if (!take_text(c, s, p, n) || c->failed)
		return fail(c, err);
	return 0;
}

int
compile_source_end(struct compile *c, int id, struct err *err)
{
	struct source *s = source_at(c, id);

	if (!s || BUG(s->state == SOURCE_ENDED) || c->failed)
		return fail(c, err);
	if (s->state == SOURCE_HEADING && !take_head(c, s))
		return fail(c, err);
	if (s->carry.n)
		take_line(c, s, buf_str(&s->carry));
	c->line = STR_NONE;
	source_reader_end(
	    s->reader, &(struct source_sink){
	                   take_entry, take_reject, take_skip, take_cancel, c});
	source_reader_free(s->reader);
	s->reader = NULL;
	buf_fini(&s->carry);
	s->state = SOURCE_ENDED;
	return c->failed ? fail(c, err) : 0;
}

const struct compile_report *
compile_report(const struct compile *c, int id)
{
	if (BUG(id < 0 || (size_t)id >= c->nsources))
		return NULL;
	return &c->sources[id].report;
}

/* The sources of the image, in the order of their numbers. */
static void
fill_sources(const struct compile *c, struct image_source *out)
{
	for (uint32_t i = 0; i < c->origins.n; i++) {
		const struct origin_key *o = &c->origins.v[c->origins.order[i]];
		const struct source *s = &c->sources[o->file];

		out[i] = (struct image_source){.list = s->list,
		    .category = s->category,
		    .file = s->file,
		    .role = o->role,
		    .group = o->group,
		    .date = s->date};
		if (i && c->origins.v[c->origins.order[i - 1]].file == o->file)
			continue;
		out[i].lines = s->report.lines;
		out[i].rejected = s->report.rejected;
		out[i].skipped = s->report.skipped;
	}
}

/* How many of each file's lines are entries is only now certain. */
static void
count_entries(struct compile *c, const struct image_source *sources)
{
	uint64_t *n = calloc(c->nsources + 1, sizeof(*n));

	if (!n)
		return; /* what was seen on the way is nearly right */
	for (uint32_t i = 0; i < c->origins.n; i++)
		n[c->origins.v[c->origins.order[i]].file] += sources[i].entries;
	for (size_t i = 0; i < c->nsources; i++) {
		struct compile_report *r = &c->sources[i].report;

		r->duplicates += r->entries - n[i];
		r->entries = n[i];
	}
	free(n);
}

static uint64_t
finish(struct compile *c, struct image_source *sources,
    const struct compile_out *out, struct err *err)
{
	struct emit_input in = {.opt = &c->opt,
	    .names = &c->names,
	    .nets = &c->nets,
	    .patterns = &c->patterns,
	    .digests = &c->digests,
	    .sources = sources,
	    .number = c->origins.number,
	    .nsources = c->origins.n,
	    .out = out};
	uint64_t n;

	fill_sources(c, sources);
	if (parts_end(&c->names, err) < 0)
		return 0;
	n = emit_image(&in, err);
	if (n)
		count_entries(c, sources);
	return n;
}

int
compile_finish_to(struct compile *c, const struct compile_out *out, uint64_t *n,
    struct err *err)
{
	struct image_source *sources;

	*n = 0;
	if (BUG(c->finished) || c->failed)
		return fail(c, err);
	for (size_t i = 0; i < c->nsources; i++)
		if (c->sources[i].state != SOURCE_ENDED &&
		    compile_source_end(c, (int)i, err) < 0)
			return -1;
	c->finished = true;
	if (!origins_order(&c->origins, (uint32_t)c->nsources))
		return fail(c, err);
	sources = calloc(c->origins.n + (size_t)1, sizeof(*sources));
	if (!sources)
		return fail(c, err);
	*n = finish(c, sources, out, err);
	free(sources);
	return *n ? 0 : -1;
}

int
compile_finish(struct compile *c, struct buf *out, struct err *err)
{
	struct compile_out to = emit_into(out);
	uint64_t n;

	buf_reset(out);
	if (compile_finish_to(c, &to, &n, err) == 0)
		return 0;
	buf_fini(out);
	return -1;
}
