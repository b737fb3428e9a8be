/* progress_test.c - a line on terminals, and nothing anywhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/str.h"
#include "base/sys/progress.h"

/* stderr is <fd> until back(). */
static int
redirect(int fd)
{
	int saved = dup(STDERR_FILENO);

	assert_true(saved >= 0);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	return saved;
}

static void
back(int saved)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
}

static void
draw(struct progress *p)
{
	progress_begin(p, "compiling");
	progress_at(p, 50 << 20, 100 << 20, "ut1\033[2J");
	progress_hide(p);
	progress_at(p, 7 << 20, 0, NULL);
	progress_end(p);
	progress_at(p, 7 << 20, 0, NULL); /* after the end: nothing */
}

/* What a terminal of <columns> gets to see, with TERM=<term>. */
static size_t
drawn(const char *term, unsigned columns, char *out, size_t size)
{
	struct winsize w = {.ws_col = (unsigned short)columns, .ws_row = 24};
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, saved;
	struct progress p;
	size_t got = 0;
	ssize_t n;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &w), 0);
	setenv("TERM", term, 1);
	saved = redirect(slave);
	draw(&p);
	back(saved);
	close(slave); /* what was written is read to its end */
	while ((n = read(master, out + got, size - 1 - got)) > 0)
		got += (size_t)n;
	out[got] = '\0';
	close(master);
	return got;
}

static void
a_terminal_sees_one_line_that_goes_away(void **state)
{
	char out[1024];

	(void)state;
	assert_true(drawn("xterm", 80, out, sizeof(out)) > 0);
	assert_non_null(strstr(out, "compiling  [#########"));
	assert_non_null(strstr(out, " %  50.0 MiB  ut1?[2J\033[K"));
	assert_non_null(strstr(out, "compiling  7.0 MiB"));
	assert_null(strchr(out, '\n'));
	assert_string_equal(out + strlen(out) - 4, "\r\033[K");
}

static void
a_line_never_wraps(void **state)
{
	char out[1024], *end;

	(void)state;
	drawn("xterm", 20, out, sizeof(out));
	end = strstr(out, "\033[K");
	assert_non_null(end);
	assert_true(end - out <= 1 + 19);
}

static void
what_is_no_terminal_sees_nothing(void **state)
{
	char out[1024];
	struct progress p;
	int fd[2], saved;

	(void)state;
	assert_int_equal(drawn("dumb", 80, out, sizeof(out)), 0);
	setenv("TERM", "xterm", 1);
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	saved = redirect(fd[1]);
	draw(&p);
	back(saved);
	assert_int_equal(read(fd[0], out, sizeof(out)), -1);
	close(fd[0]);
	close(fd[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_terminal_sees_one_line_that_goes_away),
	    cmocka_unit_test(a_line_never_wraps),
	    cmocka_unit_test(what_is_no_terminal_sees_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
