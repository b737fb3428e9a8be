/* ledger_test.c - the thread that keeps the journal, and what it tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <poll.h>

#include "base/buf.h"
#include "base/sys/file.h"
#include "base/sys/msgq.h"
#include "config/journal.h"
#include "proxy/ledger.h"

struct at {
	char dir[64], journal[96], aside[96];
};

static void
begin(struct at *at)
{
	snprintf(at->dir, sizeof(at->dir), "/tmp/ledger.XXXXXX");
	assert_non_null(mkdtemp(at->dir));
	snprintf(at->journal, sizeof(at->journal), "%s/" JOURNAL_FILE, at->dir);
	snprintf(at->aside, sizeof(at->aside), "%s/aside", at->dir);
}

static void
end(const struct at *at)
{
	unlink(at->journal);
	unlink(at->aside);
	rmdir(at->dir);
}

/* A block of bad.test, for all and for good. */
static struct journal_line
a_block(void)
{
	struct journal_line l = {.act = JOURNAL_ADD, .at = 1700000000};

	snprintf(l.o.id, sizeof(l.o.id), "01KAS0000000000000000000AA");
	l.o.action = ACTION_BLOCK;
	l.o.scope = OVERRIDE_HOST;
	l.o.subject = STR("bad.test");
	l.o.who = OVERRIDE_ALL;
	l.o.from = l.at;
	l.o.author = STR("root");
	return l;
}

/* The next news, however long they take. */
static struct ledger_news *
wait_for_news(struct msgq *q)
{
	struct msg m;

	while (!msgq_take(q, &m)) {
		struct pollfd p = {.fd = msgq_fd(q), .events = POLLIN};

		poll(&p, 1, -1);
	}
	assert_int_equal(m.kind, LEDGER_NEWS);
	return m.p;
}

/* The file is the same one all the time, but at first it cannot be opened. */
static void
a_journal_that_could_not_be_read_is_read_again(void **state)
{
	struct msgq *q = msgq_new(NULL);
	struct at at;
	struct ledger_setup setup = {.state_dir = at.dir, .out = q};
	const struct journal_line line = a_block();
	struct overrides *first;
	struct ledger_news *n;
	struct ledger *l;

	(void)state;
	begin(&at);
	assert_int_equal(journal_append(at.aside, &line, NULL), 0);
	assert_int_equal(symlink(at.aside, at.journal), 0);
	l = ledger_open(&setup, &first, NULL);
	assert_non_null(l);
	assert_null(first); /* no links are followed */
	assert_int_equal(unlink(at.journal), 0);
	assert_int_equal(link(at.aside, at.journal), 0);
	assert_int_equal(ledger_start(l, NULL), 0);
	n = wait_for_news(q);
	assert_true(n->read);
	assert_int_equal(n->client, 0);
	assert_int_equal(overrides_count(n->set), 1);
	ledger_news_free(n);
	ledger_stop(l);
	msgq_free(q);
	end(&at);
}

static void
who_asks_is_told_what_is_in_force(void **state)
{
	struct msgq *q = msgq_new(NULL);
	struct at at;
	struct ledger_setup setup = {.state_dir = at.dir, .out = q};
	const struct journal_line line = a_block();
	struct buf text = BUF_EMPTY;
	struct overrides *first;
	struct ledger_news *n;
	struct ledger *l;

	(void)state;
	begin(&at);
	l = ledger_open(&setup, &first, NULL);
	assert_non_null(l);
	assert_int_equal(overrides_count(first), 0);
	overrides_free(first);
	assert_int_equal(ledger_start(l, NULL), 0);
	journal_line_write(&text, &line);
	assert_true(ledger_ask(l, str_make(text.p, text.n - 1), 7));
	n = wait_for_news(q);
	assert_int_equal(n->client, 7);
	assert_true(n->done && n->read && !n->ended);
	assert_int_equal(overrides_count(n->set), 1);
	ledger_news_free(n);
	assert_true(ledger_ask(l, STR("{}"), 8));
	n = wait_for_news(q);
	assert_int_equal(n->client, 8);
	assert_false(n->done || n->read);
	ledger_news_free(n);
	ledger_stop(l);
	buf_fini(&text);
	msgq_free(q);
	end(&at);
}

