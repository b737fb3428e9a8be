/* reach.c - can anybody be in a group? */
#include "config/reach.h"

#include "config/config.h"

#define WORK_MAX 1000000u /* networks compared; beyond it, anybody may be */

struct cover {
	const struct config *c;
	unsigned before; /* groups */
	unsigned work;
};

static bool
is_within(const struct net *n, const struct net *outer)
{
	return outer->bits <= n->bits && net_has(outer, n->addr);
}

/* It takes who is in no other, wherever it stands. */
static bool
is_default(const struct config_group *g)
{
	return str_eq(g->name, STR("default"));
}

enum met { MET_NONE = 0, MET_PART, MET_WHOLE };

/* How much of <n> the networks of the groups before have, one by one. */
static enum met
meets(struct cover *v, const struct net *n)
{
	enum met most = MET_NONE;

	for (unsigned g = 0; g < v->before; g++) {
		const struct config_group *o = &v->c->group.v[g];

		if (is_default(o))
			continue;
		for (unsigned i = 0; i < o->nets.n; i++) {
			if (v->work == 0)
				return MET_NONE;
			v->work--;
			if (is_within(n, &o->nets.v[i]))
				return MET_WHOLE;
			if (is_within(&o->nets.v[i], n))
				most = MET_PART;
		}
	}
	return most;
}

/* Do they have all of it together? Halves are looked at while there are
 * smaller ones inside. */
static bool
is_covered(struct cover *v, struct net n)
{
	enum met met = meets(v, &n);

	if (met != MET_PART || n.bits == 128)
		return met == MET_WHOLE;
	n.bits++;
	if (!is_covered(v, n))
		return false;
	n.addr[(n.bits - 1) / 8] |= (uint8_t)(0x80 >> (n.bits - 1) % 8);
	return is_covered(v, n);
}

static bool
has_name(const struct str *v, unsigned n, struct str name)
{
	for (unsigned i = 0; i < n; i++)
		if (str_eq(v[i], name))
			return true;
	return false;
}

enum names { NAMES_LISTENER = 0, NAMES_USER, NAMES_AUTH_GROUP, NAMES };

static const struct str *
names_of(const struct config_group *g, enum names which, unsigned *n)
{
	*n = which == NAMES_LISTENER ? g->listeners.n
	     : which == NAMES_USER   ? g->users.n
	                             : g->auth_groups.n;
	return which == NAMES_LISTENER ? g->listeners.v
	       : which == NAMES_USER   ? g->users.v
	                               : g->auth_groups.v;
}

/* Each of the group's names stands in some group before it. */
static bool
names_are_covered(const struct cover *v, const struct config_group *g)
{
	for (unsigned which = 0; which < NAMES; which++) {
		unsigned n, k;
		const struct str *mine = names_of(g, (enum names)which, &n);

		for (unsigned i = 0; i < n; i++) {
			for (k = 0; k < v->before; k++) {
				unsigned no;
				const struct str *theirs = names_of(
				    &v->c->group.v[k], (enum names)which, &no);

				if (has_name(theirs, no, mine[i]))
					break;
			}
			if (k == v->before)
				return false;
		}
	}
	return true;
}

bool
group_is_reachable(const struct config *c, unsigned i)
{
	struct cover v = {.c = c, .before = i, .work = WORK_MAX};
	const struct net everything = {.bits = 0};
	const struct config_group *g;

	if (i == c->group.n) {
		for (unsigned k = 0; k < c->group.n; k++)
			if (is_default(&c->group.v[k]))
				return true;
		return !is_covered(&v, everything);
	}
	g = &c->group.v[i];
	if (is_default(g) || g->macs.n)
		return true; /* a device is in one group alone */
	for (unsigned k = 0; k < g->nets.n; k++)
		if (!is_covered(&v, g->nets.v[k]))
			return true;
	return !names_are_covered(&v, g);
}
