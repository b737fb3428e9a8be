/* terms_impl.h - the parts of term_value(); for terms*.c alone. */
#ifndef FILTERS_TERMS_IMPL_H
#define FILTERS_TERMS_IMPL_H

#include <stdbool.h>

#include "filters/terms.h"

static inline enum truth
truth_of(bool is)
{
	return is ? TRUTH_TRUE : TRUTH_FALSE;
}

/* What stage <need> would tell. */
static inline enum truth
term_later(const struct sight *v, enum stage need, struct missing *m)
{
	if (need > v->deepest)
		return TRUTH_FALSE;
	if (need < m->next)
		m->next = need;
	return TRUTH_UNKNOWN;
}

/*
 * Something that can be read in several ways, of which stage <need> may bring
 * another: it <is> so far. Where one reading is enough that holds; where all
 * have to agree, only once no more can come.
 */
static inline enum truth
term_so_far(const struct sight *v, const struct term *t, bool is,
    enum stage need, struct missing *m)
{
	if (v->known >= need || need > v->deepest || (is && !t->every))
		return truth_of(is);
	return term_later(v, need, m);
}

/* A value, the '!' not looked at; NULL-free, as all of these. */
typedef enum truth term_fn(
    const struct sight *v, const struct term *t, struct missing *m);

/* terms_asker.c: who asks, when, and how far it can be seen */
term_fn term_during, term_group, term_user, term_visibility;
/* terms_head.c: the request's head, and what it looks like */
term_fn term_header, term_ua, term_referer, term_search, term_doh;
/* terms_answer.c */
term_fn term_type, term_ext, term_size, term_disguised;

#endif
