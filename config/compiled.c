/* compiled.c - the image of all lists, in place or newly made. */
#include "config/compiled.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/file.h"
#include "config/accepted.h"
#include "config/compiler.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/image_file.h"
#include "config/sources.h"
#include "lists/image.h"

#define CHANGE_LEAST 1000 /* entries; shorter lists may change freely */

/* What a build_image's arg points to. */
struct hold {
	struct bytes bytes; /* mapped */
};

static void
hold_drop(void *arg)
{
	struct hold *h = arg;

	file_unmap(h->bytes);
	free(h);
}

/* An image in <out>, from mapped bytes (taken if all is well). */
static int
hold_new(struct bytes bytes, struct build_image *out)
{
	struct hold *h = calloc(1, sizeof(*h));

	if (!h)
		return -1;
	h->bytes = bytes;
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
	if (hold_new(bytes, out) == 0)
		return 0;
	file_unmap(bytes);
	diag_error(d, NULL, "out of memory");
	return -1;
}

/* ---------------------------------------------------------------- bounds */

/* A new image on its way. */
struct maker {
	const struct config *c;
	const struct compiled_want *want;
	const struct sources *sources;
	struct image_file file;
	struct accepted journal;
	struct diag *d;
};

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
		/* what is not for a proxy to do is no fault of the list */
		h.lines += s.lines > s.skipped ? s.lines - s.skipped : 0;
		h.entries += s.entries;
		h.rejected += s.rejected;
	}
	return h;
}

/* It lost or gained more than its bound: an admin may say that it is meant. */
static void
change_list(
    struct maker *m, const struct config_list *l, uint64_t was, uint64_t is)
{
	char text[96];

	if (!config_watch_accepts(m->want->watch, l->name)) {
		diag_error(m->d, &l->where,
		    "list %.*s %s from %llu to %llu entries, by more than "
		    "max-change = %u%%; if that is meant: "
		    "suzgi lists build --accept",
		    STR_ARG(l->name), was > is ? "shrank" : "grew",
		    (unsigned long long)was, (unsigned long long)is,
		    l->max_change);
		return;
	}
	snprintf(text, sizeof(text), "from %llu to %llu entries",
	    (unsigned long long)was, (unsigned long long)is);
	diag_warn(
	    m->d, &l->where, "list %.*s: accepted: %s", STR_ARG(l->name), text);
	accepted_add_size(
	    &m->journal, m->want->watch->who, l->name, str_of(text));
}

/* A list that is empty, mostly no list, or much shorter or longer than
 * before, is more likely a broken download than meant. */
static void
guard_list(struct maker *m, const struct config_list *l, uint64_t was,
    const struct holding *now)
{
	uint64_t is = now->entries, by = was > is ? was - is : is - was;

	if (l->max_change == CONFIG_ANY_CHANGE)
		return;
	/* a portal's login page saved under the list's name */
	if (is && now->rejected * 2 > now->lines) {
		diag_error(m->d, &l->where,
		    "list %.*s: %llu of its %llu lines are no entries; is it "
		    "a list? (%.*s); if that is meant, set max-change = any",
		    STR_ARG(l->name), (unsigned long long)now->rejected,
		    (unsigned long long)now->lines, STR_ARG(l->source));
		return;
	}
	if (is == 0) {
		diag_error(m->d, &l->where,
		    "list %.*s has no entries (%.*s); if that is meant, set "
		    "max-change = any",
		    STR_ARG(l->name), STR_ARG(l->source));
		return;
	}
	if (was >= CHANGE_LEAST && by * 100 > was * l->max_change)
		change_list(m, l, was, is);
}

