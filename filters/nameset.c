/* nameset.c - words with numbers. */
#include "filters/nameset.h"

#include <string.h>

#include "base/arena.h"

uint16_t
nameset_find(const struct nameset *s, struct str name)
{
	for (uint16_t i = 0; i < s->n; i++)
		if (str_eq(s->name[i], name))
			return i;
	return NAMESET_NONE;
}

uint16_t
nameset_add(struct nameset *s, struct arena *a, struct str name)
{
	uint16_t i = nameset_find(s, name);

	if (i != NAMESET_NONE || s->n >= NAMESET_MAX)
		return i;
	s->name[s->n] = arena_str(a, name);
	return a->failed ? NAMESET_NONE : s->n++;
}
