/*
 * fuzz_compile.c - any text as two lists, whole, in parts and with hardly any
 * memory: the same image, and all that was taken in is found (the compiler
 * sees to that itself).
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "lists/compile.h"
#include "lists/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buf parts[COMPILE_PARTS];

static int
append(void *ctx, unsigned part, const void *p, size_t n, struct err *err)
{
	(void)ctx;
	(void)err;
	buf_add(&parts[part], p, n);
	return 0;
}

static int
read_back(
    void *ctx, unsigned part, uint64_t off, void *p, size_t n, struct err *err)
{
	(void)ctx;
	(void)err;
	if (off + n > parts[part].n)
		abort();
	memcpy(p, parts[part].p + off, n);
	return 0;
}

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

struct how {
	enum list_format format;
	size_t step, memory;
};

static struct buf
build(struct str one, struct str two, struct how how)
{
	static const struct compile_spill spill = {NULL, append, read_back};
	struct compile_options opt = {
	    .seed = 1, .memory = how.memory, .spill = &spill};
	struct compile *c = compile_new(&opt);
	struct compile_source src = {.list = STR("l"), .format = how.format};
	struct buf out = BUF_EMPTY;
	struct err err;
	int a, b;

	if (!c)
		abort();
	a = compile_source(c, &src, &err);
	src.format = LIST_AUTO;
	b = compile_source(c, &src, &err);
	feed(c, a, one, how.step);
	feed(c, b, two, how.step);
	if (compile_finish(c, &out, &err) < 0)
		abort();
	compile_free(c);
	for (unsigned i = 0; i < COMPILE_PARTS; i++)
		buf_fini(&parts[i]);
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all, one, two;
	struct how how = {.step = SIZE_MAX};
	struct buf want, got;

	if (size < 2 || size > 20000)
		return 0;
	how.format = (enum list_format)(data[0] % LIST_UT1);
	all = str_make((const char *)data + 2, size - 2);
	str_cut(all, '\0', &one, &two);
	want = build(one, two, how);
	how.step = data[1] + (size_t)1;
	got = build(one, two, how);
	if (!str_eq(buf_str(&want), buf_str(&got)))
		abort();
	buf_fini(&got);
	/* as much as the index takes at first, and a few entries */
	how.memory = 8200 + data[1] * (size_t)16;
	got = build(one, two, how);
	if (!str_eq(buf_str(&want), buf_str(&got)))
		abort();
	buf_fini(&got);
	buf_fini(&want);
	return 0;
}
