/* source_zone.c - words, names and origins of a zone file. */
#include "lists/source_zone.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "lists/source_reader.h"

struct source_zone *
source_zone_new(void)
{
	return calloc(1, sizeof(struct source_zone));
}

void
source_zone_free(struct source_zone *z)
{
	if (!z)
		return;
	buf_fini(&z->record);
	free(z);
}

/* ---- names */

struct str
zone_undotted(struct str s, bool *absolute)
{
	*absolute = str_ends(s, STR("."));
	return *absolute ? str_sub(s, 0, s.n - 1) : s;
}

const char *
zone_resolve(const struct source_zone *z, struct str s, char *out)
{
	struct str origin = str_of(z->origin);
	bool absolute, at = str_eq(s, STR("@"));
	struct str name = zone_undotted(s, &absolute);
	size_t n = 0;

	if (!utf8_is_valid(s))
		return SOURCE_NOT_UTF8;
	if (!at && name.n + 1 + origin.n >= NAME_ROOM)
		return "a name that is too long";
	if (!at) {
		memcpy(out, name.p, name.n);
		n = name.n;
	}
	if (!absolute && origin.n) {
		if (n)
			out[n++] = '.';
		memcpy(out + n, origin.p, origin.n);
		n += origin.n;
	}
	out[n] = '\0';
	if (memchr(out, '\0', n))
		return "a byte that no host name has";
	if (absolute && z->rooted && z->apex[0] == '\0')
		return "an absolute name in a zone whose own is not known";
	return NULL;
}

bool
zone_below_apex(const struct source_zone *z, struct str name, struct str *out)
{
	struct str apex = str_of(z->apex);

	*out = name;
	if (apex.n == 0)
		return true;
	if (!str_eq_nocase(
	        str_sub(name, name.n > apex.n ? name.n - apex.n : 0, name.n),
	        apex))
		return false;
	*out = str_sub(name, 0, name.n - apex.n);
	if (out->n == 0)
		return true;
	if (!str_ends(*out, STR(".")))
		return false;
	*out = str_sub(*out, 0, out->n - 1);
	return true;
}

/* ---- words */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

unsigned
zone_split(struct str s, unsigned depth, struct zone_words *w)
{
	size_t i = 0, from;
	bool quoted = false;

	w->n = 0;
	while (i < s.n) {
		while (i < s.n && is_blank(s.p[i]))
			i++;
		from = i;
		for (; i < s.n &&
		       (quoted || !(is_blank(s.p[i]) || s.p[i] == ';' ||
		                      s.p[i] == '(' || s.p[i] == ')'));
		     i++) {
			quoted ^= s.p[i] == '"';
			i += s.p[i] == '\\' && i + 1 < s.n;
		}
		if (i > from) {
			if (w->n < ZONE_WORDS_MAX)
				w->v[w->n] = str_sub(s, from, i - from);
			w->n++;
		}
		if (i == s.n || s.p[i] == ';')
			break;
		if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')')
			depth -= depth > 0;
		else
			continue;
		i++;
	}
	return depth;
}

struct str
zone_uncommented(struct str s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		quoted ^= s.p[i] == '"';
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == ';' && !quoted)
			return str_sub(s, 0, i);
	}
	return s;
}
