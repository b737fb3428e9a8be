/*
 * helpers_test.c - questions to helpers: each comes back once, whatever the
 * helper does, and a reload loses none.
 */
#include "proxy/helpers.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"
#include "base/sys/msgq.h"
#include "config/config.h"

#define LEN(a)   (sizeof(a) / sizeof((a)[0]))
#define NEVER_MS 60000

static struct helpers *helpers;
static struct msgq *inbox;
static struct config config;
static struct config_auth section;
static uint32_t children = 2; /* of the section that configure() makes */
static char dir[] = "/tmp/suzgi-test-XXXXXX";

/* In the helpers' thread. */
static void
told(struct helpers_question *q)
{
	if (!msgq_send(inbox, (struct msg){.p = q}))
		abort();
}

static void
ask(const char *line)
{
	struct helpers_question *q = helpers_question_new();

	assert_non_null(q);
	assert_true(str_copy(STR("people"), q->section, sizeof(q->section)));
	buf_add_str(&q->line, str_of(line));
	q->tell = told;
	assert_true(helpers_ask(helpers, q));
}

static struct helpers_question *
answer(void)
{
	struct pollfd p = {.fd = msgq_fd(inbox), .events = POLLIN};
	int64_t end = clock_mono_ms() + NEVER_MS;
	struct msg m;

	while (!msgq_take(inbox, &m)) {
		poll(&p, 1, 100);
		assert_true(clock_mono_ms() < end);
	}
	return m.p;
}

static enum helpers_answer
asked(const char *line)
{
	struct helpers_question *q;
	enum helpers_answer a;

	ask(line);
	q = answer();
	a = q->answer;
	helpers_question_free(q);
	return a;
}

/* A shell script as the helper; <script> reads "$line" in a loop. */
static void
configure(const char *script, uint32_t concurrency, uint32_t timeout_ms)
{
	static char command[512];
	static unsigned number;
	char path[128];
	struct buf b = BUF_EMPTY;
	struct err err;

	snprintf(path, sizeof(path), "%s/helper-%u", dir, number++);
	buf_addf(&b, "while read -r line; do %s; done\n", script);
	assert_int_equal(file_replace(path, buf_str(&b), 0600, &err), 0);
	buf_fini(&b);
	snprintf(command, sizeof(command), "/bin/sh '%s'", path);
	section = (struct config_auth){.name = STR("people"),
	    .helper = str_of(command),
	    .children = children,
	    .concurrency = concurrency,
	    .timeout_ms = timeout_ms};
	config.auth.v = &section;
	config.auth.n = 1;
	helpers_settle(helpers, &config);
}

#define BY_LINE                                                                \
	"case $line in *ok*) echo OK;; *bh*) echo BH;; *end*) exit;;"          \
	" *mad*) echo mad;; *) echo ERR;; esac"

static void
yes_no_and_what_is_neither(void **state)
{
	static const struct {
		const char *line;
		enum helpers_answer answer;
	} rows[] = {
	    {"ok", HELPERS_YES},
	    {"no", HELPERS_NO},
	    {"bh", HELPERS_UNSETTLED},
	    {"ok", HELPERS_YES},
	    {"end", HELPERS_UNSETTLED},
	    {"ok", HELPERS_YES},
	    {"mad", HELPERS_UNSETTLED},
	};
	struct helpers_counts before, after;

	(void)state;
	helpers_counts(helpers, &before);
	configure(BY_LINE, 0, NEVER_MS);
	for (size_t i = 0; i < LEN(rows); i++)
		assert_int_equal(asked(rows[i].line), rows[i].answer);
	while (asked("ok") != HELPERS_YES)
		continue;
	helpers_counts(helpers, &after);
	/* "end" and "mad" ended both children each */
	assert_int_equal(after.restarts - before.restarts, 4);
	assert_int_equal(after.late, before.late);
}

static void
what_comes_with_a_yes(void **state)
{
	struct helpers_question *q;

	(void)state;
	configure("echo 'OK user=\"a b\" ttl=17 token=xyz'", 0, NEVER_MS);
	ask("x");
	q = answer();
	assert_int_equal(q->answer, HELPERS_YES);
	assert_true(str_eq(buf_str(&q->user), STR("a b")));
	assert_true(str_eq(buf_str(&q->token), STR("xyz")));
	assert_true(q->has_ttl && q->ttl_s == 17);
	helpers_question_free(q);
}

/* Answers in any order find their questions, by the channel. By one child: it
 * answers two at a time, and of two children each could be left with one. */
