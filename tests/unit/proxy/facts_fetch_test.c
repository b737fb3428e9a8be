/*
 * facts_fetch_test.c - pattern results from the cache and from a real Redis:
 * found where they are to be, and nothing that is not signed for this URL and
 * this snapshot.
 */
#include "proxy/facts_fetch.h"

#include <sys/stat.h>

#include "proxy/redis.h"
#include "proxy/worker.h"
#include "tests/unit/filters/world.h"
#include "tests/unit/proxy/redis_server.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static struct kit k;
static struct server server;
static struct snapshot *snapshot, *other;
static struct worker gateway[2]; /* two, which share a Redis and a key */
static struct query query;
static struct facts facts;
static struct facts_wait wait_;
static int told;

static void
on_done(void *arg)
{
	(void)arg;
	told++;
}

static struct snapshot *
patterns(const char *first, const char *second)
{
	const char *rules[] = {first, second, NULL};
	struct world w;

	world_init(&w);
	w.shared = true;
	return world_of_rules(&w, ACTION_ALLOW, rules);
}

static void
write_key(const char *name, const char *key, mode_t mode)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", k.dir, name);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT, mode);
	assert_int_equal(write(fd, key, strlen(key)), strlen(key));
	fchmod(fd, mode);
	close(fd);
}

static void
gateway_new(unsigned i)
{
	static const uint8_t chance[16] = {9};
	struct worker *w = &gateway[i];
	struct err err;

	*w = (struct worker){.loop = k.loop, .config = &k.config};
	w->facts = facts_cache_new(&k.config, &err);
	if (!w->facts)
		fail_msg("%s", err.text);
	if (k.config.redis_url.n)
		w->redis =
		    redis_new(k.loop, &k.config, &w->stats, chance, &err);
}

static void
gateway_free(unsigned i)
{
	redis_free(gateway[i].redis);
	facts_cache_free(gateway[i].facts);
	gateway[i].redis = NULL;
	gateway[i].facts = NULL;
}

static void
begin(bool with_redis)
{
	kit_init(&k);
	told = 0;
	server = (struct server){0};
	snapshot = patterns("block regex:evil", "block regex:wicked");
	other = patterns("block regex:evil", "block regex:harmless");
	assert_int_equal(snapshot_patterns(snapshot), 2);
	query_init(&query, "10.0.0.1", STAGE_URL, STAGE_URL,
	    "http://www.test/evil%2fa?q=secret");
	if (with_redis) {
		server_start(&server, k.dir);
		k.config.redis_url = str_of(server.unix_url);
		k.config.redis_timeout_ms = 2000;
	}
	gateway_new(0);
	gateway_new(1);
}

static void
end(void)
{
	gateway_free(0);
	gateway_free(1);
	query_fini(&query);
	snapshot_free(snapshot);
	snapshot_free(other);
	server_kill(&server);
	kit_fini(&k);
}

static bool
fetch_for(unsigned i, const struct snapshot *s, const struct request *r)
{
	facts = (struct facts){0};
	wait_ = (struct facts_wait){.done = on_done};
	told = 0;
	return facts_fetch(&gateway[i], s, r, &facts, &wait_);
}

static bool
fetch(unsigned i)
{
	return fetch_for(i, snapshot, &query.r);
}

static bool
settled(void)
{
	assert_int_equal(facts.asked, FACT_PATTERNS);
	return facts.settled == FACT_PATTERNS;
}

static const struct pattern_hits one = {.n = 1, .id = {1}};
static const struct pattern_hits both = {.n = 2, .id = {0, 1}, .every = 2};
static const struct pattern_hits none = {.n = 0};

static void
a_worker_finds_what_it_kept(void **state)
{
	struct query q2;

	(void)state;
	begin(false);
	assert_true(fetch(0));
	assert_false(settled());
	facts_store(&gateway[0], snapshot, &query.r, &both);
	assert_true(fetch(0));
	assert_true(settled());
	assert_int_equal(facts.patterns.n, 2);
	assert_int_equal(facts.patterns.id[1], 1);
	/* another snapshot, another URL, another worker: not it */
	assert_true(fetch_for(0, other, &query.r));
	assert_false(settled());
	query_init(&q2, "10.0.0.1", STAGE_URL, STAGE_URL,
	    "http://www.test/evil%2fa?q=secre");
	assert_true(fetch_for(0, snapshot, &q2.r));
	assert_false(settled());
	query_fini(&q2);
	assert_true(fetch(1));
	assert_false(settled());
	assert_int_equal(gateway[0].stats.cache_hits, 1);
	assert_int_equal(gateway[0].stats.cache_misses, 3);
	end();
}

