/* judge_inner.c - the addresses inside a request's addresses, and the memory
 * that they are read into. */
#include "base/arena.h"
#include "filters/judge.h"
#include "filters/nested.h"

/* Some addresses of some kilobytes, each in several readings. What needs more
 * counts as not known. */
#define ROOM ((size_t)256 << 10)

static void
find(struct judge_inner *in, const struct sight_of *a, unsigned i)
{
	struct nested_found *found;

	if (!in->any)
		arena_init(&in->arena, ROOM);
	in->any = true;
	found = arena_alloc(&in->arena, sizeof(*found));
	if (found && nested_find(&in->arena, a->name, a->url, found) == 0) {
		in->of[i] = found;
		in->lost_of[i] = found->lost;
	} else {
		in->lost_of[i] = true;
	}
	in->lost |= in->lost_of[i];
}

void
judge_inner_find(
    struct judge_inner *in, const struct sight_of *name, unsigned n)
{
	unsigned before = 0;

	in->any = in->lost = false;
	for (unsigned i = 0; i < SIGHT_NAMES; i++)
		in->of[i] = NULL;
	for (unsigned i = 0; i < n; i++) {
		in->lost_of[i] = false;
		in->first[i] = before;
		if (name[i].name.n && nested_may(name[i].name, name[i].url))
			find(in, &name[i], i);
		before += in->of[i] ? in->of[i]->n : 0;
	}
}

void
judge_inner_fini(struct judge_inner *in)
{
	if (in->any)
		arena_fini(&in->arena);
}

struct sight_of
judge_inner_at(
    const struct request *r, const struct nested_found *of, unsigned i)
{
	const struct nested *one = &of->one[i];
	struct sight_of a = {.subject = SUBJECT_NESTED,
	    .name = one->url.host,
	    .known = STAGE_HOST,
	    .deepest = STAGE_HOST};

	if (one->has_url) {
		a.url = &one->url;
		a.known = r->stage > STAGE_URL ? r->stage : STAGE_URL;
		a.deepest = r->deepest > a.known ? r->deepest : a.known;
	}
	return a;
}

const struct nested *
judge_inner_of(const struct judge_inner *in, unsigned i)
{
	for (unsigned k = 0; k < SIGHT_NAMES; k++) {
		const struct nested_found *found = in->of[k];

		if (found && i >= in->first[k] && i - in->first[k] < found->n)
			return &found->one[i - in->first[k]];
	}
	return NULL;
}
