/* ledger_test.c - the thread that keeps the journal, and what it tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
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
	struct journal_line l = {.act = JOURNAL_ADD, .at = 1795392000};

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_journal_that_could_not_be_read_is_read_again),
	    cmocka_unit_test(who_asks_is_told_what_is_in_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
