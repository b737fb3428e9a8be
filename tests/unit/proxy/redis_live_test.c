/*
 * redis_live_test.c - the link against a real redis-server that is killed,
 * stopped, full, or wants a password. What was asked for under one key never
 * comes back under another.
 */
#include "proxy/redis.h"

#include "tests/unit/proxy/redis_server.h"

static struct kit k;
static struct server server;
static struct redis *link_;
static const uint8_t chance[16] = {5};
static char url[160];

/* Questions for key "k<i>", whose value is "v<i>". */
static struct question {
	unsigned i;
	bool open;
} questions[256];
static unsigned values, nils, failures, wrong, asked;

static void
told(void *arg, enum redis_answer a, struct bytes v)
{
	struct question *q = arg;
	char want[32];
	int n = snprintf(want, sizeof(want), "v%u", q->i);

	assert_true(q->open);
	q->open = false;
	if (a == REDIS_FAILED)
		failures++;
	else if (a == REDIS_NIL)
		nils++;
	else if (v.n == (size_t)n && memcmp(v.p, want, v.n) == 0)
		values++;
	else
		wrong++;
}

static bool
ask(unsigned i)
{
	struct question *q = &questions[asked % 256];
	char key[32];
	int n = snprintf(key, sizeof(key), "k%u", i);

	if (q->open)
		return false;
	*q = (struct question){i, true};
	if (!redis_get(link_, (struct bytes){(const uint8_t *)key, (size_t)n},
	        told, q)) {
		q->open = false;
		return false;
	}
	asked++;
	return true;
}

static void
fill(void)
{
	char words[64], out[256];

	for (unsigned i = 0; i < 50; i++) {
		snprintf(words, sizeof(words), "SET k%u v%u", i, i);
		server_do(&server, words, out);
	}
}

static void
begin(bool tcp, const char *rest)
{
	struct err err;

	kit_init(&k);
	server = (struct server){0};
	values = nils = failures = wrong = asked = 0;
	memset(questions, 0, sizeof(questions));
	server_start(&server, k.dir);
	fill();
	snprintf(url, sizeof(url), "%s%s",
	    tcp ? server.tcp_url : server.unix_url, rest);
	k.config.redis_url = str_of(url);
	k.config.redis_timeout_ms = 2000;
	link_ = redis_new(k.loop, &k.config, &k.stats, chance, &err);
	if (!link_)
		fail_msg("%s", err.text);
}

static void
end(void)
{
	redis_free(link_);
	for (unsigned i = 0; i < 256; i++)
		assert_false(questions[i].open);
	assert_int_equal(wrong, 0);
	server_kill(&server);
	kit_fini(&k);
}

static bool
script_hit(struct kit *kit)
{
	char out[256];

	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, redis_is_up(link_));
	for (unsigned i = 0; i < 60; i++)
		assert_true(ask(i));
	SCRIPT_WAIT(kit, values + nils == 60);
	assert_int_equal(values, 50);
	redis_set(link_, (struct bytes){(const uint8_t *)"k50", 3},
	    (struct bytes){(const uint8_t *)"v50", 3}, 100);
	assert_true(ask(50));
	SCRIPT_WAIT(kit, values == 51);
	server_do(&server, "TTL k50", out);
	assert_in_range(strtol(out, NULL, 10), 90, 100);
	SCRIPT_END(kit);
}

static void
hit_and_miss_over_unix_and_tcp(void **state)
{
	(void)state;
	NEEDS_REDIS();
	for (int tcp = 0; tcp < 2; tcp++) {
		begin(tcp, "");
		kit_run(&k, script_hit);
		end();
	}
}

/* Ask all the time while the server is killed and comes back. */
static bool
script_flap(struct kit *kit)
{
	static unsigned round, before;

	for (unsigned i = 0; i < 4; i++)
		ask(asked % 50);
	SCRIPT_BEGIN(kit);
	for (round = 0; round < 4; round++) {
		before = values;
		SCRIPT_WAIT(kit, values > before + 200);
		server_kill(&server);
		SCRIPT_WAIT(kit, !redis_is_up(link_));
		assert_false(ask(1));
		server_start(&server, k.dir);
		fill();
	}
	before = values;
	SCRIPT_WAIT(kit, values > before + 200);
	SCRIPT_END(kit);
}

