/* export_test.c - the log read back, filtered, and in other formats. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "review/blocklog.h"
#include "review/export.h"

static char dir[] = "/tmp/export-test-XXXXXX";

#define BLOCK                                                                  \
	"{\"ts\":\"2026-11-22T19:38:07.123Z\","                                \
	"\"id\":\"01KAXYZ0000000000000000001\",\"action\":\"block\","          \
	"\"reason\":\"rule\",\"stage\":\"url\",\"visibility\":\"url\","        \
	"\"intent\":\"navigation\",\"client\":\"10.1.2.3\","                   \
	"\"user\":\"a b\",\"tier\":\"policy\","                                \
	"\"group\":\"pupils\",\"policy\":\"pupils\",\"listener\":\"lan\","     \
	"\"method\":\"GET\",\"scheme\":\"http\","                              \
	"\"host\":\"www.casino.test\",\"site\":\"casino.test\",\"port\":80,"   \
	"\"url\":\"http://www.casino.test/a b,c\",\"status\":403,\"ms\":3,"    \
	"\"rule\":{\"file\":\"suzgi.conf\",\"line\":31,"                       \
	"\"text\":\"=block\",\"list\":\"ut1\",\"category\":\"gambling\","      \
	"\"entry\":\"casino.test\",\"source\":\"gambling/domains\","           \
	"\"source_line\":20315},\"generation\":4}"
#define TUNNEL                                                                 \
	"{\"ts\":\"2026-11-22T19:38:08.001Z\","                                \
	"\"id\":\"01KAXYZ0000000000000000002\",\"action\":\"monitor\","        \
	"\"client\":\"p-0011223344556677\",\"method\":\"CONNECT\","            \
	"\"host\":\"chat.test\",\"port\":443,\"sni\":\"chat.test\","           \
	"\"tunnel\":true,\"status\":200,\"ms\":12345}"
#define EVIL                                                                   \
	"{\"ts\":\"2026-11-22T19:38:09.000Z\","                                \
	"\"id\":\"01KAXYZ0000000000000000003\",\"action\":\"refuse\","         \
	"\"reason\":\"malformed\",\"group\":\"@SUM(A1)\",\"user\":\"=cmd\","   \
	"\"host\":\"-2+3\",\"url\":\"http://x/\\u001b]0;pwn\\u0007\\u202e\\n"  \
	"\\\"q\\\"\\udcff\",\"status\":400,\"ms\":0}"
#define LOST                                                                   \
	"{\"ts\":\"2026-11-22T19:38:10.000Z\","                                \
	"\"id\":\"01KAXYZ0000000000000000004\",\"action\":\"lost\","           \
	"\"count\":17}"

static void
store(const char *name, const char *text)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0640);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int
teardown(void **state)
{
	static const char *const names[] = {"block.jsonl", "block.jsonl.1",
	    "block.jsonl.2", "block.jsonl.10", "block.jsonl-20261101",
	    "block.jsonl.3.gz"};
	char path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return 0;
}

static void
expect_export(enum export_format format, const char *golden)
{
	struct blocklog *l = blocklog_open(dir, NULL);
	struct blocklog_event e;
	struct buf b = BUF_EMPTY;

	export_head(format, &b);
	while (blocklog_next(l, &e))
		export_event(format, &e, &b);
	buf_add_char(&b, '\0');
	assert_string_equal(b.p, golden);
	buf_fini(&b);
	blocklog_close(l);
}

static void
store_all(void)
{
	store("block.jsonl", BLOCK "\n" TUNNEL "\n" EVIL "\n" LOST "\n");
}

static void
jsonl_is_as_it_stands(void **state)
{
	(void)state;
	store_all();
	expect_export(EXPORT_JSONL, BLOCK "\n" TUNNEL "\n" EVIL "\n" LOST "\n");
}

static void
squid_is_the_native_format(void **state)
{
	(void)state;
	store_all();
	expect_export(EXPORT_SQUID,
	    "1795376287.123      3 10.1.2.3 TCP_DENIED/403 0 GET "
	    "http://www.casino.test/a%20b,c a%20b HIER_NONE/- text/html\n"
	    "1795376288.001  12345 p-0011223344556677 TCP_TUNNEL/200 0 "
	    "CONNECT chat.test:443 - HIER_DIRECT/chat.test -\n"
	    "1795376289.000      0 - NONE/400 0 NONE "
	    "http://x/%1B]0;pwn%07%E2%80%AE%0A\"q\"%FF =cmd HIER_NONE/- "
	    "text/html\n");
}

static void
csv_quotes_and_computes_nothing(void **state)
{
	(void)state;
	store_all();
	expect_export(EXPORT_CSV,
	    "ts,id,action,reason,client,group,policy,listener,method,scheme,"
	    "host,site,port,url,category,list,entry,source,source_line,"
	    "rule_file,rule_line,rule,status,ms,stage,visibility,intent,"
	    "connect,sni,count,user,tier,search,theme,severity,"
	    "override,nested,live\r\n"
	    "2026-11-22T19:38:07.123Z,01KAXYZ0000000000000000001,block,rule,"
	    "10.1.2.3,pupils,pupils,lan,GET,http,www.casino.test,casino.test,"
	    "80,\"http://www.casino.test/a b,c\",gambling,ut1,casino.test,"
	    "gambling/domains,20315,suzgi.conf,31,'=block,403,3,url,url,"
	    "navigation,,,0,\"a b\",policy,,,,,,\r\n"
	    "2026-11-22T19:38:08.001Z,01KAXYZ0000000000000000002,monitor,,"
	    "p-0011223344556677,,,,CONNECT,,chat.test,,443,,,,,,0,,0,,200,"
	    "12345,,,,,chat.test,0,,,,,,,,\r\n"
	    "2026-11-22T19:38:09.000Z,01KAXYZ0000000000000000003,refuse,"
	    "malformed,,'@SUM(A1),,,,,'-2+3,,0,"
	    "\"http://x/\\x1b]0;pwn\\x07\\xe2\\x80\\xae\\x0a\"\"q\"\"\\xff\","
	    ",,,,0,,0,,400,0,,,,,,0,'=cmd,,,,,,,\r\n"
	    "2026-11-22T19:38:10.000Z,01KAXYZ0000000000000000004,lost,,,,,,,,,"
	    ",0,,,,,,0,,0,,0,0,,,,,,17,,,,,,,,\r\n");
}

/* LG-02 */
static void
text_moves_no_terminal(void **state)
{
	(void)state;
	store_all();
	expect_export(EXPORT_TEXT,
	    "2026-11-22 19:38:07  block    gambling      a b                 "
	    "http://www.casino.test/a b,c gambling/domains:20315\n"
	    "2026-11-22 19:38:08  monitor  -             p-0011223344556677  "
	    "chat.test \n"
	    "2026-11-22 19:38:09  refuse   malformed     =cmd                "
	    "http://x/\\x1b]0;pwn\\x07\\xe2\\x80\\xae\\x0a\"q\"\\xff "
	    "malformed\n"
	    "2026-11-22 19:38:10  lost     17 records could not be kept\n");
}

