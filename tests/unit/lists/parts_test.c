/* parts_test.c - what is put aside comes back, in the same order, all of it. */
#include "lists/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/table.h"

static struct buf kept[COMPILE_PARTS];

static int
append(void *ctx, unsigned part, const void *p, size_t n, struct err *err)
{
	(void)ctx;
	(void)err;
	buf_add(&kept[part], p, n);
	return 0;
}

static int
read_back(
    void *ctx, unsigned part, uint64_t off, void *p, size_t n, struct err *err)
{
	(void)ctx;
	(void)err;
	assert_true(off + n <= kept[part].n);
	memcpy(p, kept[part].p + off, n);
	return 0;
}

static const struct compile_spill spill = {NULL, append, read_back};

static void
forget(void)
{
	for (unsigned i = 0; i < COMPILE_PARTS; i++)
		buf_fini(&kept[i]);
}

/* Name <i>: each third one has three sources, each fifth is cancelled. */
static void
add_names(struct parts *p, unsigned n)
{
	struct err err;
	char key[64];

	for (unsigned i = 0; i < n; i++) {
		int k = snprintf(key, sizeof(key), "n%u.test", i * 7 % n);
		struct str s = str_make(key, (size_t)k);
		unsigned id = i * 7 % n;

		assert_int_not_equal(
		    parts_add(p, s, 1, id + 1, &err), ENTRIES_FULL);
		/* later lines do not count */
		assert_int_not_equal(
		    parts_add(p, s, 1, id + 99, &err), ENTRIES_FULL);
		if (id % 3 == 0) {
			parts_add(p, s, 65535, 0, &err);
			parts_add(p, s, 256, UINT32_MAX, &err);
		}
		if (id % 5 == 0)
			parts_cancel(p, s, 1, &err);
	}
	assert_int_equal(parts_end(p, &err), 0);
}

/* All entries as text, one after another. */
static void
write_all(struct parts *p, struct buf *out)
{
	struct posted_list l = {0};
	struct err err;

	buf_reset(out);
	for (unsigned i = 0; i < parts_count(p); i++) {
		const struct entries *e = &p->entries;

		assert_int_equal(parts_load(p, i, &err), 0);
		assert_int_equal(parts_load(p, i, &err), 0);
		for (size_t k = 0; k < e->n; k++) {
			assert_true(entries_posted(e, e->slots[k], NULL, &l));
			if (l.n == 0)
				continue; /* nobody names it any more */
			buf_add_str(
			    out, entries_key(entries_first(e, e->slots[k])));
			for (size_t m = 0; m < l.n; m++)
				buf_addf(
				    out, " %u:%u", l.v[m].source, l.v[m].line);
			buf_add_char(out, '\n');
		}
	}
	free(l.v);
}

static void
put_aside_or_not_it_is_the_same(void **state)
{
	static const size_t memory[] = {8193, 9000, 20000, 100000, 1 << 30};
	static const unsigned sizes[] = {0, 1, 2, 100, 5000};
	struct buf want = BUF_EMPTY, got = BUF_EMPTY;

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(sizes); n++)
		for (size_t m = 0; m < ARRAY_LEN(memory); m++) {
			struct compile_options opt = {.seed = 9};
			struct parts p;

			parts_init(&p, &opt);
			add_names(&p, sizes[n]);
			assert_int_equal(parts_count(&p), 1);
			write_all(&p, &want);
			parts_fini(&p);
			opt.memory = memory[m];
			opt.spill = &spill;
			parts_init(&p, &opt);
			add_names(&p, sizes[n]);
			assert_int_equal(
			    parts_count(&p), p.spilled ? COMPILE_PARTS : 1);
			/* more than once, in whatever order */
			for (int round = 0; round < 3; round++) {
				write_all(&p, &got);
				assert_true(
				    str_eq(buf_str(&got), buf_str(&want)));
			}
			parts_fini(&p);
			forget();
		}
	assert_true(want.n > 5000);
	buf_fini(&want);
	buf_fini(&got);
}

static void
keys_come_back_whole(void **state)
{
	static char key[2303];
	struct compile_options opt = {.seed = 9, .memory = 1, .spill = &spill};
	struct parts p;
	struct err err;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (char)(1 + i % 127);
	parts_init(&p, &opt);
	for (size_t i = 1; i <= sizeof(key); i += 13)
		assert_int_equal(
		    parts_add(&p, str_make(key, i), 3, (uint32_t)i, &err),
		    ENTRIES_ADDED);
	/* too long, or nothing: said so */
	assert_int_equal(parts_add(&p, STR(""), 3, 1, &err), ENTRIES_FULL);
	assert_int_equal(parts_end(&p, &err), 0);
	for (unsigned i = 0; i < parts_count(&p); i++) {
		assert_int_equal(parts_load(&p, i, &err), 0);
		for (size_t k = 0; k < p.entries.n; k++) {
			const struct posting *at =
			    entries_first(&p.entries, p.entries.slots[k]);

			assert_true(
			    str_eq(entries_key(at), str_make(key, at->line)));
			n++;
		}
	}
	assert_int_equal(n, (sizeof(key) - 1) / 13 + 1);
	parts_fini(&p);
	forget();
}

static void
a_part_has_what_its_upper_bits_say(void **state)
{
	struct compile_options opt = {
	    .seed = 9, .memory = 20000, .spill = &spill};
	struct parts p;
	struct err err;
	uint32_t last = 0;
	size_t n = 0;

	(void)state;
	parts_init(&p, &opt);
	add_names(&p, 5000);
	assert_int_equal(parts_count(&p), COMPILE_PARTS);
	for (unsigned i = 0; i < COMPILE_PARTS; i++) {
		assert_int_equal(parts_load(&p, i, &err), 0);
		assert_true(p.entries.n > 20);
		for (size_t k = 0; k < p.entries.n; k++) {
			uint32_t hash = entries_hash(p.entries.slots[k]);

			assert_int_equal(hash >> 26, i);
			assert_true(hash >= last);
			last = hash;
			n++;
		}
	}
	assert_int_equal(n, 5000);
	parts_fini(&p);
	forget();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(put_aside_or_not_it_is_the_same),
	    cmocka_unit_test(keys_come_back_whole),
	    cmocka_unit_test(a_part_has_what_its_upper_bits_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
