/*
 * pattern_index.c - which patterns a text may match: the search.
 *
 * The text is read once, in lower case. At each place one bit says whether
 * four bytes like these are the key of any literal: mostly not. If so the
 * bucket of the key has the literals to compare, and who needs one that is
 * there is a candidate. For literals of two and three bytes the same is done
 * with keys of two.
 */
#include "filters/pattern_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "filters/pattern_index_impl.h"

#define WINDOW (16u * 1024) /* texts are looked at in such pieces */

/* A literal that more patterns need than that is remembered, so that a text
 * which repeats it does not have them marked each time. */
#define MANY_NEED  8
#define REMEMBERED 64

#define DOMAINS_MAX 128 /* a host has no more labels */

struct pattern_search {
	uint64_t some[PATTERNS_MAX / 64 / 64]; /* bit w: found[w] is not 0 */
	uint64_t found[PATTERNS_MAX / 64];
	uint32_t domain[DOMAINS_MAX]; /* that the host is in */
	unsigned ndomains;
	bool anywhere;                /* the host is not known */
	uint32_t seen_at[REMEMBERED]; /* which bits of <seen> are set; */
	unsigned nseen;               /* more: any may be */
	char lower[WINDOW + 8];
	unsigned words;
	uint64_t seen[]; /* bits, of places */
};

struct pattern_search *
pattern_search_new(struct pattern_index *const ix[2])
{
	uint32_t most = 0;
	struct pattern_search *s;

	for (unsigned i = 0; i < 4; i++)
		if (ix[i / 2]->keys[i % 2].n > most)
			most = ix[i / 2]->keys[i % 2].n;
	s = calloc(1, sizeof(*s) + (most / 64 + 1) * sizeof(s->seen[0]));
	if (s)
		s->words = most / 64 + 1;
	return s;
}

void
pattern_search_free(struct pattern_search *s)
{
	free(s);
}

static inline void
found(struct pattern_search *s, uint16_t id)
{
	s->found[id / 64] |= (uint64_t)1 << id % 64;
	s->some[id / 64 / 64] |= (uint64_t)1 << id / 64 % 64;
}

/* --------------------------------------------------------------- domains */

static void
in_domain(
    const struct pattern_index *ix, struct str name, struct pattern_search *s)
{
	uint32_t at = domain_place(ix, name);
	const struct domain *d = &ix->domain[at];

	if (!d->len || s->ndomains == DOMAINS_MAX)
		return;
	s->domain[s->ndomains++] = at;
	for (unsigned i = 0; i < d->n; i++)
		found(s, ix->under[d->first + i]);
}

/* All domains above an address are looked up as if it were a name: what
 * patterns say of the text of a URL holds for these as well. */
static void
find_domains(
    const struct pattern_index *ix, struct name host, struct pattern_search *s)
{
	struct str name = name_str(host);

	s->ndomains = 0;
	s->anywhere = host.n == 0;
	if (!ix->ndomains)
		return;
	if (s->anywhere) {
		for (unsigned i = 0; i < ix->nunder; i++)
			found(s, ix->under[i]);
		return;
	}
	while (name.n) {
		in_domain(ix, name, s);
		name = str_sub(name, str_find(name, '.', 0) + 1, name.n);
	}
}

/* May <id>, which is about one domain alone, be tried here? */
static bool
is_at_home(
    const struct pattern_index *ix, uint16_t id, const struct pattern_search *s)
{
	uint32_t home = ix->home[id];

	for (unsigned i = 0; i < s->ndomains; i++)
		if (s->domain[i] == home)
			return true;
	return home == NO_HOME || s->anywhere;
}

/* -------------------------------------------------------------- literals */

/* Eight bytes in lower case. */
static inline uint64_t
lower8(uint64_t x)
{
	const uint64_t ones = UINT64_MAX / 255;
	uint64_t low = x & 0x7f * ones;
	uint64_t above = low + (0x7f - 'Z') * ones;
	uint64_t from = low + (0x80 - 'A') * ones;

	return x | ((from ^ above) & ~x & 0x80 * ones) >> 2;
}

