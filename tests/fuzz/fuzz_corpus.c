/*
 * fuzz_corpus.c - a file of sites that must not be blocked: any bytes. Each
 * site that comes of it is an address that gives itself again; what stands in
 * front does not depend on what comes behind.
 */
#include <stdint.h>
#include <stdlib.h>

#include "config/corpus.h"
#include "config/diag.h"

static void
parse(struct corpus *c, const uint8_t *data, size_t n)
{
	struct diag quiet = {.report = NULL};

	*c = (struct corpus){.n = 0};
	arena_init(&c->arena, 0);
	corpus_parse(c, "f", str_make((const char *)data, n), &quiet);
}

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct corpus all, head, again;
	size_t cut = size;

	/* up to some line's end */
	if (size)
		cut = data[0] % size;
	while (cut < size && (cut == 0 || data[cut - 1] != '\n'))
		cut++;
	parse(&all, data, size);
	parse(&head, data, cut);
	expect(head.n <= all.n);
	for (unsigned i = 0; i < all.n; i++) {
		const struct corpus_site *s = &all.v[i];

		expect(s->url.host.n > 0 && s->text.n > 0);
		expect(s->url.path.n > 0 && s->url.path.p[0] == '/');
		expect(str_find(s->text, '\t', 0) == s->text.n);
		if (i < head.n)
			expect(str_eq(s->text, head.v[i].text));
		parse(&again, (const uint8_t *)s->text.p, s->text.n);
		expect(
		    again.n == 1 && str_eq(again.v[0].url.text, s->url.text));
		corpus_fini(&again);
	}
	corpus_fini(&head);
	corpus_fini(&all);
	return 0;
}
