/* pattern_tally.c - what patterns said of the texts of one URL, summed up. */
#include "filters/pattern_tally.h"

#include <string.h>

/* Where <id> is, or would be. */
static unsigned
place(const struct pattern_tally *t, uint16_t id)
{
	unsigned at = t->n;

	while (at && t->v[at - 1].id >= id)
		at--;
	return at;
}

static void
take_out(struct pattern_tally *t, unsigned at)
{
	memmove(&t->v[at], &t->v[at + 1], (t->n - at - 1) * sizeof(t->v[0]));
	t->n--;
}

/* Room for one that matched, at the cost of the last that did not. */
static void
make_room(struct pattern_tally *t)
{
	for (unsigned i = t->n; i-- > 0;) {
		if (t->v[i].hits == 0) {
			take_out(t, i);
			return;
		}
	}
}

void
pattern_tally_add(
    struct pattern_tally *t, uint16_t id, enum pattern_outcome what)
{
	unsigned at = place(t, id);

	if (at == t->n || t->v[at].id != id) {
		if (t->n == PATTERN_RESULT_MAX) {
			t->full = true;
			if (what == PATTERN_SOME)
				make_room(t);
			if (t->n == PATTERN_RESULT_MAX)
				return;
			at = place(t, id);
		}
		memmove(
		    &t->v[at + 1], &t->v[at], (t->n - at) * sizeof(t->v[0]));
		t->n++;
		t->v[at].id = id;
		t->v[at].hits = 0;
		/* it may have been here and have had to go */
		t->v[at].opens = t->full ? t->texts : 0;
	}
	if (what == PATTERN_SOME)
		t->v[at].hits++;
	else
		t->v[at].opens++;
}

bool
pattern_tally_is_settled(const struct pattern_tally *t, uint16_t id)
{
	unsigned at = place(t, id);

	return at < t->n && t->v[at].id == id && t->v[at].hits &&
	       t->v[at].hits + t->v[at].opens < t->texts;
}

void
pattern_tally_sum(const struct pattern_tally *t, struct pattern_result *out)
{
	out->n = 0;
	out->rest_open = t->full;
	for (unsigned i = 0; i < t->n; i++) {
		unsigned hits = t->v[i].hits, opens = t->v[i].opens, is = 0;

		if (hits)
			is |= PATTERN_SOME;
		else
			is |= PATTERN_OPEN;
		if (hits == t->texts)
			is |= PATTERN_EVERY;
		else if (hits + opens == t->texts)
			is |= PATTERN_EVERY_OPEN;
		out->v[out->n].id = t->v[i].id;
		out->v[out->n++].is = (uint8_t)is;
	}
}

/* ---------------------------------------------------------------- results */

unsigned
pattern_result_of(const struct pattern_result *res, uint16_t id)
{
	unsigned low = 0, high = res->n;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (res->v[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < res->n && res->v[low].id == id)
		return res->v[low].is;
	return res->rest_open ? PATTERN_OPEN_ALL : 0;
}

bool
pattern_result_is_empty(const struct pattern_result *res)
{
	return res->n == 0 && !res->rest_open;
}

/* ----------------------------------------------------------------- cache */

void
pattern_hits_from(const struct pattern_result *res, struct pattern_hits *out)
{
	*out = (struct pattern_hits){.limit = res->rest_open};
	for (unsigned i = 0; i < res->n; i++) {
		unsigned is = res->v[i].is;

		if (is & PATTERN_OPEN_ALL)
			out->limit = true;
		if (!(is & PATTERN_SOME))
			continue;
		if (out->n == PATTERN_HITS_MAX) {
			out->overflow = true;
			continue;
		}
		if (is & PATTERN_EVERY)
			out->every |= (uint16_t)(1u << out->n);
		out->id[out->n++] = res->v[i].id;
	}
}

bool
pattern_hits_into(
    const struct pattern_hits *hits, unsigned count, struct pattern_result *res)
{
	res->n = 0;
	res->rest_open = hits->limit;
	if (hits->overflow || hits->n > PATTERN_HITS_MAX ||
	    (uint32_t)hits->every >> hits->n)
		return false;
	for (unsigned i = 0; i < hits->n; i++) {
		unsigned id = hits->id[i], is = PATTERN_SOME;

		if (id >= count || (i && id <= hits->id[i - 1]))
			return false;
		if (hits->every >> i & 1)
			is |= PATTERN_EVERY;
		else if (hits->limit)
			is |= PATTERN_EVERY_OPEN;
		res->v[res->n].id = (uint16_t)id;
		res->v[res->n++].is = (uint8_t)is;
	}
	return true;
}
