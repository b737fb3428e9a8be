/* arena.c - memory that lives and dies together. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

#define CHUNK_BYTES 4000 /* with malloc's header just under a page */
#define ALIGN       16

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, cap;
	_Alignas(ALIGN) char data[];
};

void
arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){.limit = limit};
}

static void
free_chunks(struct arena_chunk *c)
{
	while (c) {
		struct arena_chunk *next = c->next;

		free(c);
		c = next;
	}
}

void
arena_fini(struct arena *a)
{
	free_chunks(a->head);
	a->head = NULL;
	a->used = 0;
}

void
arena_reset(struct arena *a)
{
	if (a->head) {
		free_chunks(a->head->next);
		a->head->next = NULL;
		a->head->used = 0;
		if (a->head->cap > CHUNK_BYTES)
			arena_fini(a);
	}
	a->used = 0;
	a->failed = false;
}

static struct arena_chunk *
chunk_new(size_t n)
{
	size_t cap = n > CHUNK_BYTES ? n : CHUNK_BYTES;
	struct arena_chunk *c = malloc(sizeof(*c) + cap);

	if (c) {
		c->used = 0;
		c->cap = cap;
	}
	return c;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct arena_chunk *c = a->head;
	size_t want;
	void *p;

	if (a->failed)
		return NULL;
	if (n > SIZE_MAX / 4 || (a->limit && n > a->limit - a->used))
		goto fail;
	want = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!c || want > c->cap - c->used) {
		c = chunk_new(want);
		if (!c)
			goto fail;
		c->next = a->head;
		a->head = c;
	}
	p = c->data + c->used;
	c->used += want;
	a->used += n;
	return p;
fail:
	a->failed = true;
	return NULL;
}

void *
arena_zalloc(struct arena *a, size_t n)
{
	void *p = arena_alloc(a, n);

	if (p)
		memset(p, 0, n);
	return p;
}

struct str
arena_str(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (!p)
		return STR_NONE;
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct str){p, s.n};
}
