/* corpus.c - sites that no list has any business to block. */
#include "config/corpus.h"

#include <limits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/file.h"
#include "config/config.h"
#include "config/diag.h"

#define SHIPPED   "lists/must-not-block.tsv"
#define BAD_SHOWN 3 /* lines of a file that are no address */

struct reader {
	struct corpus *to;
	unsigned room; /* for sites */
	struct diag *d;
	const char *path;
	uint32_t line;
	unsigned bad;
};

static void
say_bad(struct reader *r, const char *why)
{
	struct where at = {str_of(r->path), r->line, 0};

	if (r->bad++ < BAD_SHOWN)
		diag_warn(r->d, &at, "expected a host or an address: %s", why);
}

static struct corpus_site *
next_site(struct reader *r)
{
	struct corpus *c = r->to;
	struct corpus_site *v;

	if (c->n == CORPUS_SITES_MAX)
		return NULL;
	if (c->n == r->room) {
		r->room = r->room ? r->room * 2 : 256;
		v = arena_zalloc(&c->arena, r->room * sizeof(*v));
		if (!v)
			return NULL;
		if (c->n)
			memcpy(v, c->v, c->n * sizeof(*v));
		c->v = v;
	}
	return &c->v[c->n];
}

static void
read_line(struct reader *r, struct str line)
{
	struct arena *a = &r->to->arena;
	struct corpus_site *site;
	const char *why = "malformed";
	struct url_parts parts;
	struct str text;
	char *room;

	str_next(&line, '\t', &text);
	text = str_trim(text);
	if (text.n == 0 || text.p[0] == '#')
		return;
	site = next_site(r);
	room = arena_alloc(a, NAME_ROOM);
	if (!site || !room)
		return;
	*site = (struct corpus_site){.text = arena_str(a, text)};
	if (url_split(a, text, room, &parts, &why) < 0 ||
	    url_canon(a, &parts, &site->url) < 0) {
		say_bad(r, why);
		return;
	}
	if (str_next(&line, '\t', &text))
		site->kind = arena_str(a, str_trim(text));
	if (str_next(&line, '\t', &text))
		site->language = arena_str(a, str_trim(text));
	r->to->n++;
}

void
corpus_parse(
    struct corpus *c, const char *path, struct str text, struct diag *d)
{
	struct reader r = {.to = c, .room = c->n, .d = d, .path = path};
	struct str line;

	while (str_next(&text, '\n', &line)) {
		r.line++;
		read_line(&r, line);
	}
	if (r.bad > BAD_SHOWN)
		diag_warn(d, NULL, "%s: %u lines are no address", path, r.bad);
	if (c->n == CORPUS_SITES_MAX)
		diag_warn(d, NULL, "%s: sites beyond the first %u count not",
		    path, CORPUS_SITES_MAX);
}

static int
read_file(struct corpus *c, const char *path, struct diag *d, struct err *err)
{
	struct buf b = BUF_EMPTY;
	int rc = file_read(path, CORPUS_FILE_MAX, &b, err);

	if (rc == 0)
		corpus_parse(c, path, buf_str(&b), d);
	buf_fini(&b);
	return rc;
}

/* Where there are shipped lists at all these belong to them; a program that was
 * moved away from its data has neither. */
static void
read_shipped(struct corpus *out, const struct config *c, struct diag *d)
{
	char path[PATH_MAX];
	struct err err;

	if (!c->data_dir.n ||
	    !file_join(path, sizeof(path), c->data_dir.p, "lists") ||
	    access(path, F_OK) < 0)
		return;
	file_join(path, sizeof(path), c->data_dir.p, SHIPPED);
	if (read_file(out, path, d, &err) < 0)
		diag_warn(d, NULL,
		    "the shipped sites that must not be blocked: %s", err.text);
}

int
corpus_read(struct corpus *out, const struct config *c, struct diag *d)
{
	struct err err;

	*out = (struct corpus){.n = 0};
	arena_init(&out->arena, 0);
	read_shipped(out, c, d);
	if (c->must_not_block.n &&
	    read_file(out, c->must_not_block.p, d, &err) < 0) {
		diag_error(d, NULL, "[guard] must-not-block: %s", err.text);
		corpus_fini(out);
		return -1;
	}
	if (!out->arena.failed)
		return 0;
	diag_error(d, NULL, "out of memory");
	corpus_fini(out);
	return -1;
}

void
corpus_fini(struct corpus *c)
{
	arena_fini(&c->arena);
	*c = (struct corpus){.n = 0};
}
