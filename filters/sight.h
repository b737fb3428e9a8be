/*
 * sight.h - one name of a request, and all that the lists say of it: looked
 * up once, then asked by every term of every rule.
 */
#ifndef FILTERS_SIGHT_H
#define FILTERS_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "filters/request.h"
#include "filters/snapshot_impl.h"
#include "filters/verdict.h"

struct sight {
	enum subject subject;
	struct name name;              /* may be none: nobody said */
	const struct request *request; /* borrowed */
	const struct url *url;     /* NULL: not known, or about another name */
	enum stage known, deepest; /* for this name */
	/* It has, as far as known: [0] by any reading of its URL, [1] by
	 * every one, as term.every asks. */
	struct bits categories[2], lists[2];
	bool urls_listed; /* with its URL it may have more */
	unsigned nimages;
	struct image_hits host[SNAPSHOT_IMAGES_MAX];
	struct image_hits path[SNAPSHOT_IMAGES_MAX];
};

/*
 * Look <name> up, and the URL with it where that is known and its own. A name
 * that is not the URL's is judged as far as a name goes and no further:
 * that good.test/ok is allowed says nothing of a tunnel to bad.test.
 */
void sight_take(struct sight *out, const struct snapshot *s,
    const struct request *r, enum subject subject, struct name name);

/* Where an entry stands that gives the sight a category or list. */
struct sight_entry {
	const struct image_hit *hit;
	uint8_t image;
	uint16_t source;
	bool path; /* an entry of the URL, not of the host */
};

/* The most specific entry that makes a category or list term true; false
 * where there is none. */
bool sight_entry_of(const struct sight *v, const struct snapshot *s,
    const struct term *t, struct sight_entry *out);

/* Each entry and source in turn. */
void sight_each(const struct sight *v, const struct snapshot *s,
    void (*fn)(
        void *arg, const struct snapshot *s, const struct sight_entry *e),
    void *arg);

#endif
