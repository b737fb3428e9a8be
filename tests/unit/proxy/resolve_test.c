/*
 * resolve_test.c - names to addresses, against a name server of our own and a
 * clock that the test can put forward.
 */
#include "proxy/resolve.h"

#include "filters/reason.h"
#include "tests/unit/proxy/dns_stub.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The clock: what the kernel says and as much as the test adds. */
static int64_t ahead;

int64_t
clock_mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + ahead;
}

int64_t
clock_wall_ms(void)
{
	return clock_mono_ms();
}

void
clock_text(int64_t wall_ms, char out[CLOCK_TEXT])
{
	(void)wall_ms;
	memset(out, 0, CLOCK_TEXT);
}

static struct kit k;
static struct stub stub;
static struct resolver *resolver;
static struct hostport servers[1];

/* Askers. */
static struct asker {
	struct resolve_query q;
	int told;
	bool at_once;
	int cancels; /* another one, when told; -1: none */
	int asks;    /* another one, when told */
	const char *name;
} askers[64];
static bool starting;

static void ask(unsigned i, const char *name);

static void
told(void *arg)
{
	struct asker *a = arg;

	assert_false(starting); /* never in the asker's stack */
	a->told++;
	assert_false(a->q.waiting);
	if (a->cancels >= 0)
		resolve_cancel(&askers[a->cancels].q);
	if (a->asks >= 0)
		ask((unsigned)a->asks, a->name);
}

static void
ask(unsigned i, const char *text)
{
	struct asker *a = &askers[i];
	char room[NAME_ROOM];
	struct name name;

	assert_int_equal(name_from_wire(str_of(text), room, &name), NAME_OK);
	a->told = 0;
	starting = true;
	a->at_once = resolve_start(resolver, name, 8080, &a->q, told, a);
	starting = false;
	assert_int_equal(a->q.waiting, !a->at_once);
}

static bool
came(unsigned i)
{
	stub_serve(&stub);
	return askers[i].told == 1;
}

static const char *
text_of(const struct sockaddr_storage *s, char room[64])
{
	const struct sockaddr_in *v4 = (const void *)s;
	const struct sockaddr_in6 *v6 = (const void *)s;
	char at[INET6_ADDRSTRLEN];

	if (s->ss_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, at, sizeof(at));
		assert_int_equal(ntohs(v4->sin_port), 8080);
	} else {
		assert_int_equal(s->ss_family, AF_INET6);
		inet_ntop(AF_INET6, &v6->sin6_addr, at, sizeof(at));
		assert_int_equal(ntohs(v6->sin6_port), 8080);
	}
	snprintf(room, 64, "%s", at);
	return room;
}

/* "a b c" or the reason's slug. */
static void
expect(unsigned i, const char *what)
{
	const struct resolve_result *r = &askers[i].q.result;
	char all[1024] = "", room[64];
	size_t n = 0;

	if (r->failed)
		n = (size_t)snprintf(
		    all, sizeof(all), "%s", reason_slug(r->failed));
	else
		for (unsigned a = 0; a < r->n; a++)
			n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s",
			    a ? " " : "", text_of(&r->addr[a], room));
	assert_string_equal(all, what);
	if (r->failed)
		assert_int_equal(r->n, 0);
}

static void
begin(bool v6)
{
	static char host[] = "127.0.0.1";
	struct err err;

	ahead = 0;
	memset(askers, 0, sizeof(askers));
	for (unsigned i = 0; i < LEN(askers); i++)
		askers[i].cancels = askers[i].asks = -1;
	kit_init(&k);
	stub_open(&stub);
	servers[0] = (struct hostport){str_of(host), stub.port};
	k.config.dns.v = servers;
	k.config.dns.n = 1;
	k.config.ipv6 = v6;
	resolver = resolver_new(k.loop, &k.config, &k.stats, &err);
	if (!resolver)
		fail_msg("%s", err.text);
}

static void
end(void)
{
	resolver_free(resolver);
	resolver = NULL;
	for (unsigned i = 0; i < LEN(askers); i++)
		assert_false(askers[i].q.waiting);
	stub_close(&stub);
	kit_fini(&k);
}

static void
run(bool (*script)(struct kit *))
{
	begin(true);
	kit_run(&k, script);
	end();
}

