/* ring_test.c - what is put is there once, whoever dies. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "review/ring.h"

static char dir[] = "/tmp/ring-test-XXXXXX";
static char path[PATH_MAX];
static const uint8_t chance[10] = {7};

static struct rings *
rings_new(unsigned n)
{
	struct err err;
	struct rings *r = rings_open(path, n, NULL, &err);

	if (!r)
		fail_msg("%s", err.text);
	return r;
}

static void
put(struct rings *all, unsigned i, uint64_t count)
{
	struct record r;

	record_begin(&r, 1, chance);
	r.count = count;
	assert_true(ring_put(all, rings_at(all, i), &r));
}

static int
setup(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void
records_come_out_in_order_until_taken(void **state)
{
	struct rings *all = rings_new(1);
	struct ring *r = rings_at(all, 0);

	(void)state;
	assert_null(ring_peek(r, 0));
	for (unsigned i = 0; i < 5; i++)
		put(all, 0, i);
	assert_int_equal(ring_used(r), 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(ring_peek(r, i)->count, i);
	assert_null(ring_peek(r, 5));
	ring_take(r, 3);
	assert_int_equal(ring_peek(r, 0)->count, 3);
	assert_int_equal(ring_used(r), 2);
	rings_close(all);
}

static void
a_full_ring_refuses_and_changes_nothing(void **state)
{
	struct rings *all = rings_new(1);
	struct ring *r = rings_at(all, 0);
	struct record rec;

	(void)state;
	for (unsigned i = 0; i < RING_SLOTS; i++)
		put(all, 0, i);
	record_begin(&rec, 1, chance);
	rec.count = 99999;
	assert_false(ring_put(all, r, &rec));
	assert_int_equal(ring_used(r), RING_SLOTS);
	assert_int_equal(ring_peek(r, 0)->count, 0);
	assert_int_equal(ring_peek(r, RING_SLOTS - 1)->count, RING_SLOTS - 1);
	ring_take(r, 1);
	assert_true(ring_put(all, r, &rec));
	assert_int_equal(ring_peek(r, RING_SLOTS - 1)->count, 99999);
	rings_close(all);
}

static bool
rang(struct rings *all)
{
	struct pollfd p = {.fd = rings_bell(all), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void
the_bell_rings_only_for_a_reader_that_sleeps(void **state)
{
	struct rings *all = rings_new(2);

	(void)state;
	put(all, 0, 1);
	assert_false(rang(all));
	rings_sleep(all);
	assert_false(rang(all));
	put(all, 0, 2);
	assert_true(rang(all));
	rings_wake(all);
	assert_false(rang(all));
	put(all, 1, 1);
	assert_false(rang(all));
	rings_close(all);
}

/* The head reached the disk and the record did not. */
static void
a_record_that_never_reached_the_disk_is_not_sound(void **state)
{
	struct rings *all = rings_new(1);
	uint64_t head = 2;
	int fd;

	(void)state;
	put(all, 0, 1);
	assert_true(ring_is_sound(rings_at(all, 0), 0));
	rings_close(all);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, &head, 8, 4096), 8);
	close(fd);
	all = rings_new(1);
	assert_true(ring_is_sound(rings_at(all, 0), 0));
	assert_non_null(ring_peek(rings_at(all, 0), 1));
	assert_false(ring_is_sound(rings_at(all, 0), 1));
	rings_close(all);
}

static void
what_is_unread_outlives_the_mapping(void **state)
{
	struct rings *all = rings_new(2);

	(void)state;
	put(all, 1, 42);
	ring_drop(rings_at(all, 0));
	board_set(&rings_board(all)->generation, 5);
	board_set(&rings_board(all)->written, 9);
	rings_close(all);
	all = rings_new(2);
	assert_int_equal(ring_peek(rings_at(all, 1), 0)->count, 42);
	assert_int_equal(ring_dropped(rings_at(all, 0)), 1);
	assert_int_equal(board_get(&rings_board(all)->generation), 5);
	assert_int_equal(board_get(&rings_board(all)->written), 0);
	rings_close(all);
}