static void
files_are_read_oldest_first_and_junk_is_left_out(void **state)
{
	struct blocklog *l;
	struct blocklog_event e;
	char order[8] = "";
	unsigned n = 0;

	(void)state;
	store("block.jsonl",
	    "{\"ts\":\"x\",\"id\":\"5\",\"action\":\"block\"}\n"
	    "{\"ts\":\"x\",\"id\":\"6\",\"act");
	store(
	    "block.jsonl.1", "{\"id\":\"4\",\"action\":\"block\"}\nnonsense\n");
	store("block.jsonl.2", "{\"id\":\"3\",\"action\":\"block\"}\n{\"id\":");
	store("block.jsonl.10", "{\"id\":\"2\",\"action\":\"block\"}\n");
	store("block.jsonl-20261101", "{\"id\":\"1\",\"action\":\"block\"}\n");
	store("block.jsonl.3.gz", "{\"id\":\"9\",\"action\":\"block\"}\n");
	l = blocklog_open(dir, NULL);
	while (blocklog_next(l, &e))
		order[n++] = e.id.p[0];
	assert_string_equal(order, "12345");
	assert_int_equal(blocklog_skipped(l), 2);
	/* the rest of the torn line comes: it is whole now */
	store("block.jsonl", "ion\":\"block\"}\n");
	assert_true(blocklog_next(l, &e));
	assert_int_equal(e.id.p[0], '6');
	assert_false(blocklog_next(l, &e));
	assert_false(blocklog_follow(l));
	blocklog_close(l);
}