/* name, answer with IPv6, answer without */
static const struct {
	const char *name, *both, *v4;
} rows[] = {
    {"a.test", "192.0.2.1", "192.0.2.1"},
    {"six.test", "2001:db8::1", "no-such-host"},
    {"both.test", "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2",
        "192.0.2.1 192.0.2.2"},
    {"nx.test", "no-such-host", "no-such-host"},
    {"none.test", "no-such-host", "no-such-host"},
    {"fail.test", "dns-failed", "dns-failed"},
    {"big.test", "192.0.2.1 192.0.2.2 192.0.2.3",
        "192.0.2.1 192.0.2.2 192.0.2.3"},
    {"spoof.test", "192.0.2.1", "192.0.2.1"},
    {"other.test", "192.0.2.1", "192.0.2.1"},
    {"many.test",
        "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 "
        "192.0.2.7 192.0.2.8 192.0.2.9 192.0.2.10 192.0.2.11 192.0.2.12 "
        "192.0.2.13 192.0.2.14 192.0.2.15 192.0.2.16",
        "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 "
        "192.0.2.7 192.0.2.8 192.0.2.9 192.0.2.10 192.0.2.11 192.0.2.12 "
        "192.0.2.13 192.0.2.14 192.0.2.15 192.0.2.16"},
};
static unsigned row;

static bool
script_row(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	ask(0, rows[row].name);
	assert_false(askers[0].at_once);
	SCRIPT_WAIT(kit, came(0));
	expect(0, kit->config.ipv6 ? rows[row].both : rows[row].v4);
	if (strcmp(rows[row].name, "big.test") == 0)
		assert_int_not_equal(stub.by_tcp, 0);
	/* and now from the cache, failures too */
	stub.asked[0] = stub.asked[1] = 0;
	ask(1, rows[row].name);
	assert_true(askers[1].at_once);
	expect(1, kit->config.ipv6 ? rows[row].both : rows[row].v4);
	SCRIPT_SLEEP(kit, 5);
	stub_serve(&stub);
	assert_int_equal(stub.asked[0] + stub.asked[1], 0);
	assert_int_equal(askers[1].told, 0);
	assert_int_equal(stats_read(&kit->stats.dns_queries), 1);
	assert_int_equal(stats_read(&kit->stats.dns_hits), 1);
	SCRIPT_END(kit);
}

static void
names_have_their_addresses_or_a_reason(void **state)
{
	(void)state;
	for (row = 0; row < LEN(rows); row++) {
		run(script_row);
		begin(false);
		kit_run(&k, script_row);
		assert_int_equal(stub.asked[1], 0);
		end();
	}
}

static void
addresses_are_not_asked_for(void **state)
{
	static const struct {
		const char *name, *answer;
	} literals[] = {{"127.0.0.1", "127.0.0.1"}, {"0x7f.1", "127.0.0.1"},
	    {"[2001:db8::9]", "2001:db8::9"},
	    {"[::ffff:10.0.0.1]", "10.0.0.1"}};

	(void)state;
	begin(true);
	for (unsigned i = 0; i < LEN(literals); i++) {
		ask(i, literals[i].name);
		assert_true(askers[i].at_once);
		expect(i, literals[i].answer);
	}
	assert_int_equal(stats_read(&k.stats.dns_queries), 0);
	end();
}

static bool
script_hosts(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	ask(0, "localhost");
	SCRIPT_WAIT(kit, askers[0].at_once || came(0));
	assert_int_equal(askers[0].q.result.failed, REASON_NONE);
	assert_int_equal(stub.asked[0] + stub.asked[1], 0);
	SCRIPT_END(kit);
}

static void
the_hosts_file_counts(void **state)
{
	(void)state;
	run(script_hosts);
}

static bool
script_mute(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	ask(0, "mute.test");
	ask(1, "half.test");
	ask(2, "junk.test");
	SCRIPT_WAIT(kit, came(0) && came(1) && came(2));
	expect(0, "dns-failed");
	/* what one family gave is used although the other never came */
	expect(1, "192.0.2.1");
	expect(2, "dns-failed");
	SCRIPT_END(kit);
}

static void
no_answer_is_a_failure_in_bounded_time(void **state)
{
	(void)state;
	run(script_mute);
}

/* One family is mute: the other's addresses are there soon, for a while. */
static bool
script_half(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	ask(0, "mute.test");
	ask(1, "half.test");
	ask(2, "quarter.test");
	SCRIPT_WAIT(kit, came(1) && came(2));
	assert_int_equal(askers[0].told, 0);
	expect(1, "192.0.2.1");
	expect(2, "2001:db8::1");
	ahead += 4000;
	ask(3, "half.test");
	assert_true(askers[3].at_once);
	ahead += 1001;
	ask(4, "half.test");
	assert_false(askers[4].at_once);
	SCRIPT_WAIT(kit, came(4));
	expect(4, "192.0.2.1");
	/* until c-ares is done with the rest, nobody hears of it again */
	SCRIPT_SLEEP(kit, 5000);
	assert_int_equal(askers[1].told, 1);
	assert_int_equal(askers[2].told, 1);
	assert_int_equal(askers[4].told, 1);
	SCRIPT_END(kit);
}

