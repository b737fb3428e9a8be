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
#include "filters/nameset.h"
#include "filters/rule.h"
#include "filters/snapshot.h"
#include "lists/image.h"

struct pattern_set;
struct pattern_wanted;

/* What a class of an image says: of the entry's own host, and of what lies
 * below it (where sources that hold exactly say nothing). */
struct class_sets {
	struct bits categories[2], lists[2]; /* by enum class_reach */
};
enum class_reach { REACH_SELF = 0, REACH_BELOW };

struct snap_source {
	uint16_t list, category; /* NAMESET_NONE: none */
	bool exact;
};

struct snap_image {
	struct image image;
	struct class_sets *classes;  /* owned; image.nclasses */
	struct snap_source *sources; /* owned; image.nsources */
	void (*drop)(void *arg);
	void *arg;
};

struct policy {
	struct str name;
	enum action otherwise, on_unsettled;
	struct where where;
	struct rule *rules; /* owned */
	uint16_t nrules, cap;
	struct pattern_wanted *patterns; /* owned; those its rules name */
};

struct group {
	struct str name, policy_name;
	struct net *nets; /* in the arena */
	unsigned nnets;
	uint16_t policy;
	struct where where;
};

#define GROUPS_MAX 1024

struct snapshot {
	_Atomic unsigned refs;
	uint64_t generation, digest;
	struct arena arena; /* all text and terms */
	struct snap_image images[SNAPSHOT_IMAGES_MAX];
	unsigned nimages;
	struct nameset categories, lists;
	struct pattern_set *patterns; /* owned */
	bool shared;                  /* FACT_PATTERNS may be asked for */
	struct policy *policies; /* owned; room for SNAPSHOT_POLICIES_MAX */
	unsigned npolicies;
	struct group *groups; /* owned; the last is "default" */
	unsigned ngroups, groups_cap;
};

void snap_image_fini(struct snap_image *im);

static inline const struct class_sets *
snap_class(const struct snap_image *im, uint32_t class)
{
	return class < im->image.nclasses ? &im->classes[class] : NULL;
}

/* Which group <client> is in, and by which of its networks (NULL: default). */
uint16_t snapshot_group_of(
    const struct snapshot *s, const uint8_t client[16], const struct net **net);

#endif
