/*
 * snapshot_impl.h - what a snapshot is made of; for filters/ alone.
 *
 * Everything is read-only once published, but for the references and the
 * patterns' counters.
 */
#ifndef FILTERS_SNAPSHOT_IMPL_H
#define FILTERS_SNAPSHOT_IMPL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bits.h"
#include "filters/facts.h"
#include "filters/nameset.h"
#include "filters/rule.h"
#include "filters/schedule.h"
#include "filters/snapshot.h"
#include "lists/image.h"

struct pattern_set;
struct pattern_wanted;

/* Some of the snapshot's categories and lists. */
struct list_names {
	struct bits categories, lists;
};

/* What a class of an image says: of the entry's own host, and of what lies
 * below it. Exceptions are not looked at here: see <mixed>. */
struct class_sets {
	struct list_names reach[2]; /* by enum class_reach */
};
enum class_reach { REACH_SELF = 0, REACH_BELOW };

struct snap_source {
	uint16_t list, category; /* NAMESET_NONE: none */
	uint8_t role;            /* enum image_role, ORed */
};

struct snap_image {
	struct image image;
	struct class_sets *classes;  /* owned; image.nclasses */
	struct snap_source *sources; /* owned; image.nsources */
	/* Owned; of each class, whether it takes image_hold() to tell what it
	 * says; NULL: of none. */
	bool *mixed;
	void (*drop)(void *arg);
	void *arg;
};

/* A pattern that stands in a list. */
struct pattern_use {
	uint16_t id; /* in the snapshot's set */
	uint16_t source;
	uint32_t index; /* in the image */
	uint8_t image;
	bool host; /* is tried on hosts */
};

/* A domain that a pattern of the URL can match on alone, or below. */
struct pattern_anchor {
	uint64_t hash;     /* of the domain: anchors are sorted by it */
	struct str domain; /* in the image */
	uint16_t source;
	uint8_t image;
};

/* All of them. */
struct list_patterns {
	struct pattern_use *use; /* owned; by id, ascending, once closed */
	uint32_t n, cap;
	struct pattern_anchor *anchor; /* owned; by hash, once closed */
	uint32_t nanchors;
	struct list_names anywhere;  /* what URL patterns without one give */
	uint32_t rejected;           /* not among them */
	struct list_names host, url; /* what such a one may make true */
};

struct policy {
	struct str name;
	enum action otherwise, on_unsettled;
	struct where where;
	struct rule *rules; /* owned */
	uint16_t nrules, cap;
	/* Owned; those its rules name, and those of the categories and lists
	 * that its rules name. */
	struct pattern_wanted *patterns;
	enum safe_level safe_search, youtube;
	bool nested;
	bool blocks_inside; /* some rule does, of what is in an address */
	uint32_t warn_s;
	bool host_patterns; /* some of those of lists are tried on hosts, */
	bool url_patterns;  /* some on URLs */
};

struct group {
	struct str name, policy_name;
	const struct net *nets; /* in the arena, as the others */
	const uint8_t (*macs)[6];
	const struct str *listeners, *users;
	const uint8_t *auth; /* numbers of the snapshot's auth-groups */
	unsigned nnets, nmacs, nlisteners, nusers, nauth;
	uint16_t policy;
	struct where where;
};

struct snap_budget { /* a rule */
	uint16_t policy, rule;
};

#define GROUPS_MAX    1024
#define SCHEDULES_MAX 256

struct snap_schedule {
	struct schedule_def def; /* all in the arena */
	const struct zone *zone; /* in the arena; NULL: UTC */
};

struct snapshot {
	_Atomic unsigned refs;
	uint64_t generation, digest;
	struct arena arena; /* all text and terms */
	struct snap_image images[SNAPSHOT_IMAGES_MAX];
	unsigned nimages;
	struct nameset categories, lists;
	struct pattern_set *patterns; /* owned */
	struct list_patterns listed;  /* those that stand in lists */
	bool shared;                  /* FACT_PATTERNS may be asked for */
	struct policy *policies; /* owned; room for SNAPSHOT_POLICIES_MAX */
	unsigned npolicies;
	struct group *groups; /* owned; the last is "default" */
	unsigned ngroups, groups_cap;
	struct group_nets *nets;         /* owned; of all groups */
	struct snap_schedule *schedules; /* owned */
	unsigned nschedules;
	const struct zone *zone;    /* in the arena; NULL: UTC */
	struct nameset auth_groups; /* at most FACT_GROUPS_MAX */
	struct snap_budget budgets[FACT_BUDGETS_MAX];
	unsigned nbudgets;
	struct themes *themes;   /* owned; NULL: none */
	struct engines *engines; /* owned; NULL: none */
	struct snap_image protected[SNAPSHOT_IMAGES_MAX];
	unsigned nprotected;
	bool protected_lost;
	struct name *support; /* owned; names in the arena; by text */
	unsigned nsupport;
	uint64_t support_lengths; /* bit i: some are i bytes long, modulo 64 */
	unsigned wants;           /* set of enum snapshot_want */
	/* One made by snapshot_with_overrides(): everything but these two and
	 * the references is <base>'s, whose reference it holds. */
	struct snapshot *base;       /* shared; NULL: all is ours */
	struct overrides *overrides; /* owned; NULL: none */
};

/* Number the two names of a source; an empty one has none. */
int snapshot_intern(struct snapshot *s, struct str list, struct str category,
    struct snap_source *out, struct err *err);

/* What <im>, which is viewed already, says in <s>. -1 with <err> set. */
int snap_image_read(struct snapshot *s, struct snap_image *im, struct err *err);
void snap_image_fini(struct snap_image *im); /* drops it */

static inline void
list_names_add(struct list_names *to, const struct list_names *more)
{
	bits_or(&to->categories, &more->categories);
	bits_or(&to->lists, &more->lists);
}

static inline void
list_names_add_source(struct list_names *to, const struct snap_source *src)
{
	if (src->category != NAMESET_NONE)
		bits_set(&to->categories, src->category);
	if (src->list != NAMESET_NONE)
		bits_set(&to->lists, src->list);
}

static inline bool
list_names_meet(const struct list_names *a, const struct list_names *b)
{
	return bits_meet(&a->categories, &b->categories) ||
	       bits_meet(&a->lists, &b->lists);
}

/* Is what <t>, a category or list term, names among them? */
static inline bool
list_names_have(const struct list_names *n, const struct term *t)
{
	return bits_has(
	    t->kind == TERM_CATEGORY ? &n->categories : &n->lists, t->id);
}

/* An entry of <source> as text, in <room>, and its line (0: unknown). What is
 * listed hashed is not spelled out. */
struct str snapshot_list_entry(const struct image *im,
    const struct image_hit *hit, uint16_t source, char *room, size_t size,
    uint32_t *line);
/* Pattern <i> of <im> and its line. */
struct str snapshot_list_pattern(
    const struct image *im, uint32_t i, uint32_t *line);

/* Which group <client> is in, and by which of its networks (NULL: default). */
uint16_t snapshot_group_of(
    const struct snapshot *s, const uint8_t client[16], const struct net **net);

#endif
