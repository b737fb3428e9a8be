/* build.h - lists from text in a test, and the answers as text. */
#ifndef TESTS_UNIT_LISTS_BUILD_H
#define TESTS_UNIT_LISTS_BUILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "lists/compile.h"
#include "lists/image.h"

struct build_source {
	const char *list, *category;
	enum list_format format;
	struct str text;
};

/* Feed <src> to a new compiler in parts of <step> bytes. */
static inline struct compile *
build_feed(const struct build_source *src, size_t n, size_t step, uint64_t seed)
{
	struct compile_options opt = {
	    .seed = seed, .generation = 7, .fingerprint = {1, 2}};
	struct compile *c = compile_new(&opt);
	struct err err;

	assert_non_null(c);
	for (size_t i = 0; i < n; i++) {
		struct compile_source s = {.list = str_of(src[i].list),
		    .category = str_of(src[i].category),
		    .file = STR("list.txt"),
		    .format = src[i].format};
		int id = compile_source(c, &s, &err);

		assert_int_equal(id, i);
		for (size_t at = 0; at < src[i].text.n; at += step) {
			struct str part = str_sub(src[i].text, at, step);

			assert_int_equal(
			    compile_feed(c, id, part.p, part.n, &err), 0);
		}
		assert_int_equal(compile_source_end(c, id, &err), 0);
	}
	return c;
}

static inline struct buf
build(const struct build_source *src, size_t n)
{
	struct compile *c = build_feed(src, n, SIZE_MAX, 1);
	struct buf out = BUF_EMPTY;
	struct err err = {0};

	if (compile_finish(c, &out, &err) < 0)
		fail_msg("%s", err.text);
	compile_free(c);
	return out;
}

static inline struct image
build_view(const struct buf *b)
{
	struct image im;
	struct err err;

	assert_int_equal(
	    image_view(&im, (struct bytes){(const uint8_t *)b->p, b->n}, &err),
	    0);
	return im;
}

/*
 * Look <what> up (a host, or host/path) and write the hits one after another:
 * "bad.test=0,2 " is the entry bad.test of sources 0 and 2; '~' stands before
 * what is not the host itself.
 */
static inline struct str
build_ask(const struct image *im, const char *what, char *out, size_t size)
{
	struct str host, path, all = str_of(what);
	char room[NAME_ROOM], text[4096];
	struct image_hits hits = {0};
	struct name n;
	size_t used = 0;

	str_cut(all, '/', &host, &path);
	assert_int_equal(name_from_text(host, room, &n), NAME_OK);
	image_find_host(im, n, &hits);
	if (host.n < all.n)
		image_find_url(im, n, str_sub(all, host.n, all.n), &hits);
	out[0] = '\0';
	for (uint32_t i = 0; i < hits.n; i++) {
		uint16_t ids[64];
		unsigned k =
		    image_class_sources(im, hits.hit[i].class, ids, 64);

		image_entry_text(im, &hits.hit[i], text, sizeof(text));
		used += (size_t)snprintf(out + used, size - used,
		    "%s%s%s=", i ? " " : "", hits.hit[i].self ? "" : "~", text);
		assert_true(k > 0 && k <= 64 && used < size);
		for (unsigned j = 0; j < k; j++)
			used += (size_t)snprintf(
			    out + used, size - used, j ? ",%u" : "%u", ids[j]);
		assert_true(used < size);
	}
	return str_make(out, used);
}

#endif
