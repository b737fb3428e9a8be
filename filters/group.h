/*
 * group.h - who asks: the first group that the client, the listener or the
 * user is in. Three-valued, as terms are: what is not known is asked for.
 *
 * Where nobody said who he is, he is nobody: not in any group by user or
 * auth-group. Where he could not be asked, it is not known.
 */
#ifndef FILTERS_GROUP_H
#define FILTERS_GROUP_H

#include <stdint.h>

#include "base/str.h"
#include "filters/decide.h"
#include "filters/terms.h"

struct facts;
struct group;
struct request;
struct snapshot;

/* Is that the user? Where unknown, <m> learns what to ask for, or that it was
 * asked for in vain. */
enum truth user_is(const struct facts *f, struct str name, struct missing *m);
/* Is the user in auth-group number <i> of the snapshot? */
enum truth user_in(const struct facts *f, unsigned i, struct missing *m);

/* Is who asks in <g>? Not to be asked of the default group. */
enum truth group_has(const struct group *g, const struct request *r,
    const struct facts *f, struct missing *m);

/*
 * The first one that it is TRUE of; the last, "default", takes the rest.
 * UNKNOWN: <group> is the first that cannot be told, and <lacks> says why:
 * either it has something to ask for, or a fact did not come and the group's
 * policy does not say to go on.
 */
struct chosen {
	uint16_t group;
	struct missing lacks;
};
enum truth group_of(const struct snapshot *s, const struct request *r,
    const struct facts *f, const struct trace *trace, struct chosen *out);

/* ----------------------------------------------- the networks of all groups */

struct group_nets; /* opaque */

/* Into s->nets, once all groups are there. -1: memory. */
int group_nets_close(struct snapshot *s);
void group_nets_free(struct group_nets *t); /* NULL: nothing */
/* The first group that has <client> in one of its networks; <last>: none
 * before that. */
uint16_t group_nets_find(
    const struct group_nets *t, const uint8_t client[16], uint16_t last);
/* The groups that have members of other kinds, in order. */
const uint16_t *group_nets_members(const struct group_nets *t, unsigned *n);

#endif
