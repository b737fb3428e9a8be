/*
 * clients.c - connections by client: open addressing, linear probing, with
 * deletion by shifting back, so that it never collects dead slots.
 */
#include "proxy/clients.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/hash.h"

#define SLOTS_FIRST 64

struct slot {
	uint8_t addr[16];
	uint32_t n; /* 0: free */
};

struct client_table {
	uint8_t key[16];
	struct slot *slot; /* owned; a power of two of them */
	uint32_t nslots, used;
};

struct client_table *
clients_new(const uint8_t key[16])
{
	struct client_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	memcpy(t->key, key, 16);
	t->nslots = SLOTS_FIRST;
	t->slot = calloc(t->nslots, sizeof(*t->slot));
	if (!t->slot) {
		free(t);
		return NULL;
	}
	return t;
}

void
clients_free(struct client_table *t)
{
	if (!t)
		return;
	free(t->slot);
	free(t);
}

static uint32_t
home_of(const struct client_table *t, const uint8_t addr[16])
{
	return (uint32_t)siphash128(addr, 16, t->key).lo & (t->nslots - 1);
}

/* The slot that holds <addr>, or the free one where it would go. */
static struct slot *
find(const struct client_table *t, const uint8_t addr[16])
{
	uint32_t i = home_of(t, addr);

	while (t->slot[i].n && memcmp(t->slot[i].addr, addr, 16) != 0)
		i = (i + 1) & (t->nslots - 1);
	return &t->slot[i];
}

static bool
grow(struct client_table *t)
{
	struct client_table bigger = *t;

	bigger.nslots = t->nslots * 2;
	bigger.slot = calloc(bigger.nslots, sizeof(*bigger.slot));
	if (!bigger.slot)
		return false;
	for (uint32_t i = 0; i < t->nslots; i++)
		if (t->slot[i].n)
			*find(&bigger, t->slot[i].addr) = t->slot[i];
	free(t->slot);
	*t = bigger;
	return true;
}

bool
clients_enter(struct client_table *t, const uint8_t addr[16], uint32_t most)
{
	struct slot *s = find(t, addr);

	if (s->n >= most)
		return false;
	if (s->n == 0) {
		if (t->used * 2 >= t->nslots) {
			if (!grow(t))
				return false;
			s = find(t, addr);
		}
		memcpy(s->addr, addr, 16);
		t->used++;
	}
	s->n++;
	return true;
}

/* Free slot <i>: whatever stands behind it and would now not be found moves
 * up. */
static void
shift_back(struct client_table *t, uint32_t i)
{
	uint32_t mask = t->nslots - 1, j = i;

	for (;;) {
		uint32_t home;

		j = (j + 1) & mask;
		if (t->slot[j].n == 0)
			break;
		home = home_of(t, t->slot[j].addr);
		if (((j - home) & mask) < ((j - i) & mask))
			continue;
		t->slot[i] = t->slot[j];
		i = j;
	}
	t->slot[i].n = 0;
}

void
clients_leave(struct client_table *t, const uint8_t addr[16])
{
	struct slot *s = find(t, addr);

	if (BUG(s->n == 0))
		return;
	if (--s->n)
		return;
	t->used--;
	shift_back(t, (uint32_t)(s - t->slot));
}

uint32_t
clients_of(const struct client_table *t, const uint8_t addr[16])
{
	return find(t, addr)->n;
}

uint32_t
clients_count(const struct client_table *t)
{
	return t->used;
}
