/* compiled.c - the image of all lists, in place or newly made. */
#include "config/compiled.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/digest.h"
#include "base/sys/file.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/sources.h"
#include "lists/image.h"

#define READ_BYTES    (1u << 20)
#define CHANGE_LEAST  1000 /* entries; shorter lists may change freely */
#define REJECTS_SHOWN 3

/* What a build_image's arg points to. */
struct hold {
	struct bytes bytes;
	struct buf buf; /* owns them, where they are not mapped */
};

static void
hold_drop(void *arg)
{
	struct hold *h = arg;

	if (h->buf.p)
		buf_fini(&h->buf);
	else
		file_unmap(h->bytes);
	free(h);
}

/* An image in <out>, from mapped bytes or from <buf> (taken). */
static int
hold_new(struct bytes bytes, struct buf *buf, struct build_image *out)
{
	struct hold *h = calloc(1, sizeof(*h));

	if (!h)
		return -1;
	h->bytes = bytes;
	if (buf) {
		h->buf = *buf;
		*buf = BUF_EMPTY;
		h->bytes = (struct bytes){(const uint8_t *)h->buf.p, h->buf.n};
	}
	*out = (struct build_image){h->bytes, hold_drop, h};
	/* cppcheck-suppress memleak ; <out> has it */
	return 0;
}

/* Map <path> and see whether it is an image, all of it. */
static int
map_image(
    const char *path, struct bytes *bytes, struct image *im, struct err *err)
{
	if (file_map(path, bytes, err) < 0)
		return -1;
	if (image_view(im, *bytes, err) == 0) {
		if (image_intact(im))
			return 0;
		err_set(err, ERR_CORRUPT, "the checksum does not hold");
	}
	file_unmap(*bytes);
	return -1;
}

int
compiled_open(const char *path, struct build_image *out, struct diag *d)
{
	struct bytes bytes;
	struct image im;
	struct err err;

	if (map_image(path, &bytes, &im, &err) < 0) {
		diag_error(d, NULL, "%s: %s", path, err.text);
		return -1;
	}
	if (hold_new(bytes, NULL, out) == 0)
		return 0;
	file_unmap(bytes);
	diag_error(d, NULL, "out of memory");
	return -1;
}

/* -------------------------------------------------------------- compile */

struct maker {
	const struct config *c;
	const struct compiled_want *want;
	const struct sources *sources;
	struct compile *compile;
	struct diag *d;
	char *chunk; /* READ_BYTES */
};

/* What of a source are no entries: one line with a few examples. */
static void
say_rejects(struct maker *m, const struct source *s, int id)
{
	const struct compile_report *r = compile_report(m->compile, id);
	struct where at = {str_of(s->path), 0, 0};
	struct buf b = BUF_EMPTY;

	if (r->rejected == 0)
		return;
	for (unsigned i = 0; i < r->nkept && i < REJECTS_SHOWN; i++)
		buf_addf(&b, "%s line %llu \"%.63s\" (%s)", i ? "," : ":",
		    (unsigned long long)r->kept[i].line, r->kept[i].text,
		    r->kept[i].why);
	if (r->nkept)
		at.line = (uint32_t)r->kept[0].line;
	diag_warn(m->d, &at, "%llu of %llu lines are no entries%.*s%s",
	    (unsigned long long)r->rejected, (unsigned long long)r->lines,
	    STR_ARG(buf_str(&b)), r->rejected > REJECTS_SHOWN ? ", ..." : "");
	buf_fini(&b);
}

static int
feed_file(struct maker *m, const struct source *s, int id, struct err *err)
{
	int fd = open(s->path, O_RDONLY | O_CLOEXEC), rc = 0;
	ssize_t n;

	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", s->path);
	do {
		n = read(fd, m->chunk, READ_BYTES);
		if (n > 0)
			rc = compile_feed(
			    m->compile, id, m->chunk, (size_t)n, err);
	} while (rc == 0 && (n > 0 || (n < 0 && errno == EINTR)));
	if (rc == 0 && n < 0)
		rc = err_sys(err, errno, "cannot read %s", s->path);
	close(fd);
	return rc;
}

