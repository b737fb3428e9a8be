/*
 * overrides.c - what people decided for a while: a set that is looked up by
 * host.
 *
 * Those of one host lie beside each other, the one that decides first in
 * front. A hash leads to them; what is found is compared, so that nothing
 * rests on the hash.
 */
#include "filters/overrides.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "filters/url_under.h"
#include "lists/name.h"

#define SEED 0x6f76657272696465u /* the keys are the administrator's */

struct item {
	struct override o;    /* its text in the arena */
	struct str host;      /* of the subject */
	struct url_path path; /* of a URL */
	uint64_t hash;        /* of the host */
	uint32_t number;
};

struct overrides {
	struct item *item; /* owned; in the order they came */
	uint32_t n, cap;
	/* Once closed: by host, what decides first before the others. */
	const struct item **order; /* owned; n of them */
	uint32_t *slot;            /* owned; mask + 1: place in order + 1 */
	uint32_t mask;
	struct arena arena;
};

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_MEMORY, "out of memory");
}

struct overrides *
overrides_new(void)
{
	struct overrides *o = calloc(1, sizeof(*o));

	if (o)
		arena_init(&o->arena, 0);
	return o;
}

void
overrides_free(struct overrides *o)
{
	if (!o)
		return;
	free(o->item);
	free(o->order);
	free(o->slot);
	arena_fini(&o->arena);
	free(o);
}

unsigned
overrides_count(const struct overrides *o)
{
	return o ? o->n : 0;
}

const struct override *
overrides_at(const struct overrides *o, unsigned i)
{
	return o && i < o->n ? &o->item[i].o : NULL;
}

/* ---------------------------------------------------------------- adding */

static const char *
wrong_with(const struct override *one, struct str host, bool has_path)
{
	char room[NAME_ROOM];
	struct name name;

	if (!one->id[0] || !memchr(one->id, '\0', sizeof(one->id)))
		return "it has no id";
	if (one->action != ACTION_ALLOW && one->action != ACTION_BLOCK)
		return "it neither allows nor blocks";
	if (one->scope > OVERRIDE_SITE || one->who > OVERRIDE_ALL)
		return "it does not say what or whom it is for";
	if (name_from_text(host, room, &name) != NAME_OK ||
	    !str_eq(name_str(name), host))
		return "its subject is no canonical host";
	if (has_path != (one->scope == OVERRIDE_URL))
		return has_path ? "a host has no path" : "a URL needs a path";
	if (one->who == OVERRIDE_GROUP && one->group.n == 0)
		return "it does not say which group";
	if (one->until && one->until <= one->from)
		return "it ends before it begins";
	if (one->reason.n > OVERRIDE_REASON_MAX)
		return "its reason is too long";
	return NULL;
}

static struct item *
new_item(struct overrides *o)
{
	uint32_t cap = o->cap ? 2 * o->cap : 16;
	struct item *more;

	if (o->n < o->cap)
		return &o->item[o->n];
	more = realloc(o->item, cap * sizeof(*more));
	if (!more)
		return NULL;
	o->item = more;
	o->cap = cap;
	return &o->item[o->n];
}

int
overrides_add(struct overrides *o, const struct override *one, struct err *err)
{
	struct arena *a = &o->arena;
	struct str host, rest;
	bool has_path = str_cut(one->subject, '/', &host, &rest);
	const char *why = wrong_with(one, host, has_path);
	struct item *it;

	if (why)
		return err_set(err, ERR_INPUT, "an override of \"%.*s\": %s",
		    STR_ARG(one->subject), why);
	if (o->n == OVERRIDES_MAX || o->order)
		return err_set(err, ERR_LIMIT,
		    "there are more than %d overrides", OVERRIDES_MAX);
	it = new_item(o);
	if (!it)
		return no_memory(err);
	*it = (struct item){.o = *one, .number = o->n};
	it->o.subject = arena_str(a, one->subject);
	it->o.group = arena_str(a, one->group);
	it->o.user = arena_str(a, one->user);
	it->o.reason = arena_str(a, one->reason);
	it->o.author = arena_str(a, one->author);
	if (a->failed)
		return no_memory(err);
	it->host = str_sub(it->o.subject, 0, host.n);
	it->hash = hash64(it->host.p, it->host.n, SEED);
	if (has_path &&
	    !url_path_read(a,
	        str_sub(it->o.subject, host.n, it->o.subject.n - host.n),
	        &it->path))
		return no_memory(err);
	o->n++;
	return 0;
}

/* --------------------------------------------------------------- closing */

#define FIRST(is, other)                                                       \
	do {                                                                   \
		if ((is) != (other))                                           \
			return (is) < (other) ? -1 : 1;                        \
	} while (0)

