/* check_who.c - what must hold between groups, listeners and [auth]. */
#include "base/near.h"
#include "config/apply.h"
#include "config/config.h"
#include "config/diag.h"

static bool
matches_nobody(const struct config_group *g)
{
	return g->nets.n == 0 && g->macs.n == 0 && g->listeners.n == 0 &&
	       g->users.n == 0 && g->auth_groups.n == 0;
}

static void
check_policy(
    const struct config *c, const struct config_group *g, struct diag *d)
{
	struct near near = near_to(g->policy);

	if (str_eq(g->policy, STR("default")))
		return;
	for (unsigned i = 0; i < c->policy.n; i++) {
		if (str_eq(c->policy.v[i].name, g->policy))
			return;
		near_try(&near, c->policy.v[i].name);
	}
	near_try(&near, STR("default"));
	if (near.best.n)
		diag_error(d, &g->where,
		    "[group %.*s]: there is no [policy %.*s]; did you mean "
		    "\"%.*s\"?",
		    STR_ARG(g->name), STR_ARG(g->policy), STR_ARG(near.best));
	else
		diag_error(d, &g->where,
		    "[group %.*s]: there is no [policy %.*s]", STR_ARG(g->name),
		    STR_ARG(g->policy));
}

/* Where there is no [listen] at all the one that is made has this name. */
static void
check_listener(const struct config *c, const struct config_group *g,
    struct str name, struct diag *d)
{
	struct near near = near_to(name);

	for (unsigned i = 0; i < c->listen.n; i++) {
		if (str_eq(c->listen.v[i].name, name))
			return;
		near_try(&near, c->listen.v[i].name);
	}
	if (near.best.n)
		diag_error(d, &g->where,
		    "[group %.*s]: there is no [listen %.*s]; did you mean "
		    "\"%.*s\"?",
		    STR_ARG(g->name), STR_ARG(name), STR_ARG(near.best));
	else
		diag_error(d, &g->where,
		    "[group %.*s]: there is no [listen %.*s]", STR_ARG(g->name),
		    STR_ARG(name));
}

static bool
has_auth(const struct config *c, bool of_groups)
{
	for (unsigned i = 0; i < c->auth.n; i++)
		if ((c->auth.v[i].kind == AUTH_GROUP) == of_groups)
			return true;
	return false;
}

static void
check_auth_for(
    const struct config *c, const struct config_group *g, struct diag *d)
{
	if ((g->users.n || g->auth_groups.n) && !has_auth(c, false))
		diag_error(d, &g->where,
		    "[group %.*s] has user: or auth-group:, but nobody says "
		    "who a user is; add an [auth NAME] with kind = basic or "
		    "negotiate",
		    STR_ARG(g->name));
	else if (g->auth_groups.n && !has_auth(c, true))
		diag_error(d, &g->where,
		    "[group %.*s] has auth-group:, but nobody says who is in "
		    "one; add an [auth NAME] with kind = group",
		    STR_ARG(g->name));
}

/* One device is in one group; the second would never be reached. */
static void
check_macs(const struct config *c, unsigned at, struct diag *d)
{
	const struct config_group *g = &c->group.v[at];

	for (unsigned m = 0; m < g->macs.n; m++) {
		const uint8_t *mac = g->macs.v[m].addr;

		for (unsigned k = 0; k <= at; k++) {
			const struct config_group *o = &c->group.v[k];
			unsigned n = k == at ? m : o->macs.n, i = 0;

			while (i < n && memcmp(o->macs.v[i].addr, mac, 6))
				i++;
			if (i == n)
				continue;
			diag_error(d, &g->where,
			    "[group %.*s]: mac:%02x:%02x:%02x:%02x:%02x:%02x "
			    "is in [group %.*s] already, %.*s:%u",
			    STR_ARG(g->name), mac[0], mac[1], mac[2], mac[3],
			    mac[4], mac[5], STR_ARG(o->name),
			    STR_ARG(o->where.file), o->where.line);
			break;
		}
	}
}

static void
check_group(const struct config *c, unsigned at, bool sound, struct diag *d)
{
	const struct config_group *g = &c->group.v[at];

	if (sound && matches_nobody(g) && !str_eq(g->name, STR("default")))
		diag_warn(d, &g->where,
		    "[group %.*s] has no match: nobody is in it",
		    STR_ARG(g->name));
	check_policy(c, g, d);
	for (unsigned i = 0; sound && i < g->listeners.n; i++)
		check_listener(c, g, g->listeners.v[i], d);
	if (sound)
		check_auth_for(c, g, d);
	check_macs(c, at, d);
}

static void
check_auth(const struct config *c, unsigned at, struct diag *d)
{
	const struct config_auth *a = &c->auth.v[at];

	for (unsigned i = 0; i < at; i++)
		if (c->auth.v[i].kind == a->kind)
			diag_error(d, &a->where,
			    "[auth %.*s] is of the same kind as [auth %.*s], "
			    "%.*s:%u: there is one of each",
			    STR_ARG(a->name), STR_ARG(c->auth.v[i].name),
			    STR_ARG(c->auth.v[i].where.file),
			    c->auth.v[i].where.line);
	if (a->helper.n && a->htpasswd.n)
		diag_error(d, &a->where,
		    "[auth %.*s] has both a helper and htpasswd; take one",
		    STR_ARG(a->name));
	else if (a->htpasswd.n && a->kind != AUTH_BASIC)
		diag_error(d, &a->where,
		    "[auth %.*s]: htpasswd is for kind = basic",
		    STR_ARG(a->name));
	else if (!a->helper.n && !a->htpasswd.n)
		diag_error(d, &a->where,
		    a->kind == AUTH_BASIC
		        ? "[auth %.*s] has neither a helper nor htpasswd"
		        : "[auth %.*s] has no helper",
		    STR_ARG(a->name));
	if (a->helper.n && a->helper.p[0] != '/')
		diag_error(d, &a->where,
		    "[auth %.*s]: a helper is named by its whole path, such "
		    "as /usr/lib/squid/basic_ldap_auth",
		    STR_ARG(a->name));
}

void
check_who(const struct config *c, bool sound, struct diag *d)
{
	for (unsigned i = 0; i < c->group.n; i++)
		check_group(c, i, sound, d);
	for (unsigned i = 0; sound && i < c->auth.n; i++)
		check_auth(c, i, d);
	if (sound && has_auth(c, true) && !has_auth(c, false))
		diag_error(d, &c->auth.v[0].where,
		    "[auth] of kind = group asks about users, and nobody says "
		    "who a user is; add one with kind = basic or negotiate");
}
