/* terms_asker.c - who asks, when, and how far it can be seen: what has nothing
 * to do with the name, and is told at any stage. */
#include "filters/group.h"
#include "filters/terms_impl.h"

enum truth
term_during(const struct sight *v, const struct term *t, struct missing *m)
{
	const struct snap_schedule *s = &v->s->schedules[t->id];

	(void)m;
	return truth_of(schedule_holds(&s->def, s->zone, v->request->now));
}

enum truth
term_group(const struct sight *v, const struct term *t, struct missing *m)
{
	(void)m;
	return truth_of(str_eq(v->s->groups[v->group].name, t->text));
}

enum truth
term_user(const struct sight *v, const struct term *t, struct missing *m)
{
	return user_is(v->facts, t->text, m);
}

static bool
has_dns_name(const struct request *r)
{
	return r->host.kind == NAME_DNS || r->sni.kind == NAME_DNS ||
	       r->connect.kind == NAME_DNS;
}

/* What is seen of the URL is seen of all that it is about: so "url" holds for
 * what is seen to the content as well. */
enum truth
term_visibility(const struct sight *v, const struct term *t, struct missing *m)
{
	const struct request *r = v->request;

	if (t->id == VISIBILITY_CONTENT)
		return truth_of(r->deepest >= STAGE_BODY);
	if (t->id == VISIBILITY_URL || r->deepest >= STAGE_URL)
		return truth_of(
		    t->id == VISIBILITY_URL && r->deepest >= STAGE_URL);
	if (r->stage < STAGE_HOST && r->deepest >= STAGE_HOST)
		return term_later(v, STAGE_HOST, m);
	return truth_of(has_dns_name(r) == (t->id == VISIBILITY_SNI));
}
