/*
 * fuzz_engines.c - any bytes as a table of engines and, behind an empty line,
 * as a target: an edit has nothing left to be edited.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "filters/safesearch.h"
#include "filters/search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
ask(struct arena *a, struct name host, struct str target, struct request *r)
{
	struct url_parts p = {.port = 80, .host = host};

	*r = (struct request){.stage = STAGE_URL, .deepest = STAGE_URL};
	p.has_query = str_cut(target, '?', &p.path, &p.query);
	if (url_canon(a, &p, &r->url) < 0)
		return false;
	r->host = host;
	return true;
}

static void
edit(const struct engines *e, struct name host, struct str target)
{
	struct safe_edit first, second;
	struct search found;
	struct str path, rest;
	struct request r;
	struct arena a;
	char *again;

	arena_init(&a, 0);
	if (ask(&a, host, target, &r)) {
		engines_search(e, &r, &found);
		engines_edit(e, &r, SAFE_STRICT, SAFE_MODERATE, &a, &first);
		if (first.has_query) {
			str_cut(target, '?', &path, &rest);
			again = arena_alloc(&a, path.n + 1 + first.query.n);
			memcpy(again, path.p, path.n);
			again[path.n] = '?';
			memcpy(
			    again + path.n + 1, first.query.p, first.query.n);
			if (!ask(&a, host,
			        str_make(again, path.n + 1 + first.query.n),
			        &r))
				abort();
			engines_edit(
			    e, &r, SAFE_STRICT, SAFE_MODERATE, &a, &second);
			if (second.has_query)
				abort();
		}
	}
	arena_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char own[] =
	    "version\t1\nengine\ta\tsearch\nhost\ta.test .b.test\n"
	    "strict\tdial\tsafe.test\nstrict\tquery\tsafe\tactive\n"
	    "strict\tquery\tui\ton\nterms\tq as_q\npath\t/s/\nnever\t/n/\n";
	struct str all = str_make((const char *)data, size);
	size_t at = str_search(all, STR("\n\n"));
	struct str target = str_sub(all, at + 2, all.n);
	struct engines *e = engines_read(str_sub(all, 0, at), NULL);
	char room[NAME_ROOM];
	struct name n;

	name_from_wire(STR("a.test"), room, &n);
	if (e)
		edit(e, n, target);
	engines_free(e);
	e = engines_read(str_make(own, sizeof(own) - 1), NULL);
	if (!e)
		abort();
	edit(e, n, target);
	edit(e, n, all);
	engines_free(e);
	return 0;
}