/* Is the new image one to follow the old (NULL: none) with? */
static int
guard(struct maker *m, const struct image *old)
{
	unsigned before = m->d->errors;
	struct image im;
	struct err err;

	if (image_view(&im, m->file.map, &err) < 0) {
		diag_error(m->d, NULL, "the new image: %s", err.text);
		return -1;
	}
	for (unsigned i = 0; i < m->c->list.n; i++) {
		const struct config_list *l = &m->c->list.v[i];
		struct holding now = holding_of(&im, l->name);

		guard_list(m, l, holding_of(old, l->name).entries, &now);
	}
	return m->d->errors == before ? 0 : -1;
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

/* -------------------------------------------------------------- make it */

/* May it take the old one's place? */
static int
judge(struct maker *m, const struct image *old)
{
	const struct compiled_want *w = m->want;
	struct bytes none = {NULL, 0};

	if (w->unguarded)
		return 0;
	if (guard(m, old) < 0)
		return -1;
	return !w->prove || w->prove(w->arg, m->file.map,
	                        old ? old->bytes : none, &m->journal)
	           ? 0
	           : -1;
}

/* Keep what was made: in place, or in memory. */
static int
keep(struct maker *m, struct build_image *out)
{
	struct err err = {.code = ERR_NONE};
	int rc = 0;

	if (m->want->no_write) {
		rc = hold_new(m->file.map, out);
		if (rc < 0)
			diag_error(m->d, NULL, "out of memory");
		else
			m->file.map = (struct bytes){NULL, 0};
		return rc;
	}
	/* first the journal: nothing comes into force unaccounted for */
	if (accepted_save(&m->journal, &err) < 0 ||
	    image_file_place(&m->file, m->want->path, &err) < 0) {
		diag_error(m->d, NULL, "%s", err.text);
		return -1;
	}
	image_file_fini(&m->file);
	return compiled_open(m->want->path, out, m->d);
}

static int
make_new(struct maker *m, const struct image *old, struct build_image *out)
{
	const struct compiled_want *w = m->want;
	const struct compiler compiler = {
	    m->c, m->sources, w->generation, w->watch, m->d};
	char journal[PATH_MAX];
	struct err err;
	int rc;

	if (!file_join(
	        journal, sizeof(journal), m->c->state_dir.p, COMPILED_JOURNAL))
		journal[0] = '\0';
	if (accepted_open(&m->journal, journal, &err) < 0 ||
	    image_file_new(&m->file, w->path,
	        w->no_write ? IMAGE_FILE_UNNAMED : IMAGE_FILE_NAMED,
	        &err) < 0) {
		diag_error(m->d, NULL, "%s", err.text);
		accepted_close(&m->journal);
		return -1;
	}
	rc = compiler_run(&compiler, &m->file);
	if (rc == 0)
		rc = judge(m, old);
	if (rc == 0)
		rc = keep(m, out);
	image_file_fini(&m->file);
	accepted_close(&m->journal);
	return rc;
}

/* The image in place; false where there is none that can be used. */
static bool
open_old(
    const struct maker *m, bool make, struct bytes *bytes, struct image *im)
{
	const char *path = m->want->path;
	struct err err;

	if (access(path, F_OK) < 0)
		return false;
	if (map_image(path, bytes, im, &err) == 0)
		return true;
	if (make)
		diag_warn(m->d, NULL, "%s cannot be used and is made anew: %s",
		    path, err.text);
	return false;
}

/* Where no source has changed. 1: it is in <out>; 0: there must be a new one;
 * -1: reported. */
static int
use_or_make(struct maker *m, bool make, struct build_image *out)
{
	const struct config_watch *w = m->want->watch;
	struct bytes bytes = {NULL, 0};
	struct image im;
	uint64_t have[2];
	bool old = open_old(m, make, &bytes, &im), same = false;
	int rc = 0;

	if (old)
		image_fingerprint(&im, have);
	if (old && !(w && w->again))
		same = memcmp(have, m->sources->fingerprint, sizeof(have)) == 0;
	if (same && hold_new(bytes, out) == 0)
		return 1;
	if (make)
		rc = make_new(m, old ? &im : NULL, out);
	if (old)
		file_unmap(bytes);
	return rc;
}

/* There must be a new one. Another process may be at it: then what that makes
 * is as good. */
static int
make_alone(const struct maker *like, struct build_image *out)
{
	struct diag quiet = {.report = NULL}; /* all of it was said */
	struct maker m = *like;
	struct sources sources;
	struct err err;
	int lock, rc;

	lock = image_file_lock(m.want->path, &err);
	if (lock < 0) {
		diag_error(m.d, NULL, "%s", err.text);
		return -1;
	}
	rc = sources_find(&sources, m.c, &quiet);
	if (rc < 0)
		diag_error(m.d, NULL, "lists are being replaced; try again");
	if (rc == 0) {
		m.sources = &sources;
		rc = use_or_make(&m, true, out);
		sources_fini(&sources);
	}
	close(lock);
	return rc < 0 ? -1 : 0;
}

int
compiled_get(const struct config *c, const struct compiled_want *want,
    struct build_image *out, struct diag *d)
{
	struct sources sources;
	struct maker m = {
	    .c = c, .want = want, .sources = &sources, .file = {.fd = -1}};
	int rc;

	m.d = d;
	*out = (struct build_image){0};
	if (c->list.n == 0)
		return 0;
	if (sources_find(&sources, c, d) < 0)
		return -1;
	rc = use_or_make(&m, want->no_write, out);
	sources_fini(&sources);
	if (rc == 0 && !want->no_write)
		rc = make_alone(&m, out);
	return rc < 0 ? -1 : 0;
}