static void
another_number_of_rings_loses_nothing(void **state)
{
	struct rings *all = rings_new(3);

	(void)state;
	put(all, 2, 42);
	rings_close(all);
	all = rings_new(1); /* fewer workers: all rings are still there */
	assert_int_equal(rings_count(all), 3);
	assert_int_equal(ring_peek(rings_at(all, 2), 0)->count, 42);
	rings_close(all);
	all = rings_new(5);
	assert_int_equal(rings_count(all), 5);
	assert_int_equal(ring_peek(rings_at(all, 2), 0)->count, 42);
	assert_null(ring_peek(rings_at(all, 4), 0));
	rings_close(all);
}

/* Cut short under those who have it mapped: anywhere, also to nothing. */
static void
a_file_that_was_cut_short_is_mended(void **state)
{
	(void)state;
	for (unsigned cut = 0; cut < 40; cut++) {
		struct rings *all = rings_new(2);
		struct stat st;
		struct err err;

		assert_true(rings_look(all));
		for (unsigned i = 0; i < 20; i++) {
			put(all, i % 2, i);
			ring_take(rings_at(all, i % 2), i < 12);
		}
		board_set(&rings_board(all)->generation, 7);
		assert_true(rings_look(all));
		assert_int_equal(stat(path, &st), 0);
		/* within the header, the ends, the slots */
		assert_int_equal(
		    truncate(path,
		        cut < 20 ? cut * 260 : st.st_size * (cut - 20) / 20),
		    0);
		assert_false(rings_look(all));
		assert_int_equal(rings_mend(all, &err), 0);
		assert_true(rings_look(all));
		assert_int_equal(rings_count(all), 2);
		assert_int_equal(board_get(&rings_board(all)->generation), 7);
		for (unsigned i = 0; i < 2; i++) {
			struct ring *r = rings_at(all, i);

			assert_int_equal(ring_used(r), 0);
			/* told as far as the file still knows it */
			assert_true(ring_dropped(r) <= 10);
			if (cut == 39)
				assert_int_equal(ring_dropped(r), 4);
			put(all, i, 4711);
			assert_int_equal(ring_used(r), 1);
			assert_true(ring_is_sound(r, 0));
			assert_int_equal(ring_peek(r, 0)->count, 4711);
		}
		rings_close(all);
		all = rings_new(2); /* it is a file of ours */
		assert_int_equal(ring_peek(rings_at(all, 1), 0)->count, 4711);
		rings_close(all);
		unlink(path);
	}
}

static void
what_is_not_ours_is_set_aside(void **state)
{
	static const char *const junk[] = {"x", "suzgring and then nonsense"};
	char old[PATH_MAX + 8], text[64];
	struct rings *all;
	bool aside;

	(void)state;
	snprintf(old, sizeof(old), "%s.old", path);
	for (unsigned i = 0; i < 2; i++) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		size_t n = strlen(junk[i]);

		assert_int_equal(write(fd, junk[i], n), n);
		assert_int_equal(ftruncate(fd, 8192), 0);
		close(fd);
		all = rings_open(path, 1, &aside, NULL);
		assert_non_null(all);
		assert_true(aside);
		assert_null(ring_peek(rings_at(all, 0), 0));
		rings_close(all);
		fd = open(old, O_RDONLY);
		assert_true(read(fd, text, n) == (ssize_t)n);
		assert_memory_equal(text, junk[i], n);
		close(fd);
		unlink(path);
	}
	unlink(old);
}

static void
impossible_ends_are_damage(void **state)
{
	struct rings *all = rings_new(1);
	bool aside;
	uint64_t mad = UINT64_MAX / 2;
	int fd;

	(void)state;
	rings_close(all);
	fd = open(path, O_WRONLY);
	/* the first word of the first ring is its head */
	assert_int_equal(pwrite(fd, &mad, 8, 4096), 8);
	close(fd);
	all = rings_open(path, 1, &aside, NULL);
	assert_true(aside);
	rings_close(all);
}

