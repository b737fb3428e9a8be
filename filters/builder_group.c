/* builder_group.c - the groups of a snapshot that is being built. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "filters/builder_impl.h"

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_MEMORY, "out of memory");
}

static struct group *
new_group(struct snapshot *s)
{
	unsigned cap = s->groups_cap ? 2 * s->groups_cap : 8;
	struct group *g = s->groups;

	if (s->ngroups == s->groups_cap) {
		g = realloc(g, cap * sizeof(*g));
		if (!g)
			return NULL;
		s->groups = g;
		s->groups_cap = cap;
	}
	return &g[s->ngroups];
}

static const struct str *
copy_strs(struct arena *a, const struct str *from, unsigned n)
{
	struct str *to = arena_alloc(a, (n + 1) * sizeof(*to));

	for (unsigned i = 0; to && i < n; i++)
		to[i] = arena_str(a, from[i]);
	return to;
}

static void *
copy_of(struct arena *a, const void *from, size_t n)
{
	void *to = arena_alloc(a, n + 1);

	if (to && n)
		memcpy(to, from, n);
	return to;
}

static int
number_auth(struct snapshot *s, struct group *g, const struct group_def *d,
    struct err *err)
{
	uint8_t *to = arena_alloc(&s->arena, d->nauth_groups + 1);

	g->auth = to;
	g->nauth = d->nauth_groups;
	for (unsigned i = 0; to && i < d->nauth_groups; i++) {
		uint16_t id =
		    nameset_add(&s->auth_groups, &s->arena, d->auth_groups[i]);

		if (s->arena.failed)
			break;
		if (id >= FACT_GROUPS_MAX)
			return err_set(err, ERR_LIMIT,
			    "there are more than %d different auth-groups",
			    FACT_GROUPS_MAX);
		to[i] = (uint8_t)id;
	}
	return 0;
}

static bool
has_members(const struct group_def *d)
{
	return d->nnets || d->nmacs || d->nlisteners || d->nusers ||
	       d->nauth_groups;
}

int
snapshot_group(
    struct snapshot_builder *b, const struct group_def *d, struct err *err)
{
	struct snapshot *s = b->s;
	struct arena *a = &s->arena;
	struct group *g;

	for (unsigned i = 0; i < s->ngroups; i++)
		if (str_eq(s->groups[i].name, d->name))
			return builder_already(
			    "group", d->name, &s->groups[i].where, err);
	if (s->ngroups >= GROUPS_MAX)
		return err_set(err, ERR_LIMIT, "there are more than %d groups",
		    GROUPS_MAX);
	if (str_eq(d->name, STR("default")) && has_members(d))
		return err_set(err, ERR_INPUT,
		    "the group \"default\" takes who is in no other group; it "
		    "has no networks of its own");
	g = new_group(s);
	if (!g)
		return no_memory(err);
	*g = (struct group){.name = arena_str(a, d->name),
	    .policy_name = arena_str(a, d->policy),
	    .nets = copy_of(a, d->nets, d->nnets * sizeof(*g->nets)),
	    .macs = copy_of(a, d->macs, d->nmacs * sizeof(*g->macs)),
	    .listeners = copy_strs(a, d->listeners, d->nlisteners),
	    .users = copy_strs(a, d->users, d->nusers),
	    .nnets = d->nnets,
	    .nmacs = d->nmacs,
	    .nlisteners = d->nlisteners,
	    .nusers = d->nusers,
	    .where = builder_where(s, &d->where)};
	if (number_auth(s, g, d, err) < 0)
		return -1;
	if (a->failed)
		return no_memory(err);
	if (d->nmacs)
		s->wants |= SNAPSHOT_WANTS_MAC;
	if (d->nusers || d->nauth_groups)
		s->wants |= SNAPSHOT_WANTS_USER;
	s->ngroups++;
	return 0;
}

/* --------------------------------------------------------------- closing */

static int
find_policy(const struct snapshot *s, struct str name)
{
	for (unsigned i = 0; i < s->npolicies; i++)
		if (str_eq(s->policies[i].name, name))
			return (int)i;
	return -1;
}

static int
unknown_policy(const struct snapshot *s, const struct group *g, struct err *err)
{
	struct near near = near_to(g->policy_name);

	for (unsigned i = 0; i < s->npolicies; i++)
		near_try(&near, s->policies[i].name);
	return err_set(err, ERR_INPUT,
	    "group \"%.*s\": there is no policy \"%.*s\"%s%.*s%s",
	    STR_ARG(g->name), STR_ARG(g->policy_name),
	    near.best.n ? "; did you mean \"" : "", STR_ARG(near.best),
	    near.best.n ? "\"?" : "");
}

/* The group "default" behind all others, whether it was given or not. */
int
builder_close_groups(struct snapshot_builder *b, struct err *err)
{
	static const struct str def = {"default", 7};
	const struct policy_def open = {.name = def,
	    .otherwise = ACTION_ALLOW,
	    .on_unsettled = ACTION_BLOCK};
	const struct group_def rest = {.name = def, .policy = def};
	struct snapshot *s = b->s;
	unsigned i = 0;

	if (find_policy(s, def) < 0 && snapshot_policy(b, &open, err) < 0)
		return -1;
	while (i < s->ngroups && !str_eq(s->groups[i].name, def))
		i++;
	if (i == s->ngroups) {
		if (snapshot_group(b, &rest, err) < 0)
			return -1;
	} else {
		struct group g = s->groups[i];

		memmove(&s->groups[i], &s->groups[i + 1],
		    (s->ngroups - i - 1) * sizeof(g));
		s->groups[s->ngroups - 1] = g;
	}
	for (i = 0; i < s->ngroups; i++) {
		int p = find_policy(s, s->groups[i].policy_name);

		if (p < 0)
			return unknown_policy(s, &s->groups[i], err);
		s->groups[i].policy = (uint16_t)p;
	}
	return 0;
}
