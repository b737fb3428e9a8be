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
		image_class_sources(im, hits.hit[i].class, ids, 8);
		image_line(im, hits.hit[i].entry, ids[0]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(size + 1);
	struct image_source s;
	struct image im;
	struct err err;

	if (!p)
		return 0;
	memcpy(p, data, size);
	if (size >= IMAGE_HEADER) {
		memcpy(p, IMAGE_MAGIC, 8);
		memcpy(p + 8, "\1\0\0\0", 4);
		for (unsigned i = 0; i < 8; i++)
			p[56 + i] = (uint8_t)((uint64_t)size >> (8 * i));
	}
	p = realloc(p, size ? size : 1);
	if (image_view(&im, (struct bytes){p, size}, &err) == 0) {
		ask(&im, "a.b.bad.test", "/secret/inner?x=1");
		ask(&im, "bad.test", "/");
		ask(&im, "www.good.test", "/secret");
		ask(&im, "198.51.100.7", "/x");
		ask(&im, "2001:db8:1::1", "/x");
		ask(&im, "::ffff:198.51.100.7", "/x");
		for (uint32_t e = 0; e < 64; e++)
			image_line(&im, e * 0x04000001u, 0);
		image_source(&im, 0, &s);
		image_intact(&im);
	}
	free(p);
	return 0;
}
