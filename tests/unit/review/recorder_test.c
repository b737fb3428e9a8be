/* recorder_test.c - each record is stored once, whoever is killed and however
 * full the disk is. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/file.h"
#include "review/blocklog.h"
#include "review/keys.h"
#include "review/recorder.h"
#include "review/ring.h"

static char dir[PATH_MAX], keys[PATH_MAX], path[PATH_MAX],
    rings_at_path[PATH_MAX];
static struct rings *all;
static struct recorder_setup how;

static void
empty_dir(const char *name)
{
	char file[PATH_MAX];
	const struct dirent *e;
	DIR *d = opendir(name);

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' &&
		    file_join(file, sizeof(file), name, e->d_name))
			unlink(file);
	if (d)
		closedir(d);
}

static int
setup(void **state)
{
	char base[] = "/tmp/recorder-test-XXXXXX";
	struct err err;

	(void)state;
	if (!mkdtemp(base))
		return -1;
	snprintf(dir, sizeof(dir), "%s", base);
	snprintf(keys, sizeof(keys), "%s/keys", base);
	snprintf(path, sizeof(path), "%s/block.jsonl", base);
	snprintf(rings_at_path, sizeof(rings_at_path), "%s/rings", base);
	all = rings_open(rings_at_path, 2, NULL, &err);
	if (!all)
		return -1;
	board_set(&rings_board(all)->privacy, RECORD_FULL);
	how = (struct recorder_setup){all, dir, keys};
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	rings_close(all);
	empty_dir(keys);
	rmdir(keys);
	empty_dir(dir);
	return rmdir(dir);
}

/* Number <n> of run <run>: its id and its host tell both. */
static void
make(struct record *r, unsigned run, uint64_t n)
{
	uint8_t chance[10] = {0};
	char host[40];

	for (unsigned i = 0; i < 8; i++)
		chance[9 - i] = (uint8_t)(n >> (8 * i));
	record_begin(r, 1000 + run, chance);
	snprintf(
	    host, sizeof(host), "h%u-%llu.test", run, (unsigned long long)n);
	r->host = record_put(r, str_of(host), 255);
}

static void
put(unsigned ring, unsigned run, uint64_t n)
{
	struct record r;

	make(&r, run, n);
	assert_true(ring_put(all, rings_at(all, ring), &r));
}

static struct recorder *
start(void)
{
	struct err err;
	struct recorder *r = recorder_new(&how, &err);

	if (!r)
		fail_msg("%s", err.text);
	return r;
}

/* How often number <n> of run <run> stands in <text>. */
static unsigned
times(struct str text, unsigned run, uint64_t n)
{
	char host[48];
	unsigned found = 0;

	snprintf(host, sizeof(host), "\"h%u-%llu.test\"", run,
	    (unsigned long long)n);
	for (size_t at; (at = str_search(text, str_of(host))) < text.n;
	     text = str_sub(text, at + 1, text.n))
		found++;
	return found;
}

static void
read_log(struct buf *b)
{
	buf_reset(b);
	assert_int_equal(file_read(path, 1u << 30, b, NULL), 0);
}

static void
expect_once(unsigned run, uint64_t n)
{
	struct buf b = BUF_EMPTY;

	read_log(&b);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(times(buf_str(&b), run, i), 1);
	buf_fini(&b);
}

static void
rings_are_emptied_into_lines(void **state)
{
	struct recorder *r = start();
	struct stat st;

	(void)state;
	for (unsigned i = 0; i < 300; i++)
		put(i % 2, 1, i);
	assert_true(recorder_step(r));
	assert_int_equal(ring_used(rings_at(all, 0)), 0);
	assert_int_equal(ring_used(rings_at(all, 1)), 0);
	assert_int_equal(board_get(&rings_board(all)->written), 300);
	expect_once(1, 300);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640 & st.st_mode);
	assert_int_equal(st.st_mode & 0137, 0);
	recorder_free(r);
}

/* Written, and killed before it could take them out. */
static void
lines_in_the_file_are_not_written_again(void **state)
{
	struct record_style full = {.privacy = RECORD_FULL};
	struct buf b = BUF_EMPTY;
	struct record rec;
	struct recorder *r;
	int fd = open(path, O_WRONLY | O_CREAT, 0640);

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		put(0, 1, i);
		make(&rec, 1, i);
		if (i < 10) /* and half of the eleventh */
			record_json(&rec, &full, &b);
	}
	buf_add_str(&b, STR("{\"ts\":\"2026-11-22T"));
	assert_int_equal(write(fd, b.p, b.n), b.n);
	close(fd);
	buf_fini(&b);
	r = start();
	assert_int_equal(ring_used(rings_at(all, 0)), 10);
	assert_true(recorder_step(r));
	expect_once(1, 20);
	recorder_free(r);
}

