/* overrides.c - overrides and the snapshot in force. */
#include "proxy/overrides.h"

#include <netinet/in.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "filters/decide.h"
#include "filters/snapshot.h"
#include "filters/url.h"
#include "proxy/guard.h"

#define ASK_MAX   256 /* facts that are said to be unknown, one by one */
#define HTTP_PORT 80

static struct overrides *
copy(const struct overrides *set)
{
	struct overrides *o = overrides_new();

	for (unsigned i = 0; o && i < overrides_count(set); i++)
		if (overrides_add(o, overrides_at(set, i), NULL) < 0) {
			overrides_free(o);
			return NULL;
		}
	if (!o || overrides_close(o) == 0)
		return o;
	overrides_free(o);
	return NULL;
}

struct snapshot *
overrides_dress(struct snapshot *base, const struct overrides *set)
{
	struct overrides *o;

	if (overrides_count(set) == 0)
		return snapshot_ref(base);
	o = copy(set);
	return o ? snapshot_with_overrides(base, o) : NULL;
}

/* ------------------------------------------------------------------- effect */

/* A request for what <o> is about. False: it cannot be made. */
static bool
request_for(
    const struct override *o, struct arena *a, char *room, struct request *r)
{
	struct url_parts parts = {.scheme = SCHEME_HTTP, .port = HTTP_PORT};
	struct str host, rest, path;

	str_cut(o->subject, '/', &host, &rest);
	path = str_sub(o->subject, host.n, o->subject.n);
	if (name_from_text(host, room, &parts.host))
		return false;
	parts.has_query = str_cut(path, '?', &parts.path, &parts.query);
	if (!parts.path.n)
		parts.path = STR("/");
	*r = (struct request){.stage = STAGE_URL,
	    .deepest = STAGE_URL,
	    .now = o->from > clock_wall_ms() / 1000 ? o->from
	                                            : clock_wall_ms() / 1000,
	    .host = parts.host,
	    .port = HTTP_PORT,
	    .method = STR("GET")};
	if (o->who == OVERRIDE_ONE)
		memcpy(r->client, o->client, sizeof(r->client));
	return url_canon(a, &parts, &r->url) == 0;
}

/* The decision where no more is known than <user>. */
static struct verdict
decide_so_far(
    const struct snapshot *s, const struct request *r, const struct override *o)
{
	struct facts f = {.asked = FACT_USER};
	struct verdict v;

	if (o->who != OVERRIDE_ONE || o->user.n) {
		f.settled = FACT_USER;
		f.user = o->user;
	}
	for (unsigned i = 0; i < ASK_MAX; i++) {
		v = decide(s, r, &f, NULL);
		if (v.kind != VERDICT_NEED)
			break;
		f.asked |= v.needs;
		if (v.needs & FACT_MEMBER)
			f.member.asked |= UINT64_C(1) << (v.member & 63);
		if (v.needs & FACT_SPENT)
			f.spent.asked |= UINT64_C(1) << (v.budget & 63);
	}
	return v;
}

static bool
lets_through(const struct verdict *v)
{
	return v->kind == VERDICT_ALLOW || v->kind == VERDICT_ASK;
}

struct tally {
	unsigned groups, changed, stronger;
	struct verdict by; /* of the first of <stronger> */
};

static void
judge(
    const struct overrides_effect *e, const struct request *r, struct tally *t)
{
	struct verdict before = decide_so_far(e->before, r, e->o);
	struct verdict after = decide_so_far(e->after, r, e->o);
	bool wanted = e->o->action == ACTION_ALLOW;

	t->groups++;
	t->changed += lets_through(&before) != lets_through(&after);
	if (lets_through(&after) == wanted || after.reason == REASON_UNSETTLED)
		return;
	if (t->stronger++ == 0)
		t->by = after;
}

static bool
is_private(const struct guard *g, struct name host)
{
	struct sockaddr_in6 six = {
	    .sin6_family = AF_INET6, .sin6_port = htons(HTTP_PORT)};
	struct sockaddr_in four = {
	    .sin_family = AF_INET, .sin_port = htons(HTTP_PORT)};

	if (!g || !name_is_address(host))
		return false;
	if (host.kind == NAME_IPV4) {
		memcpy(&four.sin_addr, host.addr, 4);
		return !guard_permits(g, (struct sockaddr *)&four);
	}
	memcpy(&six.sin6_addr, host.addr, 16);
	return !guard_permits(g, (struct sockaddr *)&six);
}

/* Each group that it may be for. */
static bool
judge_all(const struct overrides_effect *e, struct request *r, struct tally *t)
{
	const struct override *o = e->o;

	if (o->who == OVERRIDE_GROUP)
		r->as_group = snapshot_as_group(e->after, o->group);
	if (o->who == OVERRIDE_GROUP && !r->as_group)
		return false;
	if (o->who != OVERRIDE_ALL) {
		judge(e, r, t);
		return true;
	}
	for (unsigned i = 0; snapshot_group_name(e->after, i).n; i++) {
		r->as_group = (uint16_t)(i + 1);
		judge(e, r, t);
	}
	return true;
}

void
overrides_tell(const struct overrides_effect *e, struct buf *out)
{
	struct tally t = {0};
	struct request r;
	char room[NAME_ROOM];
	struct arena a;

	arena_init(&a, 0);
	if (request_for(e->o, &a, room, &r)) {
		json_key_bool(out, "group_known", judge_all(e, &r, &t));
		json_key_u64(out, "groups", t.groups);
		json_key_u64(out, "changed", t.changed);
		json_key_u64(out, "stronger", t.stronger);
		if (t.stronger) {
			json_key_z(out, "tier", tier_name(t.by.tier));
			json_key_z(out, "reason", reason_slug(t.by.reason));
		}
		json_key_bool(out, "private", is_private(e->guard, r.host));
	}
	arena_fini(&a);
}
