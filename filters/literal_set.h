/*
 * literal_set.h - a small set of short texts in lower case, as a plain value.
 */
#ifndef FILTERS_LITERAL_SET_H
#define FILTERS_LITERAL_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define LITERAL_MAX   48  /* bytes of one */
#define LITERALS_MAX  256 /* as many alternatives admins write into one */
#define LITERALS_JOIN 64  /* at most that many come of "(a|b)(c|d)..." */
#define LITERALS_ROOM 3072

struct literal_set {
	uint16_t n, used;
	uint16_t at[LITERALS_MAX];
	uint8_t len[LITERALS_MAX];
	char room[LITERALS_ROOM];
};

static inline struct str
literal_at(const struct literal_set *s, unsigned i)
{
	return str_make(s->room + s->at[i], s->len[i]);
}

void literal_set_clear(struct literal_set *s);                /* nothing */
void literal_set_one(struct literal_set *s, struct str text); /* one text */
void literal_set_copy(struct literal_set *to, const struct literal_set *from);

/* What is there already is not added again. False: no room. */
bool literal_set_add(struct literal_set *s, struct str text);
bool literal_set_join(struct literal_set *s, const struct literal_set *more);

/* Each of <a> with each of <b> behind it. False: too many, too long. */
bool literal_set_cross(struct literal_set *out, const struct literal_set *a,
    const struct literal_set *b);

/*
 * How often URLs contain one of them, in some unit; UINT64_MAX for a set that
 * is of no use: it is empty, or one of them is shorter than LITERAL_MIN.
 */
uint64_t literal_set_weight(const struct literal_set *s);

#endif