static int
add_source(struct maker *m, const struct source *s)
{
	struct compile_source def = {.list = s->list->name,
	    .category = str_of(s->category),
	    .file = str_of(s->shown),
	    .format = s->format};
	struct err err;
	int id = compile_source(m->compile, &def, &err);

	if (id < 0 || feed_file(m, s, id, &err) < 0 ||
	    compile_source_end(m->compile, id, &err) < 0) {
		diag_error(m->d, &s->list->where, "list %.*s: %s",
		    STR_ARG(s->list->name), err.text);
		return -1;
	}
	say_rejects(m, s, id);
	return 0;
}

static int
make(struct maker *m, struct buf *out)
{
	struct compile_options opt = {.generation = m->want->generation};
	unsigned before = m->d->errors;
	struct err err;

	if (digest_random(&opt.seed, sizeof(opt.seed), &err) < 0) {
		diag_error(m->d, NULL, "%s", err.text);
		return -1;
	}
	memcpy(
	    opt.fingerprint, m->sources->fingerprint, sizeof(opt.fingerprint));
	m->compile = compile_new(&opt);
	m->chunk = malloc(READ_BYTES);
	if (!m->compile || !m->chunk)
		diag_error(m->d, NULL, "out of memory");
	for (unsigned i = 0; m->d->errors == before && i < m->sources->n; i++)
		add_source(m, &m->sources->v[i]);
	if (m->d->errors == before && compile_finish(m->compile, out, &err) < 0)
		diag_error(m->d, NULL, "lists: %s", err.text);
	compile_free(m->compile);
	free(m->chunk);
	return m->d->errors == before ? 0 : -1;
}

/* ---------------------------------------------------------------- guard */

/* What an image holds of one list, over all of its files. */
struct holding {
	uint64_t lines, entries, rejected;
};

static struct holding
holding_of(const struct image *im, struct str list)
{
	struct holding h = {0, 0, 0};
	struct image_source s;

	for (uint32_t i = 0; im && i < im->nsources; i++) {
		if (!image_source(im, (uint16_t)i, &s) || !str_eq(s.list, list))
			continue;
		h.lines += s.lines;
		h.entries += s.entries;
		h.rejected += s.rejected;
	}
	return h;
}

/* A list that is empty, mostly no list, or much shorter or longer than
 * before, is more likely a broken download than meant. */
static void
guard_list(const struct config_list *l, uint64_t was, const struct holding *now,
    struct diag *d)
{
	uint64_t is = now->entries, by = was > is ? was - is : is - was;

	if (l->max_change == CONFIG_ANY_CHANGE)
		return;
	/* a portal's login page saved under the list's name */
	if (is && now->rejected * 2 > now->lines) {
		diag_error(d, &l->where,
		    "list %.*s: %llu of its %llu lines are no entries; is it "
		    "a list? (%.*s); if that is meant, set max-change = any",
		    STR_ARG(l->name), (unsigned long long)now->rejected,
		    (unsigned long long)now->lines, STR_ARG(l->source));
		return;
	}
	if (is == 0) {
		diag_error(d, &l->where,
		    "list %.*s has no entries (%.*s); if that is meant, set "
		    "max-change = any",
		    STR_ARG(l->name), STR_ARG(l->source));
		return;
	}
	if (was < CHANGE_LEAST || by * 100 <= was * l->max_change)
		return;
	diag_error(d, &l->where,
	    "list %.*s %s from %llu to %llu entries, by more than "
	    "max-change = %u%%; if that is meant: "
	    "suzgi lists build --set list.%.*s.max-change=any",
	    STR_ARG(l->name), was > is ? "shrank" : "grew",
	    (unsigned long long)was, (unsigned long long)is, l->max_change,
	    STR_ARG(l->name));
}

/* Is the new image one to follow the old (NULL: none) with? */
static int
guard(const struct config *c, const struct image *old, const struct buf *buf,
    struct diag *d)
{
	struct bytes bytes = {(const uint8_t *)buf->p, buf->n};
	unsigned before = d->errors;
	struct image im;
	struct err err;