static void
a_rotated_file_is_followed(void **state)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct blocklog_event e;
	struct blocklog *l;

	(void)state;
	store("block.jsonl", BLOCK "\n");
	l = blocklog_open(dir, NULL);
	assert_true(blocklog_next(l, &e));
	assert_false(blocklog_next(l, &e));
	snprintf(from, sizeof(from), "%s/block.jsonl", dir);
	snprintf(to, sizeof(to), "%s/block.jsonl.1", dir);
	assert_int_equal(rename(from, to), 0);
	assert_false(blocklog_follow(l));
	store("block.jsonl", TUNNEL "\n");
	assert_true(blocklog_follow(l));
	assert_true(blocklog_next(l, &e));
	assert_string_equal(e.host.p, "chat.test");
	blocklog_close(l);
}

static void
a_tail_begins_with_a_whole_line(void **state)
{
	struct blocklog_event e;
	struct blocklog *l;

	(void)state;
	store_all();
	l = blocklog_open(dir, NULL);
	assert_true(blocklog_tail(l, sizeof(LOST) + sizeof(EVIL) + 20));
	assert_true(blocklog_next(l, &e));
	assert_string_equal(e.action.p, "refuse");
	assert_true(blocklog_next(l, &e));
	assert_false(blocklog_next(l, &e));
	blocklog_close(l);
}

static void
filters_find_what_they_name(void **state)
{
	static const struct str pseudonym = {"p-0011223344556677", 18};
	static const struct {
		struct blocklog_filter f;
		const char *found; /* the last digits of ids */
	} rows[] = {
	    {{.text = {NULL, 0}}, "1234"},
	    {{.host = {"casino.test", 11}}, "1"},
	    {{.host = {"asino.test", 10}}, ""},
	    {{.host = {"CHAT.test", 9}}, "2"},
	    {{.category = {"gambling", 8}}, "1"},
	    {{.category = {"gamb", 4}}, ""},
	    {{.action = {"lost", 4}}, "4"},
	    {{.id = {"01KAXYZ0000000000000000003", 26}}, "3"},
	    {{.text = {"GAMBLING/DOM", 12}}, "1"},
	    {{.clients = &pseudonym, .nclients = 1}, "2"},
	    {{.since_ms = 1795376288001}, "234"},
	    {{.until_ms = 1795376288001}, "1"},
	    {{.since_ms = 1795376288001, .until_ms = 1795376290000}, "23"},
	};

	(void)state;
	store_all();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct blocklog *l = blocklog_open(dir, NULL);
		struct blocklog_event e;
		char found[8] = "";
		unsigned n = 0;

		while (blocklog_next(l, &e))
			if (blocklog_match(&rows[i].f, &e))
				found[n++] = e.id.p[25];
		assert_string_equal(found, rows[i].found);
		blocklog_close(l);
	}
}

static void
times_are_utc_to_the_millisecond(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: none */
	} rows[] = {
	    {"2026-11-22T19:38:07.123Z", 1795376287123},
	    {"2026-11-22 19:38:07", 1795376287000},
	    {"2026-11-22 19:38", 1795376280000},
	    {"2026-11-22", 1795305600000},
	    {"1970-01-01", 0},
	    {"2038-01-19T03:14:08.000Z", 2147483648000},
	    {"2026-13-01", -1},
	    {"2026-11-22T", -1},
	    {"2026-11-22T25:00", -1},
	    {"2026-11-22x", -1},
	    {"", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ms = -1;

		assert_int_equal(
		    blocklog_time(str_of(rows[i].text), &ms), rows[i].ms >= 0);
		assert_true(ms == rows[i].ms);
	}
}

static void
no_log_is_said(void **state)
{
	struct err err;

	(void)state;
	assert_null(blocklog_open(dir, &err));
	assert_non_null(strstr(err.text, "block.jsonl"));
	assert_null(blocklog_open("/tmp/export-test-nowhere", &err));
}

int
main(void)
{
#define T(name) cmocka_unit_test_teardown(name, teardown)
	const struct CMUnitTest tests[] = {
	    T(jsonl_is_as_it_stands),
	    T(squid_is_the_native_format),
	    T(csv_quotes_and_computes_nothing),
	    T(text_moves_no_terminal),
	    T(files_are_read_oldest_first_and_junk_is_left_out),
	    T(a_rotated_file_is_followed),
	    T(a_tail_begins_with_a_whole_line),
	    T(filters_find_what_they_name),
	    T(times_are_utc_to_the_millisecond),
	    T(no_log_is_said),
	};
	int rc;

	if (!mkdtemp(dir))
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return rc;
}