static void
lines_in_the_file_rotated_last_count_too(void **state)
{
	static const char *const names[] = {".1", "-20261122"};
	struct record_style full = {.privacy = RECORD_FULL};
	struct buf b = BUF_EMPTY;
	struct record rec;
	char old[PATH_MAX + 16];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		int fd;

		snprintf(old, sizeof(old), "%s%s", path, names[i]);
		put(0, 1, 2 * i);
		put(0, 1, 2 * i + 1);
		make(&rec, 1, 2 * i);
		buf_reset(&b);
		record_json(&rec, &full, &b);
		fd = open(old, O_WRONLY | O_CREAT, 0640);
		assert_int_equal(write(fd, b.p, b.n), b.n);
		close(fd);
		recorder_free(start());
		assert_int_equal(ring_used(rings_at(all, 0)), 1);
		ring_take(rings_at(all, 0), 1);
		unlink(old);
	}
	buf_fini(&b);
}

static void
limit_files(rlim_t soft)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = soft;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

/* The file may not grow beyond a byte in the midst of a line. */
static void
a_full_disk_keeps_records_and_tears_no_line(void **state)
{
	struct recorder *r = start();
	struct buf b = BUF_EMPTY;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	for (unsigned i = 0; i < 100; i++)
		put(0, 1, i);
	limit_files(5000);
	assert_false(recorder_step(r));
	assert_false(recorder_step(r));
	limit_files(RLIM_INFINITY);
	assert_int_equal(ring_used(rings_at(all, 0)), 100);
	assert_int_equal(board_get(&rings_board(all)->failing), 1);
	for (unsigned i = 100; i < 120; i++)
		put(0, 1, i);
	assert_true(recorder_step(r));
	assert_int_equal(board_get(&rings_board(all)->failing), 0);
	assert_int_equal(ring_used(rings_at(all, 0)), 0);
	read_log(&b);
	assert_int_equal(b.p[b.n - 1], '\n');
	buf_fini(&b);
	expect_once(1, 120);
	recorder_free(r);
}

static void
killed_while_the_disk_was_full(void **state)
{
	struct recorder *r = start();

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	for (unsigned i = 0; i < 100; i++)
		put(0, 1, i);
	limit_files(5000);
	assert_false(recorder_step(r));
	recorder_free(r); /* a torn line stays in the file */
	limit_files(RLIM_INFINITY);
	r = start();
	assert_true(recorder_step(r));
	expect_once(1, 100);
	recorder_free(r);
}

static void
rotated_in_the_midst_of_a_line(void **state)
{
	struct recorder *r = start();
	struct blocklog_event e;
	struct blocklog *l;
	char old[PATH_MAX + 4];
	unsigned n = 0;

	(void)state;
	snprintf(old, sizeof(old), "%s.1", path);
	signal(SIGXFSZ, SIG_IGN);
	for (unsigned i = 0; i < 50; i++)
		put(0, 1, i);
	limit_files(5000);
	assert_false(recorder_step(r));
	limit_files(RLIM_INFINITY);
	assert_int_equal(rename(path, old), 0);
	recorder_rotate(r);
	assert_true(recorder_step(r));
	recorder_free(r);
	l = blocklog_open(dir, NULL);
	while (blocklog_next(l, &e)) {
		char host[40];

		snprintf(host, sizeof(host), "h1-%u.test", n++);
		assert_string_equal(e.host.p, host);
	}
	assert_int_equal(n, 50);
	assert_int_equal(blocklog_skipped(l), 0);
	blocklog_close(l);
}

/* Nothing is stored in a file that nobody can find. */
static void
a_removed_file_is_made_anew_at_once(void **state)
{
	struct recorder *r = start();
	struct buf b = BUF_EMPTY;

	(void)state;
	put(0, 1, 0);
	assert_true(recorder_step(r));
	for (unsigned i = 1; i < 4; i++) {
		assert_int_equal(unlink(path), 0);
		put(0, 1, i);
		assert_true(recorder_step(r));
		assert_int_equal(ring_used(rings_at(all, 0)), 0);
		read_log(&b);
		assert_int_equal(times(buf_str(&b), 1, i), 1);
		assert_int_equal(times(buf_str(&b), 1, i - 1), 0);
	}
	assert_int_equal(board_get(&rings_board(all)->written), 4);
	buf_fini(&b);
	recorder_free(r);
}

