/*
 * spill_test.c - a compiler whose memory is bounded: the same bytes, whatever
 * had to be put aside; and no image where putting aside or writing fails.
 */
#include "tests/unit/lists/build.h"

#include "base/table.h"

/* Parts in memory; calls from the <fail>th on fail. */
struct store {
	struct buf part[COMPILE_PARTS];
	unsigned appends, reads, fail_append, fail_read;
	bool lies; /* what it reads back is not what was appended */
};

static int
store_append(void *ctx, unsigned part, const void *p, size_t n, struct err *err)
{
	struct store *s = ctx;

	assert_true(part < COMPILE_PARTS && n > 0);
	if (++s->appends == s->fail_append)
		return err_set(err, ERR_SYSTEM, "the disk is full");
	buf_add(&s->part[part], p, n);
	return 0;
}

static int
store_read(
    void *ctx, unsigned part, uint64_t off, void *p, size_t n, struct err *err)
{
	struct store *s = ctx;

	assert_true(part < COMPILE_PARTS);
	assert_true(off + n <= s->part[part].n);
	if (++s->reads == s->fail_read)
		return err_set(err, ERR_SYSTEM, "the disk is broken");
	memcpy(p, s->part[part].p + off, n);
	if (s->lies)
		memset(p, 0xff, n);
	return 0;
}

static void
store_fini(struct store *s)
{
	for (unsigned i = 0; i < COMPILE_PARTS; i++)
		buf_fini(&s->part[i]);
}

/* An image in memory, as a file would have it. */
struct file {
	struct buf b;
	unsigned writes, views, fail_write;
	bool fail_view;
};

static int
file_write(void *ctx, uint64_t at, const void *p, size_t n, struct err *err)
{
	struct file *f = ctx;

	if (++f->writes == f->fail_write)
		return err_set(err, ERR_SYSTEM, "the disk is full");
	assert_true(f->views == 0 || at + n <= f->b.n);
	if (at + n > f->b.n) {
		assert_true(buf_room(&f->b, at + n - f->b.n));
		memset(f->b.p + f->b.n, 0, at + n - f->b.n);
		f->b.n = at + n;
	}
	memcpy(f->b.p + at, p, n);
	return 0;
}

static int
file_view(void *ctx, uint64_t n, struct bytes *bytes, struct err *err)
{
	struct file *f = ctx;

	f->views++;
	if (f->fail_view)
		return err_set(err, ERR_SYSTEM, "it cannot be mapped");
	assert_true(n >= f->b.n);
	assert_true(buf_room(&f->b, n - f->b.n + 1));
	memset(f->b.p + f->b.n, 0, n - f->b.n);
	f->b.n = n;
	*bytes = (struct bytes){(const uint8_t *)f->b.p, n};
	return 0;
}

#define LISTS 4

static struct buf texts[LISTS];

/* Names, URLs, networks, patterns, hashed and cancelled entries. */
static void
make_texts(unsigned n)
{
	for (unsigned l = 0; l < LISTS; l++)
		buf_reset(&texts[l]);
	for (unsigned i = 0; i < n; i++) {
		unsigned k = i * 2654435761u >> 8;

		buf_addf(&texts[0], "n%u.host%u.test\n", k % (n / 2), i % 7);
		if (i % 3 == 0)
			buf_addf(&texts[0], "10.%u.%u.0/24\n", k % 256, i % 99);
		buf_addf(&texts[1], "n%u.host%u.test/p%u/%u\n", k % (n / 2),
		    i % 7, i % 5, i % 11);
		buf_addf(&texts[2], "||n%u.host%u.test^\n", k % (n / 2), i % 5);
		if (i % 10 == 0)
			buf_addf(&texts[2], "||n%u.host%u.test^$badfilter\n",
			    (k + 40) % (n / 2), i % 5);
		if (i % 50 == 0)
			buf_addf(&texts[2], "@@||n%u.host%u.test^\n",
			    k % (n / 2), i % 5);
		if (i % 100 == 0)
			buf_addf(&texts[3], "casino%u[0-9]\n", i % 4000);
	}
}

static const enum list_format formats[LISTS] = {
    LIST_DOMAINS, LIST_URLS, LIST_ADBLOCK, LIST_PATTERNS};

/* Feed all, the lists by turns, <step> bytes at a time. */
static int
feed(struct compile *c, size_t step, struct err *err)
{
	size_t at[LISTS] = {0}, left = LISTS;

	for (unsigned l = 0; l < LISTS; l++) {
		struct compile_source s = {.list = STR("l"),
		    .category = STR("c"),
		    .file = STR("f"),
		    .format = formats[l]};

		if (compile_source(c, &s, err) < 0)
			return -1;
	}
	while (left) {
		left = 0;
		for (int l = 0; l < LISTS; l++) {
			struct str part =
			    str_sub(buf_str(&texts[l]), at[l], step);

			at[l] += part.n;
			left += part.n > 0;
			if (part.n &&
			    compile_feed(c, l, part.p, part.n, err) < 0)
				return -1;
		}
	}
	return 0;
}

struct made {
	struct file file;
	struct store store;
	uint64_t n;
	uint64_t entries, duplicates;
};