/* By host; then which of two decides. */
static int
by_precedence(const void *left, const void *right)
{
	const struct item *a = *(const struct item *const *)left;
	const struct item *b = *(const struct item *const *)right;
	int c;

	FIRST(a->hash, b->hash);
	c = str_cmp(a->host, b->host);
	if (c)
		return c;
	FIRST(a->o.scope, b->o.scope);
	FIRST(b->path.path.n, a->path.path.n);
	FIRST(a->o.who, b->o.who);
	FIRST(b->o.from, a->o.from);
	FIRST(b->number, a->number);
	return 0;
}

static void
fill_slots(struct overrides *o)
{
	for (uint32_t i = 0; i < o->n; i++) {
		const struct item *it = o->order[i];
		uint32_t at = (uint32_t)it->hash & o->mask;

		if (i && str_eq(it->host, o->order[i - 1]->host))
			continue;
		while (o->slot[at])
			at = (at + 1) & o->mask;
		o->slot[at] = i + 1;
	}
}

int
overrides_close(struct overrides *o)
{
	uint32_t size = 2;

	while (size < 2 * o->n)
		size *= 2;
	o->mask = size - 1;
	o->slot = calloc(size, sizeof(*o->slot));
	o->order = malloc((o->n + 1) * sizeof(struct item *));
	if (!o->slot || !o->order)
		return -1;
	for (uint32_t i = 0; i < o->n; i++)
		o->order[i] = &o->item[i];
	qsort(o->order, o->n, sizeof(struct item *), by_precedence);
	fill_slots(o);
	return 0;
}

/* --------------------------------------------------------------- finding */

struct look {
	const struct overrides *o;
	const struct override_asker *who;
	const struct url *url; /* NULL: not known */
	struct override_open *open;
};

/* Where those of <host> begin; o->n: there are none. */
static uint32_t
first_of(const struct overrides *o, struct str host)
{
	uint64_t hash = hash64(host.p, host.n, SEED);
	uint32_t at = (uint32_t)hash & o->mask;

	for (; o->slot[at]; at = (at + 1) & o->mask) {
		const struct item *it = o->order[o->slot[at] - 1];

		if (it->hash == hash && str_eq(it->host, host))
			return o->slot[at] - 1;
	}
	return o->n;
}

static bool
is_for(const struct override *o, const struct override_asker *a)
{
	if (o->who == OVERRIDE_ALL)
		return true;
	if (o->who == OVERRIDE_GROUP)
		return str_eq(o->group, a->group);
	if (o->user.n)
		return !a->user_known || str_eq(o->user, a->user);
	return memcmp(o->client, a->client, sizeof(o->client)) == 0;
}

/* Does it hold for sure? If it may, <q> hears of it. */
static bool
holds(const struct look *q, const struct item *it)
{
	const struct override *o = &it->o;
	int64_t now = q->who->now;

	if (now < o->from || (o->until && now >= o->until) ||
	    !is_for(o, q->who))
		return false;
	if (o->scope == OVERRIDE_URL && !q->url) {
		q->open->url = true;
		return false;
	}
	if (o->scope == OVERRIDE_URL &&
	    !url_is_under(q->url, &it->path, o->action == ACTION_ALLOW))
		return false;
	if (o->who == OVERRIDE_ONE && o->user.n && !q->who->user_known) {
		q->open->user = true;
		q->open->user_blocks |= o->action == ACTION_BLOCK;
		return false;
	}
	return true;
}

/* Of those of <host>: all, or <sites> alone. */
static int
find_at(const struct look *q, struct str host, bool sites)
{
	const struct overrides *o = q->o;
	uint32_t i = first_of(o, host);

	for (; i < o->n && str_eq(o->order[i]->host, host); i++)
		if ((!sites || o->order[i]->o.scope == OVERRIDE_SITE) &&
		    holds(q, o->order[i]))
			return (int)o->order[i]->number;
	return -1;
}

static int
find_inner(const struct look *q, const uint8_t addr[16])
{
	uint8_t v4[4];
	char text[16];
	int n;

	if (!name_embedded_ipv4(addr, v4))
		return -1;
	n = snprintf(
	    text, sizeof(text), "%u.%u.%u.%u", v4[0], v4[1], v4[2], v4[3]);
	return find_at(q, str_make(text, (size_t)n), false);
}

int
overrides_find(const struct overrides *o, const struct override_asker *a,
    struct name name, const struct url *url, struct override_open *open)
{
	const struct look q = {o, a, url, open};
	struct str host = name_str(name), label;
	int found;

	*open = (struct override_open){0};
	if (overrides_count(o) == 0 || !o->slot || name.n == 0)
		return -1;
	found = find_at(&q, host, false);
	if (found < 0 && name.kind == NAME_IPV6)
		found = find_inner(&q, name.addr);
	while (found < 0 && name.kind == NAME_DNS &&
	       str_cut(host, '.', &label, &host))
		found = find_at(&q, host, true);
	return found;
}