/* The same canonical text, sent in another way: regexes see that too. */
static void
each_reading_of_a_url_counts(void **state)
{
	struct query q2;

	(void)state;
	begin(false);
	facts_store(&gateway[0], snapshot, &query.r, &none);
	query_init(&q2, "10.0.0.1", STAGE_URL, STAGE_URL,
	    "http://www.test/%65vil%2fa?q=secret");
	assert_true(str_eq(q2.r.url.text, query.r.url.text));
	assert_true(fetch_for(0, snapshot, &q2.r));
	assert_false(settled());
	query_fini(&q2);
	end();
}

static void
what_may_be_incomplete_is_not_kept(void **state)
{
	struct pattern_hits hits = both;

	(void)state;
	begin(false);
	hits.overflow = true;
	facts_store(&gateway[0], snapshot, &query.r, &hits);
	assert_true(fetch(0));
	assert_false(settled());
	end();
}

static bool
both_up(void)
{
	return redis_is_up(gateway[0].redis) && redis_is_up(gateway[1].redis);
}

/* Until what the first gateway stored has arrived. */
static bool
stored(const char *count)
{
	char text[256];

	server_do(&server, "DBSIZE", text);
	return strcmp(text, count) == 0;
}

static bool
script_shared(struct kit *kit)
{
	char key[256], ttl[300];

	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, both_up());
	assert_false(fetch(1));
	SCRIPT_WAIT(kit, told == 1);
	assert_false(settled());
	assert_int_equal(gateway[1].stats.redis_misses, 1);
	facts_store(&gateway[0], snapshot, &query.r, &both);
	SCRIPT_WAIT(kit, stored("1"));
	assert_false(fetch(1));
	assert_int_equal(told, 0);
	SCRIPT_WAIT(kit, told == 1);
	assert_true(settled());
	assert_int_equal(facts.patterns.n, 2);
	assert_int_equal(facts.patterns.id[0], 0);
	assert_int_equal(facts.patterns.id[1], 1);
	assert_int_equal(facts.patterns.every, 2);
	assert_int_equal(gateway[1].stats.redis_hits, 1);
	/* from now on without Redis */
	assert_true(fetch(1));
	assert_true(settled());
	assert_int_equal(gateway[1].stats.cache_hits, 1);
	/* nothing of the URL, and not for ever */
	server_do(&server, "RANDOMKEY", key);
	assert_int_equal(strlen(key), 3 + 2 + 32);
	assert_memory_equal(key, "fw:v:", 5);
	assert_int_equal(strspn(key + 5, "0123456789abcdef"), 32);
	snprintf(ttl, sizeof(ttl), "TTL %s", key);
	server_do(&server, ttl, key);
	assert_true(strtol(key, NULL, 10) > 2600);
	assert_true(strtol(key, NULL, 10) <= 3600);
	SCRIPT_END(kit);
}

static void
gateways_share_what_they_found(void **state)
{
	(void)state;
	NEEDS_REDIS();
	begin(true);
	kit_run(&k, script_shared);
	end();
}

static bool
script_incomplete(struct kit *kit)
{
	struct pattern_hits hits = both;

	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, both_up());
	hits.limit = true;
	facts_store(&gateway[0], snapshot, &query.r, &hits);
	SCRIPT_SLEEP(kit, 20);
	assert_true(stored("0"));
	assert_true(fetch(0));
	assert_true(settled());
	assert_true(facts.patterns.limit);
	SCRIPT_END(kit);
}

static void
a_pattern_that_gave_up_is_not_shared(void **state)
{
	(void)state;
	NEEDS_REDIS();
	begin(true);
	kit_run(&k, script_incomplete);
	end();
}

/* ------------------------------------------------------------- tampering */

static char name[64];
static uint8_t good[256];
static size_t good_n;
static unsigned turn;

/* Put <n> bytes in place of the value. */
static void
plant(const uint8_t *p, size_t n)
{
	struct bytes args[] = {{(const uint8_t *)"SET", 3},
	    {(const uint8_t *)name, strlen(name)}, {p, n}};
	struct resp_reply reply;
	struct err err;
	struct redis_sync *r =
	    redis_sync_open(str_of(server.unix_url), 5000, &err);

	assert_non_null(r);
	assert_int_equal(redis_sync_ask(r, args, 3, &reply, &err), 0);
	redis_sync_close(r);
}

static void
look(void)
{
	struct bytes args[] = {
	    {(const uint8_t *)"GET", 3}, {(const uint8_t *)name, 0}};
	struct resp_reply reply;
	struct err err;
	struct redis_sync *r;
	char key[256];

	server_do(&server, "RANDOMKEY", key);
	snprintf(name, sizeof(name), "%.60s", key);
	args[1].n = strlen(name);
	r = redis_sync_open(str_of(server.unix_url), 5000, &err);
	assert_non_null(r);
	assert_int_equal(redis_sync_ask(r, args, 2, &reply, &err), 0);
	good_n = reply.text.n;
	assert_in_range(good_n, 1, sizeof(good));
	memcpy(good, reply.text.p, good_n);
	redis_sync_close(r);
}

