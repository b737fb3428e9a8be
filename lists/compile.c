/* compile.c - text of many sources in, cut into lines; one image out. */
#include "lists/compile.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/bug.h"
#include "base/err.h"
#include "lists/emit.h"
#include "lists/entries.h"
#include "lists/image.h"
#include "lists/source.h"

#define SOURCES_MAX 65535 /* their numbers have two bytes */

enum source_state {
	SOURCE_HEADING = 0, /* collecting what its format is recognised by */
	SOURCE_READING,
	SOURCE_ENDED,
};

struct source {
	char *text; /* owned; list, category and file, one after another */
	struct str list, category, file; /* inside <text> */
	enum list_format format;
	enum source_state state;
	struct buf carry; /* the head, or a line that has not ended yet */
	struct compile_report report;
};

struct compile {
	struct compile_options opt;
	struct entries entries;
	struct source *sources; /* owned */
	size_t nsources, cap;
	bool failed; /* out of memory: nothing can be finished */
	/* the line at hand, for the sink's functions */
	struct source *at;
	struct str line;
	uint16_t id;
};

struct compile *
compile_new(const struct compile_options *opt)
{
	struct compile *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->opt = *opt;
	entries_init(&c->entries, opt->seed);
	return c;
}

void
compile_free(struct compile *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->nsources; i++) {
		free(c->sources[i].text);
		buf_fini(&c->sources[i].carry);
	}
	free(c->sources);
	entries_fini(&c->entries);
	free(c);
}

static int
no_memory(struct compile *c, struct err *err)
{
	c->failed = true;
	return err_set(err, ERR_MEMORY, "no memory to compile lists");
}

static bool
copy_names(struct source *s, const struct compile_source *from)
{
	size_t n = from->list.n + from->category.n + from->file.n;
	struct str *to[] = {&s->list, &s->category, &s->file};
	const struct str in[] = {from->list, from->category, from->file};
	char *at = s->text = malloc(n + 1);

	if (!at)
		return false;
	for (unsigned i = 0; i < 3; i++) {
		if (in[i].n)
			memcpy(at, in[i].p, in[i].n);
		*to[i] = str_make(at, in[i].n);
		at += in[i].n;
	}
	return true;
}

int
compile_source(
    struct compile *c, const struct compile_source *s, struct err *err)
{
	struct source new = {.format = s->format,
	    .state = s->format == LIST_AUTO ? SOURCE_HEADING : SOURCE_READING};

	if (c->nsources == SOURCES_MAX)
		return err_set(
		    err, ERR_LIMIT, "more than %d sources", SOURCES_MAX);
	if (BUG(s->format == LIST_UT1))
		return err_set(err, ERR_INPUT, "a tree is many sources");
	if (c->nsources == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 16;
		struct source *p = realloc(c->sources, cap * sizeof(*p));

		if (!p)
			return no_memory(c, err);
		c->sources = p;
		c->cap = cap;
	}
	if (!copy_names(&new, s))
		return no_memory(c, err);
	c->sources[c->nsources] = new;
	return (int)c->nsources++;
}

static void
take_entry(void *ctx, const struct source_entry *e)
{
	struct compile *c = ctx;
	struct compile_report *r = &c->at->report;
	uint32_t line = r->lines > UINT32_MAX ? 0 : (uint32_t)r->lines;
	char room[ENTRIES_NET_KEY];
	struct str key = e->text;

	if (e->kind == SOURCE_NET)
		key = entries_net_key(room, e->addr, e->bytes, e->bits);
	switch (entries_add(&c->entries, key, c->id, line)) {
	case ENTRIES_ADDED:
		r->entries++;
		break;
	case ENTRIES_DUPLICATE:
		r->duplicates++;
		break;
	case ENTRIES_FULL:
		c->failed = true;
		break;
	}
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

static void
take_reject(void *ctx, const char *why)
{
	struct compile *c = ctx;
	struct compile_report *r = &c->at->report;

	r->rejected++;
	if (r->nkept == COMPILE_REJECTS_KEPT)
		return;
	r->kept[r->nkept].line = r->lines;
	r->kept[r->nkept].why = why;
	show_line(
	    str_trim(c->line), r->kept[r->nkept].text, sizeof(r->kept[0].text));
	r->nkept++;
}

static void
take_line(struct compile *c, struct source *s, struct str line)
{
	struct source_sink sink = {take_entry, take_reject, c};

	if (s->report.lines++ == 0 && str_starts(line, STR("\xef\xbb\xbf")))
		line = str_sub(line, 3, line.n);
	/* of one too long, the same is seen however it came */
	line = str_sub(line, 0, SOURCE_LINE_MAX + 1);
	c->line = line;
	source_line(s->format, line, &sink);
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
	s->state = SOURCE_READING;
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
		return no_memory(c, err);
	if (s->state == SOURCE_HEADING) {
		/* exactly so much, however the text is cut */
		size_t room = SOURCE_HEAD - s->carry.n;
		size_t take = n < room ? n : room;

		buf_add(&s->carry, p, take);
		if (s->carry.failed)
			return no_memory(c, err);
		if (s->carry.n < SOURCE_HEAD)
			return 0;
		if (!take_head(c, s))
			return no_memory(c, err);
		p += take;
		n -= take;
	}
	if (!take_text(c, s, p, n) || c->failed)
		return no_memory(c, err);
	return 0;
}

int
compile_source_end(struct compile *c, int id, struct err *err)
{
	struct source *s = source_at(c, id);

	if (!s || BUG(s->state == SOURCE_ENDED) || c->failed)
		return no_memory(c, err);
	if (s->state == SOURCE_HEADING && !take_head(c, s))
		return no_memory(c, err);
	if (s->carry.n)
		take_line(c, s, buf_str(&s->carry));
	buf_fini(&s->carry);
	s->state = SOURCE_ENDED;
	return c->failed ? no_memory(c, err) : 0;
}

const struct compile_report *
compile_report(const struct compile *c, int id)
{
	if (BUG(id < 0 || (size_t)id >= c->nsources))
		return NULL;
	return &c->sources[id].report;
}

static bool
is_exact(enum list_format f)
{
	return f == LIST_EXACT || f == LIST_HOSTS;
}

int
compile_finish(struct compile *c, struct buf *out, struct err *err)
{
	struct image_source *sources;
	int r;

	buf_reset(out);
	if (BUG(c->entries.sorted) || c->failed)
		return no_memory(c, err);
	sources = calloc(c->nsources + 1, sizeof(*sources));
	if (!sources)
		return no_memory(c, err);
	for (size_t i = 0; i < c->nsources; i++) {
		struct source *s = &c->sources[i];

		if (s->state != SOURCE_ENDED &&
		    compile_source_end(c, (int)i, err) < 0)
			break;
		sources[i] = (struct image_source){.list = s->list,
		    .category = s->category,
		    .file = s->file,
		    .lines = s->report.lines,
		    .entries = s->report.entries,
		    .rejected = s->report.rejected,
		    .exact = is_exact(s->format)};
	}
	r = c->failed ? -1
	              : emit_image(&(struct emit_input){&c->opt, &c->entries,
	                               sources, (uint32_t)c->nsources},
	                    out, err);
	free(sources);
	if (r < 0)
		buf_fini(out);
	return r;
}
