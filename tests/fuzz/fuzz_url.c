/*
 * fuzz_url.c - any bytes as an address: what is typed and accepted can be made
 * canonical, and canonical of canonical is itself.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "filters/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same(struct str a, struct str b)
{
	if (!str_eq(a, b))
		abort();
}

/* Each is another one, and is what its text says. */
static void
check_readings(const struct url *u)
{
	size_t origin = u->text.n - u->path.n;

	if (u->nalts > URL_ALTS_MAX)
		abort();
	for (unsigned i = 0; i < u->nalts; i++) {
		struct str path = u->alt[i].path;

		if (path.n == 0 || path.p[0] != '/' || str_eq(path, u->path))
			abort();
		for (unsigned k = 0; k < i; k++)
			if (str_eq(path, u->alt[k].path))
				abort();
		same(str_sub(u->alt[i].text, 0, origin),
		    str_sub(u->text, 0, origin));
		same(str_sub(u->alt[i].text, origin, u->alt[i].text.n), path);
	}
}

/* <u> was made of <p>; make it again of what came out. */
static void
again(struct arena *a, const struct url_parts *p, const struct url *u)
{
	struct url_parts q = *p;
	struct url v;

	if (u->path.n == 0 || u->path.p[0] != '/' || u->text.n == 0)
		abort();
	for (size_t i = 0; i < u->text.n; i++)
		if ((unsigned char)u->text.p[i] <= ' ' ||
		    (unsigned char)u->text.p[i] >= 0x7f)
			abort();
	q.has_query = str_cut(u->path, '?', &q.path, &q.query);
	if (url_canon(a, &q, &v) < 0)
		abort();
	same(u->path, v.path);
	same(u->text, v.text);
	if (v.raw.n)
		abort();
	check_readings(u);
	check_readings(&v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make((const char *)data, size);
	struct url_parts p;
	struct arena a;
	struct url u;
	char room[NAME_ROOM];
	const char *why = NULL;

	arena_init(&a, 0);
	if (url_split(&a, s, room, &p, &why) == 0) {
		if (url_canon(&a, &p, &u) < 0)
			abort();
		again(&a, &p, &u);
	} else if (!why) {
		abort();
	}
	/* and as a target on the wire, host given */
	p = (struct url_parts){.port = 8080};
	if (name_from_wire(STR("h.test"), room, &p.host) != NAME_OK)
		abort();
	p.has_query = str_cut(s, '?', &p.path, &p.query);
	if (url_canon(&a, &p, &u) == 0)
		again(&a, &p, &u);
	arena_fini(&a);
	return 0;
}
