/* build.c - a configuration and a compiled image into a snapshot. */
#include "config/build.h"

#include "base/err.h"
#include "config/config.h"
#include "config/diag.h"
#include "filters/snapshot.h"
#include "lists/image.h"

static void
add_rules(struct snapshot_builder *b, int id, const struct config_policy *p,
    struct diag *d)
{
	for (unsigned i = 0; i < p->rules.n; i++) {
		const struct config_rule *r = &p->rules.v[i];
		struct rule_def def = {r->action, r->text, r->where};
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
		struct policy_def def = {
		    p->name, p->otherwise, p->on_unsettled, p->where};
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
		struct group_def def = {
		    g->name, g->policy, g->nets.v, g->nets.n, g->where};
		struct err err;

		if (snapshot_group(b, &def, &err) < 0)
			diag_error(d, &g->where, "%s", err.text);
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

struct snapshot *
build_snapshot(const struct config *c, struct build_image image,
    uint64_t generation, struct diag *d)
{
	return build_snapshot_of(c, image, NULL, generation, d);
}

struct snapshot *
build_snapshot_of(const struct config *c, struct build_image image,
    const struct image *known, uint64_t generation, struct diag *d)
{
	struct snapshot_builder *b = snapshot_begin(generation);
	unsigned before = d->errors;
	struct snapshot *s;
	struct err err;

	if (!b) {
		diag_error(d, NULL, "out of memory");
		if (image.bytes.p)
			image.drop(image.arg);
		return NULL;
	}
	if (image.bytes.p &&
	    snapshot_image(b, image.bytes, image.drop, image.arg, &err) < 0) {
		diag_error(d, NULL, "lists: %s", err.text);
		snapshot_abandon(b);
		return NULL;
	}
	declare(b, c, known, d);
	snapshot_share_patterns(b, c->redis_url.n > 0);
	add_policies(b, c, d);
	add_groups(b, c, d);
	if (d->errors != before) {
		snapshot_abandon(b);
		return NULL;
	}
	s = snapshot_finish(b, &err);
	if (!s)
		diag_error(d, NULL, "%s", err.text);
	return s;
}
