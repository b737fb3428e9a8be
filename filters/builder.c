/* builder.c - a snapshot, put together piece by piece and then closed. */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "filters/builder_impl.h"
#include "filters/group.h"
#include "filters/list_patterns.h"
#include "filters/pattern.h"
#include "filters/search.h"
#include "lists/compile.h"

_Static_assert(PATTERNS_MAX == SNAPSHOT_PATTERNS_MAX, "one limit, two names");

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_MEMORY, "out of memory");
}

struct snapshot_builder *
snapshot_begin(uint64_t generation)
{
	struct snapshot_builder *b = calloc(1, sizeof(*b));
	struct snapshot *s = calloc(1, sizeof(*s));

	if (!b || !s) {
		free(b);
		free(s);
		return NULL;
	}
	b->s = s;
	atomic_init(&s->refs, 1);
	s->generation = generation;
	arena_init(&s->arena, 0);
	s->patterns = pattern_set_new();
	s->policies = calloc(SNAPSHOT_POLICIES_MAX, sizeof(*s->policies));
	if (!s->patterns || !s->policies) {
		snapshot_abandon(b);
		return NULL;
	}
	return b;
}

void
snapshot_abandon(struct snapshot_builder *b)
{
	if (!b)
		return;
	snapshot_free(b->s);
	free(b);
}

/* --------------------------------------------------------------- images */

void
snapshot_hear_rejects(struct snapshot_builder *b,
    void (*fn)(void *arg, const struct pattern_reject *r), void *arg)
{
	b->ear = (struct reject_ear){fn, arg};
}

int
snapshot_image(struct snapshot_builder *b, struct bytes bytes,
    void (*drop)(void *arg), void *arg, struct err *err)
{
	struct snapshot *s = b->s;
	struct snap_image *im;
	struct image view;
	int rc;

	if (s->nimages == SNAPSHOT_IMAGES_MAX)
		rc = err_set(err, ERR_LIMIT, "there are more than %d images",
		    SNAPSHOT_IMAGES_MAX);
	else
		rc = image_view(&view, bytes, err);
	if (rc < 0) {
		if (drop)
			drop(arg);
		return -1;
	}
	im = &s->images[s->nimages++];
	*im = (struct snap_image){.image = view, .drop = drop, .arg = arg};
	rc = snap_image_read(s, im, err);
	if (rc == 0)
		rc = list_patterns_add(s, s->nimages - 1, &b->ear, err);
	if (rc < 0) {
		snap_image_fini(im);
		s->nimages--;
	}
	return rc;
}

int
snapshot_declare(
    struct snapshot_builder *b, struct str list, struct str category)
{
	struct snap_source unused;

	return snapshot_intern(b->s, list, category, &unused, NULL);
}

void
snapshot_share_patterns(struct snapshot_builder *b, bool shared)
{
	b->s->shared = shared;
}

/* ------------------------------------------------------ policies, rules */

int
builder_already(const char *what, struct str name, const struct where *first,
    struct err *err)
{
	return err_set(err, ERR_INPUT,
	    "there is a %s \"%.*s\" already, at %.*s:%u", what, STR_ARG(name),
	    STR_ARG(first->file), first->line);
}

struct where
builder_where(struct snapshot *s, const struct where *w)
{
	struct where copy = *w;

	copy.file = arena_str(&s->arena, w->file);
	return copy;
}

int
snapshot_policy(
    struct snapshot_builder *b, const struct policy_def *d, struct err *err)
{
	struct snapshot *s = b->s;
	struct policy *p;

	for (unsigned i = 0; i < s->npolicies; i++)
		if (str_eq(s->policies[i].name, d->name))
			return builder_already(
			    "policy", d->name, &s->policies[i].where, err);
	if (s->npolicies == SNAPSHOT_POLICIES_MAX)
		return err_set(err, ERR_LIMIT,
		    "there are more than %d policies", SNAPSHOT_POLICIES_MAX);
	p = &s->policies[s->npolicies];
	*p = (struct policy){.name = arena_str(&s->arena, d->name),
	    .otherwise = d->otherwise,
	    .on_unsettled = d->on_unsettled,
	    .safe_search = d->safe_search,
	    .youtube = d->youtube,
	    .nested = d->nested,
	    .warn_s = d->warn_s,
	    .where = builder_where(s, &d->where)};
	if (s->arena.failed)
		return no_memory(err);
	return (int)s->npolicies++;
}

static bool
room_for_rule(struct policy *p)
{
	unsigned cap = p->cap ? 2u * p->cap : 8u;
	struct rule *r;

	if (p->nrules < p->cap)
		return true;
	r = realloc(p->rules, cap * sizeof(*r));
	if (!r)
		return false;
	p->rules = r;
	p->cap = (uint16_t)cap;
	return true;
}