static void
a_server_that_flaps_never_gives_a_wrong_answer(void **state)
{
	(void)state;
	NEEDS_REDIS();
	begin(false, "");
	kit_run(&k, script_flap);
	end();
}

static bool
script_stop(struct kit *kit)
{
	static unsigned before;

	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, redis_is_up(link_));
	kit->config.redis_timeout_ms = 20;
	redis_retune(link_, &kit->config);
	kill(server.pid, SIGSTOP);
	for (unsigned i = 0; i < 10; i++)
		assert_true(ask(i));
	SCRIPT_WAIT(kit, failures == 10);
	assert_false(redis_is_up(link_));
	assert_false(ask(1));
	kill(server.pid, SIGCONT);
	kit->config.redis_timeout_ms = 2000;
	redis_retune(link_, &kit->config);
	SCRIPT_WAIT(kit, redis_is_up(link_));
	before = values;
	for (unsigned i = 20; i < 40; i++)
		assert_true(ask(i));
	SCRIPT_WAIT(kit, values == before + 20);
	SCRIPT_END(kit);
}

static void
a_stopped_server_is_left_and_found_again(void **state)
{
	(void)state;
	NEEDS_REDIS();
	begin(true, "");
	kit_run(&k, script_stop);
	end();
}

static bool
script_full(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, redis_is_up(link_));
	for (unsigned i = 0; i < 10; i++)
		redis_set(link_, (struct bytes){(const uint8_t *)"k60", 3},
		    (struct bytes){(const uint8_t *)"v60", 3}, 100);
	ask(60);
	ask(1);
	SCRIPT_WAIT(kit, values + nils == 2);
	assert_int_equal(nils, 1);
	assert_true(redis_is_up(link_));
	assert_int_equal(stats_read(&kit->stats.redis_errors), 10);
	SCRIPT_END(kit);
}

static void
a_full_server_still_answers(void **state)
{
	char out[256];

	(void)state;
	NEEDS_REDIS();
	begin(false, "");
	server_do(&server, "CONFIG SET maxmemory 1", out);
	kit_run(&k, script_full);
	end();
}

static bool
script_password(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, redis_is_up(link_));
	ask(1);
	SCRIPT_WAIT(kit, values + nils == 1);
	/* the database that was chosen is empty */
	assert_int_equal(nils, 1);
	SCRIPT_END(kit);
}

static bool
script_no_password(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, stats_read(&kit->stats.redis_errors) > 0);
	assert_false(redis_is_up(link_));
	assert_false(ask(1));
	SCRIPT_END(kit);
}

static void
a_password_and_a_database_are_used(void **state)
{
	char out[256];

	(void)state;
	NEEDS_REDIS();
	for (unsigned i = 0; i < 2; i++) {
		begin(true, "");
		server_do(&server, "CONFIG SET requirepass s3cret@/:x", out);
		redis_free(link_);
		snprintf(url, sizeof(url), "redis://%s127.0.0.1:%u/3",
		    i ? ":wrong@" : "default:s3cret@/:x@", server.port);
		k.config.redis_url = str_of(url);
		link_ = redis_new(
		    k.loop, &k.config, &k.stats, chance, &(struct err){0});
		assert_non_null(link_);
		kit_run(&k, i ? script_no_password : script_password);
		end();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hit_and_miss_over_unix_and_tcp),
	    cmocka_unit_test(a_server_that_flaps_never_gives_a_wrong_answer),
	    cmocka_unit_test(a_stopped_server_is_left_and_found_again),
	    cmocka_unit_test(a_full_server_still_answers),
	    cmocka_unit_test(a_password_and_a_database_are_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
