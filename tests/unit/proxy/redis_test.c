/*
 * redis_test.c - the link to Redis against a server that says what the test
 * wants, when it wants: order, lateness, lies, the breaker.
 */
#include "proxy/redis.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "tests/unit/proxy/kit.h"

#define PING   "*1\r\n$4\r\nPING\r\n"
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The other end: a listening socket and at most one connection. */
static struct kit k;
static struct redis *link_;
static int listener = -1, peer = -1;
static struct buf heard;
static char url[128];
static const uint8_t chance[16] = {1, 2, 3};

/* What came back for each question. */
static struct heard {
	int told;
	enum redis_answer a;
	char value[32];
	size_t n;
	uint64_t ticket;
	bool again; /* ask once more from within */
} answers[600];

static void
told(void *arg, enum redis_answer a, struct bytes v)
{
	struct heard *to = arg;

	to->told++;
	to->a = a;
	to->n = v.n;
	memcpy(to->value, v.p ? (const char *)v.p : "", v.n < 31 ? v.n : 31);
	if (to->again)
		to[1].ticket = redis_get(link_,
		    (struct bytes){(const uint8_t *)"again", 5}, told, to + 1);
}

static uint64_t
ask(unsigned i, const char *key)
{
	answers[i].ticket =
	    redis_get(link_, (struct bytes){(const uint8_t *)key, strlen(key)},
	        told, &answers[i]);
	return answers[i].ticket;
}

static bool
got(unsigned i, const char *value)
{
	return answers[i].told == 1 && answers[i].a == REDIS_VALUE &&
	       strcmp(answers[i].value, value) == 0;
}

static bool
failed(unsigned i)
{
	return answers[i].told == 1 && answers[i].a == REDIS_FAILED;
}

