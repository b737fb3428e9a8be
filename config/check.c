/* check.c - what must hold between the keys of a configuration. */
#include <sys/un.h>

#include "config/apply.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/lint.h"
#include "config/updating.h"

/* 127.0.0.0/8, ::1, ::ffff:127.0.0.0/104 */
static bool
is_loopback(struct str host)
{
	struct net n, v4, v6;

	return net_from_text(host, &n) &&
	       net_from_text(STR("127.0.0.0/8"), &v4) &&
	       net_from_text(STR("::1"), &v6) &&
	       (net_has(&v4, n.addr) || net_has(&v6, n.addr));
}

static void
check_open(const struct config_listen *l, struct diag *d)
{
	for (unsigned i = 0; i < l->address.n; i++) {
		struct str host = l->address.v[i].host;

		if (l->allow_clients.n || is_loopback(host))
			continue;
		diag_error(d, &l->where,
		    "[listen %.*s] can be reached from the network at %.*s but "
		    "does not say who may use it; add for example "
		    "allow-clients = 192.168.0.0/16",
		    STR_ARG(l->name), STR_ARG(host));
		return;
	}
}

/* Not <sound>: some value could not be read, and what seems to be missing
 * may be that. */
static void
check_listen(const struct config_listen *l, bool sound, struct diag *d)
{
	if (l->mode != LISTEN_EXPLICIT)
		diag_error(d, &l->where,
		    "[listen %.*s]: only mode = explicit is available in this "
		    "version",
		    STR_ARG(l->name));
	if (sound && l->address.n == 0)
		diag_error(d, &l->where, "[listen %.*s] has no address",
		    STR_ARG(l->name));
	if (sound)
		check_open(l, d);
}

static bool
is_wildcard(struct str host)
{
	return str_eq(host, STR("0.0.0.0")) || str_eq(host, STR("::"));
}

/* Would the system let both be listened on? 0.0.0.0 is every IPv4 address,
 * :: every IPv6 one. */
static bool
same_address(const struct hostport *a, const struct hostport *b)
{
	struct net x, y;
	bool x6 = str_find(a->host, ':', 0) < a->host.n;
	bool y6 = str_find(b->host, ':', 0) < b->host.n;

	if (a->port != b->port || a->port == 0)
		return false;
	if (is_wildcard(a->host) || is_wildcard(b->host))
		return x6 == y6;
	return net_from_text(a->host, &x) && net_from_text(b->host, &y) &&
	       memcmp(x.addr, y.addr, sizeof(x.addr)) == 0;
}

/* Does an earlier listener (or line) have address <i> of listener <l>? */
static void
check_twice(const struct config *c, unsigned l, unsigned i, struct diag *d)
{
	const struct config_listen *mine = &c->listen.v[l];

	for (unsigned m = 0; m <= l; m++) {
		const struct config_listen *other = &c->listen.v[m];
		unsigned n = m == l ? i : other->address.n;

		for (unsigned j = 0; j < n; j++) {
			if (!same_address(
			        &mine->address.v[i], &other->address.v[j]))
				continue;
			diag_error(d, &mine->where,
			    "[listen %.*s] and [listen %.*s] both have %.*s "
			    "port %u",
			    STR_ARG(other->name), STR_ARG(mine->name),
			    STR_ARG(mine->address.v[i].host),
			    mine->address.v[i].port);
			return;
		}
	}
}

static bool
is_used(const struct config *c, struct str policy)
{
	if (str_eq(policy, STR("default")))
		return true;
	for (unsigned i = 0; i < c->group.n; i++)
		if (str_eq(c->group.v[i].policy, policy))
			return true;
	return false;
}

/* A policy that nobody is under looks like a filter and is none. */
static void
check_policies(const struct config *c, struct diag *d)
{
	bool any = false;

	for (unsigned i = 0; i < c->policy.n; i++) {
		const struct config_policy *p = &c->policy.v[i];
		bool used = is_used(c, p->name);

		any = any || used;
		if (!used)
			diag_warn(d, &p->where,
			    "[policy %.*s] is used by no [group] and is not "
			    "\"default\": it has no effect",
			    STR_ARG(p->name));
	}
	if (!any)
		diag_warn(d, NULL,
		    "there is no [policy] in use: everything is allowed");
}

static void
check_paths(const struct config *c, struct diag *d)
{
	struct sockaddr_un un;

	if (c->state_dir.n == 0 || c->state_dir.p[0] != '/')
		diag_error(d, NULL, "state-dir must be an absolute path");
	if (c->control.n >= sizeof(un.sun_path))
		diag_error(d, NULL,
		    "the control socket's path is longer than %zu bytes: %.*s; "
		    "set control in [proxy] to a shorter one",
		    sizeof(un.sun_path) - 1, STR_ARG(c->control));
	if (c->redis_role != REDIS_SHARE && c->redis_url.n == 0)
		diag_error(d, NULL, "[redis] has a role but no url");
}

static void
check_schedules(const struct config *c, struct diag *d)
{
	for (unsigned i = 0; i < c->schedule.n; i++) {
		const struct config_schedule *s = &c->schedule.v[i];

		if (!s->hours.n && !s->only.n && !s->except.n)
			diag_warn(d, &s->where,
			    "[schedule %.*s] has neither when nor only nor "
			    "except: it always holds",
			    STR_ARG(s->name));
	}
}

void
config_check(const struct config *c, struct diag *d)
{
	bool sound = d->errors == 0;

	for (unsigned i = 0; i < c->listen.n; i++) {
		check_listen(&c->listen.v[i], sound, d);
		for (unsigned j = 0; j < c->listen.v[i].address.n; j++)
			check_twice(c, i, j, d);
	}
	check_who(c, sound, d);
	for (unsigned i = 0; i < c->list.n; i++)
		check_feed(&c->list.v[i], sound, d);
	if (sound)
		check_schedules(c, d);
	check_paths(c, d);
	if (d->errors == 0) {
		check_policies(c, d);
		lint_groups(c, d);
	}
}
