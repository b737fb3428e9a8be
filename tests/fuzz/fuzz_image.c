/*
 * fuzz_image.c - any bytes as an image: no question leads outside it. The
 * header is put right, or nothing but headers would be tried.
 */
#include <stdlib.h>

#include "base/err.h"
#include "lists/image.h"
#include "lists/image_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ask(const struct image *im, const char *host, const char *path)
{
	static struct image_held held;
	char room[NAME_ROOM], text[300];
	struct image_hits hits = {0};
	struct name n;
	uint16_t ids[8];

	if (name_from_text(str_of(host), room, &n) != NAME_OK)
		abort();
	image_find_host(im, n, &hits);
	image_find_url(im, n, str_of(path), &hits);
	if (hits.n > IMAGE_HITS_MAX)
		abort();
	for (uint32_t i = 0; i < hits.n; i++) {
		size_t len =
		    image_entry_text(im, &hits.hit[i], text, sizeof(text));

		if (len >= sizeof(text) || text[len])
			abort();
		ids[0] = 0;
		image_class_sources(im, hits.hit[i].class, ids, 8);
		image_line(im, hits.hit[i].entry, ids[0]);
	}
	image_hold(im, &hits, &held);
	if (held.n > IMAGE_HELD_MAX)
		abort();
	for (uint32_t i = 0; i < held.n; i++)
		if (held.v[i].hit >= hits.n || held.v[i].source >= im->nsources)
			abort();
}

/* Every byte that is handed out is there. */
static unsigned
sum(struct str s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (unsigned char)s.p[i];
	return n;
}

static bool
each(void *arg, const struct image_item *item)
{
	unsigned *n = arg;

	*n += sum(item->text);
	return true;
}

static void
ask_all(const struct image *im)
{
	struct image_pattern p;
	struct image_source s;
	unsigned n = 0;

	ask(im, "a.b.bad.test", "/secret/inner?x=1");
	ask(im, "bad.test", "/");
	ask(im, "www.good.test", "/secret");
	ask(im, "w.hidden.test", "/x/y");
	ask(im, "198.51.100.7", "/x");
	ask(im, "2001:db8:1::1", "/x");
	ask(im, "::ffff:198.51.100.7", "/x");
	for (uint32_t e = 0; e < 64; e++)
		image_line(im, e * 0x04000001u, 0);
	for (uint32_t i = 0; i < 8 && i < im->nsources; i++)
		if (image_source(im, (uint16_t)i, &s))
			n += sum(s.list) + sum(s.category) + sum(s.file);
	for (uint32_t i = 0; i < 64 && i < im->npatterns; i++)
		if (image_pattern(im, i, &p))
			n += sum(p.text) + sum(p.anchor);
	image_each(im, each, &n);
	image_intact(im);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(size + 1), *fit;
	struct image im;
	struct err err;

	if (!p)
		return 0;
	memcpy(p, data, size);
	if (size >= IMAGE_HEADER) {
		memcpy(p, IMAGE_MAGIC, 8);
		for (unsigned i = 0; i < 4; i++)
			p[8 + i] =
			    (uint8_t)((unsigned)IMAGE_VERSION >> (8 * i));
		for (unsigned i = 0; i < 8; i++)
			p[56 + i] = (uint8_t)((uint64_t)size >> (8 * i));
	}
	/* as large as it is, so that a read behind it is seen */
	fit = realloc(p, size ? size : 1);
	p = fit ? fit : p;
	if (image_view(&im, (struct bytes){p, size}, &err) == 0)
		ask_all(&im);
	free(p);
	return 0;
}