static void
serve(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", k.dir);
	snprintf(url, sizeof(url), "unix:%s/s", k.dir);
	unlink(at.sun_path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
	    bind(listener, (struct sockaddr *)(void *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 8), 0);
}

static bool
accepted(void)
{
	if (peer < 0)
		peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	return peer >= 0;
}

/* Has all of <text> been heard, and nothing else, since the last time? */
static bool
hears(const char *text)
{
	char room[65536];
	ssize_t n;

	while (accepted() && (n = recv(peer, room, sizeof(room), 0)) > 0)
		buf_add(&heard, room, (size_t)n);
	if (heard.n < strlen(text))
		return false;
	assert_true(str_eq(buf_str(&heard), str_of(text)));
	heard.n = 0;
	return true;
}

/* Anything at all. */
static bool
hears_much(size_t least)
{
	char room[65536];
	ssize_t n;

	while (accepted() && (n = recv(peer, room, sizeof(room), 0)) > 0)
		heard.n += (size_t)n;
	return heard.n >= least;
}

static void
say(const char *text)
{
	size_t n = strlen(text);

	assert_int_equal(send(peer, text, n, MSG_NOSIGNAL), n);
}

/* Did the link close the connection? */
static bool
hung_up(void)
{
	char c;
	ssize_t n = recv(peer, &c, 1, 0);

	if (n > 0 || (n < 0 && errno == EAGAIN))
		return false;
	close(peer);
	peer = -1;
	return true;
}

static void
begin_with(const char *rest, bool served)
{
	struct err err;
	static char all[160];

	kit_init(&k);
	memset(answers, 0, sizeof(answers));
	serve();
	if (!served) {
		close(listener);
		unlink(url + 5);
		listener = -1;
	}
	snprintf(all, sizeof(all), "%s%s", url, rest);
	k.config.redis_url = str_of(all);
	link_ = redis_new(k.loop, &k.config, &k.stats, chance, &err);
	if (!link_)
		fail_msg("%s", err.text);
}

static void
end(void)
{
	redis_free(link_);
	link_ = NULL;
	assert_int_equal(stats_read(&k.stats.redis_up), 0);
	if (listener >= 0)
		close(listener);
	if (peer >= 0)
		close(peer);
	listener = peer = -1;
	buf_fini(&heard);
	kit_fini(&k);
}

static void
run(bool (*script)(struct kit *))
{
	begin_with("", true);
	/* scripted servers are slow: not what these tests are about */
	k.config.redis_timeout_ms = 5000;
	redis_retune(link_, &k.config);
	kit_run(&k, script);
	end();
}

static void
impatient(struct kit *kit)
{
	kit->config.redis_timeout_ms = 20;
	redis_retune(link_, &kit->config);
}

/* Greet the link; is it up? Not before it was greeted. */
static bool
came_up(void)
{
	if (hears(PING)) {
		assert_false(redis_is_up(link_));
		say("+PONG\r\n");
	}
	return redis_is_up(link_);
}

static bool
script_in_order(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	assert_int_equal(ask(0, "early"), 0);
	SCRIPT_WAIT(kit, came_up());
	assert_int_equal(stats_read(&k.stats.redis_up), 1);
	assert_int_not_equal(ask(0, "a"), 0);
	assert_int_not_equal(ask(1, "b"), 0);
	redis_set(link_, (struct bytes){(const uint8_t *)"c", 1},
	    (struct bytes){(const uint8_t *)"\0\r\n", 3}, 60);
	assert_int_not_equal(ask(2, "d"), 0);
	assert_int_equal(answers[0].told, 0);
	say("$1\r\nA\r\n$-1\r\n+OK\r\n$1\r\nD\r\n");
	SCRIPT_WAIT(kit, answers[2].told);
	assert_true(got(0, "A"));
	assert_int_equal(answers[1].told, 1);
	assert_int_equal(answers[1].a, REDIS_NIL);
	assert_true(got(2, "D"));
	SCRIPT_END(kit);
}

static void
answers_come_to_who_asked_in_order(void **state)
{
	(void)state;
	run(script_in_order);
}

static bool
script_late(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, came_up());
	impatient(kit);
	assert_int_not_equal(ask(0, "late"), 0);
	SCRIPT_WAIT(kit, answers[0].told);
	assert_true(failed(0));
	assert_int_equal(stats_read(&k.stats.redis_timeouts), 1);
	kit->config.redis_timeout_ms = 5000;
	redis_retune(link_, &kit->config);
	assert_int_not_equal(ask(1, "next"), 0);
	say("$4\r\nLATE\r\n");
	SCRIPT_SLEEP(kit, 30);
	assert_int_equal(answers[1].told, 0);
	say("$4\r\nNEXT\r\n");
	SCRIPT_WAIT(kit, answers[1].told);
	assert_true(got(1, "NEXT"));
	assert_int_equal(answers[0].told, 1);
	SCRIPT_END(kit);
}

static void
a_late_answer_is_dropped_in_its_place(void **state)
{
	(void)state;
	run(script_late);
}

static bool
script_forget(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, came_up());
	ask(0, "a");
	ask(1, "b");
	ask(2, "c");
	redis_forget(link_, answers[0].ticket);
	redis_forget(link_, answers[2].ticket);
	redis_forget(link_, 0);
	redis_forget(link_, 1u << 30);
	say("$1\r\nA\r\n$1\r\nB\r\n$1\r\nC\r\n");
	SCRIPT_WAIT(kit, answers[1].told);
	redis_forget(link_, answers[1].ticket);
	SCRIPT_SLEEP(kit, 10);
	assert_true(got(1, "B"));
	assert_int_equal(answers[0].told, 0);
	assert_int_equal(answers[2].told, 0);
	SCRIPT_END(kit);
}

static void
who_forgets_is_not_told_and_shifts_nobody(void **state)
{
	(void)state;
	run(script_forget);
}

/* Each of these in place of an answer to GET ends the connection. */
static const char *const lies[] = {
    "+OK\r\n",
    ":1\r\n",
    "*1\r\n$1\r\na\r\n",
    "*-1x\r\n",
    "*1000000000\r\n",
    "$-2\r\n",
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    ">2\r\n+a\r\n+b\r\n",
    "\r\n",
};
static unsigned lie;

