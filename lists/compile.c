/* compile.c - text of many sources in, cut into lines; one image out. */
#include "lists/compile_impl.h"

#include <stdlib.h>

#include "base/bug.h"
#include "base/sha256.h"
#include "base/table.h"
#include "lists/emit.h"
#include "lists/image.h"
#include "lists/source.h"

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

static void
take_line(struct compile *c, struct source *s, struct str line)
{
	struct source_sink sink = compile_sink(c);

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
	struct source_sink sink;
	struct source *s = source_at(c, id);

	if (!s || BUG(s->state == SOURCE_ENDED) || c->failed)
		return fail(c, err);
	if (s->state == SOURCE_HEADING && !take_head(c, s))
		return fail(c, err);
	if (s->carry.n)
		take_line(c, s, buf_str(&s->carry));
	c->line = STR_NONE;
	sink = compile_sink(c);
	source_reader_end(s->reader, &sink);
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

/*
 * The sources of the image, in the order of their numbers. A file's reader
 * counts its groups from 1; in the image those of each file stand behind those
 * of the files before, so that no file's exceptions take from another's rules.
 * False: more groups than have numbers.
 */
static bool
fill_sources(const struct compile *c, struct image_source *out)
{
	uint32_t base = 0, most = 0;

	for (uint32_t i = 0; i < c->origins.n; i++) {
		const struct origin_key *o = &c->origins.v[c->origins.order[i]];
		const struct source *s = &c->sources[o->file];
		bool first =
		    !i || c->origins.v[c->origins.order[i - 1]].file != o->file;

		base = first ? most : base;
		if (o->group && base + o->group > most)
			most = base + o->group;
		if (most > UINT16_MAX)
			return false;
		out[i] = (struct image_source){.list = s->list,
		    .category = s->category,
		    .file = s->file,
		    .role = o->role,
		    .group = (uint16_t)(o->group ? base + o->group : 0),
		    .date = s->date};
		if (!first)
			continue;
		out[i].lines = s->report.lines;
		out[i].rejected = s->report.rejected;
		out[i].skipped = s->report.skipped;
	}
	return true;
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

	if (!fill_sources(c, sources)) {
		err_set(err, ERR_LIMIT, "more than %d groups of exceptions",
		    UINT16_MAX);
		return 0;
	}
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