static void
channels(void **state)
{
	unsigned yes = 0, no = 0;

	(void)state;
	children = 1;
	configure("[ -n \"$held\" ] && { echo \"${line% *} OK\"; "
	          "echo \"$held ERR\"; held=; } || held=${line% *}",
	    8, NEVER_MS);
	children = 2;
	for (unsigned i = 0; i < 40; i++)
		ask(i % 2 ? "second" : "first");
	for (unsigned i = 0; i < 40; i++) {
		struct helpers_question *q = answer();

		yes += q->answer == HELPERS_YES;
		no += q->answer == HELPERS_NO;
		helpers_question_free(q);
	}
	assert_int_equal(yes, 20);
	assert_int_equal(no, 20);
}

static void
never_answered_is_late(void **state)
{
	struct helpers_question *q;

	(void)state;
	configure(":", 0, 50);
	ask("x");
	q = answer();
	assert_int_equal(q->answer, HELPERS_UNSETTLED);
	assert_true(q->late);
	helpers_question_free(q);
}

/* What is beyond the queue is refused at once; what is in it is late. */
static void
a_queue_has_a_size(void **state)
{
	struct helpers_counts before, after;
	const unsigned n = HELPERS_QUEUE + 100;

	(void)state;
	configure("sleep 1000", 0, 3000);
	helpers_counts(helpers, &before);
	for (unsigned i = 0; i < n; i++)
		ask("x");
	for (unsigned i = 0; i < n; i++) {
		struct helpers_question *q = answer();

		assert_int_equal(q->answer, HELPERS_UNSETTLED);
		helpers_question_free(q);
	}
	helpers_counts(helpers, &after);
	assert_int_equal(after.asked - before.asked, n);
	assert_in_range(after.refused - before.refused, 90, 100);
	assert_true(after.late - before.late >= HELPERS_QUEUE);
}

/* Who asked before a reload is answered by whom he asked. */
static void
a_reload_loses_nothing(void **state)
{
	char gate[128];
	struct buf b = BUF_EMPTY;
	unsigned yes = 0;

	(void)state;
	snprintf(gate, sizeof(gate), "%s/gate", dir);
	close(creat(gate, 0600));
	buf_addf(&b, "while [ -e %s ]; do sleep 0.01; done; echo OK user=old%c",
	    gate, '\0');
	configure(b.p, 0, NEVER_MS);
	for (unsigned i = 0; i < 10; i++)
		ask("x");
	configure("echo OK user=new", 0, NEVER_MS);
	for (unsigned i = 0; i < 10; i++) {
		struct helpers_question *q;

		ask("y");
		q = answer();
		assert_true(str_eq(buf_str(&q->user), STR("new")));
		helpers_question_free(q);
	}
	unlink(gate);
	for (unsigned i = 0; i < 10; i++) {
		struct helpers_question *q = answer();

		yes += str_eq(buf_str(&q->user), STR("old"));
		helpers_question_free(q);
	}
	assert_int_equal(yes, 10);
	buf_fini(&b);
}

static void
a_section_that_is_gone(void **state)
{
	(void)state;
	config.auth.n = 0;
	helpers_settle(helpers, &config);
	assert_int_equal(asked("x"), HELPERS_UNSETTLED);
}

static void
a_program_that_is_not_there(void **state)
{
	(void)state;
	configure("echo OK", 0, NEVER_MS);
	section.helper = STR("/nowhere/there");
	helpers_settle(helpers, &config);
	assert_int_equal(asked("x"), HELPERS_UNSETTLED);
	section.helper = STR("'open");
	helpers_settle(helpers, &config);
	assert_int_equal(asked("x"), HELPERS_UNSETTLED);
}

/* With questions open and children up. */
static int
close_all(void **state)
{
	char command[128];
	struct msg m;

	(void)state;
	configure("sleep 1000", 0, NEVER_MS);
	for (unsigned i = 0; i < 10; i++)
		ask("x");
	helpers_stop(helpers);
	while (msgq_take(inbox, &m))
		helpers_question_free(m.p);
	msgq_free(inbox);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static int
open_all(void **state)
{
	struct err err;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	inbox = msgq_new(&err);
	helpers = helpers_start(&config, &err);
	return inbox && helpers ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(yes_no_and_what_is_neither),
	    cmocka_unit_test(what_comes_with_a_yes),
	    cmocka_unit_test(channels),
	    cmocka_unit_test(never_answered_is_late),
	    cmocka_unit_test(a_queue_has_a_size),
	    cmocka_unit_test(a_reload_loses_nothing),
	    cmocka_unit_test(a_section_that_is_gone),
	    cmocka_unit_test(a_program_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