static bool
script_lie(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, came_up());
	ask(0, "a");
	ask(1, "b");
	say(lies[lie]);
	SCRIPT_WAIT(kit, answers[1].told);
	assert_true(failed(0));
	assert_true(failed(1));
	assert_false(redis_is_up(link_));
	assert_int_equal(ask(2, "c"), 0);
	assert_int_not_equal(stats_read(&k.stats.redis_errors), 0);
	heard.n = 0;
	SCRIPT_WAIT(kit, hears_much(1) || hung_up());
	SCRIPT_END(kit);
}

static void
what_cannot_be_an_answer_ends_the_connection(void **state)
{
	(void)state;
	for (lie = 0; lie < LEN(lies); lie++)
		run(script_lie);
}

static bool
script_unasked(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, came_up());
	say("$1\r\na\r\n");
	SCRIPT_WAIT(kit, !redis_is_up(link_));
	SCRIPT_END(kit);
}

static void
an_answer_nobody_asked_for_ends_the_connection(void **state)
{
	(void)state;
	run(script_unasked);
}

static bool
script_half(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, came_up());
	ask(0, "a");
	say("$5\r\nab");
	SCRIPT_SLEEP(kit, 10);
	assert_int_equal(answers[0].told, 0);
	close(peer);
	peer = -1;
	SCRIPT_WAIT(kit, answers[0].told);
	assert_true(failed(0));
	/* and it comes back by itself, with nothing of the old one left */
	heard.n = 0;
	SCRIPT_WAIT(kit, came_up());
	ask(1, "b");
	say("$1\r\nB\r\n");
	SCRIPT_WAIT(kit, answers[1].told);
	assert_true(got(1, "B"));
	SCRIPT_END(kit);
}

static void
half_an_answer_is_none_and_a_new_connection_begins_clean(void **state)
{
	(void)state;
	run(script_half);
}

static bool
script_huge(struct kit *kit)
{
	static size_t sent;
	char block[8192];

	memset(block, 'x', sizeof(block));
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, came_up());
	sent = 0;
	ask(0, "a");
	say("$4000000\r\n");
	SCRIPT_WAIT(
	    kit, answers[0].told || sent > 3000000 ||
	             (send(peer, block, sizeof(block), MSG_NOSIGNAL) > 0 &&
	                 (sent += sizeof(block)) == 0));
	assert_true(failed(0));
	assert_false(redis_is_up(link_));
	SCRIPT_END(kit);
}

static void
an_answer_over_the_bound_ends_the_connection(void **state)
{
	(void)state;
	run(script_huge);
}

static bool
script_full(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, came_up());
	for (unsigned i = 0; i < REDIS_PENDING_MAX; i++)
		assert_int_not_equal(ask(i, "k"), 0);
	assert_int_equal(ask(599, "k"), 0);
	assert_false(redis_is_up(link_));
	say("$1\r\nv\r\n");
	SCRIPT_WAIT(kit, answers[0].told);
	assert_int_not_equal(ask(512, "k"), 0);
	close(peer);
	peer = -1;
	SCRIPT_WAIT(kit, answers[512].told);
	for (unsigned i = 1; i <= REDIS_PENDING_MAX; i++)
		assert_true(failed(i));
	assert_int_equal(answers[599].told, 0);
	SCRIPT_END(kit);
}

static void
questions_are_bounded_and_all_are_told_at_the_end(void **state)
{
	(void)state;
	run(script_full);
}