/* What the log says goes to stderr: read it back from a file. */
struct heard {
	int fd, before;
};

static struct heard
listen_to_log(void)
{
	char path[] = "/tmp/heard.XXXXXX";
	struct heard h = {.fd = mkstemp(path), .before = dup(2)};

	assert_true(h.fd >= 0 && h.before >= 0);
	unlink(path);
	dup2(h.fd, 2);
	return h;
}

static void
log_says(struct heard *h, const char *what)
{
	char text[8192];
	ssize_t n = pread(h->fd, text, sizeof(text) - 1, 0);

	dup2(h->before, 2);
	close(h->before);
	close(h->fd);
	text[n > 0 ? n : 0] = '\0';
	if (!strstr(text, what))
		fail_msg("the log has no \"%s\":\n%s", what, text);
}

static void
what_vanishes_from_the_journal_is_told(void **state)
{
	struct msgq *q = msgq_new(NULL);
	struct at at;
	struct ledger_setup setup = {.state_dir = at.dir, .out = q};
	struct journal_line line = a_block();
	struct overrides *first;
	struct ledger_news *n;
	struct ledger *l;
	struct heard log;

	(void)state;
	begin(&at);
	assert_int_equal(journal_append(at.journal, &line, NULL), 0);
	line.o.id[25] = 'B';
	line.o.action = ACTION_ALLOW;
	assert_int_equal(journal_append(at.journal, &line, NULL), 0);
	l = ledger_open(&setup, &first, NULL);
	assert_int_equal(overrides_count(first), 2);
	overrides_free(first);
	log = listen_to_log();
	assert_int_equal(unlink(at.journal), 0);
	assert_int_equal(ledger_start(l, NULL), 0);
	n = wait_for_news(q);
	assert_int_equal(overrides_count(n->set), 0);
	ledger_news_free(n);
	ledger_stop(l);
	log_says(&log, "2 overrides that were in force have vanished from it; "
	               "1 of them blocked something");
	msgq_free(q);
	end(&at);
}

/* Said before anything is written. */
static void
there_are_no_more_than_fit(void **state)
{
	struct msgq *q = msgq_new(NULL);
	struct at at;
	struct ledger_setup setup = {.state_dir = at.dir, .out = q};
	struct journal_line line = a_block();
	struct buf text = BUF_EMPTY;
	struct overrides *first;
	struct ledger_news *n;
	struct ledger *l;

	(void)state;
	begin(&at);
	line.o.until = time(NULL) + 86400;
	for (unsigned i = 0; i < OVERRIDES_MAX; i++) {
		snprintf(line.o.id, sizeof(line.o.id), "01KAS%021u", i);
		journal_line_write(&text, &line);
	}
	assert_int_equal(
	    file_replace(at.journal, buf_str(&text), 0640, NULL), 0);
	l = ledger_open(&setup, &first, NULL);
	assert_int_equal(overrides_count(first), OVERRIDES_MAX);
	overrides_free(first);
	assert_int_equal(ledger_start(l, NULL), 0);
	line = a_block();
	buf_reset(&text);
	journal_line_write(&text, &line);
	assert_true(ledger_ask(l, str_make(text.p, text.n - 1), 7));
	n = wait_for_news(q);
	assert_false(n->done);
	assert_int_equal(n->err.code, ERR_LIMIT);
	ledger_news_free(n);
	ledger_stop(l);
	buf_fini(&text);
	msgq_free(q);
	end(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_journal_that_could_not_be_read_is_read_again),
	    cmocka_unit_test(who_asks_is_told_what_is_in_force),
	    cmocka_unit_test(what_vanishes_from_the_journal_is_told),
	    cmocka_unit_test(there_are_no_more_than_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
