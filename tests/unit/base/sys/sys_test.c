/* sys_test.c - clock, files, message queues, digests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/clock.h"
#include "base/sys/digest.h"
#include "base/sys/file.h"
#include "base/sys/msgq.h"
#include "base/sys/thread.h"

static void
times_are_written_in_utc_with_milliseconds(void **state)
{
	char t[CLOCK_TEXT];

	(void)state;
	clock_text(0, t);
	assert_string_equal(t, "1970-01-01T00:00:00.000Z");
	clock_text(2147483648123, t); /* one second past 32 bits */
	assert_string_equal(t, "2038-01-19T03:14:08.123Z");
	clock_text(INT64_MAX, t);
	assert_int_equal(strlen(t), CLOCK_TEXT - 1);
}

static void
a_file_is_replaced_whole_or_not_at_all(void **state)
{
	char dir[] = "/tmp/suzgi-file-XXXXXX", path[200], deep[240];
	struct buf b = BUF_EMPTY;
	struct bytes map;
	struct err err;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(file_join(path, sizeof(path), dir, "f"));
	assert_int_equal(file_replace(path, STR("one"), 0600, &err), 0);
	assert_int_equal(file_replace(path, STR("second"), 0640, &err), 0);
	assert_int_equal(file_read(path, 100, &b, &err), 0);
	assert_true(str_eq(buf_str(&b), STR("second")));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(file_read(path, 3, &b, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(file_map(path, &map, &err), 0);
	assert_int_equal(map.n, 6);
	file_unmap(map);
	assert_int_equal(file_map(dir, &map, &err), -1);
	assert_true(file_join(deep, sizeof(deep), path, "below"));
	assert_int_equal(file_replace(deep, STR("x"), 0600, &err), -1);
	assert_int_equal(file_mkdirs(deep, &err), -1);
	unlink(path);
	assert_int_equal(file_mkdirs(deep, &err), 0);
	assert_int_equal(rmdir(deep) | rmdir(path) | rmdir(dir), 0);
	buf_fini(&b);
}

#define SENDERS  4
#define MESSAGES 5000

static void
send_many(void *arg)
{
	for (uint64_t i = 0; i < MESSAGES; i++)
		while (!msgq_send(arg, (struct msg){.kind = 1, .num = i}))
			continue;
}

static void
messages_of_many_threads_all_arrive_in_their_order(void **state)
{
	struct thread t[SENDERS];
	struct err err;
	struct msgq *q = msgq_new(&err);
	uint64_t n = 0, sum = 0;
	struct msg m;

	(void)state;
	assert_non_null(q);
	for (int i = 0; i < SENDERS; i++)
		assert_int_equal(
		    thread_start(&t[i], "send", send_many, q, &err), 0);
	while (n < (uint64_t)SENDERS * MESSAGES) {
		struct pollfd p = {.fd = msgq_fd(q), .events = POLLIN};

		assert_true(poll(&p, 1, 30000) == 1);
		while (msgq_take(q, &m)) {
			sum += m.num;
			n++;
		}
	}
	for (int i = 0; i < SENDERS; i++)
		thread_join(&t[i]);
	assert_true(sum == (uint64_t)SENDERS * MESSAGES * (MESSAGES - 1) / 2);
	assert_false(msgq_take(q, &m));
	msgq_free(q);
}

static void
digests_agree_with_published_vectors(void **state)
{
	/* FIPS 180-2 "abc"; RFC 4231 test case 2 */
	static const uint8_t abc[4] = {0xba, 0x78, 0x16, 0xbf};
	static const uint8_t mac[4] = {0x5b, 0xdc, 0xc1, 0x46};
	uint8_t d[DIGEST_BYTES];
	struct str text = STR("what do ya want for nothing?");

	(void)state;
	assert_int_equal(digest_sha256("abc", 3, d, NULL), 0);
	assert_memory_equal(d, abc, 4);
	assert_int_equal(
	    digest_hmac((const uint8_t *)"Jefe", 4, text.p, text.n, d), 0);
	assert_memory_equal(d, mac, 4);
	assert_true(digest_equal(d, mac, 4));
	assert_false(digest_equal(abc, mac, 4));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_are_written_in_utc_with_milliseconds),
	    cmocka_unit_test(a_file_is_replaced_whole_or_not_at_all),
	    cmocka_unit_test(
	        messages_of_many_threads_all_arrive_in_their_order),
	    cmocka_unit_test(digests_agree_with_published_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
