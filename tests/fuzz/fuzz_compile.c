/*
 * fuzz_compile.c - any text as two lists, whole and in parts: the same image,
 * and all that was taken in is found (the compiler sees to that itself).
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "lists/compile.h"
#include "lists/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
feed(struct compile *c, int id, struct str text, size_t step)
{
	struct err err;

	for (size_t at = 0; at < text.n; at += step) {
		struct str part = str_sub(text, at, step);

		if (compile_feed(c, id, part.p, part.n, &err) < 0)
			abort();
	}
	if (compile_source_end(c, id, &err) < 0)
		abort();
}

static struct buf
build(struct str one, struct str two, enum list_format format, size_t step)
{
	struct compile_options opt = {.seed = 1};
	struct compile *c = compile_new(&opt);
	struct compile_source src = {.list = STR("l"), .format = format};
	struct buf out = BUF_EMPTY;
	struct err err;
	int a, b;

	if (!c)
		abort();
	a = compile_source(c, &src, &err);
	src.format = LIST_AUTO;
	b = compile_source(c, &src, &err);
	feed(c, a, one, step);
	feed(c, b, two, step);
	if (compile_finish(c, &out, &err) < 0)
		abort();
	compile_free(c);
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all, one, two;
	enum list_format format;
	struct buf a, b;
	size_t step;

	if (size < 2 || size > 20000)
		return 0;
	format = (enum list_format)(data[0] % LIST_UT1);
	step = data[1] + (size_t)1;
	all = str_make((const char *)data + 2, size - 2);
	str_cut(all, '\0', &one, &two);
	a = build(one, two, format, step);
	b = build(one, two, format, SIZE_MAX);
	if (!str_eq(buf_str(&a), buf_str(&b)))
		abort();
	buf_fini(&a);
	buf_fini(&b);
	return 0;
}
