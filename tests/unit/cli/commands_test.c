/* commands_test.c - check, config, lists, version; and asking nobody. */
#include "tests/unit/cli/kit.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

static int
begin(void **state)
{
	if (set_up(state) < 0)
		return -1;
	put("s.conf", "[proxy]\nstate-dir = ./st\n"
	              "[list bad]\nsource = bad.txt\ncategory = adult\n"
	              "[policy default]\nblock = category:adult\n");
	put("bad.txt", "casino.test\nsub.example.test\n");
	return 0;
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, tear_down)

static void
check_says_what_there_is(void **state)
{
	(void)state;
	run(cmd_check, "check s.conf");
	assert_int_equal(rc, CLI_OK);
	assert_string_equal(
	    out, "ok: 1 list, 2 entries, 1 policy, 1 rule, 0 groups\n");
	assert_int_equal(access("st", F_OK), -1); /* it is the service's */
	assert_int_equal(mkdir("st", 0700), 0);
	run(cmd_check, "check --no-write s.conf");
	assert_int_equal(rc, CLI_OK);
	assert_int_equal(access("st/lists.image", F_OK), -1);
	run(cmd_check, "check -c s.conf --json");
	assert_string_equal(out,
	    "{\"reports\":[],\"ok\":true,\"errors\":0,\"warnings\":0,"
	    "\"lists\":1,\"entries\":2,\"policies\":1,\"groups\":0,"
	    "\"expectations\":0}\n");
	assert_int_equal(access("st/lists.image", F_OK), 0);
}

static void
check_says_every_error_with_its_place(void **state)
{
	(void)state;
	put("s.conf", "[proxy]\nstate-dir = ./st\nwrokers = 2\n"
	              "[policy default]\nblock = host:a b\n");
	run(cmd_check, "check s.conf");
	assert_int_equal(rc, CLI_CONFIG);
	assert_string_equal(out, "");
	assert_ptr_equal(
	    strstr(err,
	        "s.conf:3:1: error: unknown key \"wrokers\" in [proxy]; did "
	        "you mean \"workers\"?\n  wrokers = 2\n  ^\ns.conf:5:16: "),
	    err);
	assert_non_null(strstr(err, "\n2 errors\n"));
	run(cmd_check, "check s.conf --json");
	assert_int_equal(rc, CLI_CONFIG);
	assert_non_null(strstr(out,
	    "\"level\":\"error\",\"file\":\"s.conf\",\"line\":3,\"column\":1"));
	assert_non_null(strstr(out, "\"ok\":false,\"errors\":2"));
}

static void
lists_show_what_is_in_place(void **state)
{
	(void)state;
	run(cmd_lists, "lists status -c s.conf");
	assert_int_equal(rc, CLI_FAILED);
	assert_non_null(strstr(err, "suzgi lists build compiles"));
	run(cmd_lists, "lists build -c s.conf");
	assert_int_equal(rc, CLI_OK);
	/* also where the configuration has another list by now */
	put("more.txt", "x.test\n");
	put("s.conf", "[proxy]\nstate-dir = ./st\n"
	              "[list more]\nsource = more.txt\n"
	              "[policy default]\nblock = list:more\n");
	run(cmd_lists, "lists status -c s.conf");
	assert_int_equal(rc, CLI_OK);
	assert_non_null(strstr(
	    out, "bad              adult                     2        0"));
	run(cmd_lists, "lists lookup x.test -c s.conf");
	assert_non_null(strstr(out, "x.test\tmore\t\t/"));
	assert_non_null(strstr(out, "/more.txt:1\t20")); /* and its date */
	run(cmd_lists, "lists lookup y.test -c s.conf");
	assert_string_equal(out, "not listed\n");
	run(cmd_lists, "lists lookup http://1.2.3.400/ -c s.conf");
	assert_int_equal(rc, CLI_USAGE);
}

static void
what_dump_prints_is_read_again(void **state)
{
	char *first;

	(void)state;
	run(cmd_config, "config dump -c s.conf --set page.title=a~;~b");
	assert_int_equal(rc, CLI_OK);
	assert_non_null(strstr(out, "title = \"a ; b\"\n"));
	first = strdup(out);
	put("again.conf", first);
	run(cmd_config, "config dump -c again.conf");
	assert_int_equal(rc, CLI_OK);
	assert_string_equal(out, first);
	free(first);
	run(cmd_config, "config exmaple");
	assert_int_equal(rc, CLI_USAGE);
	assert_non_null(strstr(err, "found \"exmaple\""));
}

static void
version_is_one_line(void **state)
{
	(void)state;
	run(cmd_version, "version");
	assert_int_equal(rc, CLI_OK);
	assert_int_equal(strncmp(out, "suzgi ", 6), 0);
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
	run(cmd_version, "version --json");
	assert_int_equal(strncmp(out, "{\"version\":\"", 12), 0);
}

static void
asking_nobody_says_how_to_start(void **state)
{
	(void)state;
	run(cmd_status, "status -c s.conf");
	assert_int_equal(rc, CLI_FAILED);
	assert_non_null(strstr(err, "/st/control.sock: No such file"));
	assert_non_null(strstr(err, "suzgi run"));
	put("s.conf", "[proxy]\nstate-dir = ./st\nwrokers = 2\n");
	run(cmd_reload, "reload -c s.conf");
	assert_int_equal(rc, CLI_CONFIG);
	assert_int_equal(strncmp(err, "s.conf:3:1: error: ", 19), 0);
	assert_non_null(strstr(err, "/st/control.sock: No such file"));
}

