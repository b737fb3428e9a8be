/* url_under.c - is an address that path, or below it? */
#include "filters/url_under.h"

#include "base/arena.h"
#include "lists/path.h"

bool
url_path_read(struct arena *a, struct str path, struct url_path *out)
{
	struct str *all;

	*out = (struct url_path){.path = path};
	if (path_choices(path) == 0)
		return true;
	all = arena_alloc(a, PATH_READINGS * sizeof(*all));
	for (unsigned how = 0; all && how < PATH_READINGS; how++) {
		char *room = arena_alloc(a, path.n + 1);

		if (!room)
			return false;
		all[how] = path_canon(path, how, room);
	}
	out->read = all;
	return all != NULL;
}

/* The boundaries are those of image_find_url(). */
bool
url_path_is_under(struct str path, struct str above)
{
	char c;

	if (!str_starts(path, above))
		return false;
	if (path.n == above.n || above.p[above.n - 1] == '/')
		return true;
	c = path.p[above.n];
	return c == '/' || c == '?' || c == '#' || c == ';' || c == '&';
}

bool
url_is_under(const struct url *u, const struct url_path *path, bool every)
{
	if (url_path_is_under(u->path, path->path) != every)
		return !every;
	for (unsigned i = 0; i < u->nalts; i++) {
		const struct url_reading *alt = &u->alt[i];
		struct str own =
		    every && path->read ? path->read[alt->how] : path->path;

		if (url_path_is_under(alt->path, own) != every)
			return !every;
	}
	return every;
}
