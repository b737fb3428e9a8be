/* nested_impl.h - texts inside of texts; for nested*.c and its tests alone. */
#ifndef FILTERS_NESTED_IMPL_H
#define FILTERS_NESTED_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "filters/nested.h"

/* Does <four>, of four bytes, stand at <at>? One comparison, so that what is
 * looked at is left behind quickly. */
static inline bool
nested_four(struct str s, size_t at, const char *four)
{
	return s.n - at >= 4 && memcmp(s.p + at, four, 4) == 0;
}

/* Of letters of either case; <four> is in small ones. */
static inline bool
nested_four_nocase(struct str s, size_t at, const char *four)
{
	uint32_t a, b;

	if (s.n - at < 4)
		return false;
	memcpy(&a, s.p + at, 4);
	memcpy(&b, four, 4);
	return (a | 0x20202020) == b;
}

/* How "http://" is written elsewhere than as it stands. */
enum nested_coding {
	CODING_NONE = 0,
	CODING_BASE64, /* of either alphabet, padded or not */
	CODING_HEX,
	CODING_ROT13, /* "uggc://" */
	CODING_XOR,   /* "hvtr:-/": every other byte with one bit turned */
};

/*
 * Does a text that hides a URL begin in <s> at <at>? Where its decoding has to
 * begin goes to *<from> (base64 has four places for it).
 */
enum nested_coding nested_coded(struct str s, size_t at, size_t *from);

/* What <s> says up to where the coding ends, into <room> of s.n bytes. */
struct str nested_decode(enum nested_coding how, struct str s, char *room);

/* Escapes of URLs ("%3A", "%u003A"), of scripts ("\\u003a", "\\x3a") and of
 * HTML ("&#58;", "&colon;") taken out of <p>, in place; the new length. */
size_t nested_unescape(char *p, size_t n);

/*
 * Services that take a host without a scheme, and those whose own names say
 * whom they show.
 */
struct nested_service {
	struct str below;  /* it, and all below it */
	const char *path;  /* a host stands behind one of these; "" : none */
	const char *param; /* in one of these; "" : none */
};
/* Row <i> of all; NULL: no more. */
const struct nested_service *nested_service_row(unsigned i);
/* Is <host> perhaps of one of these, or one that says whom it shows? Quick. */
bool nested_serves(struct name host);
/* The <i>th that <host> is of; NULL: no more. */
const struct nested_service *nested_service(struct name host, unsigned i);

/* "bad-test.translate.goog" is for bad.test: writes that into <room>, which
 * holds NAME_ROOM bytes. STR_NONE: <host> says nothing like that. */
struct str nested_in_host(struct name host, char *room);

/* What is being looked through, and for whom. */
struct nested_look {
	struct arena scratch; /* texts that are read */
	struct arena one;     /* the address that is being made canonical */
	struct arena kept;    /* texts of those that were told */
	const struct nested_hear *hear;
	struct str known[NESTED_MAX];
	unsigned nknown, tries;
	size_t work;         /* bytes that were decoded or made canonical */
	enum nested_end end; /* NESTED_ALL: go on */
};

static inline bool
nested_is_slash(char c)
{
	return c == '/' || c == '\\';
}

/* So much is to be done; false: it is more than is done for one URL. */
bool nested_spend(struct nested_look *l, size_t n);

/* An address begins at the front of <s>, behind its scheme if <sure>. */
bool nested_try(
    struct nested_look *l, struct str s, enum scheme scheme, bool sure);
/* What a host that shows others says of itself. */
void nested_try_host(
    struct nested_look *l, struct name host, const struct url *url);

/* nested_each() without asking nested_may() first. */
enum nested_end nested_look(
    struct name host, const struct url *url, const struct nested_hear *hear);

#endif