static void
a_symbolic_link_is_not_followed(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(symlink("/tmp/ring-test-nowhere", path), 0);
	assert_null(rings_open(path, 1, NULL, &err));
	unlink(path);
}

static void
a_loss_keeps_its_record_until_stored(void **state)
{
	static const uint8_t other[10] = {9};
	struct rings *all = rings_new(1);
	struct ring *r = rings_at(all, 0);
	struct record a, b;

	(void)state;
	assert_false(ring_lost(r, 1000, chance, &a));
	ring_drop(r);
	ring_drop(r);
	assert_true(ring_lost(r, 1000, chance, &a));
	assert_int_equal(a.count, 2);
	ring_drop(r); /* meanwhile */
	rings_close(all);
	all = rings_new(1); /* the recorder was killed; the next asks */
	r = rings_at(all, 0);
	assert_true(ring_lost(r, 5000, other, &b));
	assert_string_equal(a.id, b.id);
	assert_int_equal(b.count, 2);
	ring_lost_stored(r);
	assert_true(ring_lost(r, 5000, other, &b));
	assert_int_equal(b.count, 1);
	assert_string_not_equal(a.id, b.id);
	ring_lost_stored(r);
	assert_false(ring_lost(r, 5000, other, &b));
	rings_close(all);
}

#define MANY 200000u

static void *
write_many(void *arg)
{
	struct rings *all = arg;
	struct record r;

	record_begin(&r, 1, chance);
	for (unsigned i = 0; i < MANY;) {
		r.count = i;
		if (ring_put(all, rings_at(all, 0), &r))
			i++;
	}
	return NULL;
}

/* A reader that only looks when rung for misses nothing: no ring is lost. */
static void
writer_and_reader_meet(void **state)
{
	struct rings *all = rings_new(1);
	struct ring *r = rings_at(all, 0);
	pthread_t writer;
	uint64_t next = 0;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, write_many, all), 0);
	while (next < MANY) {
		struct pollfd p = {.fd = rings_bell(all), .events = POLLIN};
		const struct record *rec;

		rings_sleep(all);
		if (!ring_peek(r, 0))
			poll(&p, 1, -1);
		rings_wake(all);
		while ((rec = ring_peek(r, 0))) {
			assert_int_equal(rec->count, next);
			next++;
			ring_take(r, 1);
		}
	}
	pthread_join(writer, NULL);
	rings_close(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(
	        records_come_out_in_order_until_taken, setup),
	    cmocka_unit_test_setup(
	        a_full_ring_refuses_and_changes_nothing, setup),
	    cmocka_unit_test_setup(
	        the_bell_rings_only_for_a_reader_that_sleeps, setup),
	    cmocka_unit_test_setup(
	        a_record_that_never_reached_the_disk_is_not_sound, setup),
	    cmocka_unit_test_setup(what_is_unread_outlives_the_mapping, setup),
	    cmocka_unit_test_setup(
	        another_number_of_rings_loses_nothing, setup),
	    cmocka_unit_test_setup(a_file_that_was_cut_short_is_mended, setup),
	    cmocka_unit_test_setup(what_is_not_ours_is_set_aside, setup),
	    cmocka_unit_test_setup(impossible_ends_are_damage, setup),
	    cmocka_unit_test_setup(a_symbolic_link_is_not_followed, setup),
	    cmocka_unit_test_setup(a_loss_keeps_its_record_until_stored, setup),
	    cmocka_unit_test_setup(writer_and_reader_meet, setup),
	};
	char old[PATH_MAX + 8];
	int rc;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/rings", dir);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(old, sizeof(old), "%s.old", path);
	unlink(old);
	unlink(path);
	rmdir(dir);
	return rc;
}