static void
a_moved_file_needs_no_signal(void **state)
{
	struct recorder *r = start();
	char old[PATH_MAX + 4];

	(void)state;
	snprintf(old, sizeof(old), "%s.1", path);
	assert_int_equal(rename(path, old), 0);
	while (access(path, F_OK) < 0) { /* it looks now and then */
		assert_true(recorder_step(r));
		usleep(1000);
	}
	put(0, 1, 0);
	assert_true(recorder_step(r));
	expect_once(1, 1);
	recorder_free(r);
}

static void
a_folder_that_is_gone_is_made_anew(void **state)
{
	struct recorder *r = start();
	char gone[PATH_MAX + 8];
	struct stat st;

	(void)state;
	snprintf(gone, sizeof(gone), "%s.gone", dir);
	assert_int_equal(rename(dir, gone), 0);
	while (access(path, F_OK) < 0) {
		assert_true(recorder_step(r));
		usleep(1000);
	}
	put(0, 1, 0);
	assert_true(recorder_step(r));
	expect_once(1, 1);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 027, 0);
	empty_dir(gone);
	rmdir(gone);
	recorder_free(r);
}

/* Something else has the place: records wait, and it is said. */
static void
a_place_that_is_taken_is_asked_for_again(void **state)
{
	struct recorder *r = start();

	(void)state;
	put(0, 1, 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/tmp/recorder-test-nowhere", path), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_false(recorder_step(r));
		assert_int_equal(board_get(&rings_board(all)->failing), 1);
		assert_int_equal(ring_used(rings_at(all, 0)), 1);
	}
	assert_int_equal(board_get(&rings_board(all)->written), 0);
	assert_int_equal(unlink(path), 0);
	assert_true(recorder_step(r));
	assert_int_equal(board_get(&rings_board(all)->failing), 0);
	assert_int_equal(ring_used(rings_at(all, 0)), 0);
	expect_once(1, 1);
	recorder_free(r);
}

/* As an editor does, with a file that has a part of a batch, to the byte. */
static void
a_copy_in_its_place_counts(void **state)
{
	struct recorder *r = start();
	struct buf b = BUF_EMPTY;
	char copy[PATH_MAX + 8];
	int fd;

	(void)state;
	snprintf(copy, sizeof(copy), "%s.copy", path);
	signal(SIGXFSZ, SIG_IGN);
	for (unsigned i = 0; i < 50; i++)
		put(i % 2, 1, i);
	limit_files(5000);
	assert_false(recorder_step(r));
	limit_files(RLIM_INFINITY);
	read_log(&b);
	assert_int_equal(b.n, 5000);
	fd = open(copy, O_WRONLY | O_CREAT, 0640);
	assert_int_equal(write(fd, b.p, b.n), b.n);
	close(fd);
	assert_int_equal(rename(copy, path), 0);
	while (ring_used(rings_at(all, 0)) || ring_used(rings_at(all, 1))) {
		assert_true(recorder_step(r));
		usleep(1000);
	}
	expect_once(1, 50);
	buf_fini(&b);
	recorder_free(r);
}

/* How the supervisor sees that it does not hang. */
static void
it_shows_that_it_lives(void **state)
{
	struct recorder *r = start();
	uint64_t beat = board_get(&rings_board(all)->beat), now;

	(void)state;
	assert_true(recorder_step(r)); /* with nothing to do */
	now = board_get(&rings_board(all)->beat);
	assert_int_not_equal(now, beat);
	put(0, 1, 0);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(10);
	for (unsigned i = 0; i < 3; i++) { /* and where it cannot write */
		beat = now;
		assert_false(recorder_step(r));
		now = board_get(&rings_board(all)->beat);
		assert_int_not_equal(now, beat);
	}
	limit_files(RLIM_INFINITY);
	recorder_free(r);
}

static void
what_was_dropped_is_said_once(void **state)
{
	struct recorder *r;
	struct blocklog_event e;
	struct blocklog *l;
	struct record rec;
	unsigned lost = 0;

	(void)state;
	for (unsigned i = 0; i < RING_SLOTS; i++)
		put(0, 1, i);
	make(&rec, 1, 99999);
	for (unsigned i = 0; i < 3; i++) {
		assert_false(ring_put(all, rings_at(all, 0), &rec));
		ring_drop(rings_at(all, 0));
	}
	r = start();
	assert_true(recorder_step(r));
	recorder_free(r);
	r = start();
	assert_true(recorder_step(r));
	recorder_free(r);
	l = blocklog_open(dir, NULL);
	while (blocklog_next(l, &e))
		if (str_eq(e.action, STR("lost"))) {
			assert_int_equal(e.count, 3);
			lost++;
		}
	assert_int_equal(lost, 1);
	assert_int_equal(board_get(&rings_board(all)->lost), 3);
	blocklog_close(l);
	expect_once(1, 100);
}

