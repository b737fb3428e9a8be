/* worlds.h - chance that is the same each time, and what holds of a request. */
#ifndef TESTS_UNIT_LISTS_WORLDS_H
#define TESTS_UNIT_LISTS_WORLDS_H

#include "tests/unit/lists/build.h"

#include "base/table.h"

static uint64_t worlds_seed = 1;

static inline unsigned
worlds_below(unsigned n)
{
	worlds_seed = worlds_seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((worlds_seed >> 33) % n);
}

/* Look up "host" or "host/path", spelled as on a wire. */
static inline void
worlds_find(const struct image *im, struct str what, struct image_hits *hits)
{
	size_t slash = str_find(what, '/', 0);
	char room[NAME_ROOM];
	struct name n;

	*hits = (struct image_hits){0};
	assert_int_equal(
	    name_from_wire(str_sub(what, 0, slash), room, &n), NAME_OK);
	image_find_host(im, n, hits);
	if (slash < what.n)
		image_find_url(im, n, str_sub(what, slash, what.n), hits);
}

/* And which sources hold for it. */
static inline const struct image_held *
worlds_held(const struct image *im, struct str what)
{
	static struct image_held held;
	struct image_hits hits;

	worlds_find(im, what, &hits);
	image_hold(im, &hits, &held);
	return &held;
}

#endif