static bool
script_errors(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, came_up());
	/* about one key: says nothing of the link */
	for (unsigned i = 0; i < 6; i++) {
		ask(i, "k");
		say("-WRONGTYPE Operation against a key\r\n");
	}
	SCRIPT_WAIT(kit, answers[5].told);
	for (unsigned i = 0; i < 6; i++)
		assert_true(failed(i));
	assert_true(redis_is_up(link_));
	/* a full Redis does not store, and answers */
	for (unsigned i = 0; i < 6; i++) {
		redis_set(link_, (struct bytes){(const uint8_t *)"k", 1},
		    (struct bytes){(const uint8_t *)"v", 1}, 1);
		say("-OOM command not allowed\r\n");
	}
	ask(6, "k");
	say("$1\r\nv\r\n");
	SCRIPT_WAIT(kit, answers[6].told);
	assert_true(got(6, "v"));
	assert_true(redis_is_up(link_));
	assert_int_equal(stats_read(&k.stats.redis_errors), 12);
	/* will be said again: the third opens the breaker */
	for (unsigned i = 7; i < 12; i++)
		ask(i, "k");
	say("-LOADING x\r\n-MOVED 1 127.0.0.1:1\r\n");
	SCRIPT_WAIT(kit, answers[8].told);
	assert_true(redis_is_up(link_));
	say("-NOAUTH x\r\n");
	SCRIPT_WAIT(kit, answers[11].told);
	for (unsigned i = 7; i < 12; i++)
		assert_true(failed(i));
	assert_false(redis_is_up(link_));
	SCRIPT_END(kit);
}

static void
three_errors_open_the_breaker_but_not_those_of_one_key(void **state)
{
	(void)state;
	run(script_errors);
}

static bool
script_hang(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, came_up());
	impatient(kit);
	ask(0, "a");
	SCRIPT_WAIT(kit, answers[0].told);
	assert_true(redis_is_up(link_));
	ask(1, "b");
	SCRIPT_WAIT(kit, answers[1].told);
	assert_true(redis_is_up(link_));
	ask(2, "c");
	SCRIPT_WAIT(kit, answers[2].told);
	assert_true(failed(0) && failed(1) && failed(2));
	assert_false(redis_is_up(link_));
	assert_int_equal(ask(3, "d"), 0);
	assert_int_equal(stats_read(&k.stats.redis_timeouts), 3);
	hears_much(0);
	SCRIPT_WAIT(kit, hears_much(0) && hung_up());
	/* half-open: nothing is asked until it answers a PING */
	heard.n = 0;
	SCRIPT_WAIT(kit, came_up());
	SCRIPT_END(kit);
}

static void
three_late_answers_open_the_breaker_and_ping_closes_it(void **state)
{
	(void)state;
	run(script_hang);
}

static bool
script_again(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, came_up());
	answers[0].again = true;
	ask(0, "a");
	say("$1\r\nA\r\n");
	SCRIPT_WAIT(kit, answers[0].told);
	assert_int_not_equal(answers[1].ticket, 0);
	say("$1\r\nB\r\n");
	SCRIPT_WAIT(kit, answers[1].told);
	assert_true(got(1, "B"));
	/* told because the link went down: asking then is in vain */
	answers[2].again = true;
	ask(2, "c");
	close(peer);
	peer = -1;
	SCRIPT_WAIT(kit, answers[2].told);
	assert_true(failed(2));
	assert_int_equal(answers[3].ticket, 0);
	assert_int_equal(answers[3].told, 0);
	SCRIPT_END(kit);
}

static void
who_is_told_may_ask_again(void **state)
{
	(void)state;
	run(script_again);
}

static bool
script_greet(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, hears("*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n" PING));
	say("-ERR DB index is out of range\r\n+PONG\r\n");
	SCRIPT_WAIT(kit, hung_up());
	assert_false(redis_is_up(link_));
	SCRIPT_END(kit);
}

static void
a_refused_database_is_no_link(void **state)
{
	(void)state;
	begin_with("?db=3", true);
	kit_run(&k, script_greet);
	end();
}

static bool
script_pending(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, came_up());
	ask(0, "a");
	ask(1, "b");
	redis_forget(link_, answers[1].ticket);
	SCRIPT_END(kit);
}

static void
whoever_waits_when_it_is_freed_is_told(void **state)
{
	(void)state;
	run(script_pending);
	assert_true(failed(0));
	assert_int_equal(answers[1].told, 0);
}