static void
lower(const char *from, size_t n, char *to)
{
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		uint64_t x;

		memcpy(&x, from + i, 8);
		x = lower8(x);
		memcpy(to + i, &x, 8);
	}
	for (; i < n; i++)
		to[i] = str_lower_char(from[i]);
}

static bool
is_new(struct pattern_search *s, uint32_t at)
{
	uint64_t bit = (uint64_t)1 << at % 64;

	if (s->seen[at / 64] & bit)
		return false;
	s->seen[at / 64] |= bit;
	if (s->nseen < REMEMBERED)
		s->seen_at[s->nseen] = at;
	s->nseen++;
	return true;
}

static void
forget_seen(struct pattern_search *s)
{
	if (s->nseen > REMEMBERED)
		memset(s->seen, 0, s->words * sizeof(s->seen[0]));
	else
		for (unsigned i = 0; i < s->nseen; i++)
			s->seen[s->seen_at[i] / 64] = 0;
	s->nseen = 0;
}

/* The literal is there. */
static void
take(const struct pattern_index *ix, const struct keys *k, uint32_t at,
    struct pattern_search *s)
{
	const struct place *p = &k->place[at];
	const uint16_t *id = ix->needs + p->needs;

	if (p->n > MANY_NEED && !is_new(s, at))
		return;
	for (unsigned i = 0; i < p->n; i++)
		if (!ix->home || is_at_home(ix, id[i], s))
			found(s, id[i]);
}

/* <key>, of hash <h>, stands at <i> of the window of <n> bytes. */
static void
compare(const struct pattern_index *ix, const struct keys *k, uint32_t h,
    size_t i, size_t n, struct pattern_search *s)
{
	uint32_t b = h >> k->shift;

	for (uint32_t at = k->bucket[b]; at < k->bucket[b + 1]; at++) {
		const struct place *p = &k->place[at];

		if (p->hash == h && p->before <= i &&
		    p->len <= n - (i - p->before) &&
		    memcmp(s->lower + i - p->before, ix->texts + p->text,
		        p->len) == 0)
			take(ix, k, at, s);
	}
}

/* All keys of <width> bytes in the window. What is read at each place lies in
 * locals: it is some 100 places a URL, and most of what a search costs. */
static inline void
find_keys(const struct pattern_index *ix, const struct keys *k, size_t width,
    size_t n, struct pattern_search *s)
{
	const uint64_t *bits = k->bits;
	unsigned shift = k->bits_shift;

	if (k->n == 0)
		return;
	for (size_t i = 0; i + width <= n; i++) {
		uint32_t h = width == 4 ? hash_four(s->lower + i)
		                        : hash_two(s->lower + i);
		uint32_t bit = h >> shift;

		if (bits[bit / 64] >> bit % 64 & 1)
			compare(ix, k, h, i, n, s);
	}
}

void
pattern_index_find(const struct pattern_index *ix, struct name host,
    struct str text, struct pattern_search *s)
{
	for (unsigned i = 0; i < ix->nalways; i++)
		found(s, ix->always[i]);
	find_domains(ix, host, s);
	for (size_t from = 0;; from += WINDOW - (LITERAL_MAX - 1)) {
		size_t n = text.n - from < WINDOW ? text.n - from : WINDOW;

		lower(text.p + from, n, s->lower);
		find_keys(ix, &ix->keys[KEYS_FOUR], 4, n, s);
		find_keys(ix, &ix->keys[KEYS_TWO], 2, n, s);
		if (from + n == text.n)
			break;
	}
	forget_seen(s);
}

uint16_t
pattern_next(struct pattern_search *s)
{
	for (unsigned i = 0; i < PATTERNS_MAX / 64 / 64; i++) {
		unsigned w, b;

		if (!s->some[i])
			continue;
		w = 64 * i + (unsigned)__builtin_ctzll(s->some[i]);
		b = (unsigned)__builtin_ctzll(s->found[w]);
		s->found[w] &= s->found[w] - 1;
		if (!s->found[w])
			s->some[i] &= s->some[i] - 1;
		return (uint16_t)(64 * w + b);
	}
	return PATTERN_NONE;
}
