/*
 * plain.h - the patterns of a set, one after the other by PCRE2 itself: what
 * any cleverer way has to agree with.
 */
#ifndef TESTS_FILTERS_PLAIN_H
#define TESTS_FILTERS_PLAIN_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/str.h"
#include "filters/pattern.h"
#include "filters/url.h"

struct plain {
	pcre2_code *code;
	pcre2_match_data *data;
};

/* With the options of the product. */
static inline bool
plain_init(struct plain *p, struct str text)
{
	int code;
	PCRE2_SIZE at;

	p->data = NULL;
	p->code = pcre2_compile((PCRE2_SPTR)text.p, text.n,
	    PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY, &code, &at,
	    NULL);
	if (!p->code)
		return false;
	pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
	p->data = pcre2_match_data_create(1, NULL);
	return p->data != NULL;
}

static inline void
plain_fini(struct plain *p)
{
	pcre2_match_data_free(p->data);
	pcre2_code_free(p->code);
}

/* 1 it matches, 0 it does not, -1 it met a limit. */
static inline int
plain_match(const struct plain *p, struct str text)
{
	int rc = pcre2_match(
	    p->code, (PCRE2_SPTR)text.p, text.n, 0, 0, p->data, NULL);

	return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

/* What the set has to say of it; -1: a limit was met, it may say anything. */
static inline int
plain_outcome(const struct plain *p, const struct url *u)
{
	unsigned hits = 0, texts = 0;
	struct str text[2 + URL_ALTS_MAX] = {u->text, u->raw};

	for (unsigned i = 0; i < u->nalts; i++)
		text[2 + i] = u->alt[i].text;
	for (unsigned i = 0; i < 2 + u->nalts; i++) {
		int rc = text[i].n ? plain_match(p, text[i]) : 0;

		if (rc < 0)
			return -1;
		hits += (unsigned)rc;
		texts += text[i].n != 0;
	}
	return hits == 0      ? 0
	       : hits < texts ? (int)PATTERN_SOME
	                      : (int)(PATTERN_SOME | PATTERN_EVERY);
}

#endif
