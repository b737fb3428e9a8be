/*
 * grants.c - who was let through which warning.
 *
 * A grant is a keyed hash of whom and what, with a time. Slots are taken in
 * buckets; who writes one first makes its tag BUSY, so that a reader that
 * sees the same tag before and after reading the time has the time of it.
 */
#include "proxy/grants.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/sys/digest.h"

#define BUCKET 8
#define FREE   0
#define BUSY   1

struct slot {
	uint64_t tag;  /* atomic */
	int64_t until; /* atomic */
};

struct grants {
	uint64_t next;  /* atomic: number of the next token */
	uint64_t *used; /* owned; atomic: a bit for each of the last tokens */
	struct slot *slot; /* owned */
	uint8_t token_key[TOKEN_KEY], hash_key[16];
};

struct grants *
grants_new(struct err *err)
{
	struct grants *g = calloc(1, sizeof(*g));

	if (!g) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	g->next = 1;
	g->used = calloc(GRANTS_TOKENS / 64, sizeof(*g->used));
	g->slot = calloc(GRANTS_SLOTS, sizeof(*g->slot));
	if (g->used)
		g->used[0] = 1; /* no token has the number 0 */
	if (!g->used || !g->slot)
		err_set(err, ERR_MEMORY, "out of memory");
	else if (digest_random(g->token_key, TOKEN_KEY, err) == 0 &&
	         digest_random(g->hash_key, sizeof(g->hash_key), err) == 0)
		return g;
	grants_free(g);
	return NULL;
}

void
grants_free(struct grants *g)
{
	if (!g)
		return;
	explicit_bzero(g->token_key, sizeof(g->token_key));
	free(g->used);
	free(g->slot);
	free(g);
}

const uint8_t *
grants_token_key(const struct grants *g)
{
	return g->token_key;
}

/* ------------------------------------------------------------------- tokens */

static uint64_t *
word_of(struct grants *g, uint64_t number, uint64_t *bit)
{
	*bit = UINT64_C(1) << number % 64;
	return &g->used[number % GRANTS_TOKENS / 64];
}

uint64_t
grants_number(struct grants *g)
{
	uint64_t number = __atomic_fetch_add(&g->next, 1, __ATOMIC_SEQ_CST);
	uint64_t bit, *word = word_of(g, number, &bit);

	/* it was that of one which by now is too old to be used */
	__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
	return number;
}

static bool
is_recent(const struct grants *g, uint64_t number)
{
	uint64_t next = __atomic_load_n(&g->next, __ATOMIC_SEQ_CST);

	return number < next && next - number < GRANTS_TOKENS;
}

bool
grants_use(struct grants *g, uint64_t number)
{
	uint64_t bit, *word = word_of(g, number, &bit);

	if (!is_recent(g, number))
		return false;
	if (__atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST) & bit)
		return false;
	/* was the bit cleared for a younger one while we looked? */
	return is_recent(g, number);
}

/* ------------------------------------------------------------------- grants */

/* What a token can be written for can be granted. */
#define ROOM (16 + TOKEN_BYTES)

/* Its place and tag. False: what is that long is nobody's. */
static bool
hash_of(const struct grants *g, const struct grant *w, uint32_t *bucket,
    uint64_t *tag)
{
	const struct str text[] = {w->user, w->group, w->policy, w->site};
	uint8_t all[ROOM];
	size_t n = 16;
	struct hash128 h;

	memcpy(all, w->client, 16);
	for (unsigned i = 0; i < 4; i++) {
		if (text[i].n > ROOM || n + 2 + text[i].n > ROOM)
			return false;
		all[n++] = (uint8_t)(text[i].n >> 8);
		all[n++] = (uint8_t)text[i].n;
		if (text[i].n)
			memcpy(all + n, text[i].p, text[i].n);
		n += text[i].n;
	}
	h = siphash128(all, n, g->hash_key);
	*bucket = (uint32_t)(h.lo % (GRANTS_SLOTS / BUCKET)) * BUCKET;
	*tag = h.hi > BUSY ? h.hi : BUSY + 1;
	return true;
}

/* The slot to write <tag> to: its own, an old one, or the first to end. */
static struct slot *
choose(struct grants *g, uint32_t bucket, uint64_t tag, int64_t now)
{
	struct slot *best = NULL;
	int64_t least = 0;

	for (unsigned i = 0; i < BUCKET; i++) {
		struct slot *s = &g->slot[bucket + i];
		uint64_t is = __atomic_load_n(&s->tag, __ATOMIC_ACQUIRE);
		int64_t until = __atomic_load_n(&s->until, __ATOMIC_ACQUIRE);

		if (is == tag)
			return s;
		if (is == BUSY)
			continue;
		if (is == FREE || until <= now)
			until = 0;
		if (!best || until < least) {
			best = s;
			least = until;
		}
	}
	return best;
}

void
grants_give(
    struct grants *g, const struct grant *what, int64_t until, int64_t now)
{
	uint32_t bucket;
	uint64_t tag;

	if (!hash_of(g, what, &bucket, &tag))
		return;
	for (unsigned tries = 0; tries < BUCKET; tries++) {
		struct slot *s = choose(g, bucket, tag, now);
		uint64_t was;

		if (!s)
			return; /* all are being written: he asks again */
		was = __atomic_load_n(&s->tag, __ATOMIC_ACQUIRE);
		if (was == BUSY ||
		    !__atomic_compare_exchange_n(&s->tag, &was, BUSY, false,
		        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			continue;
		__atomic_store_n(&s->until, until, __ATOMIC_RELEASE);
		__atomic_store_n(&s->tag, tag, __ATOMIC_RELEASE);
		return;
	}
}

bool
grants_has(const struct grants *g, const struct grant *what, int64_t now)
{
	uint32_t bucket;
	uint64_t tag;

	if (!hash_of(g, what, &bucket, &tag))
		return false;
	for (unsigned i = 0; i < BUCKET; i++) {
		const struct slot *s = &g->slot[bucket + i];
		int64_t until;

		if (__atomic_load_n(&s->tag, __ATOMIC_ACQUIRE) != tag)
			continue;
		until = __atomic_load_n(&s->until, __ATOMIC_ACQUIRE);
		if (__atomic_load_n(&s->tag, __ATOMIC_ACQUIRE) == tag &&
		    now < until)
			return true;
	}
	return false;
}
