/* neigh_test.c - what the kernel says of neighbours, whole and damaged. */
#include "proxy/neigh.h"

#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/err.h"
#include "proxy/loop.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static struct loop *loop;
static struct neigh *neigh;

struct message {
	struct nlmsghdr head;
	struct ndmsg what;
	struct rtattr dst;
	uint8_t addr[16];
	struct rtattr ll;
	uint8_t mac[8]; /* 6 of them */
};

static const uint8_t device[6] = {2, 0, 0x5e, 0x10, 0, 1};

/* Of an IPv6 address whose last byte is <last>. */
static struct message
message(uint16_t type, uint16_t state, uint8_t last)
{
	struct message m = {
	    .head = {.nlmsg_len = sizeof(m) - 2, .nlmsg_type = type},
	    .what = {.ndm_family = AF_INET6, .ndm_state = state},
	    .dst = {.rta_len = 20, .rta_type = NDA_DST},
	    .addr = {0xfd, [15] = last},
	    .ll = {.rta_len = 10, .rta_type = NDA_LLADDR},
	};

	memcpy(m.mac, device, 6);
	return m;
}

static bool
is_known(uint8_t last)
{
	uint8_t addr[16] = {0xfd, [15] = last}, mac[6] = {0};
	bool known = neigh_find(neigh, addr, mac);

	assert_true(!known || memcmp(mac, device, 6) == 0);
	return known;
}

static void
take(struct message m)
{
	neigh_take(neigh, &m, m.head.nlmsg_len);
}

static void
who_is_there(void **state)
{
	static const struct {
		uint16_t type, nud;
		bool known;
	} rows[] = {
	    {RTM_NEWNEIGH, NUD_REACHABLE, true},
	    {RTM_NEWNEIGH, NUD_STALE, true},
	    {RTM_NEWNEIGH, NUD_DELAY, true},
	    {RTM_NEWNEIGH, NUD_PROBE, true},
	    {RTM_NEWNEIGH, NUD_PERMANENT, true},
	    {RTM_NEWNEIGH, NUD_FAILED, false},
	    {RTM_NEWNEIGH, NUD_INCOMPLETE, false},
	    {RTM_NEWNEIGH, NUD_NOARP, false},
	    {RTM_DELNEIGH, NUD_REACHABLE, false},
	    {RTM_NEWLINK, NUD_REACHABLE, false},
	};

	(void)state;
	for (uint8_t i = 0; i < LEN(rows); i++) {
		uint8_t last = (uint8_t)(i + 1);

		assert_false(is_known(last));
		take(message(rows[i].type, rows[i].nud, last));
		assert_int_equal(is_known(last), rows[i].known);
		/* whatever it was, then it goes */
		take(message(RTM_NEWNEIGH, NUD_REACHABLE, last));
		assert_true(is_known(last));
		take(message(RTM_DELNEIGH, NUD_REACHABLE, last));
		assert_false(is_known(last));
	}
}

static void
who_is_not_told_apart(void **state)
{
	struct message m = message(RTM_NEWNEIGH, NUD_REACHABLE, 50);

	(void)state;
	m.what.ndm_flags = NTF_PROXY;
	take(m);
	assert_false(is_known(50));
	m.what.ndm_flags = 0;
	m.what.ndm_family = AF_BRIDGE;
	take(m);
	assert_false(is_known(50));
	m.what.ndm_family = AF_INET6;
	m.ll.rta_len = 8; /* a shorter address, as of other networks */
	take(m);
	assert_false(is_known(50));
	m.ll.rta_len = 10;
	m.addr[0] = 0xfe; /* of one link alone */
	m.addr[1] = 0x80;
	take(m);
	assert_false(neigh_find(neigh, m.addr, m.mac));
}

/* No byte beyond what came is looked at. */
static void
cut_anywhere(void **state)
{
	struct message whole = message(RTM_NEWNEIGH, NUD_REACHABLE, 60);

	(void)state;
	for (int n = 0; n < (int)whole.head.nlmsg_len; n++) {
		struct message m = whole;
		struct nlmsghdr *room = malloc((size_t)n + 1);

		assert_non_null(room);
		memcpy(room, &m, (size_t)n);
		neigh_take(neigh, room, n);
		if (n >= (int)sizeof(*room)) {
			room->nlmsg_len = (uint32_t)n; /* and says so */
			neigh_take(neigh, room, n);
		}
		free(room);
	}
	assert_false(is_known(60));
	take(whole);
	assert_true(is_known(60));
}

static int
open_it(void **state)
{
	struct err err;

	(void)state;
	loop = loop_new(&err);
	neigh = neigh_new(loop, &err);
	return neigh ? 0 : -1;
}

static int
close_it(void **state)
{
	(void)state;
	neigh_free(neigh);
	loop_free(loop);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_is_there),
	    cmocka_unit_test(who_is_not_told_apart),
	    cmocka_unit_test(cut_anywhere),
	};

	return cmocka_run_group_tests(tests, open_it, close_it);
}