/* "budget = category:games 60m/day": as long as it is in the fewest units. */
static struct str
budget_line(struct arena *a, const struct rule_def *d)
{
	static const struct {
		uint32_t seconds;
		char letter;
	} units[] = {{3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t room = d->text.n + 40;
	char *p = arena_alloc(a, room);
	unsigned u = 0;
	int n;

	if (!p)
		return STR_NONE;
	while (d->budget_s % units[u].seconds)
		u++;
	n = snprintf(p, room, "budget = %.*s %u%c/%s", STR_ARG(d->text),
	    d->budget_s / units[u].seconds, units[u].letter,
	    d->per == BUDGET_WEEK ? "week" : "day");
	return str_make(p, (size_t)n);
}

/* The rule behind the last one of <policy> is a budget. */
static int
number_budget(struct snapshot *s, unsigned policy, const struct rule_def *d,
    struct err *err)
{
	struct policy *p = &s->policies[policy];
	struct rule *r = &p->rules[p->nrules];

	if (s->nbudgets == FACT_BUDGETS_MAX)
		return err_set(err, ERR_LIMIT, "there are more than %d budgets",
		    FACT_BUDGETS_MAX);
	r->per = d->per;
	r->budget_s = d->budget_s;
	r->budget = (uint8_t)s->nbudgets;
	r->line = budget_line(&s->arena, d);
	if (s->arena.failed)
		return no_memory(err);
	r->text = str_sub(r->line, 9, d->text.n);
	s->budgets[s->nbudgets++] =
	    (struct snap_budget){(uint16_t)policy, p->nrules};
	return 0;
}

int
snapshot_rule(struct snapshot_builder *b, int policy, const struct rule_def *d,
    uint32_t *column, struct err *err)
{
	struct snapshot *s = b->s;
	const struct rule_context ctx = {.arena = &s->arena,
	    .categories = &s->categories,
	    .lists = &s->lists,
	    .patterns = s->patterns,
	    .schedules = s->schedules,
	    .nschedules = s->nschedules,
	    .themes = s->themes};
	struct policy *p;

	*column = 0;
	if (policy < 0 || (unsigned)policy >= s->npolicies)
		return err_set(err, ERR_INPUT, "there is no such policy");
	p = &s->policies[policy];
	if (p->nrules == SNAPSHOT_RULES_MAX)
		return err_set(err, ERR_LIMIT,
		    "the policy has more than %d rules", SNAPSHOT_RULES_MAX);
	if (!room_for_rule(p))
		return no_memory(err);
	if (rule_parse(&ctx, d, &p->rules[p->nrules], column, err) < 0)
		return -1;
	if (d->per && number_budget(s, (unsigned)policy, d, err) < 0)
		return -1;
	s->wants |= p->rules[p->nrules].wants;
	p->nrules++;
	return 0;
}

/* --------------------------------------------------------------- closing */

/* Which patterns the policy's rules name or rest on. */
static int
collect_patterns(const struct snapshot *s, struct policy *p)
{
	struct list_names names = {0};

	p->patterns = calloc(1, sizeof(*p->patterns));
	if (!p->patterns)
		return -1;
	for (unsigned r = 0; r < p->nrules; r++)
		for (unsigned t = 0; t < p->rules[r].nterms; t++) {
			const struct term *term = &p->rules[r].terms[t];

			if (term->kind == TERM_REGEX)
				p->patterns->w[term->id / 64] |=
				    (uint64_t)1 << term->id % 64;
			else if (term->kind == TERM_CATEGORY)
				bits_set(&names.categories, term->id);
			else if (term->kind == TERM_LIST)
				bits_set(&names.lists, term->id);
		}
	list_patterns_want(s, &names, p);
	return 0;
}

/* Which rules may hold by what is only known once patterns were tried on a
 * URL? Those on hosts have been when rules are read. */
static void
find_pattern_rules(const struct snapshot *s, struct policy *p)
{
	for (unsigned i = 0; i < p->nrules; i++) {
		struct rule *r = &p->rules[i];
		const struct list_names needs = {r->categories, r->lists};

		if (!list_names_meet(&needs, &s->listed.url))
			continue;
		r->by_pattern = r->listed;
		r->listed = false;
	}
}

static void
add_str(struct hash_stream *h, struct str s)
{
	uint64_t n = s.n;

	hash_stream_add(
	    h, &n, sizeof(n)); /* so that "ab","c" is not "a","bc" */
	if (s.n)
		hash_stream_add(h, s.p, s.n);
}

static uint64_t
digest(const struct snapshot *s)
{
	struct hash_stream h;

	hash_stream_init(&h);
	for (unsigned i = 0; i < s->nimages; i++) {
		uint64_t print[2];

		image_content(&s->images[i].image, print);
		hash_stream_add(&h, print, sizeof(print));
	}
	for (unsigned i = 0; i < s->npolicies; i++) {
		const struct policy *p = &s->policies[i];
		const uint8_t how[2] = {
		    (uint8_t)p->otherwise, (uint8_t)p->on_unsettled};

		add_str(&h, p->name);
		hash_stream_add(&h, how, sizeof(how));
		for (unsigned r = 0; r < p->nrules; r++)
			add_str(&h, p->rules[r].line);
	}
	list_patterns_digest(s, &h);
	return hash_stream_end(&h).lo;
}

struct snapshot *
snapshot_finish(struct snapshot_builder *b, struct err *err)
{
	struct snapshot *s = b->s;

	if (builder_close_groups(b, err) < 0 || rules_check_groups(s, err) < 0)
		goto fail;
	if (pattern_set_finish(s->patterns) < 0 ||
	    (s->themes && themes_close(s->themes) < 0)) {
		no_memory(err);
		goto fail;
	}
	if (list_patterns_close(s) < 0 || group_nets_close(s) < 0) {
		no_memory(err);
		goto fail;
	}
	for (unsigned i = 0; i < s->npolicies; i++) {
		if (collect_patterns(s, &s->policies[i]) < 0) {
			no_memory(err);
			goto fail;
		}
		find_pattern_rules(s, &s->policies[i]);
		judge_rules_close(&s->policies[i]);
	}
	tier_support_close(s);
	s->digest = digest(s);
	free(b);
	return s;
fail:
	snapshot_abandon(b);
	return NULL;
}
