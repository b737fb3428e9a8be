/* relay_test.c - one direction of a relay, with a TCP pair at each end. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "proxy/block.h"
#include "proxy/clients.h"
#include "proxy/limits.h"
#include "proxy/relay.h"

struct bench {
	struct relay_way w;
	struct blocks blocks;
	struct pipe_pool *pipes;
	int in[2], out[2];
	size_t fed, got;
};

static void
tcp_pair(int fd[2])
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t n = sizeof(at);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(l, (void *)&at, sizeof(at)), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (void *)&at, &n), 0);
	fd[1] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd[1], (void *)&at, sizeof(at)), 0);
	fd[0] = accept(l, NULL, NULL);
	assert_true(fd[0] >= 0);
	close(l);
	for (unsigned i = 0; i < 2; i++)
		fcntl(fd[i], F_SETFL, O_NONBLOCK);
}

static void
bench_open(struct bench *b)
{
	*b = (struct bench){.pipes = pipe_pool_new()};
	tcp_pair(b->in);
	tcp_pair(b->out);
}

static void
bench_close(struct bench *b)
{
	for (unsigned i = 0; i < 2; i++) {
		close(b->in[i]);
		close(b->out[i]);
	}
	relay_fini(&b->w, &b->blocks, b->pipes);
	pipe_pool_free(b->pipes);
	assert_int_equal(b->blocks.taken, 0);
	blocks_fini(&b->blocks);
}

static enum relay_result
pump(struct bench *b)
{
	struct relay_ends e = {.blocks = &b->blocks,
	    .pipes = b->pipes,
	    .source = b->in[0],
	    .sink = b->out[0]};

	return relay_pump(&b->w, &e);
}

static unsigned char
byte_at(size_t i)
{
	return (unsigned char)(i * 131 % 253);
}

static void
feed(struct bench *b, size_t most)
{
	unsigned char room[65536];
	ssize_t n;

	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = byte_at(b->fed + i);
	n = write(b->in[1], room, most < sizeof(room) ? most : sizeof(room));
	if (n > 0)
		b->fed += (size_t)n;
}

static void
drain(struct bench *b)
{
	unsigned char room[65536];
	ssize_t n;

	while ((n = read(b->out[1], room, sizeof(room))) > 0)
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(room[i], byte_at(b->got++));
}

static void
few_bytes_take_a_block_and_give_it_back(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	for (unsigned i = 0; i < 100; i++) {
		feed(&b, 100);
		assert_int_equal(pump(&b), RELAY_WAIT);
		assert_int_equal(b.blocks.taken, 0);
		drain(&b);
	}
	assert_null(b.w.pipe);
	assert_int_equal(b.got, 10000);
	bench_close(&b);
}

/* Bulk changes to a pipe, a trickle back to a block; every byte in order. */
static void
bulk_goes_through_a_pipe(void **state)
{
	enum { TOTAL = 32 << 20 };
	struct bench b;
	bool piped = false;

	(void)state;
	bench_open(&b);
	while (b.got < TOTAL) {
		for (unsigned i = 0; i < 4 && b.fed < TOTAL; i++)
			feed(&b, TOTAL - b.fed);
		assert_int_equal(pump(&b), RELAY_WAIT);
		piped |= b.w.pipe != NULL;
		drain(&b);
	}
	assert_true(piped);
	for (unsigned i = 0; i < 50; i++) {
		feed(&b, 10);
		while (b.got < b.fed) {
			assert_int_equal(pump(&b), RELAY_WAIT);
			drain(&b);
		}
	}
	assert_null(b.w.pipe);
	assert_int_equal(b.w.moved, b.got);
	bench_close(&b);
}

static void
full_sink_stops_reading(void **state)
{
	struct bench b;
	uint64_t before = UINT64_MAX;

	(void)state;
	bench_open(&b);
	while (!b.w.full) {
		feed(&b, 65536);
		assert_int_equal(pump(&b), RELAY_WAIT);
	}
	while (b.fed != before) { /* until its own buffers are full too */
		before = b.fed;
		feed(&b, 65536);
		assert_int_equal(pump(&b), RELAY_WAIT);
		assert_true(b.w.full);
	}
	while (b.got < b.fed) {
		drain(&b);
		assert_int_equal(pump(&b), RELAY_WAIT);
	}
	assert_false(b.w.full);
	bench_close(&b);
}

static void
end_is_passed_on_behind_the_last_byte(void **state)
{
	struct bench b;
	char c;

	(void)state;
	bench_open(&b);
	feed(&b, 1000);
	shutdown(b.in[1], SHUT_WR);
	while (pump(&b) == RELAY_WAIT)
		continue;
	assert_true(b.w.shut);
	fcntl(b.out[1], F_SETFL, 0);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(read(b.out[1], &c, 1), 1);
	assert_int_equal(read(b.out[1], &c, 1), 0);
	/* the other way is still open */
	assert_int_equal(write(b.out[1], "x", 1), 1);
	bench_close(&b);
}

static void
reset_is_told(void **state)
{
	static const struct linger hard = {.l_onoff = 1};
	struct bench b;

	(void)state;
	bench_open(&b);
	setsockopt(b.in[1], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(b.in[1]);
	b.in[1] = dup(0);
	assert_int_equal(pump(&b), RELAY_FAIL);
	bench_close(&b);
}

/* ---- clients.h, whose counts are so simple that they stand here */

static void
clients_are_counted_each_for_itself(void **state)
{
	static const uint8_t key[16] = "0123456789abcde";
	struct client_table *t = clients_new(key);
	uint8_t a[16] = {1}, c[16] = {2};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_true(clients_enter(t, a, 3));
	assert_false(clients_enter(t, a, 3));
	assert_int_equal(clients_of(t, a), 3);
	assert_true(clients_enter(t, c, 3));
	clients_leave(t, a);
	assert_true(clients_enter(t, a, 3));
	for (unsigned i = 0; i < 3; i++)
		clients_leave(t, a);
	clients_leave(t, c);
	assert_int_equal(clients_of(t, a), 0);
	assert_int_equal(clients_of(t, c), 0);
	clients_unref(t);
}

static void
many_clients_do_not_limit_another(void **state)
{
	static const uint8_t key[16] = "0123456789abcde";
	struct client_table *t = clients_new(key);
	uint8_t a[16] = {0}, other[16] = {9};

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		a[14] = (uint8_t)(i >> 8);
		a[15] = (uint8_t)i;
		assert_true(clients_enter(t, a, 4));
	}
	assert_true(clients_enter(t, other, 1 + 2));
	clients_unref(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(few_bytes_take_a_block_and_give_it_back),
	    cmocka_unit_test(bulk_goes_through_a_pipe),
	    cmocka_unit_test(full_sink_stops_reading),
	    cmocka_unit_test(end_is_passed_on_behind_the_last_byte),
	    cmocka_unit_test(reset_is_told),
	    cmocka_unit_test(clients_are_counted_each_for_itself),
	    cmocka_unit_test(many_clients_do_not_limit_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