/* The value with something wrong in it; false: no more ways. */
static bool
plant_wrong(unsigned i)
{
	uint8_t bad[1100] = {0};

	memcpy(bad, good, good_n);
	if (i < good_n * 8) {
		bad[i / 8] ^= (uint8_t)(1u << i % 8);
		plant(bad, good_n);
		return true;
	}
	i -= (unsigned)good_n * 8;
	if (i < good_n) {
		plant(bad, i); /* every prefix */
		return true;
	}
	switch (i - good_n) {
	case 0:
		plant(bad, good_n + 1);
		return true;
	case 1:
		plant(bad, sizeof(bad));
		return true;
	case 2: /* "allow", as somebody might write it by hand */
		plant((const uint8_t *)"allow", 5);
		return true;
	}
	return false;
}

static bool
script_tamper(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, both_up());
	facts_store(&gateway[0], snapshot, &query.r, &one);
	SCRIPT_WAIT(kit, stored("1"));
	look();
	assert_int_equal(good_n, 12 + 2 + 16);
	for (turn = 0; plant_wrong(turn); turn++) {
		assert_false(fetch(1));
		SCRIPT_WAIT(kit, told == 1);
		if (settled())
			fail_msg("believed, turn %u", turn);
		assert_int_equal(gateway[1].stats.redis_tamper, turn + 1);
	}
	assert_true(turn > 200);
	/* and the right one is still right */
	plant(good, good_n);
	assert_false(fetch(1));
	SCRIPT_WAIT(kit, told == 1);
	assert_true(settled());
	assert_int_equal(facts.patterns.n, 1);
	assert_int_equal(facts.patterns.id[0], 1);
	SCRIPT_END(kit);
}

static void
no_bit_of_a_value_may_be_other_than_signed(void **state)
{
	(void)state;
	NEEDS_REDIS();
	begin(true);
	kit_run(&k, script_tamper);
	end();
}

/* A value that is right for one URL, put where another's would be. */
static bool
script_swap(struct kit *kit)
{
	static struct query q2;
	static char first[64];

	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, both_up());
	facts_store(&gateway[0], snapshot, &query.r, &none);
	SCRIPT_WAIT(kit, stored("1"));
	look();
	memcpy(first, name, sizeof(first));
	query_init(&q2, "10.0.0.1", STAGE_URL, STAGE_URL,
	    "http://bad.test/evil/wicked");
	server_do(&server, "FLUSHALL", (char[256]){0});
	facts_store(&gateway[0], snapshot, &q2.r, &both);
	SCRIPT_WAIT(kit, stored("1"));
	{
		uint8_t clean[256];
		size_t n = good_n;

		memcpy(clean, good, n);
		look(); /* the name of the bad one */
		assert_string_not_equal(name, first);
		plant(clean, n);
	}
	assert_false(fetch_for(1, snapshot, &q2.r));
	SCRIPT_WAIT(kit, told == 1);
	assert_false(settled());
	assert_int_equal(gateway[1].stats.redis_tamper, 1);
	query_fini(&q2);
	SCRIPT_END(kit);
}

static void
a_value_holds_for_its_own_url_alone(void **state)
{
	(void)state;
	NEEDS_REDIS();
	begin(true);
	kit_run(&k, script_swap);
	end();
}

static bool
script_type(struct kit *kit)
{
	char out[256], words[128];

	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, both_up());
	facts_store(&gateway[0], snapshot, &query.r, &one);
	SCRIPT_WAIT(kit, stored("1"));
	look();
	server_do(&server, "FLUSHALL", out);
	snprintf(words, sizeof(words), "LPUSH %s allow", name);
	server_do(&server, words, out);
	assert_false(fetch(1));
	SCRIPT_WAIT(kit, told == 1);
	assert_false(settled());
	assert_int_equal(gateway[1].stats.redis_errors, 1);
	assert_true(redis_is_up(gateway[1].redis));
	SCRIPT_END(kit);
}

static void
a_value_of_the_wrong_type_is_a_miss(void **state)
{
	(void)state;
	NEEDS_REDIS();
	begin(true);
	kit_run(&k, script_type);
	end();
}

static bool
script_foreign(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, both_up());
	/* another site's key: another name, so it is not even found */
	gateway_free(1);
	write_key("k2", "another key of another site, 32+ bytes", 0600);
	{
		static char path[128];

		snprintf(path, sizeof(path), "%s/k2", k.dir);
		k.config.redis_key_file = str_of(path);
	}
	gateway_new(1);
	SCRIPT_WAIT(kit, both_up());
	facts_store(&gateway[1], snapshot, &query.r, &none);
	SCRIPT_WAIT(kit, stored("1"));
	assert_false(fetch(0));
	SCRIPT_WAIT(kit, told == 1);
	assert_false(settled());
	SCRIPT_END(kit);
}

