/* txn_fsm_test.c - the table of a transaction's states. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "proxy/conn.h"
#include "proxy/reply.h"
#include "proxy/txn.h"

static void
each_state_has_a_name(void **state)
{
	(void)state;
	for (unsigned s = 0; s < TXN_NSTATES; s++) {
		assert_non_null(txn_state_name(s));
		for (unsigned k = 0; k < s; k++)
			assert_string_not_equal(
			    txn_state_name(s), txn_state_name(k));
	}
	for (unsigned s = 0; s < CONN_NSTATES; s++)
		assert_non_null(conn_state_name(s));
}

/* Whatever happens, there is a way out; and it is the end. */
static void
each_state_can_end(void **state)
{
	(void)state;
	for (unsigned s = 0; s < TXN_NSTATES; s++)
		assert_int_equal(txn_may_go(s, TXN_DONE), s != TXN_DONE);
	for (unsigned s = 0; s < TXN_NSTATES; s++)
		assert_false(txn_may_go(TXN_DONE, s));
}

static void
reach(bool seen[TXN_NSTATES], enum txn_state from, enum txn_state without)
{
	if (from == without || seen[from])
		return;
	seen[from] = true;
	for (unsigned s = 0; s < TXN_NSTATES; s++)
		if (txn_may_go(from, s))
			reach(seen, s, without);
}

static void
each_state_is_reached(void **state)
{
	bool seen[TXN_NSTATES] = {false};

	(void)state;
	reach(seen, TXN_HEAD, TXN_NSTATES);
	for (unsigned s = 0; s < TXN_NSTATES; s++)
		assert_true(seen[s]);
}

/* No byte of a request reaches an origin, and none is dialled, before it was
 * decided on. */
static void
no_way_to_an_origin_but_through_decide(void **state)
{
	bool seen[TXN_NSTATES] = {false};

	(void)state;
	reach(seen, TXN_HEAD, TXN_DECIDE);
	assert_false(seen[TXN_FETCH]);
	assert_false(seen[TXN_CONNECT]);
	assert_false(seen[TXN_AWAIT]);
	assert_false(seen[TXN_RELAY]);
	assert_false(seen[TXN_PARENT]);
}

/* A tunnel is decided on once more when its greeting is there. */
static void
hello_leads_to_decide(void **state)
{
	(void)state;
	for (unsigned s = 0; s < TXN_NSTATES; s++)
		assert_int_equal(txn_may_go(TXN_HELLO, s),
		    s == TXN_DECIDE || s == TXN_RECORD || s == TXN_DONE);
}

/* What is held is never sent on but by a verdict. */
static void
a_held_answer_leads_to_decide(void **state)
{
	(void)state;
	for (unsigned s = 0; s < TXN_NSTATES; s++)
		assert_int_equal(txn_may_go(TXN_PEEK, s),
		    s == TXN_DECIDE || s == TXN_RECORD || s == TXN_DONE);
	assert_true(txn_may_go(TXN_DECIDE, TXN_RELAY));
	assert_true(txn_may_go(TXN_RELAY, TXN_DECIDE));
}

/* Who may fail with an answer goes by the record: nothing is refused that is
 * not kept. The exceptions are a question to the proxy itself, one of its own
 * pages, and ours for credentials where none came. */
static void
replies_come_from_record(void **state)
{
	(void)state;
	for (unsigned s = 0; s < TXN_NSTATES; s++)
		assert_int_equal(txn_may_go(s, TXN_REPLY),
		    s == TXN_RECORD || s == TXN_HEAD || s == TXN_DECIDE ||
		        s == TXN_SITE);
}

static void
each_reason_has_a_fitting_status(void **state)
{
	(void)state;
	for (unsigned r = 0; r < REASON_N; r++) {
		uint16_t status = reply_status(r);

		assert_string_not_equal(reply_phrase(status), "Error");
		switch (reason_kind(r)) {
		case REASON_KIND_POLICY:
			assert_true(status == 403 || status == 421);
			break;
		case REASON_KIND_REFUSE:
			assert_true((status >= 400 && status < 500) ||
			            status == 501 || status == 505 ||
			            status == 508);
			break;
		case REASON_KIND_ORIGIN:
			assert_true(status == 502 || status == 504);
			break;
		case REASON_KIND_OURS:
			assert_true(status == 500 || status == 503);
			break;
		case REASON_KIND_FINE:
		case REASON_KIND_CLIENT:
			break;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_state_has_a_name),
	    cmocka_unit_test(each_state_can_end),
	    cmocka_unit_test(each_state_is_reached),
	    cmocka_unit_test(no_way_to_an_origin_but_through_decide),
	    cmocka_unit_test(hello_leads_to_decide),
	    cmocka_unit_test(a_held_answer_leads_to_decide),
	    cmocka_unit_test(replies_come_from_record),
	    cmocka_unit_test(each_reason_has_a_fitting_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
