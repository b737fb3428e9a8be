/* build.c - a configuration and a compiled image into a snapshot. */
#include "config/build.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/table.h"
#include "config/check_rules.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/value.h"
#include "filters/snapshot.h"
#include "lists/image.h"
#include "lists/name.h"

#define REJECTS_SHOWN 3  /* patterns that cannot be used */
#define PATTERN_SHOWN 60 /* bytes of such a one */

static void
add_rules(struct snapshot_builder *b, int id, const struct config_policy *p,
    struct diag *d)
{
	for (unsigned i = 0; i < p->rules.n; i++) {
		const struct config_rule *r = &p->rules.v[i];
		struct rule_def def = {.action = r->action,
		    .text = r->text,
		    .where = r->where,
		    .per = r->per,
		    .budget_s = r->budget_s};
		uint32_t column = 0;
		struct where at;
		struct err err;

		if (snapshot_rule(b, id, &def, &column, &err) == 0)
			continue;
		at = diag_within(&r->where, r->pieces.v, r->pieces.n, column);
		diag_error(d, &at, "%s", err.text);
	}
}

static void
add_policies(struct snapshot_builder *b, const struct config *c, struct diag *d)
{
	for (unsigned i = 0; i < c->policy.n; i++) {
		const struct config_policy *p = &c->policy.v[i];
		struct policy_def def = {.name = p->name,
		    .otherwise = p->otherwise,
		    .on_unsettled = p->on_unsettled,
		    .safe_search = p->safe_search,
		    .youtube = p->youtube,
		    .nested = p->nested,
		    .warn_s = p->warn_s,
		    .where = p->where};
		struct err err;
		int id = snapshot_policy(b, &def, &err);

		if (id < 0)
			diag_error(d, &p->where, "%s", err.text);
		else
			add_rules(b, id, p, d);
	}
}

static void
add_groups(struct snapshot_builder *b, const struct config *c, struct diag *d)
{
	for (unsigned i = 0; i < c->group.n; i++) {
		const struct config_group *g = &c->group.v[i];
		struct group_def def = {.name = g->name,
		    .policy = g->policy,
		    .nets = g->nets.v,
		    .nnets = g->nets.n,
		    .macs = (void *)g->macs.v,
		    .nmacs = g->macs.n,
		    .listeners = g->listeners.v,
		    .nlisteners = g->listeners.n,
		    .users = g->users.v,
		    .nusers = g->users.n,
		    .auth_groups = g->auth_groups.v,
		    .nauth_groups = g->auth_groups.n,
		    .where = g->where};
		struct err err;

		if (snapshot_group(b, &def, &err) < 0)
			diag_error(d, &g->where, "%s", err.text);
	}
}

/* The hours of all; without a zone that can be read they are those of UTC, if
 * nobody has asked for one. */
static void
add_zone(struct snapshot_builder *b, const struct config *c, struct diag *d)
{
	struct err err;

	if (snapshot_zone(b, c->zone, &err) == 0)
		return;
	if (c->timezone.name.n)
		diag_error(d, c->timezone.at.line ? &c->timezone.at : NULL,
		    "time zone %.*s: %s", STR_ARG(c->timezone.name), err.text);
	else
		diag_warn(d, NULL,
		    "the system's time zone cannot be read: %s; times are UTC",
		    err.text);
}

/* One that cannot be read is of no use, and a policy may need it. */
static void
add_engines(struct snapshot_builder *b, const struct config *c, struct diag *d)
{
	struct err err;

	if (c->engines.n && snapshot_engines(b, c->engines, &err) < 0)
		diag_error(
		    d, NULL, "the table of search engines: %s", err.text);
}

/* A snapshot may outlive the configuration: it gets images of its own. */
static void
add_protected(
    struct snapshot_builder *b, const struct config *c, struct diag *d)
{
	if (c->protected_lost.n)
		snapshot_protected_lost(b);
	for (unsigned i = 0; i < c->nprotected; i++) {
		struct str image = c->protected[i].image;
		void *copy = malloc(image.n);
		struct err err;

		if (!copy) {
			diag_error(d, NULL, "out of memory");
			return;
		}
		memcpy(copy, image.p, image.n);
		if (snapshot_protected(
		        b, (struct bytes){copy, image.n}, free, copy, &err) < 0)
			diag_error(d, NULL, "protected list %.*s: %s",
			    STR_ARG(c->protected[i].name), err.text);
	}
}

static void
add_support(struct snapshot_builder *b, const struct config *c, struct diag *d)
{
	const struct value_list both[] = {
	    {c->shipped_support.v, c->shipped_support.n},
	    {c->support.v, c->support.n}};
	char room[NAME_ROOM];
	struct name name;
	struct err err;

	for (unsigned k = 0; k < ARRAY_LEN(both); k++)
		for (unsigned i = 0; i < both[k].n; i++) {
			struct str host = ((struct str *)both[k].v)[i];

			if (name_from_text(host, room, &name) == NAME_OK &&
			    snapshot_support(b, name, &err) < 0) {
				diag_error(d, NULL, "[support]: %s", err.text);
				return;
			}
		}
}

/* Lines of phrases that cannot be used. */
struct theme_ear {
	const struct config_terms *terms;
	struct diag *d;
	unsigned n;
};

static void
hear_line(void *arg, uint32_t line, const char *why)
{
	struct theme_ear *e = arg;
	struct where at = {e->terms->source, line, 0};

	if (e->n++ < REJECTS_SHOWN)
		diag_warn(e->d, &at, "[terms %.*s]: not used: %s",
		    STR_ARG(e->terms->name), why);
}

