/* zones.c - which time zone may have been meant. */
#include "config/zones.h"

#include <dirent.h>
#include <limits.h>

#include "base/near.h"
#include "base/sys/file.h"
#include "config/config.h"

#define DEPTH_MAX 3    /* America/Argentina/Ushuaia */
#define NAMES_MAX 2000 /* there are some 600 */

struct search {
	struct config *c;
	struct near near;
	struct str word, city; /* the one that is called so */
	unsigned names;
};

static struct str
last_part(struct str name)
{
	size_t n = name.n;

	while (n && name.p[n - 1] != '/')
		n--;
	return str_sub(name, n, name.n);
}

static void
try_name(struct search *s, struct str name)
{
	struct str kept;

	if (s->names++ >= NAMES_MAX)
		return;
	kept = arena_str(&s->c->arena, name);
	near_try(&s->near, kept);
	if (str_eq_nocase(last_part(kept), s->word))
		s->city = kept;
}

/* <name>: of the folder, "" for the first. Files have no dot in their name,
 * and the copies in posix/ and right/ are the same once more. */
static void
walk(struct search *s, const char *path, const char *name, unsigned depth)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	char below[PATH_MAX], as[PATH_MAX];

	while (dir && (e = readdir(dir))) {
		struct str n = str_of(e->d_name);

		if (str_find(n, '.', 0) < n.n || str_eq(n, STR("posix")) ||
		    str_eq(n, STR("right")) ||
		    !file_join(below, sizeof(below), path, e->d_name))
			continue;
		if (!name[0])
			str_copy(n, as, sizeof(as));
		else if (!file_join(as, sizeof(as), name, e->d_name))
			continue;
		if (e->d_type != DT_DIR)
			try_name(s, str_of(as));
		else if (depth < DEPTH_MAX)
			walk(s, below, as, depth + 1);
	}
	if (dir)
		closedir(dir);
}

struct str
zones_near(struct config *c, const char *folder, struct str name)
{
	struct search s = {
	    .c = c, .near = near_to(name), .word = last_part(name)};

	walk(&s, folder, "", 1);
	return s.near.best.n ? s.near.best : s.city;
}
