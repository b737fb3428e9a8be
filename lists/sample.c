/* sample.c - some of many keys. */
#include "lists/sample.h"

#include <stdlib.h>

void
sample_fini(struct sample *s)
{
	buf_fini(&s->pool);
	*s = (struct sample){.pool = BUF_EMPTY};
}

/* The key at <at>, which moves behind it. */
static struct str
key_at(const struct sample *s, size_t *at)
{
	const unsigned char *p = (const unsigned char *)s->pool.p + *at;
	size_t n = p[0] | (size_t)p[1] << 8;

	*at += 2 + n;
	return str_make((const char *)p + 2, n);
}

/* Let each second one go. */
static void
halve(struct sample *s)
{
	size_t at = 0, to = 0;

	for (size_t i = 0; i < s->n; i++) {
		size_t from = at;

		key_at(s, &at);
		if (i % 2)
			continue;
		memmove(s->pool.p + to, s->pool.p + from, at - from);
		to += at - from;
	}
	s->pool.n = to;
	s->n = (s->n + 1) / 2;
	s->shift++;
}

void
sample_add(struct sample *s, struct str key)
{
	const unsigned char n[2] = {
	    (unsigned char)key.n, (unsigned char)(key.n >> 8)};
	uint64_t every = ((uint64_t)1 << s->shift) - 1;

	if ((s->seen++ & every) != 0 || s->pool.failed)
		return;
	buf_add(&s->pool, n, sizeof(n));
	buf_add_str(&s->pool, key);
	if (++s->n == SAMPLE_MAX)
		halve(s);
}

struct str *
sample_keys(const struct sample *s)
{
	struct str *keys = malloc((s->n + 1) * sizeof(*keys));
	size_t at = 0;

	for (size_t i = 0; keys && i < s->n; i++)
		keys[i] = key_at(s, &at);
	return keys;
}