static void
a_mute_family_holds_up_nobody(void **state)
{
	(void)state;
	run(script_half);
}

/* Freed in the time between one family and the other. */
static bool
script_half_freed(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	ask(0, "half.test");
	SCRIPT_WAIT(kit, (stub_serve(&stub), stub.asked[0] > 0));
	SCRIPT_SLEEP(kit, 20);
	SCRIPT_END(kit);
}

static void
freed_while_a_family_is_waited_for(void **state)
{
	(void)state;
	run(script_half_freed);
	assert_true(askers[0].told <= 1);
}

/* Our own deadline, before that of c-ares: the clock jumps. */
static bool
script_deadline(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	stub.paused = 1;
	ask(0, "a.test");
	SCRIPT_SLEEP(kit, 5);
	assert_int_equal(askers[0].told, 0);
	ahead += RESOLVE_DEADLINE_MS;
	ask(1, "both.test");
	SCRIPT_WAIT(kit, came(0));
	expect(0, "dns-failed");
	assert_int_equal(askers[1].told, 0);
	/* failed for now; c-ares goes on, and what it finds is taken */
	ask(2, "a.test");
	assert_true(askers[2].at_once);
	expect(2, "dns-failed");
	ahead += 5001;
	ask(3, "a.test");
	assert_false(askers[3].at_once);
	stub.paused = 0;
	SCRIPT_WAIT(kit, came(3));
	expect(3, "192.0.2.1");
	assert_int_equal(askers[0].told, 1);
	assert_int_equal(stats_read(&kit->stats.dns_queries), 2);
	SCRIPT_END(kit);
}

static void
whoever_waits_too_long_is_told(void **state)
{
	(void)state;
	run(script_deadline);
}

/* How long each answer is kept: at least, and no longer than, ms. */
static const struct {
	const char *name;
	int64_t kept;
} ttls[] = {
    {"a.test", 300000},
    {"short.test", 5000},
    {"long.test", 3600000},
    {"nx.test", 30000},
    {"fail.test", 5000},
};

static bool
script_ttl(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	ask(0, ttls[row].name);
	SCRIPT_WAIT(kit, came(0));
	ahead += ttls[row].kept - 1000;
	ask(1, ttls[row].name);
	assert_true(askers[1].at_once);
	ahead += 1001;
	ask(2, ttls[row].name);
	assert_false(askers[2].at_once);
	SCRIPT_WAIT(kit, came(2));
	assert_int_equal(askers[2].q.result.failed, askers[0].q.result.failed);
	assert_int_equal(stats_read(&kit->stats.dns_queries), 2);
	SCRIPT_END(kit);
}

static void
answers_are_kept_as_long_as_they_say_within_bounds(void **state)
{
	(void)state;
	for (row = 0; row < LEN(ttls); row++)
		run(script_ttl);
}

static bool
script_coalesce(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	for (unsigned i = 0; i < 20; i++)
		ask(i, i % 2 ? "a.test" : "A.TEST.");
	SCRIPT_WAIT(kit, came(19));
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(askers[i].told, 1);
		expect(i, "192.0.2.1");
	}
	assert_int_equal(stub.asked[0], 1);
	assert_int_equal(stub.asked[1], 1);
	assert_int_equal(stats_read(&kit->stats.dns_queries), 1);
	SCRIPT_END(kit);
}

static void
the_same_name_at_once_is_one_query(void **state)
{
	(void)state;
	run(script_coalesce);
}