static bool
script_absent(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_SLEEP(kit, 50);
	assert_int_equal(ask(0, "a"), 0);
	redis_set(link_, (struct bytes){(const uint8_t *)"k", 1},
	    (struct bytes){(const uint8_t *)"v", 1}, 1);
	serve();
	SCRIPT_WAIT(kit, came_up());
	SCRIPT_END(kit);
}

static void
a_server_that_is_not_there_is_found_when_it_comes(void **state)
{
	(void)state;
	begin_with("", false);
	kit_run(&k, script_absent);
	end();
}

static bool
script_mute(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, hears(PING));
	SCRIPT_WAIT(kit, hung_up());
	assert_false(redis_is_up(link_));
	SCRIPT_END(kit);
}

static void
a_server_that_does_not_greet_is_left(void **state)
{
	(void)state;
	begin_with("", true);
	kit_run(&k, script_mute);
	end();
}

static const struct {
	const char *url;
	const char *why; /* NULL: fine */
} urls[] = {
    {"unix:/run/redis.sock", NULL},
    {"unix:/run/redis.sock?db=2", NULL},
    {"unix:redis.sock", "unix:/path"},
    {"unix:", "unix:/path"},
    {"unix:/a?x=1", "?db=N"},
    {"unix:/a?db=x", "number"},
    {"redis://127.0.0.1", NULL},
    {"redis://localhost:6379/1", NULL},
    {"redis://[::1]:6379", NULL},
    {"redis://user:pass@127.0.0.1:6379/0", NULL},
    {"redis://:p@ss/w:ord@127.0.0.1", NULL},
    {"redis://127.0.0.1/", NULL},
    {"redis://user@127.0.0.1", "user:password"},
    {"redis://user:@127.0.0.1", "user:password"},
    {"redis://@127.0.0.1", "user:password"},
    {"redis://redis.test:6379", "an IP address or localhost"},
    {"redis://", "an IP address or localhost"},
    {"redis://[::1", "host[:port]"},
    {"redis://127.0.0.1:0", "host[:port]"},
    {"redis://127.0.0.1:65536", "host[:port]"},
    {"redis://127.0.0.1:x", "host[:port]"},
    {"redis://127.0.0.1/x", "number"},
    {"rediss://127.0.0.1", "unix:/path or redis://"},
    {"http://127.0.0.1", "unix:/path or redis://"},
};

static void
a_bad_url_is_said_to_be_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(urls); i++) {
		struct err err = {0};
		struct redis *r;

		kit_init(&k);
		k.config.redis_url = str_of(urls[i].url);
		r = redis_new(k.loop, &k.config, &k.stats, chance, &err);
		if (!r != !!urls[i].why ||
		    (urls[i].why && !strstr(err.text, urls[i].why)))
			fail_msg("%s: %s", urls[i].url, err.text);
		redis_free(r);
		kit_fini(&k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers_come_to_who_asked_in_order),
	    cmocka_unit_test(a_late_answer_is_dropped_in_its_place),
	    cmocka_unit_test(who_forgets_is_not_told_and_shifts_nobody),
	    cmocka_unit_test(what_cannot_be_an_answer_ends_the_connection),
	    cmocka_unit_test(an_answer_nobody_asked_for_ends_the_connection),
	    cmocka_unit_test(
	        half_an_answer_is_none_and_a_new_connection_begins_clean),
	    cmocka_unit_test(an_answer_over_the_bound_ends_the_connection),
	    cmocka_unit_test(questions_are_bounded_and_all_are_told_at_the_end),
	    cmocka_unit_test(
	        three_errors_open_the_breaker_but_not_those_of_one_key),
	    cmocka_unit_test(
	        three_late_answers_open_the_breaker_and_ping_closes_it),
	    cmocka_unit_test(who_is_told_may_ask_again),
	    cmocka_unit_test(a_refused_database_is_no_link),
	    cmocka_unit_test(whoever_waits_when_it_is_freed_is_told),
	    cmocka_unit_test(a_server_that_is_not_there_is_found_when_it_comes),
	    cmocka_unit_test(a_server_that_does_not_greet_is_left),
	    cmocka_unit_test(a_bad_url_is_said_to_be_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
