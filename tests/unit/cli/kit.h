/*
 * kit.h - for the tests of cli/: a folder of one's own, and commands run in
 * it as main() would run them, with what they say.
 *
 *	run(cmd_version, "version --json");
 *	assert_int_equal(rc, CLI_OK);
 *	assert_string_equal(out, ...);
 */
#ifndef TESTS_UNIT_CLI_KIT_H
#define TESTS_UNIT_CLI_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/file.h"
#include "cli/cli.h"

#define KIT_WORDS 32

static char *out, *err; /* what the last command said */
static int rc;

static char kit_dir[32], kit_old[PATH_MAX];

__attribute__((unused)) static int
set_up(void **state)
{
	(void)state;
	memcpy(kit_dir, "/tmp/suzgi-cli-XXXXXX", 22);
	return getcwd(kit_old, sizeof(kit_old)) && mkdtemp(kit_dir)
	           ? chdir(kit_dir)
	           : -1;
}

__attribute__((unused)) static int
tear_down(void **state)
{
	char command[64];

	(void)state;
	free(out);
	free(err);
	out = err = NULL;
	snprintf(command, sizeof(command), "rm -rf %s", kit_dir);
	return chdir(kit_old) < 0 || system(command) != 0 ? -1 : 0;
}

__attribute__((unused)) static void
put(const char *path, const char *text)
{
	struct err e;

	if (file_replace(path, str_of(text), 0600, &e) < 0)
		fail_msg("%s", e.text);
}

/* Let <fd> lead into a file; what it led to. */
static int
kit_divert(int fd, const char *path)
{
	int was = dup(fd), to;

	to = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	assert_true(was >= 0 && to >= 0);
	dup2(to, fd);
	close(to);
	return was;
}

static char *
kit_restore(int fd, int was, const char *path)
{
	struct buf b = BUF_EMPTY;

	dup2(was, fd);
	close(was);
	assert_int_equal(file_read(path, 1u << 24, &b, NULL), 0);
	buf_add_char(&b, '\0');
	unlink(path);
	return b.p;
}

/* Run <command> with the words of <line>, which single blanks divide; a '~' in
 * a word stands for a blank. */
__attribute__((unused)) static void
run(cli_command *command, const char *line)
{
	char words[1024], *argv[KIT_WORDS + 1], *next = words;
	int argc = 0, was_out, was_err;

	assert_true(str_copy(str_of(line), words, sizeof(words)));
	while (next && argc < KIT_WORDS) {
		argv[argc] = next;
		next = strchr(next, ' ');
		if (next)
			*next++ = '\0';
		for (char *p = argv[argc]; *p; p++)
			if (*p == '~')
				*p = ' ';
		argc++;
	}
	argv[argc] = NULL;
	free(out);
	free(err);
	fflush(stdout);
	fflush(stderr);
	was_out = kit_divert(STDOUT_FILENO, ".out");
	was_err = kit_divert(STDERR_FILENO, ".err");
	rc = command(argc, argv);
	fflush(stdout);
	fflush(stderr);
	out = kit_restore(STDOUT_FILENO, was_out, ".out");
	err = kit_restore(STDERR_FILENO, was_err, ".err");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
