/* user_test.c - suzgi user: the file of users, changed line by line. */
#include "tests/unit/cli/kit.h"

#include <sys/stat.h>

#include "base/str.h"
#include "cli/htpasswd.h"

static const char others[] = "# the school's\n"
                             "Bob:$6$abc$def:more\n"
                             "\n"
                             "plain:secret\n"
                             "nothing\n"
                             "bob:$1$a$b\n"
                             "last:$5$a$b";

/* Run it with <password> on stdin. */
static void
say(const char *password, const char *line)
{
	int was = dup(STDIN_FILENO), from;

	put("password", password);
	from = open("password", O_RDONLY);
	assert_true(was >= 0 && from >= 0);
	dup2(from, STDIN_FILENO);
	close(from);
	run(cmd_user, line);
	dup2(was, STDIN_FILENO);
	close(was);
}

static bool
signs_in(const char *user, const char *password)
{
	struct htpasswd *h = htpasswd_new("users");
	bool yes =
	    htpasswd_check(h, str_of(user), str_of(password)) == HTPASSWD_RIGHT;

	htpasswd_free(h);
	return yes;
}

static const char *
text(void)
{
	static struct buf b;

	buf_fini(&b);
	assert_int_equal(file_read("users", 1u << 20, &b, NULL), 0);
	buf_add_char(&b, '\0');
	return b.p;
}

static void
who_is_added_can_sign_in(void **state)
{
	struct stat st;

	(void)state;
	say("a secret: with a colon\r\nanother line\n", "user add users Alice");
	assert_int_equal(rc, CLI_OK);
	assert_string_equal(err, "");
	assert_true(signs_in("alice", "a secret: with a colon"));
	assert_false(signs_in("alice", "another line"));
	assert_null(strstr(text(), "secret"));
	assert_non_null(strstr(text(), "Alice:$y$"));
	assert_int_equal(stat("users", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	say("b", "user add users bob");
	assert_true(signs_in("bob", "b"));
	assert_true(signs_in("alice", "a secret: with a colon"));
}

static void
the_same_password_has_another_hash_each_time(void **state)
{
	char first[1024];

	(void)state;
	say("same\n", "user add users one");
	assert_true(str_copy(str_of(text()), first, sizeof(first)));
	say("same\n", "user passwd users one");
	assert_string_not_equal(first, text());
	assert_true(signs_in("one", "same"));
}

static void
nobody_is_added_twice_whatever_the_case(void **state)
{
	(void)state;
	put("users", others);
	say("x\n", "user add users BOB");
	assert_int_equal(rc, CLI_FAILED);
	assert_string_equal(err, "suzgi: users:2: BOB is there already; suzgi "
	                         "user passwd gives a new password\n");
	assert_string_equal(text(), others);
}

static void
a_new_password_changes_one_line(void **state)
{
	struct str rest, line;
	(void)state;
	put("users", others);
	assert_int_equal(chmod("users", 0666), 0);
	say("new\n", "user passwd users bob");
	assert_int_equal(rc, CLI_OK);
	assert_true(signs_in("bob", "new"));
	rest = str_of(text());
	assert_true(str_next(&rest, '\n', &line));
	assert_true(str_eq(line, STR("# the school's")));
	assert_true(str_next(&rest, '\n', &line));
	assert_true(str_starts(line, STR("Bob:$y$")));
	assert_true(str_ends(line, STR(":more")));
	assert_true(
	    str_eq(rest, STR("\nplain:secret\nnothing\nlast:$5$a$b\n")));
	say("new\n", "user passwd users carol");
	assert_int_equal(rc, CLI_FAILED);
	assert_non_null(strstr(err, "users has no user carol"));
}

static void
remove_takes_all_lines_of_one(void **state)
{
	(void)state;
	put("users", others);
	run(cmd_user, "user remove users bob");
	assert_int_equal(rc, CLI_OK);
	assert_string_equal(
	    text(), "# the school's\n\nplain:secret\nnothing\nlast:$5$a$b\n");
	run(cmd_user, "user remove users bob");
	assert_int_equal(rc, CLI_FAILED);
}

static void
list_says_who_cannot_sign_in(void **state)
{
	(void)state;
	put("users", others);
	run(cmd_user, "user list users");
	assert_int_equal(rc, CLI_OK);
	assert_string_equal(out,
	    "Bob\n"
	    "plain    cannot sign in: it is no hash that is known\n"
	    "bob    cannot sign in: it is MD5\n"
	    "last\n");
	run(cmd_user, "user list --json users");
	assert_non_null(strstr(out, "{\"user\":\"Bob\",\"ok\":true}\n"));
	run(cmd_user, "user list none");
	assert_int_equal(rc, CLI_FAILED);
	assert_non_null(strstr(err, "there is no file none"));
}

static void
what_nobody_could_type_changes_nothing(void **state)
{
	static const char *const words[] = {"", "\n", "a\tb\n", "\xff\n"};
	char *longest = calloc(1, 2000);

	(void)state;
	put("users", others);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		say(words[i], "user add users new");
		assert_int_equal(rc, CLI_FAILED);
		assert_string_equal(text(), others);
	}
	memset(longest, 'x', 512);
	say(longest, "user add users new");
	assert_int_equal(rc, CLI_FAILED);
	longest[511] = '\0';
	say(longest, "user add users new");
	assert_int_equal(rc, CLI_OK);
	assert_true(signs_in("new", longest));
	free(longest);
}

static void
names_that_cannot_be(void **state)
{
	static const char *const lines[] = {"user add users a:b",
	    "user add users #a", "user add users ~a", "user add users a\xff",
	    "user add users", "user list", "user list users a", "user",
	    "user x y"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		say("x\n", lines[i]);
		assert_int_equal(rc, CLI_USAGE);
		assert_int_equal(access("users", F_OK), -1);
	}
}

static void
a_link_stays_one(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(mkdir("real", 0700), 0);
	put("real/users", others);
	assert_int_equal(symlink("real/users", "users"), 0);
	say("x\n", "user add users new");
	assert_int_equal(rc, CLI_OK);
	assert_int_equal(lstat("users", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_true(signs_in("new", "x"));
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(who_is_added_can_sign_in),
	    TEST(the_same_password_has_another_hash_each_time),
	    TEST(nobody_is_added_twice_whatever_the_case),
	    TEST(a_new_password_changes_one_line),
	    TEST(remove_takes_all_lines_of_one),
	    TEST(list_says_who_cannot_sign_in),
	    TEST(what_nobody_could_type_changes_nothing),
	    TEST(names_that_cannot_be),
	    TEST(a_link_stays_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