static bool
script_cancel(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	resolve_cancel(&askers[9].q); /* never asked */
	ask(0, "a.test");
	ask(1, "a.test");
	ask(2, "both.test");
	ask(3, "a.test");
	ask(4, "a.test");
	resolve_cancel(&askers[0].q);
	resolve_cancel(&askers[0].q);
	resolve_cancel(&askers[2].q); /* the only one of its name */
	/* who is told first cancels one who would have been next, and itself */
	askers[1].cancels = 3;
	askers[4].cancels = 4;
	SCRIPT_WAIT(kit, came(4));
	SCRIPT_SLEEP(kit, 10);
	stub_serve(&stub);
	assert_int_equal(askers[0].told, 0);
	assert_int_equal(askers[1].told, 1);
	assert_int_equal(askers[2].told, 0);
	assert_int_equal(askers[3].told, 0);
	resolve_cancel(&askers[1].q); /* told already */
	/* the answer nobody waited for is there for the next */
	SCRIPT_WAIT(kit, (stub_serve(&stub), ask(5, "both.test"),
	                     resolve_cancel(&askers[5].q), askers[5].at_once));
	expect(5, "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2");
	SCRIPT_END(kit);
}

static void
who_cancels_is_not_told_whatever_the_state(void **state)
{
	(void)state;
	run(script_cancel);
}

static bool
script_ask_again(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	askers[0].asks = 1;
	askers[0].name = "a.test"; /* in the cache by then */
	askers[2].asks = 3;
	askers[2].name = "both.test";
	ask(0, "a.test");
	ask(2, "nx.test");
	SCRIPT_WAIT(kit, came(3));
	assert_int_equal(askers[0].told, 1);
	assert_true(askers[1].at_once);
	expect(1, "192.0.2.1");
	expect(2, "no-such-host");
	expect(3, "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2");
	SCRIPT_END(kit);
}

static void
who_is_told_may_ask_again(void **state)
{
	(void)state;
	run(script_ask_again);
}

static bool
script_open(struct kit *kit)
{
	SCRIPT_BEGIN(kit);
	stub.paused = 1;
	ask(0, "a.test");
	ask(1, "b.test");
	ask(2, "a.test");
	SCRIPT_SLEEP(kit, 5);
	SCRIPT_END(kit);
}

static void
freeing_cancels_all_without_telling(void **state)
{
	(void)state;
	run(script_open);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(askers[i].told, 0);
}

/* More names than are kept, all of them answered: the oldest are gone. */
static bool
script_many(struct kit *kit)
{
	static unsigned i;
	char name[32];

	SCRIPT_BEGIN(kit);
	for (i = 0; i < 9000; i++) {
		snprintf(name, sizeof(name), "nx.n%u.test", i);
		ask(0, name);
		SCRIPT_WAIT(kit, came(0));
	}
	stub.asked[0] = 0;
	ask(1, "nx.n8999.test");
	assert_true(askers[1].at_once);
	ask(2, "nx.n1000.test");
	assert_true(askers[2].at_once);
	ask(3, "nx.n0.test");
	assert_false(askers[3].at_once);
	SCRIPT_END(kit);
}

static void
names_are_bounded_and_the_least_used_leave(void **state)
{
	(void)state;
	run(script_many);
}

/* More look-ups at once than are allowed fail at once. */
static void
look_ups_at_once_are_bounded(void **state)
{
	static struct resolve_query q[1100];
	char text[32], room[NAME_ROOM];
	unsigned refused = 0;
	struct name name;

	(void)state;
	begin(false);
	for (unsigned i = 0; i < 1100; i++) {
		snprintf(text, sizeof(text), "mute.n%u.test", i);
		name_from_wire(str_of(text), room, &name);
		if (resolve_start(
		        resolver, name, 80, &q[i], told, &askers[0])) {
			assert_int_equal(q[i].result.failed, REASON_DNS_FAILED);
			refused++;
		}
	}
	assert_int_equal(refused, 1100 - 1024);
	end();
	for (unsigned i = 0; i < 1100; i++)
		assert_false(q[i].waiting);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_have_their_addresses_or_a_reason),
	    cmocka_unit_test(addresses_are_not_asked_for),
	    cmocka_unit_test(the_hosts_file_counts),
	    cmocka_unit_test(no_answer_is_a_failure_in_bounded_time),
	    cmocka_unit_test(a_mute_family_holds_up_nobody),
	    cmocka_unit_test(freed_while_a_family_is_waited_for),
	    cmocka_unit_test(whoever_waits_too_long_is_told),
	    cmocka_unit_test(
	        answers_are_kept_as_long_as_they_say_within_bounds),
	    cmocka_unit_test(the_same_name_at_once_is_one_query),
	    cmocka_unit_test(who_cancels_is_not_told_whatever_the_state),
	    cmocka_unit_test(who_is_told_may_ask_again),
	    cmocka_unit_test(freeing_cancels_all_without_telling),
	    cmocka_unit_test(names_are_bounded_and_the_least_used_leave),
	    cmocka_unit_test(look_ups_at_once_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
