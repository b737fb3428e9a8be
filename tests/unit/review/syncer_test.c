/* syncer_test.c - a disk that is slow, hangs or fails stops nobody who stores
 * records. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/file.h"
#include "review/recorder.h"
#include "review/ring.h"
#include "review/syncer.h"

/* The disk: each sync takes a byte out of <gate>, if there is one to wait at,
 * and ends as <fails> says. */
static int gate[2];
static atomic_bool waits;
static atomic_int fails, begun;
static atomic_ulong last_inode;

int
fdatasync(int fd)
{
	struct stat st;
	char byte;

	if (fstat(fd, &st) == 0)
		last_inode = st.st_ino;
	begun++;
	if (waits && read(gate[0], &byte, 1) != 1)
		abort();
	errno = fails;
	return fails ? -1 : 0;
}

static void
disk_goes_on(unsigned times)
{
	while (times--)
		assert_int_equal(write(gate[1], "x", 1), 1);
}

static char dir[PATH_MAX], path[PATH_MAX], rings_path[PATH_MAX],
    said_path[PATH_MAX];
static struct rings *all;
static struct recorder_setup how;
static int old_stderr;

static int
setup(void **state)
{
	char base[] = "/tmp/syncer-test-XXXXXX";
	struct err err;
	int said;

	(void)state;
	if (!mkdtemp(base) || pipe2(gate, O_CLOEXEC) < 0)
		return -1;
	snprintf(dir, sizeof(dir), "%s", base);
	snprintf(path, sizeof(path), "%s/block.jsonl", base);
	snprintf(rings_path, sizeof(rings_path), "%s/rings", base);
	snprintf(said_path, sizeof(said_path), "%s/said", base);
	all = rings_open(rings_path, 1, NULL, &err);
	said = open(said_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (!all || said < 0)
		return -1;
	old_stderr = dup(STDERR_FILENO);
	dup2(said, STDERR_FILENO);
	close(said);
	board_set(&rings_board(all)->privacy, RECORD_FULL);
	how = (struct recorder_setup){all, dir, dir};
	waits = false;
	fails = 0;
	begun = 0;
	return 0;
}

static int
teardown(void **state)
{
	char rotated[PATH_MAX + 8];

	(void)state;
	dup2(old_stderr, STDERR_FILENO);
	close(old_stderr);
	close(gate[0]);
	close(gate[1]);
	rings_close(all);
	for (unsigned i = 0; i < 2 * SYNCER_MAX; i++) {
		snprintf(rotated, sizeof(rotated), "%s.%u", path, i);
		unlink(rotated);
	}
	unlink(path);
	unlink(rings_path);
	unlink(said_path);
	return rmdir(dir);
}

static unsigned
said(const char *what)
{
	struct buf b = BUF_EMPTY;
	struct str text;
	unsigned n = 0;

	assert_int_equal(file_read(said_path, 1 << 20, &b, NULL), 0);
	text = buf_str(&b);
	for (size_t at; (at = str_search(text, str_of(what))) < text.n;
	     text = str_sub(text, at + 1, text.n))
		n++;
	buf_fini(&b);
	return n;
}

static struct syncer *
start_syncer(void)
{
	struct err err;
	struct syncer *s = syncer_new(&err);

	if (!s)
		fail_msg("%s", err.text);
	return s;
}

/* How the next one ends. */
static int
await_end(struct syncer *s)
{
	int why;

	while (!syncer_took(s, &why))
		syncer_wait(s, 1000);
	return why;
}

static int
some_file(void)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void
the_file_may_be_closed_at_once(void **state)
{
	struct syncer *s = start_syncer();
	int fd = some_file(), why;
	struct stat st;

	(void)state;
	waits = true;
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(syncer_put(s, fd));
	close(fd);
	assert_int_equal(syncer_busy(s), 1);
	assert_false(syncer_took(s, &why));
	disk_goes_on(1);
	assert_int_equal(await_end(s), 0);
	assert_int_equal(last_inode, st.st_ino);
	assert_int_equal(syncer_busy(s), 0);
	assert_false(syncer_took(s, &why));
	syncer_free(s);
}

static void
each_put_ends_once_as_the_disk_says(void **state)
{
	static const int ends[] = {0, EIO, ENOSPC, 0, EDQUOT};
	struct syncer *s = start_syncer();
	int fd = some_file(), why;

	(void)state;
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		fails = ends[i];
		assert_true(syncer_put(s, fd));
		assert_int_equal(await_end(s), ends[i]);
		assert_false(syncer_took(s, &why));
	}
	close(fd);
	syncer_free(s);
}

static void
more_than_fit_are_refused_and_none_is_forgotten(void **state)
{
	struct syncer *s = start_syncer();
	int fd = some_file();

	(void)state;
	waits = true;
	for (unsigned i = 0; i < SYNCER_MAX; i++)
		assert_true(syncer_put(s, fd));
	assert_false(syncer_put(s, fd));
	assert_int_equal(syncer_busy(s), SYNCER_MAX);
	disk_goes_on(SYNCER_MAX + 1);
	assert_int_equal(await_end(s), 0);
	assert_true(syncer_put(s, fd));
	while (syncer_busy(s))
		assert_int_equal(await_end(s), 0);
	assert_int_equal(begun, SYNCER_MAX + 1);
	close(fd);
	syncer_free(s);
}

