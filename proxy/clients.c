/* clients.c - connections by client, counted in two rows. */
#include "proxy/clients.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define ROW 32768 /* 256 KiB in all; collisions in both rows are then rare */

struct client_table {
	uint32_t row[2][ROW]; /* atomic */
	uint32_t refs;        /* atomic */
	uint8_t key[16];
};

/* Where an address is counted. */
struct place {
	uint32_t at[2];
};

static struct place
place_of(const struct client_table *t, const uint8_t addr[16])
{
	struct hash128 h = siphash128(addr, 16, t->key);

	return (struct place){{(uint32_t)(h.lo % ROW), (uint32_t)(h.hi % ROW)}};
}

struct client_table *
clients_new(const uint8_t key[16])
{
	struct client_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	memcpy(t->key, key, sizeof(t->key));
	t->refs = 1;
	return t;
}

struct client_table *
clients_ref(struct client_table *t)
{
	__atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}

void
clients_unref(struct client_table *t)
{
	if (t && __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(t);
}

bool
clients_enter(struct client_table *t, const uint8_t addr[16], uint32_t most)
{
	struct place p = place_of(t, addr);
	bool room = false;

	for (unsigned i = 0; i < 2; i++)
		room |= __atomic_fetch_add(
		            &t->row[i][p.at[i]], 1, __ATOMIC_RELAXED) < most;
	if (!room)
		clients_leave(t, addr);
	return room;
}

void
clients_leave(struct client_table *t, const uint8_t addr[16])
{
	struct place p = place_of(t, addr);

	for (unsigned i = 0; i < 2; i++)
		__atomic_fetch_sub(&t->row[i][p.at[i]], 1, __ATOMIC_RELAXED);
}

uint32_t
clients_of(const struct client_table *t, const uint8_t addr[16])
{
	struct place p = place_of(t, addr);
	uint32_t a = __atomic_load_n(&t->row[0][p.at[0]], __ATOMIC_RELAXED);
	uint32_t b = __atomic_load_n(&t->row[1][p.at[1]], __ATOMIC_RELAXED);

	return a < b ? a : b;
}
