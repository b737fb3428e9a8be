/* control_test.c - one line asks, one answer, and no client holds it up. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "proxy/control.h"
#include "proxy/sockets.h"

static char dir[] = "/tmp/control-test-XXXXXX";
static char path[PATH_MAX];
static int listening;
static struct control *control;
static uint64_t later; /* the client that waits */
static char asked[CONTROL_LINE + 1];
static size_t answer_bytes; /* of "big" */

static bool
on_ask(void *arg, struct str request, uint64_t client, struct buf *answer)
{
	(void)arg;
	assert_true(str_copy(request, asked, sizeof(asked)));
	if (str_eq(request, STR("later"))) {
		later = client;
		return false;
	}
	if (str_eq(request, STR("big")))
		for (size_t i = 0; i < answer_bytes; i++)
			buf_add_char(answer, 'x');
	buf_add_str(answer, STR("answer\n"));
	return true;
}

static int
setup(void **state)
{
	struct err err;

	(void)state;
	asked[0] = '\0';
	listening = sockets_control(path, &err);
	if (listening < 0)
		return -1;
	control = control_new(listening, on_ask, NULL, &err);
	return control ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	control_free(control);
	close(listening);
	return unlink(path);
}

/* Run turns until nothing is ready any more. */
static void
turns(void)
{
	struct pollfd p[CONTROL_FDS];
	unsigned n;

	while (n = control_poll(control, p), poll(p, n, 0) > 0)
		control_run(control, p);
}

static int
client(const char *text)
{
	struct err err;
	int fd = sockets_control_connect(path, &err);

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void
expect(int fd, const char *text)
{
	char got[256];
	ssize_t n = read(fd, got, sizeof(got) - 1);

	assert_true(n >= 0);
	got[n] = '\0';
	assert_string_equal(got, text);
	assert_int_equal(read(fd, got, sizeof(got)), 0); /* and the end */
	close(fd);
}

static void
a_line_is_answered_however_it_is_cut(void **state)
{
	static const char line[] = "status\n";

	(void)state;
	for (size_t cut = 0; cut < sizeof(line); cut++) {
		char first[16] = "";
		int fd;

		memcpy(first, line, cut);
		fd = client(first);
		turns();
		if (cut < sizeof(line) - 1)
			assert_int_equal(
			    write(fd, line + cut, sizeof(line) - 1 - cut),
			    sizeof(line) - 1 - cut);
		turns();
		assert_string_equal(asked, "status");
		expect(fd, "answer\n");
	}
}

static void
a_line_without_end_is_refused(void **state)
{
	char line[CONTROL_LINE + 1];
	int fd;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[CONTROL_LINE] = '\0';
	fd = client(line);
	turns();
	assert_string_equal(asked, "");
	expect(fd, "{\"error\":\"the request is too long\"}\n");
}

static void
an_answer_may_come_later(void **state)
{
	int one = client("later\n"), two;
	char byte;

	(void)state;
	turns();
	assert_int_equal(read(one, &byte, 1), -1);
	two = client("status\n"); /* others are served meanwhile */
	turns();
	expect(two, "answer\n");
	control_answer(control, later, STR("at last\n"));
	expect(one, "at last\n");
	control_answer(control, later, STR("twice\n")); /* nobody is there */
}

static void
who_has_gone_gets_no_answer(void **state)
{
	int one = client("later\n"), two;

	(void)state;
	turns();
	close(one);
	turns();
	/* its place is taken, its name is not */
	two = client("status\n");
	control_answer(control, later, STR("wrong\n"));
	turns();
	expect(two, "answer\n");
}

static void
many_idle_ones_keep_nobody_out_for_ever(void **state)
{
	int idle[CONTROL_CLIENTS], last;
	char byte;

	(void)state;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		idle[i] = client("stat");
		turns();
	}
	assert_true(control_wait(control) <= CONTROL_ASK_MS);
	assert_true(control_wait(control) >= 0);
	last = client("status\n");
	turns();
	assert_int_equal(read(last, &byte, 1), -1);
	close(idle[3]);
	turns();
	expect(last, "answer\n");
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (i != 3)
			close(idle[i]);
	turns();
	assert_int_equal(control_wait(control), -1);
}

static void
a_large_answer_comes_in_pieces(void **state)
{
	char got[65536];
	size_t all = 0;
	ssize_t n;
	int fd;

	(void)state;
	answer_bytes = 3u << 20;
	fd = client("big\n");
	do {
		turns();
		n = read(fd, got, sizeof(got));
		if (n > 0)
			all += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EAGAIN));
	assert_int_equal(all, answer_bytes + 7);
	close(fd);
}

static void
a_stale_socket_is_replaced_and_nothing_else(void **state)
{
	char other[PATH_MAX + 8], longest[200];
	struct err err;
	int fd;

	(void)state;
	snprintf(other, sizeof(other), "%s.x", path);
	/* answered: refused */
	assert_int_equal(sockets_control(path, &err), -1);
	assert_non_null(strstr(err.text, "another suzgi"));
	/* a socket that nobody listens at */
	fd = sockets_control(other, &err);
	assert_true(fd >= 0);
	close(fd);
	fd = sockets_control(other, &err);
	assert_true(fd >= 0);
	close(fd);
	unlink(other);
	/* a file of somebody's */
	fd = open(other, O_WRONLY | O_CREAT, 0600);
	close(fd);
	assert_int_equal(sockets_control(other, &err), -1);
	assert_int_equal(access(other, F_OK), 0);
	unlink(other);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(sockets_control(longest, &err), -1);
}

static void
without_descriptors_nothing_spins(void **state)
{
	struct pollfd p[CONTROL_FDS];
	struct rlimit was, none;
	int fd = client("status\n");

	(void)state;
	getrlimit(RLIMIT_NOFILE, &was);
	none = was;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	assert_int_equal(control_poll(control, p), CONTROL_FDS);
	assert_true(p[0].fd >= 0);
	p[0].revents = POLLIN;
	control_run(control, p);
	setrlimit(RLIMIT_NOFILE, &was);
	control_poll(control, p);
	assert_int_equal(p[0].fd, -1);
	assert_in_range(control_wait(control), 0, CONTROL_PAUSE_MS);
	while (control_poll(control, p), p[0].fd < 0)
		poll(NULL, 0, control_wait(control));
	turns();
	expect(fd, "answer\n"); /* it was only late */
}

static void
only_user_and_group_may_connect(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(a_line_is_answered_however_it_is_cut),
	    T(a_line_without_end_is_refused),
	    T(an_answer_may_come_later),
	    T(who_has_gone_gets_no_answer),
	    T(many_idle_ones_keep_nobody_out_for_ever),
	    T(a_large_answer_comes_in_pieces),
	    T(a_stale_socket_is_replaced_and_nothing_else),
	    T(without_descriptors_nothing_spins),
	    T(only_user_and_group_may_connect),
	};
	int rc;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/sock", dir);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return rc;
}
