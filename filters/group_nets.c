/*
 * group_nets.c - the first group that has a client's network, without trying
 * each: networks are in a table by address and length, and asked for once for
 * each length there is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "filters/builder_impl.h"
#include "filters/group.h"

#define SEED 0x6e657473u /* the keys are the administrator's */

struct net_slot {
	struct net net;
	uint16_t group;
	bool used;
};

struct group_nets {
	struct net_slot *slot; /* owned; mask + 1 */
	uint32_t mask;
	uint8_t length[129]; /* those there are */
	unsigned nlengths;
	uint16_t *member; /* owned; groups that have other members, too */
	unsigned nmembers;
};

/* The first <bits> of <addr>, zeroes behind. */
static void
cut(const uint8_t addr[16], unsigned bits, struct net *out)
{
	unsigned whole = bits / 8;

	memset(out, 0, sizeof(*out));
	out->bits = (uint8_t)bits;
	memcpy(out->addr, addr, whole);
	if (bits % 8)
		out->addr[whole] =
		    (uint8_t)(addr[whole] & (0xffu << (8 - bits % 8)));
}

static bool
is_same(const struct net *a, const struct net *b)
{
	return a->bits == b->bits && memcmp(a->addr, b->addr, 16) == 0;
}

/* The slot of <net>, or the free one where it would be. */
static struct net_slot *
slot_of(const struct group_nets *t, const struct net *net)
{
	uint32_t at = (uint32_t)hash64(net, sizeof(*net), SEED) & t->mask;

	while (t->slot[at].used && !is_same(&t->slot[at].net, net))
		at = (at + 1) & t->mask;
	return &t->slot[at];
}

static void
add(struct group_nets *t, const struct net *net, uint16_t group)
{
	struct net_slot *to;
	struct net canon;

	cut(net->addr, net->bits, &canon);
	to = slot_of(t, &canon);
	if (to->used)
		return; /* an earlier group has it */
	*to = (struct net_slot){canon, group, true};
	for (unsigned i = 0; i < t->nlengths; i++)
		if (t->length[i] == net->bits)
			return;
	t->length[t->nlengths++] = net->bits;
}

int
group_nets_close(struct snapshot *s)
{
	struct group_nets *t = calloc(1, sizeof(*t));
	uint32_t size = 2, n = 0;

	s->nets = t;
	if (!t)
		return -1;
	for (unsigned g = 0; g < s->ngroups; g++)
		n += s->groups[g].nnets;
	while (size < 2 * n)
		size *= 2;
	t->mask = size - 1;
	t->slot = calloc(size, sizeof(*t->slot));
	t->member = calloc(s->ngroups, sizeof(*t->member));
	if (!t->slot || !t->member)
		return -1;
	for (unsigned g = 0; g < s->ngroups; g++) {
		const struct group *of = &s->groups[g];

		for (unsigned i = 0; i < of->nnets; i++)
			add(t, &of->nets[i], (uint16_t)g);
		if (of->nmacs || of->nlisteners || of->nusers || of->nauth)
			t->member[t->nmembers++] = (uint16_t)g;
	}
	return 0;
}

void
group_nets_free(struct group_nets *t)
{
	if (!t)
		return;
	free(t->slot);
	free(t->member);
	free(t);
}

uint16_t
group_nets_find(
    const struct group_nets *t, const uint8_t client[16], uint16_t last)
{
	for (unsigned i = 0; i < t->nlengths; i++) {
		const struct net_slot *found;
		struct net net;

		cut(client, t->length[i], &net);
		found = slot_of(t, &net);
		if (found->used && found->group < last)
			last = found->group;
	}
	return last;
}

const uint16_t *
group_nets_members(const struct group_nets *t, unsigned *n)
{
	*n = t->nmembers;
	return t->member;
}