/* Begun by a recorder that starts, with a log that is not empty. */
static void
losses_of_two_rings_are_two_records(void **state)
{
	struct recorder *r = start();
	struct blocklog_event e;
	struct blocklog *l;
	char ids[2][RECORD_ID];
	unsigned lost = 0;

	(void)state;
	put(0, 1, 0);
	assert_true(recorder_step(r));
	recorder_free(r);
	ring_drop(rings_at(all, 0));
	ring_drop(rings_at(all, 1));
	r = start();
	assert_true(recorder_step(r));
	recorder_free(r);
	l = blocklog_open(dir, NULL);
	while (blocklog_next(l, &e))
		if (str_eq(e.action, STR("lost")) && lost < 2)
			assert_true(
			    str_copy(e.id, ids[lost++], sizeof(ids[0])));
	blocklog_close(l);
	assert_int_equal(lost, 2);
	assert_string_not_equal(ids[0], ids[1]);
}

static void
unsafe_places_are_refused(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(recorder_check(dir, &err), -1);
	assert_non_null(strstr(err.text, "everybody"));
	assert_int_equal(chmod(dir, 0750), 0);
	assert_int_equal(recorder_check(dir, &err), 0);
	unlink(path);
	assert_int_equal(symlink("/tmp/recorder-test-nowhere", path), 0);
	assert_int_equal(recorder_check(dir, &err), -1);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(recorder_check(dir, &err), -1);
}

static void
pseudonyms_have_a_key_for_each_month(void **state)
{
	struct keys k = {.dir = keys};
	uint8_t november[RECORD_KEY], december[RECORD_KEY], again[RECORD_KEY];
	char file[PATH_MAX];
	struct stat st;
	struct err err = {.code = ERR_NONE};

	(void)state;
	memcpy(november, keys_for(&k, 1795305600000, &err), RECORD_KEY);
	memcpy(december, keys_for(&k, 1796083200000, &err), RECORD_KEY);
	assert_int_equal(err.code, ERR_NONE);
	assert_memory_not_equal(november, december, RECORD_KEY);
	assert_int_equal(keys_read(keys, "2026-11", again, &err), 0);
	assert_memory_equal(november, again, RECORD_KEY);
	assert_true(file_join(file, sizeof(file), keys, "2026-12"));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* More clients than are remembered: each word is still its own client's. */
static void
remembered_pseudonyms_are_those_of_the_key(void **state)
{
	struct keys k = {.dir = keys};
	struct err err = {.code = ERR_NONE};
	static const int64_t months[] = {1795305600000, 1796083200000};
	uint8_t client[16] = {0};
	char word[RECORD_PSEUDONYM_ROOM];

	(void)state;
	for (unsigned round = 0; round < 6; round++)
		for (unsigned i = 0; i < 3 * KEYS_WORDS; i++) {
			int64_t now = months[(round + i / 700) % 2];

			client[15] = (uint8_t)i;
			client[14] = (uint8_t)(i >> 8);
			record_pseudonym(keys_for(&k, now, &err), client, word);
			assert_string_equal(
			    keys_pseudonym(&k, now, client, &err), word);
		}
	assert_int_equal(err.code, ERR_NONE);
}

static void
a_record_that_is_not_sound_is_said_to_be_lost(void **state)
{
	struct recorder *r;
	struct buf b = BUF_EMPTY;
	uint64_t head = 3;
	int fd;

	(void)state;
	put(0, 1, 0);
	put(0, 1, 1);
	fd = open(rings_at_path, O_WRONLY);
	assert_int_equal(pwrite(fd, &head, 8, 4096), 8);
	close(fd);
	r = start();
	assert_true(recorder_step(r));
	assert_int_equal(ring_used(rings_at(all, 0)), 0);
	recorder_free(r);
	expect_once(1, 2);
	read_log(&b);
	assert_true(str_search(buf_str(&b),
	                STR("\"action\":\"lost\",\"count\":1}")) < b.n);
	buf_fini(&b);
}

static void
a_damaged_key_is_kept_and_nobody_is_named(void **state)
{
	struct keys k = {.dir = keys};
	struct err err = {.code = ERR_NONE};
	char file[PATH_MAX];
	uint8_t zero[RECORD_KEY] = {0};
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(mkdir(keys, 0700), 0);
	assert_true(file_join(file, sizeof(file), keys, "2026-11"));
	fd = open(file, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "short", 5), 5);
	close(fd);
	assert_memory_not_equal(
	    keys_for(&k, 1795305600000, &err), zero, RECORD_KEY);
	assert_int_not_equal(err.code, ERR_NONE);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_size, 5);
}