static void
add_themes(struct snapshot_builder *b, const struct config *c, bool quiet,
    struct diag *d)
{
	for (unsigned i = 0; i < c->terms.n; i++) {
		const struct config_terms *t = &c->terms.v[i];
		struct theme_ear ear = {.terms = t, .d = d};
		struct theme_def def = {.name = t->name,
		    .severity = t->severity,
		    .text = t->text,
		    .file = t->source,
		    .where = t->where,
		    .hear = quiet ? NULL : hear_line,
		    .arg = &ear};
		struct err err;

		if (snapshot_theme(b, &def, &err) < 0)
			diag_error(d, &t->where, "[terms %.*s]: %s",
			    STR_ARG(t->name), err.text);
		if (ear.n > REJECTS_SHOWN)
			diag_warn(d, &t->where,
			    "[terms %.*s]: %u lines are not used",
			    STR_ARG(t->name), ear.n);
	}
}

static void
add_schedules(
    struct snapshot_builder *b, const struct config *c, struct diag *d)
{
	for (unsigned i = 0; i < c->schedule.n; i++) {
		const struct config_schedule *s = &c->schedule.v[i];
		struct schedule_def def = {.name = s->name,
		    .hours = s->hours.v,
		    .nhours = s->hours.n,
		    .only = s->only.v,
		    .nonly = s->only.n,
		    .except = s->except.v,
		    .nexcept = s->except.n,
		    .zone = s->zone,
		    .where = s->where};
		struct err err;

		if (snapshot_schedule(b, &def, &err) < 0)
			diag_error(d, &s->where, "[schedule %.*s]: %s",
			    STR_ARG(s->name), err.text);
	}
}

/* Names that rules may use although <b> has nothing by them. */
static void
declare(struct snapshot_builder *b, const struct config *c,
    const struct image *known, struct diag *d)
{
	struct image_source s;

	/* A list may be named by a rule while it is still empty. */
	for (unsigned i = 0; i < c->list.n; i++)
		if (snapshot_declare(
		        b, c->list.v[i].name, c->list.v[i].category) < 0)
			diag_error(d, &c->list.v[i].where, "too many lists");
	for (uint32_t i = 0; known && i < known->nsources; i++)
		if (image_source(known, (uint16_t)i, &s))
			snapshot_declare(b, s.list, s.category);
}

/* What of the patterns in lists cannot be used. */
struct unusable {
	struct diag *d;
	unsigned n;
};

static void
hear_reject(void *arg, const struct pattern_reject *r)
{
	struct unusable *u = arg;
	struct where at = {r->file, r->line, 0};

	if (u->n++ < REJECTS_SHOWN)
		diag_warn(u->d, &at,
		    "list %.*s: the pattern \"%.*s%s\" is not used: %s",
		    STR_ARG(r->list),
		    r->text.n > PATTERN_SHOWN ? PATTERN_SHOWN : (int)r->text.n,
		    r->text.p, r->text.n > PATTERN_SHOWN ? "..." : "", r->why);
}

static void
drop(const struct build_image *image)
{
	if (image->bytes.p)
		image->drop(image->arg);
}

/* Both, if there are. Takes them. */
static int
add_images(
    struct snapshot_builder *b, const struct build_parts *p, struct diag *d)
{
	const struct build_image *both[] = {&p->image, &p->more};
	struct unusable u = {d, 0};
	struct err err;
	int rc = 0;

	if (!p->quiet)
		snapshot_hear_rejects(b, hear_reject, &u);
	for (unsigned i = 0; i < ARRAY_LEN(both); i++) {
		if (rc < 0) {
			drop(both[i]);
		} else if (both[i]->bytes.p) {
			rc = snapshot_image(b, both[i]->bytes, both[i]->drop,
			    both[i]->arg, &err);
			if (rc < 0)
				diag_error(d, NULL, "lists: %s", err.text);
		}
	}
	if (u.n > REJECTS_SHOWN)
		diag_warn(d, NULL, "%u patterns of lists are not used", u.n);
	return rc;
}

struct snapshot *
build_snapshot(const struct config *c, struct build_image image,
    uint64_t generation, struct diag *d)
{
	const struct build_parts parts = {
	    .image = image, .generation = generation};

	return build_snapshot_of(c, &parts, d);
}

struct snapshot *
build_snapshot_of(
    const struct config *c, const struct build_parts *parts, struct diag *d)
{
	struct snapshot_builder *b = snapshot_begin(parts->generation);
	unsigned before = d->errors;
	struct snapshot *s;
	struct err err;

	if (!b) {
		diag_error(d, NULL, "out of memory");
		drop(&parts->image);
		drop(&parts->more);
		return NULL;
	}
	if (add_images(b, parts, d) < 0) {
		snapshot_abandon(b);
		return NULL;
	}
	declare(b, c, parts->known, d);
	snapshot_share_patterns(b, c->redis_url.n > 0);
	add_zone(b, c, d);
	add_protected(b, c, d);
	add_engines(b, c, d);
	add_support(b, c, d);
	add_schedules(b, c, d);
	add_themes(b, c, parts->quiet, d);
	add_policies(b, c, d);
	add_groups(b, c, d);
	if (d->errors == before)
		check_rules(c, d);
	if (d->errors != before) {
		snapshot_abandon(b);
		return NULL;
	}
	s = snapshot_finish(b, &err);
	/* what is known to be wrong was said with its place (check_who.c) */
	if (!s && !(before && str_starts(str_of(err.text), STR("group \""))))
		diag_error(d, NULL, "%s", err.text);
	return s;
}