/* A filter that answers each question with <answer>; its process. */
static pid_t
answering(const char *answer)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct err e;
	pid_t pid;

	assert_int_equal(file_mkdirs("st", &e), 0);
	assert_true(
	    str_copy(STR("st/control.sock"), a.sun_path, sizeof(a.sun_path)));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 5), 0);
	pid = fork();
	if (pid == 0) {
		char asked[64];
		int to = accept(fd, NULL, NULL);
		ssize_t n = read(to, asked, sizeof(asked));

		n = n > 0 ? write(to, answer, strlen(answer)) : 0;
		_exit(n < 0);
	}
	close(fd);
	return pid;
}

static const struct {
	const char *answer;
	int rc;
	const char *out, *err;
} reloads[] = {
    {"{\"ok\":true,\"generation\":7,\"ms\":120,\"findings\":[]}\n", CLI_OK,
        "generation 7 is in force (120 ms)\n", ""},
    {"{\"ok\":true,\"generation\":7,\"ms\":1,\"findings\":[{\"error\":false,"
     "\"text\":\"[proxy] workers: changed\"}]}\n",
        CLI_OK, "generation 7 is in force (1 ms)\n",
        "warning: [proxy] workers: changed\n"},
    {"{\"ok\":false,\"generation\":6,\"ms\":1,\"findings\":[{\"error\":true,"
     "\"file\":\"a.conf\",\"line\":2,\"column\":3,\"text\":\"bad\","
     "\"source\":\"x y\"}]}\n",
        CLI_CONFIG, "",
        "a.conf:2:3: error: bad\n  x y\n    ^\n"
        "suzgi: refused; generation 6 stays in force\n"},
    {"{\"error\":\"out of memory\"}\n", CLI_FAILED, "",
        "suzgi: out of memory\n"},
    {"nonsense\n", CLI_FAILED, "", "suzgi: suzgi gave no proper answer\n"},
};

static void
a_reload_is_told_as_check_would(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(reloads) / sizeof(reloads[0]); i++) {
		pid_t pid = answering(reloads[i].answer);
		int how;

		/* it is found where the rest of the file is wrong, too */
		put("s.conf", "[proxy]\nstate-dir = ./st\nwrokers = 2\n");
		run(cmd_reload, "reload -c s.conf");
		assert_string_equal(err, reloads[i].err);
		assert_string_equal(out, reloads[i].out);
		assert_int_equal(rc, reloads[i].rc);
		assert_int_equal(waitpid(pid, &how, 0), pid);
		unlink("st/control.sock");
	}
}

static void
status_shouts_only_what_is_wrong(void **state)
{
	static const char fine[] =
	    "{\"version\":\"0.1.0\",\"phase\":\"serving\",\"pid\":3,"
	    "\"uptime_s\":90,\"snapshot\":{\"generation\":2,\"age_s\":86400},"
	    "\"lists\":[{\"list\":\"bad\",\"category\":\"adult\","
	    "\"entries\":5,\"rejected\":1}],\"workers\":1,\"redis\":false,"
	    "\"stats\":{\"requests\":7,\"allowed\":4,\"blocked\":3,"
	    "\"bytes_in\":20480},\"log\":{\"failing\":false,"
	    "\"written\":3}}\n";
	static const char wrong[] =
	    "{\"phase\":\"serving\",\"proxy_restarts\":2,\"bugs\":1,"
	    "\"snapshot\":{\"stale_since\":\"T\"},\"redis\":true,"
	    "\"log\":{\"failing\":true,\"recorder_restarts\":4}}\n";
	pid_t pid = answering(fine);
	int how;

	(void)state;
	run(cmd_status, "status -c s.conf");
	assert_int_equal(rc, CLI_OK);
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_non_null(strstr(out, "process 3, up 1m 30s, serving\n"));
	assert_non_null(strstr(out, "generation 2, in force for 1d 0h;"));
	assert_non_null(strstr(out, "5 entries, 1 lines rejected: bad/adult"));
	assert_non_null(strstr(out, "bytes      20 KB in, 0 B out\n"));
	assert_null(strstr(out, "redis"));
	for (const char *p = out; *p; p++) /* nothing in capitals */
		assert_false(p[0] >= 'A' && p[0] <= 'Z' && p[1] >= 'A' &&
		             p[1] <= 'Z' && p[2] >= 'A' && p[2] <= 'Z');
	unlink("st/control.sock");
	pid = answering(wrong);
	run(cmd_status, "status -c s.conf");
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_non_null(strstr(out, "RESTARTED 2 times"));
	assert_non_null(strstr(out, "1 BUGS"));
	assert_non_null(strstr(out, "STALE since T"));
	assert_non_null(strstr(out, "recorder RESTARTED 4 times"));
	assert_non_null(strstr(out, "CANNOT BE WRITTEN just now"));
	assert_non_null(strstr(out, "redis "));
	unlink("st/control.sock");
	pid = answering("{\"log\":{\"failing\":true,\"hung\":true}}\n");
	run(cmd_status, "status -c s.conf");
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_non_null(strstr(out, "CANNOT BE WRITTEN: the recorder HANGS"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(check_says_what_there_is),
	    TEST(check_says_every_error_with_its_place),
	    TEST(lists_show_what_is_in_place),
	    TEST(what_dump_prints_is_read_again),
	    TEST(version_is_one_line),
	    TEST(asking_nobody_says_how_to_start),
	    TEST(a_reload_is_told_as_check_would),
	    TEST(status_shouts_only_what_is_wrong),
	};

	return cmocka_run_group_tests_name("cli/commands", tests, NULL, NULL);
}