static int
make(size_t memory, size_t step, struct made *m, struct err *err)
{
	struct compile_spill spill = {&m->store, store_append, store_read};
	struct compile_out out = {&m->file, file_write, file_view};
	struct compile_options opt = {
	    .seed = 5, .memory = memory, .spill = memory ? &spill : NULL};
	struct compile *c = compile_new(&opt);
	int r;

	assert_non_null(c);
	r = feed(c, step, err);
	if (r == 0)
		r = compile_finish_to(c, &out, &m->n, err);
	for (int l = 0; r == 0 && l < LISTS; l++) {
		m->entries += compile_report(c, l)->entries;
		m->duplicates += compile_report(c, l)->duplicates;
	}
	compile_free(c);
	return r;
}

static void
made_fini(struct made *m)
{
	buf_fini(&m->file.b);
	store_fini(&m->store);
}

static void
the_bytes_do_not_depend_on_the_memory(void **state)
{
	static const size_t memory[] = {
	    1, 20000, 60000, 200000, 1000000, 100000000};
	struct made whole = {0};
	struct err err = {0};

	(void)state;
	make_texts(6000);
	if (make(0, SIZE_MAX, &whole, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(whole.store.appends, 0);
	assert_int_equal(whole.n, whole.file.b.n);
	assert_true(whole.duplicates > 0);
	for (size_t i = 0; i < ARRAY_LEN(memory); i++) {
		struct made m = {0};
		size_t step = i % 2 ? 1000 : SIZE_MAX;

		if (memory[i] == 1)
			make_texts(300); /* each entry is put aside alone */
		if (memory[i] == 1) {
			struct made small = {0};

			assert_int_equal(make(0, 100, &small, &err), 0);
			assert_int_equal(make(1, 100, &m, &err), 0);
			assert_true(
			    str_eq(buf_str(&m.file.b), buf_str(&small.file.b)));
			made_fini(&small);
			made_fini(&m);
			make_texts(6000);
			continue;
		}
		if (make(memory[i], step, &m, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(m.store.appends > 0, memory[i] < 1000000);
		assert_true(str_eq(buf_str(&m.file.b), buf_str(&whole.file.b)));
		assert_int_equal(m.entries, whole.entries);
		made_fini(&m);
	}
	made_fini(&whole);
}

static void
the_same_to_a_file_and_into_memory(void **state)
{
	struct compile_options opt = {.seed = 5};
	struct compile *c = compile_new(&opt);
	struct made m = {0};
	struct buf b = BUF_EMPTY;
	struct err err;

	(void)state;
	make_texts(1000);
	assert_int_equal(make(0, SIZE_MAX, &m, &err), 0);
	assert_int_equal(feed(c, 77, &err), 0);
	assert_int_equal(compile_finish(c, &b, &err), 0);
	assert_true(str_eq(buf_str(&b), buf_str(&m.file.b)));
	assert_int_equal(m.file.views, 1);
	compile_free(c);
	buf_fini(&b);
	made_fini(&m);
}

/* Each call, one after the other, fails once. */
static void
what_cannot_be_written_or_read_is_no_image(void **state)
{
	struct err err;
	unsigned k;

	(void)state;
	make_texts(700);
	for (k = 1; k < 10000; k++) {
		struct made m = {.store.fail_append = k};
		bool ok = make(20000, SIZE_MAX, &m, &err) == 0;

		assert_int_equal(ok, m.store.appends < k);
		if (!ok)
			assert_string_equal(err.text, "the disk is full");
		made_fini(&m);
		if (ok)
			break;
		k += k / 8;
	}
	assert_true(k > COMPILE_PARTS);
	for (k = 1; k < 10000; k += 1 + k / 8) {
		struct made m = {.store.fail_read = k};
		bool ok = make(20000, SIZE_MAX, &m, &err) == 0;

		assert_int_equal(ok, m.store.reads < k);
		if (!ok)
			assert_string_equal(err.text, "the disk is broken");
		made_fini(&m);
		if (ok)
			break;
	}
	assert_true(k > 3 * COMPILE_PARTS / 2);
	for (k = 1; k < 10000; k++) {
		struct made m = {.file.fail_write = k};
		bool ok = make(0, SIZE_MAX, &m, &err) == 0;

		assert_int_equal(ok, m.file.writes < k);
		made_fini(&m);
		if (ok)
			break;
	}
	assert_true(k > 10);
}

static void
what_does_not_come_back_is_seen(void **state)
{
	struct made m = {.store.lies = true}, n = {.file.fail_view = true};
	struct err err = {0};

	(void)state;
	make_texts(700);
	assert_int_equal(make(20000, SIZE_MAX, &m, &err), -1);
	assert_true(err.text[0]);
	assert_int_equal(make(0, SIZE_MAX, &n, &err), -1);
	assert_string_equal(err.text, "it cannot be mapped");
	made_fini(&m);
	made_fini(&n);
}

static int
free_texts(void **state)
{
	(void)state;
	for (unsigned l = 0; l < LISTS; l++)
		buf_fini(&texts[l]);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_bytes_do_not_depend_on_the_memory),
	    cmocka_unit_test(the_same_to_a_file_and_into_memory),
	    cmocka_unit_test(what_cannot_be_written_or_read_is_no_image),
	    cmocka_unit_test(what_does_not_come_back_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, free_texts);
}
