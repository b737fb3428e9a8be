/*
 * delta_model_test.c - lists that change by chance, step by step: a follower
 * that only ever gets deltas has, after each step, the very image that was
 * compiled of the lists; and a delta says no more than what differs.
 */
#include "lists/delta_format.h"
#include "tests/unit/lists/delta_kit.h"

#define LEN(a)  (sizeof(a) / sizeof((a)[0]))
#define LISTS   5
#define LINES   60
#define STEPS   40
#define POOL    90 /* lines that a list may have */
#define MEMBERS 3

static const enum list_format formats[LISTS] = {
    LIST_DOMAINS, LIST_HOSTS, LIST_URLS, LIST_ADBLOCK, LIST_PATTERNS};
static const char *const names[LISTS] = {"l", "m", "l", "ab", "p"};

static uint32_t chance_state;

static uint32_t
chance(uint32_t below)
{
	chance_state = chance_state * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(chance_state >> 4) * below >> 28);
}

/* A list: which lines it has, in what order. */
struct model {
	unsigned n;
	uint8_t line[LINES];
	bool gone;
};

/* Line <i> of a format; several formats name the same hosts. */
static void
put_line(struct buf *b, enum list_format format, unsigned i)
{
	static const char *const marks[] = {"", "$important", "$badfilter"};

	switch ((int)format) {
	case LIST_DOMAINS:
		if (i % 9 == 0)
			buf_addf(b, "10.%u.0.0/%u\n", i, 16 + i % 9);
		else if (i % 9 == 1)
			buf_addf(b, "2001:db8:%u::/48\n", i);
		else
			buf_addf(b, "n%u.zone%u.test\n", i / 2, i % 2);
		break;
	case LIST_HOSTS:
		buf_addf(b, "0.0.0.0 n%u.zone0.test n%u.zone1.test n%u.test\n",
		    i, (i + 1) % POOL, i);
		break;
	case LIST_URLS:
		buf_addf(b, "n%u.zone%u.test/p%u\n", i / 4, i % 2, i % 3);
		break;
	case LIST_ADBLOCK:
		if (i % 7 == 0)
			buf_addf(b, "/track[0-9]{%u}/\n", i + 1);
		else
			buf_addf(b, "%s||n%u.zone%u.test^%s\n",
			    i % 5 ? "" : "@@", i / 3, i % 2, marks[i % 3]);
		break;
	default:
		buf_addf(b, "casino[0-9]{%u}\n", i % 50 + 1);
		break;
	}
}

static struct buf
compile_model(const struct model *m, uint64_t seed)
{
	struct build_source src[LISTS];
	struct buf text[LISTS], out;
	size_t n = 0;

	for (unsigned l = 0; l < LISTS; l++) {
		text[l] = BUF_EMPTY;
		for (unsigned i = 0; i < m[l].n; i++)
			put_line(&text[l], formats[l], m[l].line[i]);
		if (!m[l].gone)
			src[n++] = (struct build_source){
			    names[l], "c", formats[l], buf_str(&text[l])};
	}
	out = build_seed(src, n, seed);
	for (unsigned l = 0; l < LISTS; l++)
		buf_fini(&text[l]);
	return out;
}

/* A line comes somewhere, or one goes, or two change places. */
static void
change_line(struct model *m)
{
	unsigned at = chance(m->n + 1), other;
	uint8_t line;

	switch (chance(6)) {
	case 0:
	case 1:
	case 2:
		if (m->n == LINES)
			return;
		memmove(m->line + at + 1, m->line + at, m->n - at);
		m->line[at] = (uint8_t)chance(POOL);
		m->n++;
		return;
	case 3:
	case 4:
		if (at == m->n)
			return;
		memmove(m->line + at, m->line + at + 1, m->n - at - 1);
		m->n--;
		return;
	default:
		if (m->n == 0)
			return;
		at %= m->n;
		other = chance(m->n);
		line = m->line[at];
		m->line[at] = m->line[other];
		m->line[other] = line;
		return;
	}
}

static void
change(struct model *m)
{
	unsigned n = chance(8);

	for (unsigned i = 0; i < n; i++)
		change_line(&m[chance(LISTS)]);
	if (chance(10) == 0)
		m[chance(LISTS)].gone ^= true;
}

static void
who_gets_only_deltas_has_what_was_compiled(void **state)
{
	(void)state;
	for (unsigned member = 0; member < MEMBERS; member++) {
		struct model m[LISTS] = {0};
		struct buf have, next;

		chance_state = member + 77;
		have = compile_model(m, 1);
		for (unsigned step = 0; step < STEPS; step++) {
			struct buf delta, out = BUF_EMPTY;
			struct err err;

			for (unsigned k = step ? 1 : 200; k > 0; k--)
				change(m);
			next = compile_model(m, step % 4 ? 1 : step);
			delta = make(&have, &next);
			if (apply(&have, as_bytes(&delta), &out, &err) < 0)
				fail_msg("member %u, step %u: %s", member, step,
				    err.text);
			assert_int_equal(out.n, next.n);
			assert_memory_equal(out.p, next.p, next.n);
			buf_fini(&delta);
			buf_fini(&next);
			buf_fini(&have);
			have = out;
		}
		buf_fini(&have);
	}
}