/* ------------------------------------------------------ kill -9, in a loop */

#define RUNS 24
#define PACE 150 /* records of a run before somebody is killed */

static uint64_t *confirmed; /* by run: put, and the worker knows it */

static pid_t
fork_recorder(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(recorder_run(&how));
	return pid;
}

static pid_t
fork_writer(unsigned run)
{
	pid_t pid = fork();
	struct record r;

	if (pid != 0)
		return pid;
	for (uint64_t n = 0;;) {
		make(&r, run, n);
		if (!ring_put(all, rings_at(all, run % 2), &r)) {
			usleep(100);
			continue;
		}
		__atomic_store_n(&confirmed[run], ++n, __ATOMIC_RELEASE);
	}
}

static void
end(pid_t pid, int sig)
{
	int how_it_ended;

	kill(pid, sig);
	assert_int_equal(waitpid(pid, &how_it_ended, 0), pid);
	if (sig == SIGTERM)
		assert_true(
		    WIFEXITED(how_it_ended) && WEXITSTATUS(how_it_ended) == 0);
}

/* Each line is whole, no number twice, none that was confirmed is missing. */
static void
check_all(void)
{
	static uint8_t *seen[RUNS];
	struct blocklog *l = blocklog_open(dir, NULL);
	struct blocklog_event e;

	for (unsigned i = 0; i < RUNS; i++)
		seen[i] = calloc(confirmed[i] + 2, 1);
	while (blocklog_next(l, &e)) {
		unsigned run;
		unsigned long long n;
		struct record r;

		assert_int_equal(
		    sscanf(e.host.p, "h%u-%llu.test", &run, &n), 2);
		assert_true(run < RUNS && n <= confirmed[run]);
		make(&r, run, n);
		assert_string_equal(e.id.p, r.id);
		assert_int_equal(seen[run][n]++, 0);
	}
	assert_int_equal(blocklog_skipped(l), 0);
	blocklog_close(l);
	for (unsigned i = 0; i < RUNS; i++) {
		for (uint64_t n = 0; n < confirmed[i]; n++)
			assert_int_equal(seen[i][n], 1);
		free(seen[i]);
	}
}

static void
kill_9_loses_tears_and_doubles_nothing(void **state)
{
	pid_t recorder = fork_recorder();

	(void)state;
	for (unsigned run = 0; run < RUNS; run++) {
		pid_t writer = fork_writer(run);

		while (__atomic_load_n(&confirmed[run], __ATOMIC_ACQUIRE) <
		       PACE * (1 + run % 7))
			usleep(50 + run * 37);
		if (run % 3 != 2) {
			end(recorder, SIGKILL);
			recorder = fork_recorder();
		}
		end(writer, SIGKILL);
	}
	end(recorder, SIGTERM); /* it stores what is left */
	assert_int_equal(ring_used(rings_at(all, 0)), 0);
	assert_int_equal(ring_used(rings_at(all, 1)), 0);
	check_all();
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(rings_are_emptied_into_lines),
	    T(lines_in_the_file_are_not_written_again),
	    T(lines_in_the_file_rotated_last_count_too),
	    T(a_full_disk_keeps_records_and_tears_no_line),
	    T(killed_while_the_disk_was_full),
	    T(rotated_in_the_midst_of_a_line),
	    T(a_removed_file_is_made_anew_at_once),
	    T(a_moved_file_needs_no_signal),
	    T(a_folder_that_is_gone_is_made_anew),
	    T(a_place_that_is_taken_is_asked_for_again),
	    T(a_copy_in_its_place_counts),
	    T(it_shows_that_it_lives),
	    T(what_was_dropped_is_said_once),
	    T(losses_of_two_rings_are_two_records),
	    T(unsafe_places_are_refused),
	    T(pseudonyms_have_a_key_for_each_month),
	    T(remembered_pseudonyms_are_those_of_the_key),
	    T(a_record_that_is_not_sound_is_said_to_be_lost),
	    T(a_damaged_key_is_kept_and_nobody_is_named),
	    T(kill_9_loses_tears_and_doubles_nothing),
	};
	sigset_t term;

	/* a recorder told to end before it listens hears of it later */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	confirmed = mmap(NULL, RUNS * sizeof(*confirmed),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