static void
what_is_in_hand_is_finished_at_the_end(void **state)
{
	struct syncer *s = start_syncer();
	int fd = some_file();

	(void)state;
	for (unsigned i = 0; i < SYNCER_MAX; i++)
		assert_true(syncer_put(s, fd));
	close(fd);
	syncer_free(s);
	assert_int_equal(begun, SYNCER_MAX);
}

/* ------------------------------------------------------------ the recorder */

static struct recorder *
start(void)
{
	struct err err;
	struct recorder *r = recorder_new(&how, &err);

	if (!r)
		fail_msg("%s", err.text);
	return r;
}

static void
put(uint8_t n)
{
	uint8_t chance[10] = {n};
	struct record r;

	record_begin(&r, 1000, chance);
	assert_true(ring_put(all, rings_at(all, 0), &r));
}

static void
await_begun(int n)
{
	while (begun < n)
		poll(NULL, 0, 1);
}

static void
records_are_stored_while_a_sync_hangs(void **state)
{
	struct recorder *r = start();
	uint64_t beat = 0;

	(void)state;
	waits = true;
	put(0);
	assert_true(recorder_step(r));
	await_begun(1);
	for (uint8_t i = 1; i < 100; i++) {
		put(i);
		assert_true(recorder_step(r));
		assert_int_equal(ring_used(rings_at(all, 0)), 0);
		/* and it is seen to live */
		assert_true(board_get(&rings_board(all)->beat) > beat);
		beat = board_get(&rings_board(all)->beat);
	}
	assert_int_equal(board_get(&rings_board(all)->written), 100);
	assert_int_equal(board_get(&rings_board(all)->failing), 0);
	assert_int_equal(begun, 1);
	waits = false;
	disk_goes_on(1);
	recorder_free(r);
}

/* It is synced again, since there was more, and the error is told once. */
static void
a_sync_that_fails_is_told_once(void **state)
{
	struct recorder *r = start();

	(void)state;
	fails = EIO;
	put(0);
	assert_true(recorder_step(r));
	while (said("cannot sync") == 0)
		assert_true(recorder_step(r));
	fails = 0;
	put(1);
	while (begun < 2)
		assert_true(recorder_step(r));
	for (unsigned i = 0; i < 10; i++)
		assert_true(recorder_step(r));
	assert_int_equal(said("cannot sync"), 1);
	assert_int_equal(said("block.jsonl: Input/output error"), 1);
	recorder_free(r);
	assert_int_equal(begun, 2);
}

static void
files_that_are_moved_are_synced_one_by_one(void **state)
{
	struct recorder *r = start();
	char old[PATH_MAX + 8];

	(void)state;
	waits = true;
	for (uint8_t i = 0; i < SYNCER_MAX + 2; i++) {
		put(i);
		assert_true(recorder_step(r));
		snprintf(old, sizeof(old), "%s.%u", path, i);
		assert_int_equal(rename(path, old), 0);
		recorder_rotate(r);
		assert_int_equal(access(path, F_OK), 0);
	}
	/* the first is in hand, as such and as the file that was moved */
	assert_true(said("too many") >= 1);
	assert_int_equal(ring_used(rings_at(all, 0)), 0);
	waits = false;
	disk_goes_on(1);
	recorder_free(r);
	assert_int_equal(begun, SYNCER_MAX);
}

/* -------------------------------------------------------------- its process */

static pid_t
run_recorder(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(recorder_run(&how));
	return pid;
}

static void
await_empty_rings(void)
{
	while (ring_used(rings_at(all, 0)))
		poll(NULL, 0, 1);
}

static void
the_last_sync_is_awaited(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	waits = true;
	put(0);
	pid = run_recorder();
	await_empty_rings();
	kill(pid, SIGTERM);
	poll(NULL, 0, 50);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	disk_goes_on(2);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(said("has not taken"), 0);
}

static void
but_not_for_ever(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	waits = true;
	put(0);
	pid = run_recorder();
	await_empty_rings();
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(said("the disk has not taken all of"), 1);
}

static void
a_disk_that_hangs_is_said_and_the_recorder_goes_on(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	waits = true;
	put(0);
	pid = run_recorder();
	while (said("the disk has not taken") == 0)
		poll(NULL, 0, 10);
	put(1);
	await_empty_rings();
	disk_goes_on(2);
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(said("has not taken all"), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(the_file_may_be_closed_at_once),
	    CASE(each_put_ends_once_as_the_disk_says),
	    CASE(more_than_fit_are_refused_and_none_is_forgotten),
	    CASE(what_is_in_hand_is_finished_at_the_end),
	    CASE(records_are_stored_while_a_sync_hangs),
	    CASE(a_sync_that_fails_is_told_once),
	    CASE(files_that_are_moved_are_synced_one_by_one),
	    CASE(the_last_sync_is_awaited),
	    CASE(but_not_for_ever),
	    CASE(a_disk_that_hangs_is_said_and_the_recorder_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
