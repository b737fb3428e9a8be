/*
 * bench_wrong.c - does an image answer as a plain set of its names does?
 *
 *	bench_wrong IMAGE NAMES HOSTS...
 *
 * NAMES has the domains that were compiled, canonical, one a line; each holds
 * for itself and all below. Each host is looked up in both: the entries found
 * must be the same, in the same order. The set here is a hash table of the
 * whole texts, and nothing of it is taken from lists/. Status 1 if any answer
 * is wrong.
 */
#include "base/err.h"
#include "lists/image.h"
#include "tests/bench/bench.h"

#define SHOWN 10

struct set {
	struct str *slot;
	size_t mask;
};

/* FNV-1a. */
static size_t
hash(struct str s)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static struct str *
find(const struct set *set, struct str s)
{
	size_t i = hash(s) & set->mask;

	while (set->slot[i].p &&
	       (set->slot[i].n != s.n || memcmp(set->slot[i].p, s.p, s.n) != 0))
		i = (i + 1) & set->mask;
	return &set->slot[i];
}

static void
fill(struct set *set, struct str text)
{
	const char *at = text.p, *end = text.p + text.n;
	size_t lines = 0, slots = 16;

	for (const char *p = at; p < end; p++)
		lines += *p == '\n';
	while (slots < lines * 2)
		slots *= 2;
	set->mask = slots - 1;
	set->slot = calloc(slots, sizeof(*set->slot));
	if (!set->slot)
		bench_die("names", "out of memory");
	while (at < end) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		struct str s = {at, (size_t)((nl ? nl : end) - at)};

		if (s.n)
			*find(set, s) = s;
		at += s.n + 1;
	}
}

/* Is what the image found just what the set has, most specific first? */
static bool
agrees(const struct image *im, const struct set *set, struct name host)
{
	struct image_hits hits;
	uint32_t next = 0;
	size_t at = 0;

	hits.n = 0;
	hits.more = false;
	image_find_host(im, host, &hits);
	while (at < host.n) {
		struct str tail = {host.p + at, host.n - at};
		char text[NAME_ROOM + 1];

		if (find(set, tail)->p) {
			if (next >= hits.n || hits.hit[next].self != (at == 0))
				return false;
			if (image_entry_text(im, &hits.hit[next++], text,
			        sizeof(text)) != tail.n ||
			    memcmp(text, tail.p, tail.n) != 0)
				return false;
		}
		while (at < host.n && host.p[at] != '.')
			at++;
		at++;
	}
	return next == hits.n;
}

int
main(int argc, char **argv)
{
	size_t asked = 0, wrong = 0;
	struct image im;
	struct set set;
	struct err err;

	if (argc < 4)
		bench_die("use", "bench_wrong IMAGE NAMES HOSTS...");
	if (image_view(&im, bench_map(argv[1]), &err) < 0)
		bench_die(argv[1], err.text);
	fill(&set, bench_text(argv[2]));
	for (int k = 3; k < argc; k++) {
		size_t n;
		struct name *host = bench_hosts(argv[k], &n);

		for (size_t i = 0; i < n; i++) {
			if (agrees(&im, &set, host[i]))
				continue;
			if (wrong++ < SHOWN)
				printf(
				    "wrong: %.*s\n", (int)host[i].n, host[i].p);
		}
		asked += n;
		free(host);
	}
	printf(
	    "%zu answers compared with a plain set, %zu wrong\n", asked, wrong);
	return wrong != 0;
}