/* How many tombstones a delta has, and how many additions. */
static void
count_changes(const struct buf *delta, const struct image *a, uint64_t *gone,
    uint64_t *new)
{
	const uint8_t *p = (const uint8_t *)delta->p;
	struct delta_reader r = {p + DELTA_HEADER, p + delta->n, false};
	uint32_t n = image_rd32(p + 12);
	char room[DELTA_KEY_MAX];
	struct str name;

	*new = 0;
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(delta_get(&r), i + 1);
		for (unsigned k = 0; k < 4; k++)
			delta_get(&r);
	}
	for (uint32_t i = 0; i < n; i++)
		for (uint64_t runs = delta_get(&r); runs; runs--) {
			delta_get(&r);
			delta_get_signed(&r);
		}
	*gone = delta_get(&r);
	for (uint64_t i = 0; i < *gone; i++)
		delta_get(&r);
	for (uint64_t groups = delta_get(&r); groups; groups--) {
		delta_get(&r);
		for (uint64_t k = delta_get(&r); k; k--) {
			delta_get(&r);
			assert_true(delta_get_name(&r, a, room, &name));
			++*new;
		}
	}
	for (unsigned kind = 1; kind < DELTA_KINDS; kind++)
		assert_int_equal(delta_get(&r), 0);
	assert_false(r.bad);
	assert_ptr_equal(r.p, r.end);
}

/* Two lists of the same names: what is the same in both images is not said. */
static void
a_delta_says_what_differs_and_no_more(void **state)
{
	static const struct {
		const char *rule;
		unsigned skip, more; /* lines of the first list, of 100 */
		uint64_t gone, new;
	} cases[] = {
	    {"nothing", 0, 0, 0, 0},
	    {"three go", 3, 0, 3, 0},
	    {"five come", 0, 5, 0, 5},
	    {"both", 2, 4, 2, 4},
	    {"all but ten go", 90, 0, 90, 0},
	};

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++) {
		struct buf text[3] = {BUF_EMPTY, BUF_EMPTY, BUF_EMPTY};
		struct build_source src[2] = {
		    {"l", "c", LIST_DOMAINS, STR_NONE},
		    {"m", "c", LIST_DOMAINS, STR_NONE}};
		struct buf a, b, delta;
		struct image im;
		uint64_t gone, new;

		for (unsigned k = 0; k < 100; k++)
			for (unsigned t = 0; t < 3; t++)
				if (t != 1 || k >= cases[i].skip)
					buf_addf(&text[t], "n%u.test\n", k);
		for (unsigned k = 0; k < cases[i].more; k++)
			buf_addf(&text[1], "new%u.test\n", k);
		src[0].text = buf_str(&text[0]);
		src[1].text = buf_str(&text[2]);
		a = build_seed(src, 2, 1);
		src[0].text = buf_str(&text[1]);
		b = build_seed(src, 2, 2);
		delta = make(&a, &b);
		im = build_view(&a);
		count_changes(&delta, &im, &gone, &new);
		if (gone != cases[i].gone || new != cases[i].new)
			fail_msg("%s: %u went, %u came", cases[i].rule,
			    (unsigned)gone, (unsigned)new);
		buf_fini(&a);
		buf_fini(&b);
		buf_fini(&delta);
		for (unsigned t = 0; t < 3; t++)
			buf_fini(&text[t]);
	}
}

/* The walk that both sides count by: each posting has the next number, and
 * its entry is found again with it. */
struct seen {
	const struct image *im;
	const uint32_t *index;
	uint64_t next, names;
};

static bool
see(void *arg, const struct delta_entry *e)
{
	struct seen *s = arg;
	struct delta_entry found;

	assert_int_equal(e->posting, s->next);
	s->next += e->n;
	assert_true(delta_key_is_sound(e->kind, e->key));
	if (e->kind != DELTA_NAME)
		return true;
	s->names++;
	assert_true(delta_find(s->im, s->index, e->key, &found));
	assert_int_equal(found.posting, e->posting);
	assert_int_equal(found.n, e->n);
	assert_ptr_equal(found.lines, e->lines);
	assert_true(delta_find(s->im, NULL, e->key, &found));
	assert_ptr_equal(found.ids, e->ids);
	return true;
}

static void
postings_are_numbered_in_the_order_of_the_image(void **state)
{
	struct model m[LISTS] = {0};
	struct delta_entry none;
	struct seen s = {.next = 0};
	struct image im;
	uint32_t *index;
	struct buf b;

	(void)state;
	chance_state = 5;
	for (unsigned i = 0; i < 300; i++)
		change(m);
	b = compile_model(m, 3);
	im = build_view(&b);
	index = delta_index(&im);
	assert_non_null(index);
	s.im = &im;
	s.index = index;
	assert_true(delta_each(&im, DELTA_WALK_ALL, see, &s));
	assert_true(s.names > 50);
	assert_int_equal(s.next, im.lines_len / 4 + im.npatterns);
	assert_false(delta_find(&im, index, STR("not.there.test"), &none));
	free(index);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_gets_only_deltas_has_what_was_compiled),
	    cmocka_unit_test(a_delta_says_what_differs_and_no_more),
	    cmocka_unit_test(postings_are_numbered_in_the_order_of_the_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
