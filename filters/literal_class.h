/* literal_class.h - "[...]" of a pattern, as a set of bytes. */
#ifndef FILTERS_LITERAL_CLASS_H
#define FILTERS_LITERAL_CLASS_H

#include <stdbool.h>
#include <stdint.h>

struct reader;

/* A class of that many bytes, both cases as one, is spelled out. */
#define CLASS_SPELLED 4

struct literal_class {
	uint64_t bit[4]; /* at least what it matches; letters in one case */
	bool negated;
	bool unknown; /* <bit> says nothing */
};

static inline bool
literal_class_has(const struct literal_class *c, unsigned byte)
{
	return c->bit[byte / 64] >> byte % 64 & 1;
}

/* Behind "[": to behind its "]". <c> is empty before. */
void literal_class_read(struct literal_class *c, struct reader *r);

/* Add what \d, \D, \w, \W, \s, \S stand for. False: it is none of them. */
bool literal_class_letter(struct literal_class *c, char letter);

/* Can a canonical host have this byte? It is in lower case. */
bool literal_is_host_byte(unsigned byte);

#endif
