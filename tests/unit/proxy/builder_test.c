/*
 * builder_test.c - what the proxy makes of the process that compiles lists.
 *
 * It starts this very program again, as "builder", which then does what the
 * case says (in the environment).
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/table.h"
#include "config/apply.h"
#include "config/config.h"
#include "config/loader.h"
#include "proxy/builder.h"

#define SAYS "BUILDER_TEST_SAYS"
#define ENDS "BUILDER_TEST_ENDS"

/* ------------------------------------------------------ as the other process */

/* In pieces, as a pipe may bring it. */
static void
put(const char *p, size_t n, size_t piece)
{
	while (n) {
		size_t k = n < piece ? n : piece;
		ssize_t done = write(STDOUT_FILENO, p, k);

		if (done < 0)
			_exit(99);
		p += done;
		n -= (size_t)done;
	}
}

static int
be_builder(int argc, char **argv)
{
	const char *says = getenv(SAYS), *ends = getenv(ENDS);
	static char much[1 << 16];

	if (strcmp(says, "args") == 0) {
		for (int i = 2; i < argc - 2; i++) {
			put(argv[i], strlen(argv[i]), 64);
			put("\n", 1, 1);
		}
	} else if (strcmp(says, "much") == 0) {
		memset(much, 'x', sizeof(much)); /* and no line ends */
		for (int i = 0; i < 64; i++)
			put(much, sizeof(much), sizeof(much));
		put("\n{\"error\":false}\n", 17, 17);
	} else {
		put(says, strlen(says), 1);
	}
	if (strcmp(ends, "kill") == 0)
		raise(SIGKILL);
	return (int)strtol(ends, NULL, 10);
}

/* --------------------------------------------------------- as the one that asks */

struct heard {
	struct buf text;
	unsigned n, errors;
};

static void
hear(void *arg, bool error, struct str json)
{
	struct heard *h = arg;

	h->n++;
	h->errors += error;
	if (h->text.n < 4096)
		buf_add_str(&h->text, str_sub(json, 0, 200));
	buf_add_char(&h->text, ';');
}

static enum builder_end
run(const char *says, const char *ends, struct heard *h)
{
	static const char *const set[] = {"a.b=c d", NULL};
	const struct config_paths paths = {
	    .file = "/x/a b.conf", .set = set, .demo = true};
	struct config c;
	enum builder_end end;

	*h = (struct heard){.text = BUF_EMPTY};
	config_init(&c);
	c.state_dir = STR("/x/state");
	c.data_dir = STR("/x/data");
	setenv(SAYS, says, 1);
	setenv(ENDS, ends, 1);
	end = builder_run(&(struct builder_job){.paths = &paths,
	    .config = &c,
	    .generation = 7,
	    .finding = hear,
	    .arg = h});
	arena_fini(&c.arena);
	buf_add_char(&h->text, '\0');
	return end;
}

static void
what_it_says_and_how_it_ends_decide(void **state)
{
	static const struct {
		const char *says, *ends;
		enum builder_end end;
		unsigned n, errors;
		const char *heard; /* some of it */
	} row[] = {
	    {"", "0", BUILDER_DONE, 0, 0, ""},
	    {"{\"error\":false}\n", "0", BUILDER_DONE, 1, 0, "false"},
	    {"{\"error\":true}\n", "78", BUILDER_REFUSED, 1, 1, "true"},
	    {"{\"error\":false}\n{\"error\":true}\n", "78", BUILDER_REFUSED, 2,
	        1, "{\"error\":false};{\"error\":true};"},
	    /* it fails and does not say why */
	    {"", "78", BUILDER_REFUSED, 1, 1, "status 78"},
	    {"{\"error\":false}\n", "78", BUILDER_REFUSED, 2, 1, "status 78"},
	    {"{\"error\":true}\n", "1", BUILDER_REFUSED, 2, 2, "status 1"},
	    {"{\"error\":true}\n", "kill", BUILDER_REFUSED, 2, 2, "signal 9"},
	    {"", "kill", BUILDER_REFUSED, 1, 1, "signal 9"},
	    /* a line that has no end is none; nor is nothing */
	    {"\n\n\n", "0", BUILDER_DONE, 0, 0, ""},
	    {"{\"error\":true", "78", BUILDER_REFUSED, 1, 1, "status 78"},
	    /* out of its mind: it is heard no more, and fills no memory */
	    {"much", "0", BUILDER_DONE, 1, 0, "false"},
	    {"much", "78", BUILDER_REFUSED, 2, 1, "status 78"},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
		struct heard h;

		assert_int_equal(run(row[i].says, row[i].ends, &h), row[i].end);
		assert_int_equal(h.errors, row[i].errors);
		if (strcmp(row[i].says, "much") != 0)
			assert_int_equal(h.n, row[i].n);
		assert_non_null(strstr(h.text.p, row[i].heard));
		buf_fini(&h.text);
	}
}

static void
it_is_told_where_the_proxy_runs(void **state)
{
	struct heard h;

	(void)state;
	assert_int_equal(run("args", "0", &h), BUILDER_DONE);
	assert_string_equal(h.text.p,
	    "--state;/x/state;--data;/x/data;--config;/x/a b.conf;--demo;"
	    "--set;a.b=c d;--;");
	buf_fini(&h.text);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_it_says_and_how_it_ends_decide),
	    cmocka_unit_test(it_is_told_where_the_proxy_runs),
	};

	if (argc > 1 && strcmp(argv[1], "builder") == 0)
		return be_builder(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