static void
gateways_of_another_key_share_nothing(void **state)
{
	(void)state;
	NEEDS_REDIS();
	begin(true);
	kit_run(&k, script_foreign);
	end();
}

static bool
script_cancel(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	SCRIPT_WAIT(kit, both_up());
	assert_false(fetch(0));
	facts_cancel(&wait_);
	facts_cancel(&wait_);
	SCRIPT_SLEEP(kit, 20);
	assert_int_equal(told, 0);
	/* down: nothing is asked, nobody waits */
	server_kill(&server);
	SCRIPT_WAIT(kit, !redis_is_up(gateway[0].redis));
	assert_true(fetch(0));
	assert_false(settled());
	facts_store(&gateway[0], snapshot, &query.r, &one);
	assert_true(fetch(0));
	assert_true(settled());
	SCRIPT_END(kit);
}

static void
who_cancels_is_not_told_and_without_redis_nobody_waits(void **state)
{
	(void)state;
	NEEDS_REDIS();
	begin(true);
	kit_run(&k, script_cancel);
	end();
}

/* -------------------------------------------------------------- the key */

static const struct {
	const char *rule, *key;
	mode_t mode;
	const char *why; /* NULL: fine */
} keys[] = {
    {"32 bytes", "0123456789abcdef0123456789abcdef", 0600, NULL},
    {"read by the group", "0123456789abcdef0123456789abcdef", 0640, NULL},
    {"31 bytes", "0123456789abcdef0123456789abcde", 0600, "too short"},
    {"31 bytes and a line end", "0123456789abcdef0123456789abcde\n", 0600,
        "too short"},
    {"32 bytes and a line end", "0123456789abcdef0123456789abcdef\r\n", 0600,
        NULL},
    {"line ends alone",
        "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
        "\n",
        0600, "too short"},
    {"empty", "", 0600, "too short"},
    {"read by all", "0123456789abcdef0123456789abcdef", 0644, "chmod"},
    {"written by the group", "0123456789abcdef0123456789abcdef", 0660, "chmod"},
};

static void
a_key_file_is_long_enough_and_closed_to_others(void **state)
{
	char path[128];

	(void)state;
	kit_init(&k);
	snprintf(path, sizeof(path), "%s/key", k.dir);
	k.config.redis_url = STR("unix:/nowhere");
	k.config.redis_key_file = str_of(path);
	for (size_t i = 0; i < LEN(keys); i++) {
		struct facts_cache *c;
		struct err err = {0};

		write_key("key", keys[i].key, keys[i].mode);
		c = facts_cache_new(&k.config, &err);
		if (!c != !!keys[i].why ||
		    (keys[i].why && !strstr(err.text, keys[i].why)))
			fail_msg("%s: %s", keys[i].rule, err.text);
		facts_cache_free(c);
	}
	unlink(path);
	assert_null(facts_cache_new(&k.config, &(struct err){0}));
	kit_fini(&k);
}

static void
without_a_key_file_one_is_made_and_kept(void **state)
{
	struct facts_cache *c;
	struct stat a, b;
	char path[128];

	(void)state;
	kit_init(&k);
	snprintf(path, sizeof(path), "%s/redis.key", k.dir);
	k.config.redis_url = STR("unix:/nowhere");
	for (unsigned i = 0; i < 2; i++) {
		c = facts_cache_new(&k.config, &(struct err){0});
		assert_non_null(c);
		facts_cache_free(c);
		assert_int_equal(stat(path, i ? &b : &a), 0);
	}
	assert_int_equal(a.st_mode & 0777, 0600);
	assert_int_equal(a.st_size, 65);
	assert_int_equal(a.st_ino, b.st_ino);
	kit_fini(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_worker_finds_what_it_kept),
	    cmocka_unit_test(each_reading_of_a_url_counts),
	    cmocka_unit_test(what_may_be_incomplete_is_not_kept),
	    cmocka_unit_test(gateways_share_what_they_found),
	    cmocka_unit_test(a_pattern_that_gave_up_is_not_shared),
	    cmocka_unit_test(no_bit_of_a_value_may_be_other_than_signed),
	    cmocka_unit_test(a_value_holds_for_its_own_url_alone),
	    cmocka_unit_test(a_value_of_the_wrong_type_is_a_miss),
	    cmocka_unit_test(gateways_of_another_key_share_nothing),
	    cmocka_unit_test(
	        who_cancels_is_not_told_and_without_redis_nobody_waits),
	    cmocka_unit_test(a_key_file_is_long_enough_and_closed_to_others),
	    cmocka_unit_test(without_a_key_file_one_is_made_and_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