	if (image_view(&im, bytes, &err) < 0) {
		diag_error(d, NULL, "the new image: %s", err.text);
		return -1;
	}
	for (unsigned i = 0; i < c->list.n; i++) {
		const struct config_list *l = &c->list.v[i];

		struct holding now = holding_of(&im, l->name);

		guard_list(l, holding_of(old, l->name).entries, &now, d);
	}
	return d->errors == before ? 0 : -1;
}

static bool
has_list(const struct image *im, struct str list)
{
	struct image_source s;

	for (uint32_t i = 0; i < im->nsources; i++)
		if (image_source(im, (uint16_t)i, &s) && str_eq(s.list, list))
			return true;
	return false;
}

int
compiled_covers(
    const struct config *c, const struct build_image *image, struct diag *d)
{
	unsigned before = d->errors;
	struct image im;
	struct err err;

	if (image_view(&im, image->bytes, &err) < 0) {
		diag_error(d, NULL, "lists: %s", err.text);
		return -1;
	}
	for (unsigned i = 0; i < c->list.n; i++)
		if (!has_list(&im, c->list.v[i].name))
			diag_error(d, &c->list.v[i].where,
			    "list %.*s is not in the compiled lists",
			    STR_ARG(c->list.v[i].name));
	return d->errors == before ? 0 : -1;
}

/* -------------------------------------------------------------- install */

/* Put <buf> in place and map it. */
static int
install(const struct compiled_want *want, struct buf *buf,
    struct build_image *out, struct diag *d)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(want->path, '/');
	struct err err;

	if (slash &&
	    (!str_copy(str_make(want->path, (size_t)(slash - want->path)),
	         folder, sizeof(folder)) ||
	        file_mkdirs(folder, &err) < 0)) {
		diag_error(d, NULL, "%s", err.text);
		return -1;
	}
	if (file_replace(want->path, buf_str(buf), 0644, &err) < 0) {
		diag_error(d, NULL, "%s", err.text);
		return -1;
	}
	buf_fini(buf); /* before the file is mapped: no two copies */
	return compiled_open(want->path, out, d);
}

static int
make_new(struct maker *m, const struct image *old, struct build_image *out)
{
	struct buf buf = BUF_EMPTY;
	int rc = make(m, &buf);

	if (rc == 0)
		rc = guard(m->c, old, &buf, m->d);
	if (rc == 0 && !m->want->no_write &&
	    !m->want->prove(
	        m->want->arg, (struct bytes){(const uint8_t *)buf.p, buf.n}))
		rc = -1;
	if (rc == 0 && !m->want->no_write)
		rc = install(m->want, &buf, out, m->d);
	else if (rc == 0) {
		rc = hold_new((struct bytes){NULL, 0}, &buf, out);
		if (rc < 0)
			diag_error(m->d, NULL, "out of memory");
	}
	buf_fini(&buf);
	return rc;
}

/* The image in place; false where there is none that can be used. */
static bool
open_old(
    const char *path, struct bytes *bytes, struct image *im, struct diag *d)
{
	struct err err;

	if (access(path, F_OK) < 0)
		return false;
	if (map_image(path, bytes, im, &err) == 0)
		return true;
	diag_warn(
	    d, NULL, "%s cannot be used and is made anew: %s", path, err.text);
	return false;
}

int
compiled_get(const struct config *c, const struct compiled_want *want,
    struct build_image *out, struct diag *d)
{
	struct sources sources;
	struct maker m = {.c = c, .want = want, .sources = &sources, .d = d};
	struct bytes bytes = {NULL, 0};
	uint64_t have[2];
	struct image im;
	bool old;
	int rc;

	*out = (struct build_image){0};
	if (c->list.n == 0)
		return 0;
	if (sources_find(&sources, c, d) < 0)
		return -1;
	old = open_old(want->path, &bytes, &im, d);
	if (old)
		image_fingerprint(&im, have);
	if (old && memcmp(have, sources.fingerprint, sizeof(have)) == 0 &&
	    hold_new(bytes, NULL, out) == 0) {
		sources_fini(&sources);
		return 0;
	}
	rc = make_new(&m, old ? &im : NULL, out);
	if (old)
		file_unmap(bytes);
	sources_fini(&sources);
	return rc;
}
