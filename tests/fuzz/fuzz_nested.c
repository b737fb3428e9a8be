/*
 * fuzz_nested.c - any bytes as a target: what is found is canonical and can be
 * told again, and the quick look never says no to it.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "filters/nested.h"
#include "filters/nested_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct found {
	struct arena *a;
	struct str text[NESTED_MAX];
	unsigned n;
};

static bool
check(void *arg, const struct nested *one)
{
	struct found *f = arg;
	struct url_parts p = {.scheme = one->url.scheme,
	    .host = one->url.host,
	    .port = one->url.port};
	struct url again;

	if (one->url.host.kind == NAME_NONE || f->n == NESTED_MAX)
		abort();
	if (!one->has_url)
		return true;
	p.has_query = str_cut(one->url.path, '?', &p.path, &p.query);
	if (url_canon(f->a, &p, &again) < 0 || again.nalts > one->url.nalts ||
	    !str_eq(again.text, one->url.text))
		abort();
	for (unsigned i = 0; i < one->url.nalts; i++)
		if (one->url.alt[i].path.n == 0)
			abort();
	/* each once, as long as there is room to tell */
	for (unsigned i = 0; i < f->n && f->n < 100; i++)
		if (str_eq(f->text[i], one->url.text) && one->url.text.n < 1000)
			abort();
	f->text[f->n++] = arena_str(f->a, one->url.text);
	return true;
}

static void
look(struct name host, struct str target)
{
	struct url_parts p = {.port = 80, .host = host};
	struct arena a;
	struct found f = {.a = &a};
	const struct nested_hear hear = {NULL, check, &f};
	struct url u;

	arena_init(&a, 0);
	p.has_query = str_cut(target, '?', &p.path, &p.query);
	if (url_canon(&a, &p, &u) == 0) {
		enum nested_end end = nested_look(host, &u, &hear);

		if (end == NESTED_ENOUGH)
			abort();
		if ((f.n || end == NESTED_LOST) && !nested_may(host, &u))
			abort();
	}
	arena_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hosts[] = {
	    "t.test", "web.archive.org", "i0.wp.com", "12ft.io"};
	struct str all = str_make((const char *)data, size), host, target;
	char room[NAME_ROOM];
	struct name n;

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		name_from_wire(str_of(hosts[i]), room, &n);
		look(n, all);
	}
	/* and with a host of its own: "host/..." */
	str_cut(all, '/', &host, &target);
	target = str_sub(all, host.n, all.n);
	if (name_from_wire(host, room, &n) == NAME_OK) {
		struct arena a;
		struct found f = {.a = &a};
		const struct nested_hear hear = {NULL, check, &f};

		arena_init(&a, 0);
		if (nested_each(n, NULL, &hear) != NESTED_ALL)
			abort();
		arena_fini(&a);
		look(n, target);
	}
	return 0;
}
