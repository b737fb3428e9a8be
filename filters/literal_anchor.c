/* literal_anchor.c - the domain that a pattern of URLs is about. */
#include "filters/literal_anchor.h"

#include <string.h>

#include "filters/literal_class.h"
#include "lists/name.h"

#define SCHEME_LONGEST 8 /* "https://" */

static bool
is_empty(const struct piece *p)
{
	return p->kind == PIECE_ALL && p->set.n == 1 && p->set.len[0] == 0;
}

static void
next_scheme(struct literal_anchor *a, const struct piece *p)
{
	struct literal_set both;
	unsigned whole = 0;

	a->at = ANCHOR_NONE;
	if (p->kind != PIECE_ALL ||
	    !literal_set_cross(&both, &a->scheme, &p->set))
		return;
	for (unsigned i = 0; i < both.n; i++) {
		struct str s = literal_at(&both, i);

		if (s.n > SCHEME_LONGEST)
			return;
		whole +=
		    str_eq(s, STR("http://")) || str_eq(s, STR("https://"));
	}
	literal_set_copy(&a->scheme, &both);
	a->at = whole == both.n ? ANCHOR_HOST : ANCHOR_SCHEME;
}

/* Something of which only is known that it has no '/'. */
static void
next_before(struct literal_anchor *a, const struct piece *p)
{
	bool dot = a->n ? a->host[a->n - 1] == '.' : !a->before || a->dot;

	a->at = p->slash ? ANCHOR_NONE : ANCHOR_HOST;
	a->dot = p->dot && dot;
	a->before = true;
	a->n = 0;
}

static void
next_host(struct literal_anchor *a, const struct piece *p)
{
	struct str s;

	if (p->border) {
		a->at = ANCHOR_DONE;
		return;
	}
	if (p->kind != PIECE_ALL || p->set.n != 1) {
		next_before(a, p);
		return;
	}
	s = literal_at(&p->set, 0);
	for (size_t i = 0; i < s.n; i++) {
		if (!literal_is_host_byte((unsigned char)s.p[i])) {
			a->at = ANCHOR_DONE;
			return;
		}
		if (a->n == sizeof(a->host)) {
			a->at = ANCHOR_NONE;
			return;
		}
		a->host[a->n++] = s.p[i];
	}
}

bool
literal_anchor_next(struct literal_anchor *a, const struct piece *p)
{
	switch (a->at) {
	case ANCHOR_BEGIN:
		if (p->begin) {
			a->at = ANCHOR_SCHEME;
			literal_set_one(&a->scheme, STR(""));
		} else if (!is_empty(p) || p->border) {
			a->at = ANCHOR_NONE;
		}
		break;
	case ANCHOR_SCHEME:
		next_scheme(a, p);
		break;
	case ANCHOR_HOST:
		next_host(a, p);
		return a->at == ANCHOR_DONE;
	case ANCHOR_DONE:
	case ANCHOR_NONE:
		break;
	}
	return false;
}

uint8_t
literal_anchor_end(const struct literal_anchor *a, char *out)
{
	struct str s = str_make(a->host, a->n);

	if (a->at != ANCHOR_DONE)
		return 0;
	if (a->before && !a->dot) /* "[a-z]+ads.x.test": below x.test */
		s = str_sub(s, str_find(s, '.', 0), s.n);
	if (str_starts(s, STR(".")))
		s = str_sub(s, 1, s.n);
	if (s.n == 0 || s.n >= NAME_ROOM || s.p[0] == '.' ||
	    str_ends(s, STR(".")))
		return 0;
	memcpy(out, s.p, s.n);
	return (uint8_t)s.n;
}
