/* update_try.c - would this version of a list do? */
#include "cli/update_try.h"

#include <limits.h>
#include <unistd.h>

#include "base/err.h"
#include "config/compiled.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/prove.h"
#include "filters/snapshot.h"
#include "lists/image.h"

/* The first error; a hint at other commands is left out. */
static void
keep_first(void *arg, const struct config_report *r)
{
	struct err *why = arg;
	struct str text = str_of(r->text);

	if (!r->error || why->code)
		return;
	text = str_sub(text, 0, str_search(text, STR("; if that is meant")));
	err_set(why, ERR_REFUSED, "%.*s", STR_ARG(text));
}

static uint64_t
entries_of(const struct build_image *image)
{
	struct image_source s;
	struct image im;
	uint64_t n = 0;

	if (!image->bytes.p || image_view(&im, image->bytes, NULL) < 0)
		return 0;
	for (uint32_t i = 0; i < im.nsources; i++)
		if (image_source(&im, (uint16_t)i, &s))
			n += s.entries;
	return n;
}

/* <c> with list <name> alone, from <t>. */
static bool
alone(const struct config *c, struct str name, const struct update_try *t,
    struct config *one, struct config_list *l)
{
	*one = *c;
	for (unsigned i = 0; i < c->list.n; i++) {
		if (!str_eq(c->list.v[i].name, name))
			continue;
		*l = c->list.v[i];
		l->source = str_of(t->path);
		l->unfetched = false;
		l->max_change = l->update.bound != FEED_NO_BOUND
		                    ? l->update.bound
		                    : l->change;
		if (t->accept)
			l->max_change = CONFIG_ANY_CHANGE;
		one->list.v = l;
		one->list.n = 1;
		return true;
	}
	return false;
}

int
update_try(const struct config *c, const struct config_paths *at,
    struct str name, const struct update_try *t, struct err *why)
{
	char path[PATH_MAX];
	struct diag d = {.report = keep_first, .arg = why};
	struct config_paths to = *at;
	struct proof proof = {c, &to, 1, &d};
	struct compiled_want want = {
	    .path = path,
	    .generation = 1,
	    .no_write = true,
	    .watch = t->watch,
	    .prove = prove_addition,
	    .arg = &proof,
	};
	struct build_image image;
	struct config_list l;
	struct config one;

	to.watch = t->watch;
	why->code = ERR_NONE;
	config_image_path(c, at, path, sizeof(path));
	if (!alone(c, name, t, &one, &l))
		return err_set(why, ERR_INPUT, "there is no such list");
	if (compiled_get(&one, &want, &image, &d) < 0)
		return why->code
		           ? -1
		           : err_set(why, ERR_REFUSED, "it cannot be compiled");
	*t->entries = entries_of(&image);
	if (image.bytes.p)
		image.drop(image.arg);
	return 0;
}

int
update_build(const struct config *c, const struct config_paths *at,
    const struct config_watch *watch, struct err *why)
{
	struct config_paths to = *at;
	struct snapshot *s;

	to.watch = watch;
	why->code = ERR_NONE;
	s = config_snapshot(c, &to, 1, keep_first, why);
	if (!s)
		return why->code ? -1
		                 : err_set(why, ERR_REFUSED,
		                       "the lists cannot be compiled");
	if (snapshot_unref(s))
		snapshot_free(s);
	return 0;
}
